"""Weights by name and by path."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.weights import Weights, dot

NAMES = st.lists(st.sampled_from(["a", "bc", "here"]), min_size=1, max_size=4).map(".".join)
WEIGHTS = st.dictionaries(NAMES, st.floats(-9, 9))


@given(WEIGHTS, NAMES)
def test_a_group_holds_what_lies_below_its_path(weights: dict[str, float], path: str) -> None:
    group = Weights(weights).group(path)
    below = {k.removeprefix(path + "."): v for k, v in weights.items() if k.startswith(path + ".")}
    assert group == (below | {"": weights[path]} if path in weights else below)


@given(WEIGHTS)
def test_weights_are_a_mapping(weights: dict[str, float]) -> None:
    assert dict(Weights(weights)) == weights
    assert Weights.of(Weights(weights)) == Weights(weights)


def test_what_has_no_weight_counts_nothing() -> None:
    assert dot({"a": 2.0, "b": 5.0}, {"a": 0.5, "c": 1.0}) == 1.0
