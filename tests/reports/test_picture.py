"""What the picture of a page is drawn from: read back, it says what the tables say. How it looks is asked of a browser
in tests/browser/test_report_pictures.py."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import pyarrow as pa
import pytest
from material.columns import CUT

from pipeline.datasets.schemas import SCHEMAS
from pipeline.datasets.tables import page_tables, pages_table
from pipeline.library import clean_text
from pipeline.reports.columns import coded, numbered
from pipeline.reports.picture import Picture, pictures
from pipeline.text.spans import Edit, Span, render, rendered_edits

OTHER = "春灌用上智能闸门\r\n本报讯 3日,清河灌区的闸门同时开启,浇一亩地的时\r\n间少了一半。\r\n"


def tables(**texts: str) -> dict[str, pa.Table]:
    clean = [clean_text(text, page_id=f"i/{name}") for name, text in texts.items()]
    return {"pages": pages_table([c.page for c in clean], None, "", ""), **page_tables(clean)}


@dataclass
class Read:
    """The facts of a page, read as its script reads them."""

    picture: Picture

    def __post_init__(self) -> None:
        self.facts = json.loads(self.picture.json)
        self.text = self.facts.get("text", html.unescape(str(self.picture.text)))

    def edits(self) -> list[Edit]:
        found, at = [], 0
        for ahead, length, kind in runs(self.facts["edits"], 3):
            at += ahead
            after, stage, rule, status, evidence, confidence = self.facts["kinds"][kind]
            before = self.text[at : at + length]
            found.append(Edit(at, at + length, before, after, stage, rule, confidence, status, evidence or None))
        return found

    def paragraphs(self) -> Iterator[tuple[str, str, list[Span]]]:
        """Anchor of the article, role, stretches."""
        at, spans = 0, []
        for ahead, length in runs(self.facts["spans"], 2):
            spans.append(Span(at + ahead, at + ahead + length))
            at = spans[-1].end
        every = iter(spans)
        for owner, role, _, count in runs(self.facts["paragraphs"], 4):
            yield self.facts["articles"][owner][0], self.facts["roles"][role], list(islice(every, count))
        assert not list(every)


def runs(flat: list[int], n: int) -> list[list[int]]:
    assert len(flat) % n == 0
    return [flat[at : at + n] for at in range(0, len(flat), n)]


def read(found: dict[str, pa.Table]) -> list[Read]:
    return [Read(p) for p in pictures(found)]


def rounded(e: Edit) -> tuple[Any, ...]:
    return (e.start, e.end, e.before, e.after, e.stage, e.rule, round(e.confidence, 3), e.status, e.evidence)


def test_the_facts_say_what_the_tables_say() -> None:
    found = tables(p=CUT, empty="\n", q=OTHER, third="\n\n" + CUT.replace("座", "𠮷"))
    ids = found["pages"].column("page_id").to_pylist()
    assert len(ids) == 4
    for page_id, page in zip(ids, read(found), strict=True):
        own = {n: [r for r in t.to_pylist() if r["page_id"] == page_id] for n, t in found.items()}
        assert page.facts["page"] == page_id and page.text == own["pages"][0]["text"]
        articles = sorted(own["articles"], key=lambda a: int(a["position"]))
        assert [f"{page_id}@{a[0][1:]}" for a in page.facts["articles"]] == [a["article_id"] for a in articles]
        order = {a["article_id"]: n for n, a in enumerate(articles)}
        paragraphs = sorted(own["paragraphs"], key=lambda p: (order[p["article_id"]], p["seq"]))
        shown = list(page.paragraphs())
        assert [role for _, role, _ in shown] == [p["role"] for p in paragraphs]
        texts = [render(page.text, spans, rendered_edits(page.edits())) for _, _, spans in shown]
        assert texts == [p["text"] for p in paragraphs]
        seams = [page.facts["seams"][j] for j in page.facts["joins"]]
        assert seams == [[j["kind"], pytest.approx(j["confidence"], abs=1e-4)] for p in paragraphs for j in p["joins"]]
        assert len(seams) == sum(len(list(pairwise(spans))) for _, _, spans in shown)
        edits = [
            Edit(*(r[c] for c in ("raw_start", "raw_end", "before", "after", "stage", "rule", "confidence", "status")),
                 r["evidence"])
            for r in own["edits"]
        ]  # fmt: skip
        assert [rounded(e) for e in page.edits()] == [rounded(e) for e in sorted(edits, key=lambda e: (e.start, e.end))]
        assert set(page.facts["rules"]) <= {part for e in edits for part in e.rule.split("+")}


def test_the_order_of_rows_does_not_matter() -> None:
    found = tables(p=CUT, q=OTHER)
    mixed = {
        name: table if name == "pages" else table.take(pa.array(range(table.num_rows - 1, -1, -1), pa.int64()))
        for name, table in found.items()
    }
    assert any(mixed[name] != found[name] for name in ("articles", "paragraphs", "edits"))
    for one, other in zip(read(mixed), read(found), strict=True):
        assert list(one.paragraphs()) == list(other.paragraphs()) and one.edits() == other.edits()
        assert one.facts["articles"] == other.facts["articles"]


def test_what_was_withheld_is_nothing_but_its_text() -> None:
    found = tables(p=CUT)
    bare = {name: table if name == "pages" else SCHEMAS[name].empty_table() for name, table in found.items()}
    (page,) = read(bare)
    assert page.facts["withheld"] and page.text == CUT
    assert not any(page.facts[k] for k in ("articles", "paragraphs", "spans", "edits", "duplicates", "orphans"))
    assert not read(found)[0].facts["withheld"]


def test_a_repeat_says_where_the_copy_is_that_was_kept() -> None:
    body = "城南老街的书场昨天重新开张,新添了三十个座位。开场第一段书,说的是运河上的故事,听书的人把茶馆挤得满满当当。"
    found = tables(p=f"老街书场添新座\n本报讯（记者 孟晓岚）{body}\n{body}\n{body}\n")
    (page,) = read(found)
    rows = found["duplicates"].to_pylist()
    assert rows
    for (_, text, stretches, links), row in zip(page.facts["duplicates"], rows, strict=True):
        assert text == row["text"]
        assert runs(stretches, 2) == [[s["start"], s["end"]] for s in row["raw_spans"]]
        assert ["kept", row["kept_spans"][0]["start"]] in links
        assert page.text[row["kept_spans"][0]["start"] :].startswith("城南老街")


@pytest.mark.parametrize("text", ["</script><!--<script>", "a\x00b中\r\n\r<\u2028&amp;", "\ufeff中𠮷国", "\n\n中"])
def test_any_text_survives_and_ends_no_script(text: str) -> None:
    found = tables(p="中国")
    pages = found["pages"].drop_columns("text").append_column("text", pa.array([text], pa.large_string()))
    bare = {name: SCHEMAS[name].empty_table() for name in found}
    (page,) = read({**bare, "pages": pages})
    assert page.text == text
    assert "<" not in page.picture.json and "<" not in page.picture.text and "\r" not in page.picture.text


def test_columns_become_numbers() -> None:
    codes, values = coded(pa.chunked_array([["b", None, "a"], ["b"]]))
    assert [values[c] for c in codes] == ["b", None, "a", "b"]
    rows, first = numbered(codes, codes[::-1].copy())
    assert len(set(rows.tolist())) == len(first) == 3 and rows[first].tolist() == sorted(rows[first].tolist())
    assert coded(pa.chunked_array([], pa.string()))[0].tolist() == []
