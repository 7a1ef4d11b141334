"""Reprints: found when copied, shortened or slightly changed; never for formulae or short texts."""

from __future__ import annotations

import random

from pipeline.language.reprints import find_reprints

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
