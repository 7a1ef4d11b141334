"""The alphabet: fixed numbers, and folding that keeps the length."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.alphabet import BREAK, PARAGRAPH, SIZE, UNKNOWN, alphabet, encode, gb2312_hanzi

ANY = st.text(st.characters(exclude_categories=["Cs"]))


def test_the_alphabet_is_that_of_gb2312() -> None:
    assert len(gb2312_hanzi()) == len(set(gb2312_hanzi())) == 6763
    assert len(alphabet()) == SIZE
    assert SIZE**5 < 2**64
    assert (gb2312_hanzi()[0], gb2312_hanzi()[-1]) == ("啊", "齄")


def test_every_character_of_the_alphabet_has_its_own_number() -> None:
    numbers = [int(encode(c)[0]) for c in alphabet()[3:]]
    assert numbers == list(range(3, SIZE))


@given(ANY)
def test_one_number_a_character(text: str) -> None:
    ids = encode(text)
    assert len(ids) == len(text)
    assert ids.dtype == np.uint16
    assert BREAK not in ids
    assert all((i == PARAGRAPH) == (c == "\n") for i, c in zip(ids, text, strict=True))
    assert all(i < SIZE for i in ids)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7", "0"),
        ("５", "0"),
        ("b", "A"),
        ("Ｚ", "A"),
        (",", "，"),
        ("(", "（"),
        ("?", "？"),
        ("%", "％"),
        ("\u3000", " "),
    ],
)
def test_what_is_folded(one: str, other: str) -> None:
    assert encode(one) == encode(other)


def test_what_is_not_in_the_alphabet_is_unknown() -> None:
    assert list(encode("\ufffd\ue000😀é")) == [UNKNOWN] * 4


def test_traditional_characters_are_numbered_like_their_simplified_forms() -> None:
    """Whatever this process did before: a model must not depend on it."""
    code = "from pipeline.language.alphabet import encode; print(list(encode('優勢')) == list(encode('优势')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    assert list(encode("優勢")) == list(encode("优势"))
    assert list(encode("乾")) != [UNKNOWN]
