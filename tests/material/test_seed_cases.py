"""The seed's cases: the perfect answer holds them all on the seed and on every variant, a spoiled one does not."""

from __future__ import annotations

import pytest

from .load import invented_pages, seed_page, varied_seeds
from .perfect import Tables, perfect_tables
from .seed_cases import score_pages, seed_cases, seed_table, share

SEED = seed_page()
pytestmark = [pytest.mark.seed, pytest.mark.skipif(SEED is None, reason="the seed's gold is not at hand")]


def test_the_perfect_answer_holds_everywhere() -> None:
    assert SEED is not None
    answers = {p.raw: perfect_tables(p.raw, p.gold) for p in [SEED, *varied_seeds()]}
    part, table = seed_table(SEED, varied_seeds(), answers.__getitem__)
    assert part == 1
    assert len(table.split("\n")) == len(SEED.gold["articles"]) + len(SEED.gold["joins"]) + len(SEED.gold["errors"]) + 1
    assert "20/20" in table


def test_a_spoiled_answer_fails_the_case_that_was_spoiled() -> None:
    assert SEED is not None
    tables: Tables = perfect_tables(SEED.raw, SEED.gold)
    perfect = seed_cases(SEED.raw, SEED.gold, tables)
    tables["edits"].pop(0)
    tables["paragraphs"] = [p for p in tables["paragraphs"] if (p["article_id"], p["seq"]) != ("s5", 1)]
    next(p for p in tables["paragraphs"] if len(p["raw_spans"]) > 1 and p["role"] == "body")["raw_spans"].reverse()
    held = seed_cases(SEED.raw, SEED.gold, tables)
    assert {k for k in held if not held[k]} == {"name 0", "characters of s5", "join 0 (column)"}
    assert share(perfect, [held]) == pytest.approx(1 - 3 / len(held))


def test_many_pages() -> None:
    pages = invented_pages("synthetic")
    answers = {p.raw: perfect_tables(p.raw, p.gold) for p in pages}
    total, each = score_pages(pages, answers.__getitem__)
    assert total.b3_f1 == pytest.approx(1)
    assert list(each) == [p.name for p in pages]
