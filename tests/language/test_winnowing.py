"""Which characters count in a key, and which of its shingles are chosen."""

from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.winnowing import SHINGLE, WINDOW, keys_of, winnow


def test_words_are_what_unicode_calls_letters_and_digits() -> None:
    every = [chr(c) for c in range(0x110000)]
    text = "".join(every)
    assert keys_of([text])[0] == "".join(c for c in every if c.isalnum())
    assert keys_of(["", "中，\udc80a 1", ""])[1] == "中a1"


TEXTS = st.lists(st.text(st.sampled_from("啊不"), max_size=40) | st.text(st.sampled_from("春耕生产展开"), max_size=60))


@cache
def number_of(shingle: str) -> int:
    (number,) = winnow(keys_of([shingle])).numbers.tolist()
    return int(number)


@given(TEXTS)
def test_of_every_window_the_first_least_shingle_is_chosen(texts: list[str]) -> None:
    expected = []
    for number, text in enumerate(texts):
        shingles = [text[i : i + SHINGLE] for i in range(max(len(text) - SHINGLE + 1, min(len(text), 1)))]
        hashes = [number_of(s) for s in shingles]
        chosen: dict[int, int] = {}
        for begin in range(max(len(hashes) - WINDOW + 1, min(len(hashes), 1))):
            least, at = min((n, i) for i, n in enumerate(hashes[begin : begin + WINDOW], begin))
            chosen.setdefault(least, at)
        expected += [(number, *row) for row in sorted(chosen.items())]
    found = winnow(keys_of(texts))
    assert list(zip(found.texts.tolist(), found.numbers.tolist(), found.at.tolist(), strict=True)) == expected


def test_a_text_is_winnowed_alike_whatever_stands_beside_it() -> None:
    texts = [
        "春耕生产全面展开，各地农民抢抓农时。" * 5,
        "",
        "啊",
        "啊" * 50,
        "啊不" * 20,
        "老街书场添新座，听书的人把茶馆挤满了。",
    ]
    together = winnow(keys_of(texts))
    for number, text in enumerate(texts):
        alone, mine = winnow(keys_of([text])), together.texts == number
        for name in ("numbers", "at", "marks"):
            assert np.array_equal(getattr(together, name)[mine], getattr(alone, name)), (number, name)
