"""Every character is one number, whatever it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.points import code_points


@given(st.text(st.characters(exclude_categories=())))
def test_one_number_a_character(text: str) -> None:
    assert code_points(text).tolist() == [ord(c) for c in text]
