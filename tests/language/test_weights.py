"""The weight files: readable, finite, and about features that exist."""

from __future__ import annotations

import math
import re

import pytest

from pipeline.language.weights import load_weights
from pipeline.text.heads import TAGS

NAMES = ("small", "large")


@pytest.mark.parametrize("name", ["small", "large", "prior"])
def test_weights_are_numbers(name: str) -> None:
    weights = load_weights(name)
    assert weights
    assert all(math.isfinite(v) for v in weights.values())
    assert all(re.fullmatch(r"[\w.+^$>]+", k) for k in weights)
    assert load_weights(name) is weights, "read once"


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_heads_name_known_tags(name: str) -> None:
    tags = {*TAGS, "^", "$"}
    for key in load_weights(name):
        if key.startswith("heads."):
            own = key.removeprefix("heads.")
            named = own.split(">") if ">" in own else [own.split(".")[0]]
            assert set(named) <= tags, key


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_seams_name_features_that_exist(name: str) -> None:
    """Signs that anybody would expect: a quote that matches speaks for a seam, one that does not against it."""
    weights = load_weights(name)
    assert {"seam.bias", "seam.word", "seam.quote_matched"} <= weights.keys()
    assert weights["seam.quote_matched"] > weights["seam.quote_mismatch"]
    assert weights["seam.bias"] < 0


def test_an_unknown_file_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        load_weights("none")
