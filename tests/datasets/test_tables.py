from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipeline.datasets.inputs import Reject
from pipeline.datasets.invariants import check_page
from pipeline.datasets.schemas import SCHEMAS, typed
from pipeline.datasets.store import Store
from pipeline.datasets.tables import (
    DERIVED,
    clean_pages,
    frames,
    page_tables,
    pages_from_table,
    pages_table,
    rejects_from_table,
    rejects_table,
)
from pipeline.text.document import CleanPage, Page
from pipeline.text.spans import Edit


def test_tables_have_the_contract_s_schemas(clean: CleanPage) -> None:
    for pages in ([clean], []):
        made = page_tables(pages, "0.1+x")
        assert tuple(made) == DERIVED
        for name, table in made.items():
            assert typed(name, table).schema.equals(SCHEMAS[name])
            assert table.schema.metadata[b"banmian.software_version"] == b"0.1+x"
            table.validate(full=True)


def test_articles_and_paragraphs(clean: CleanPage) -> None:
    made = page_tables([clean])
    (article,) = made["articles"].to_pylist()
    assert article["article_id"] == "i/p@0" and article["position"] == 0
    assert article["page_sha256"] == clean.page.sha256
    assert (article["n_chars"], article["n_paragraphs"], article["authors"]) == (8, 2, ["张三"])
    assert article["raw_spans"] == [{"start": s, "end": e} for s, e in ((0, 2), (3, 7), (8, 12))]
    head, body = made["paragraphs"].to_pylist()
    assert (head["seq"], head["joins"], body["seq"]) == (0, [], 1)
    assert body["joins"] == [{"raw_end": 7, "raw_start": 8, "kind": "line", "confidence": 0.5}]


def test_edits_know_their_article_and_have_ids_of_their_own(clean: CleanPage) -> None:
    page = clean.page
    more = (
        Edit(2, 2, "", "x", "join", "gap"),  # between two spans
        Edit(3, 3, "", "x", "join", "before"),  # before the first character of a span
        Edit(6, 7, ",", "；", "normalise", "comma", 0.6, "suggested"),
        Edit(6, 7, ",", "。", "normalise", "comma", 0.5, "rejected"),
    )
    rows = page_tables([replace(clean, edits=clean.edits + more)])["edits"].to_pylist()
    assert {r["edit_id"]: r["article_id"] for r in rows} == {
        f"{page.page_id}@6-7/comma": "i/p@0",
        f"{page.page_id}@19-20/comma": None,
        f"{page.page_id}@2-2/gap": None,
        f"{page.page_id}@3-3/before": "i/p@0",
        f"{page.page_id}@6-7/comma~2": "i/p@0",
        f"{page.page_id}@6-7/comma~3": "i/p@0",
    }


def test_the_ledger_is_computed_from_what_is_published(clean: CleanPage) -> None:
    rows = page_tables([replace(clean, ledger=())])["ledger"].to_pylist()
    assert [(r["raw_start"], r["raw_end"], r["disposition"]) for r in rows] == [
        (0, 2, "article"),
        (2, 3, "blank"),
        (3, 7, "article"),
        (7, 8, "blank"),
        (8, 12, "article"),
        (12, 14, "blank"),
        (14, 15, "orphan"),
        (15, 16, "blank"),
        (16, 20, "duplicate"),
        (20, 21, "blank"),
    ]


def test_quality(clean: CleanPage) -> None:
    (row,) = page_tables([clean], perplexities={"i/p": 12.5})["quality"].to_pylist()
    assert row["chars_article"] + row["chars_duplicate"] + row["chars_orphan"] + row["chars_blank"] == row["n_chars"]
    wanted = {
        "n_chars": 21, "chars_article": 10, "chars_duplicate": 4, "chars_orphan": 1, "chars_blank": 6, "chars_lost": 0,
        "articles": 1, "articles_without_headline": 0, "paragraphs": 2, "joins": 1, "joins_far": 0,
        "joins_low_confidence": 1, "edits_normalise": 2, "edits_suggested": 0, "unpaired_quotes": 2,
        "mean_join_confidence": 0.5, "min_article_confidence": 0.75, "perplexity": 12.5,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted


def test_quality_counts_what_is_lost(clean: CleanPage) -> None:
    (row,) = page_tables([replace(clean, orphans=())])["quality"].to_pylist()
    assert row["chars_lost"] == 1


@pytest.mark.parametrize("issue_date", [None, date(2025, 12, 26)])
def test_a_page_comes_back_whole(clean: CleanPage, issue_date: date | None) -> None:
    """Through Parquet, so that the ledger's proof can be made on what was published."""
    page = replace(clean.page, issue_date=issue_date, newspaper="天津日报", page_label="04")
    clean = replace(clean, page=page, model_id="m", profile_id="f", notes={})
    other = replace(
        clean, page=replace(page, page_id="i/q"), articles=(), edits=(), duplicates=(), orphans=(), ledger=()
    )
    store = Store("memory://tables")
    made = {"pages": pages_table([page, other.page], "m", "f", "0.1"), **page_tables([clean])}
    for name, table in made.items():
        store.write(name, "i", table)
    again = clean_pages({name: store.read(name, "i") for name in made})
    assert again == [clean, other]
    assert check_page(again[0]) == []


def test_pages_and_rejects_come_back() -> None:
    pages = [Page("i/p", "版面", "i", "p.txt", "0" * 64, 6), Page("i/q", "", "i")]
    assert pages_from_table(pages_table(pages, None, "f", "0.1")) == pages
    rejects = [
        Reject("i", "b.txt", None, None, "unreadable", "gone"),
        Reject("i", "a.txt", "0" * 64, 3, "binary", "a picture"),
    ]
    assert rejects_from_table(rejects_table("i", rejects)) == rejects[::-1]


def test_frames(clean: CleanPage) -> None:
    made = frames([clean])
    assert set(made) == {"pages", *DERIVED}
    assert made["articles"].loc[0, "headline"] == "标题"
    assert [len(f) for f in frames([]).values()] == [0] * 8
    assert list(frames([])["edits"].columns) == SCHEMAS["edits"].names
