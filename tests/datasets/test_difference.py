"""`banmian diff`: what became of articles and edits between two output folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.datasets.difference import difference
from pipeline.datasets.schemas import SCHEMAS
from pipeline.datasets.store import Store

Row = dict[str, Any]
Change = Callable[[str, Callable[[list[Row]], list[Row]]], None]


@pytest.fixture
def other(cleaned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(cleaned, tmp_path / "other", ignore=shutil.ignore_patterns("report", "_*")))


@pytest.fixture
def change(other: Path) -> Change:
    """Changes the rows of a table of the first issue."""
    store = Store(str(other))
    issue = store.issues("articles")[0]

    def apply(table: str, how: Callable[[list[Row]], list[Row]]) -> None:
        rows = how(store.read(table, issue).to_pylist())
        store.write(table, issue, pa.Table.from_pylist(rows, schema=SCHEMAS[table]))

    return apply


def test_a_folder_and_its_copy_do_not_differ(cleaned: Path, other: Path) -> None:
    found = difference(str(cleaned), str(other))
    assert found.same and found.counts["pages"] == 5 and found.counts["articles_same"] > 5


def test_a_headline_read_anew_is_one_changed_article(cleaned: Path, other: Path, change: Change) -> None:
    def anew(rows: list[Row]) -> list[Row]:
        return [{**rows[0], "headline": "另一个标题", "text": rows[0]["text"].replace("，", ",", 1)}, *rows[1:]]

    change("articles", anew)
    (page,) = difference(str(cleaned), str(other)).pages
    (article,) = page.articles
    assert (article.kind, article.fields) == ("changed", ("headline", "text"))
    assert article.headlines[1] == ("另一个标题",) and "," in article.texts[1]


def same_page(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The first page's rows, and the others."""
    page = rows[0]["page_id"]
    return [r for r in rows if r["page_id"] == page], [r for r in rows if r["page_id"] != page]


def test_articles_put_together_are_merged_and_the_other_way_split(cleaned: Path, other: Path, change: Change) -> None:
    def merge(rows: list[Row]) -> list[Row]:
        (first, second, *more), others = same_page(rows)
        one = {**first, "text": first["text"] + second["text"], "raw_spans": first["raw_spans"] + second["raw_spans"]}
        return [one, *more, *others]

    change("articles", merge)
    (page,) = difference(str(cleaned), str(other)).pages
    assert [(a.kind, len(a.old), len(a.new)) for a in page.articles] == [("merged", 2, 1)]
    (page,) = difference(str(other), str(cleaned)).pages
    assert [(a.kind, len(a.old), len(a.new)) for a in page.articles] == [("split", 1, 2)]


def test_an_article_that_is_gone_and_one_that_is_new(cleaned: Path, other: Path, change: Change) -> None:
    change("articles", lambda rows: rows[1:])
    assert [a.kind for p in difference(str(cleaned), str(other)).pages for a in p.articles] == ["removed"]
    assert [a.kind for p in difference(str(other), str(cleaned)).pages for a in p.articles] == ["added"]


def test_edits_that_came_went_and_changed(cleaned: Path, other: Path, change: Change) -> None:
    def edited(rows: list[Row]) -> list[Row]:
        first, second, *more = rows
        return [{**first, "status": "suggested"}, *more, {**second, "raw_start": 0, "raw_end": 1, "edit_id": "new"}]

    change("edits", edited)
    found = difference(str(cleaned), str(other))
    kinds = sorted(e.kind for p in found.pages for e in p.edits)
    assert kinds == ["changed", "gone", "new"]
    assert (found.counts["edits_changed"], found.counts["edits_gone"], found.counts["edits_new"]) == (1, 1, 1)


def test_pages_that_stand_in_one_folder_only_or_were_withheld(cleaned: Path, other: Path, change: Change) -> None:
    Store(str(other)).delete_issue(Store(str(other)).issues("articles")[1])
    change("quality", lambda rows: rows[1:])
    states = sorted(p.state for p in difference(str(cleaned), str(other)).pages)
    assert states == ["only_old", "only_old", "withheld_new"]
    assert "withheld_old" in [p.state for p in difference(str(other), str(cleaned)).pages]


def test_a_page_whose_raw_text_changed_is_compared_by_its_texts(cleaned: Path, other: Path, change: Change) -> None:
    change("pages", lambda rows: [{**rows[0], "text": "\n" + rows[0]["text"]}, *rows[1:]])
    (page,) = difference(str(cleaned), str(other)).pages
    assert (page.state, page.articles, page.edits) == ("raw_changed", (), ())
    change("articles", lambda rows: [{**rows[0], "text": "全新的文字"}, *rows[1:]])
    (page,) = difference(str(cleaned), str(other)).pages
    assert [a.kind for a in page.articles] == ["removed", "added"]


def test_the_command_tells_and_its_exit_code_says(cleaned: Path, other: Path, change: Change) -> None:
    def diff(*args: str) -> Any:
        return CliRunner().invoke(main, ["diff", str(cleaned), str(other), *args])

    assert diff().exit_code == 0 and "No difference in 5 pages." in diff().stdout
    change("articles", lambda rows: [{**rows[0], "headline": "另一个标题"}, *rows[1:]])
    change("edits", lambda rows: rows[1:])
    told = diff()
    assert told.exit_code == 1
    assert "1 of 5 pages differs." in told.stdout and "→ 另一个标题 (headline)" in told.stdout
    assert "edit gone" in told.stdout and "\x1b[" not in told.stdout
    made = json.loads(diff("--json").stdout)
    assert made["counts"]["articles_changed"] == 1 and made["pages"][0]["articles"][0]["fields"] == ["headline"]
    wrong = CliRunner().invoke(main, ["diff", str(cleaned), str(other / "no")])
    assert wrong.exit_code == 2 and "holds no tables" in wrong.stderr
