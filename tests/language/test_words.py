from __future__ import annotations

import itertools

import numpy as np
import pytest

from pipeline.language.words import load_words, parse


def test_the_dictionary_is_read_whole() -> None:
    words = load_words()
    assert len(words) > 340_000
    assert words.frequency("经济") > 1_000
    assert words.frequency("滏阳滏阳") == 0
    assert words.is_place("天津")
    assert not words.is_place("经济")
    assert words.is_person("李世民")


def test_a_broken_list_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 3"):
        parse("天津 100\n")


def test_pairs_are_counted_alike() -> None:
    words = load_words()
    text = "天津新闻海河两岸𠀀甲乙"
    points = np.array([ord(c) for c in text])
    found = words.pair_frequencies(points[:-1], points[1:])
    assert found.tolist() == [words.frequency(a + b) for a, b in itertools.pairwise(text)]
    assert found[0] > 0


def test_what_no_word_holds_is_told_at_once() -> None:
    words = parse("天津 100 ns\n天津市 3 ns\n一衣带水 3 i\n").with_words({"甲\n乙": 9, "丙丁": 9})
    text = "天津市天一衣带水津衣丙丁乙丙"
    points = np.array([ord(c) for c in text])
    may = words.may_join(points[:-1], points[1:])
    joined = {a + b for (a, b), yes in zip(itertools.pairwise(text), may, strict=True) if yes}
    assert joined == {"天津", "津市", "一衣", "衣带", "带水", "丙丁"}
    assert words.pair_frequencies(points[:-1], points[1:]).tolist() == [
        words.frequency(a + b) for a, b in itertools.pairwise(text)
    ]
