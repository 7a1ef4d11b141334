"""The invented pages: built as they are committed, their gold true, their defects where the recipe wants them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from .build import build_page, check_gold, dump_gold, source_paths
from .load import GoldPage, invented_pages
from .printing import line_ends
from .source import SourceError, parse, parse_text, read_source

PAGES = invented_pages()


def ids(page: GoldPage | Path) -> str:
    return page.stem if isinstance(page, Path) else page.name


@pytest.mark.parametrize("path", source_paths(), ids=ids)
def test_committed_files_are_what_the_source_says(path: Path) -> None:
    raw, gold = build_page(read_source(path))
    assert path.with_suffix(".txt").read_bytes() == raw.encode()
    assert path.with_suffix(".gold.json").read_bytes() == dump_gold(gold).encode()
    assert json.loads(dump_gold(gold)) == json.loads(json.dumps(gold))


def test_building_twice_gives_the_same_bytes() -> None:
    for path in source_paths():
        (raw, gold), (raw2, gold2) = build_page(read_source(path)), build_page(read_source(path))
        assert (raw, dump_gold(gold)) == (raw2, dump_gold(gold2))


def test_there_is_a_built_page_for_every_source_and_no_other() -> None:
    assert sorted(p.name for p in PAGES) == sorted(p.stem for p in source_paths())


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_gold_is_true_to_the_dump(page: GoldPage) -> None:
    check_gold(page.raw, page.gold)
    for a in page.gold["articles"]:
        assert a["segments"]
        roles = [s["role"] for s in a["segments"]]
        assert roles.count("headline") <= 2
        assert "body" in roles or "caption" in roles


def test_the_collection_has_what_the_trade_has() -> None:
    """The counts that the project's issue asks for."""
    golds = [p.gold for p in PAGES if p.category != "known_failures"]
    assert len(golds) >= 24
    articles = [a for g in golds for a in g["articles"]]
    packages = [g for g in golds if any(sum(s["role"] == "label" for s in a["segments"]) >= 3 for a in g["articles"])]
    assert len(packages) >= 3
    assert sum(not any(a["authors"] for a in g["articles"]) for g in golds) >= 2
    assert {g["style"] for g in golds} == {"seed", "tight", "wrapped"}
    assert {g["halfwidth"] for g in golds} == {"all", "mixed", "none"}
    assert {a["kind"] for a in articles} == {"news", "photo", "notice", "continuation"}
    assert {d["kind"] for g in golds for d in g["duplicates"]} == {"exact", "near", "blend"}
    assert {e["kind"] for g in golds for e in g["errors"]} == {"name", "text", "variant"}
    for flag in ("truncated", "body_first", "continued_from", "continued_to"):
        assert any(a[flag] for a in articles), flag
    assert any(s["from_blend"] for a in articles for s in a["segments"])


@pytest.mark.parametrize("page", [p for p in PAGES if p.category == "negative"], ids=ids)
def test_negative_pages_have_nothing_to_change(page: GoldPage) -> None:
    assert not page.gold["errors"]
    assert not page.gold["duplicates"]
    assert all(len(s["raw_spans"]) == 1 for a in page.gold["articles"] for s in a["segments"])


def test_a_misprinted_name_stands_right_at_least_four_times() -> None:
    for page in PAGES:
        text = "\n".join(s["text"] for a in page.gold["articles"] for s in a["segments"])
        for e in page.gold["errors"]:
            if e["kind"] == "name":
                assert text.count(e["name"]) >= 5, (page.name, e["name"])  # once of them the misprinted one itself


def test_marks_of_the_source_language() -> None:
    s = parse_text("前{错=对}后|断<B>接{勢=势!}{估=佑@葛天佑}~", "body")
    assert s.text == "前对后断接势佑"
    assert [(m.at, m.wrong, m.right, m.kind, m.name) for m in s.misprints] == [
        (1, "错", "对", "text", None),
        (5, "勢", "势", "variant", None),
        (6, "估", "佑", "name", "葛天佑"),
    ]
    assert (s.breaks, s.cuts, s.truncated) == ([3], [(4, "B")], True)


def test_a_layout_must_name_every_chunk_once() -> None:
    text = "lines: tight\nlayout: a1\n----\n[a1]\nH 题\nP 前<A>后\n"
    with pytest.raises(SourceError, match="a1A"):
        build_page(parse(text, "x", "synthetic"))


def test_far_halves_stand_where_the_layout_puts_them() -> None:
    text = "lines: tight\nlayout: a1 a2 a1A\n----\n[a1]\nH 甲\nP 前半<A>后半。\n[a2]\nH 乙\nP 别的。\n"
    raw, gold = build_page(parse(text, "x", "synthetic"))
    assert raw == "甲\n前半\n乙\n别的。\n后半。"
    assert gold["articles"][0]["segments"][1]["raw_spans"] == [[2, 4], [11, 14]]


def test_wrapped_lines_fill_their_column() -> None:
    text = "一二三四五六七八九十，甲乙丙丁2026年"
    assert line_ends(text, 5, 2, False) == [3, 8, 13]
    assert line_ends(text, 5, 0, True) == [5, 11, 15]
    for page in PAGES:
        if page.gold["style"] == "wrapped":
            widths = Counter(len(line) for line in page.raw.split("\n"))
            assert widths.most_common(1)[0][0] >= page.gold["width"] - 1
