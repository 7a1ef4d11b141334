"""The index of forms against the plain way to find them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.forms import FormIndex

ALPHABET = "进发迸己经自过\U00020001\ud800 A\n"
texts = st.text(alphabet=ALPHABET, max_size=60)
forms = st.lists(st.text(alphabet=ALPHABET, min_size=2, max_size=4), max_size=8)


@given(forms, texts)
def test_it_finds_what_looking_everywhere_finds(known: list[str], text: str) -> None:
    plain = [(i, f) for i in range(len(text)) for f in sorted(set(known)) if text.startswith(f, i)]
    assert sorted(FormIndex(known).find(text)) == sorted(plain)


def test_a_single_character_is_no_form() -> None:
    with pytest.raises(ValueError, match="two characters"):
        FormIndex(["进"])
