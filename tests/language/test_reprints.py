"""Reprints: found when copied, shortened or slightly changed; never for formulae or short texts."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pipeline.language.reprints import KEPT, SHARE, compared, find_reprints, least_share, relate
from pipeline.language.winnowing import keys_of

HANZI = [chr(c) for c in range(0x4E00, 0x4E00 + 3000)]


def text(seed: int, n: int = 400) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice(HANZI) + ("，" if i % 17 == 16 else "") for i in range(n))


def test_copies_of_every_kind_are_found() -> None:
    original = text(1)
    changed = "".join("某" if i % 40 == 7 and c != "，" else c for i, c in enumerate(original))
    articles = [("a", original), ("b", original), ("c", changed), ("d", original[:180]), ("e", text(2)), ("f", text(3))]
    found = {r.article_id: r for r in find_reprints(articles)}
    assert set(found) == {"a", "b", "c", "d"}
    assert {r.cluster_id for r in found.values()} == {"a"}
    assert [found[k].kind for k in "abcd"] == ["original", "exact", "near", "contained"]
    assert [found[k].is_canonical for k in "abcd"] == [True, False, False, False]


def test_marks_make_no_difference() -> None:
    original = text(4)
    assert [r.kind for r in find_reprints([("a", original), ("b", original.replace("，", ","))])] == [
        "original",
        "exact",
    ]


def test_short_texts_are_not_compared() -> None:
    assert find_reprints([("a", "本报讯"), ("b", "本报讯"), ("c", ""), ("d", "")]) == []


def test_a_formula_in_many_articles_joins_none() -> None:
    formula = text(5, 45)
    assert find_reprints([(f"{i:03}", text(100 + i, 200) + formula) for i in range(60)]) == []


def test_the_order_of_the_articles_does_not_matter() -> None:
    articles = [("a", text(1)), ("b", text(1)[:200]), ("c", text(1) + text(9, 30))]
    assert find_reprints(articles) == find_reprints(articles[::-1])


def test_the_longer_two_texts_are_the_more_they_must_share_to_be_aligned() -> None:
    sizes = np.array([2, 20, 125, 500, 2_000])
    shares = np.maximum(SHARE, least_share(sizes))
    assert shares[:3].tolist() == [SHARE] * 3, "chance may take most of a few shingles"
    assert SHARE < shares[3] < shares[4] < KEPT


@pytest.mark.parametrize("length", [150, 600, 2_400])
def test_a_copy_with_fifteen_misprints_in_a_hundred_is_aligned(length: int) -> None:
    chance = random.Random(length)
    found = 0
    for _ in range(40):
        text = "".join(chance.choices(HANZI, k=length))
        copy = "".join(chance.choice(HANZI) if chance.random() < 0.15 else c for c in text)
        first, _, _ = compared(keys_of([text, copy]))
        found += len(first)
    assert found >= 38


def test_what_shares_little_is_linked_only_by_way_of_others() -> None:
    chance = random.Random(4)
    ends = ["".join(chance.choices(HANZI, k=600)) for _ in range(2)]
    middle = "".join(chance.choices(HANZI, k=40))
    shared = [ends[0] + middle, middle + ends[1]]  # one paragraph of many
    keys = keys_of(shared)
    assert relate(keys, np.array([0]), np.array([1])).kinds.tolist() == [""]
    rows = find_reprints([("a", ends[0]), ("b", ends[1]), ("c", shared[0] + shared[1])])
    assert {r.article_id: r.kind for r in rows} == {"a": "contained", "b": "contained", "c": "original"}
