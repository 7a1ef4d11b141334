"""The stage table `lines`: a page's layout as rows, to be looked at, and turned back into the very same layout.

Four kinds of rows (`part`): a `fragment` is a piece of a line with the roles it might play; a `paragraph` is a planned
paragraph of the article number `owner`; a `copy` is a repeat to be taken out; a `stray` belongs to no article.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import pyarrow as pa

from pipeline.text.document import Join, Page
from pipeline.text.layout import Copy, Fragment, Layout, PlannedParagraph, Stray
from pipeline.text.spans import Span

_SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64())])
_JOIN = pa.struct(
    [("raw_end", pa.int64()), ("raw_start", pa.int64()), ("kind", pa.string()), ("confidence", pa.float64())]
)
_ROLE = pa.struct([("role", pa.string()), ("score", pa.float64())])


def _field(name: str, kind: pa.DataType, description: str) -> pa.Field:
    return pa.field(name, kind, metadata={"description": description})


LINES = pa.schema(
    [
        _field("page_id", pa.string(), "The page."),
        _field("issue_id", pa.string(), "The newspaper issue."),
        _field("part", pa.string(), "What the row is: fragment, paragraph, copy or stray."),
        _field(
            "owner", pa.int32(), "Number of the article on the page, of the copy or of the stray that it belongs to."
        ),
        _field("line_no", pa.int32(), "Fragments: the line, counted by line feeds from 0."),
        _field("text", pa.string(), "The raw text of the spans, to be read by people."),
        _field("spans", pa.list_(_SPAN), "Where it stands in the raw text, in reading order."),
        _field("role", pa.string(), "Paragraphs: the role. Fragments: the likeliest role by itself."),
        _field("role_scores", pa.list_(_ROLE), "Fragments: every role it might play, likeliest first."),
        _field("joins", pa.list_(_JOIN), "Paragraphs: the seams between the spans, with their scores."),
        _field("truncation", pa.string(), "Paragraphs: where text is known to be missing."),
        _field("kind", pa.string(), "Copies: exact, near, contained or blend. Strays: the reason."),
        _field("kept_spans", pa.list_(_SPAN), "Copies: the text that was kept."),
        _field("residue_spans", pa.list_(_SPAN), "Copies: what it held beyond the kept text."),
        _field("confidence", pa.float64(), "Paragraphs: of the place in the article. Copies: the similarity."),
    ],
    metadata={"description": "How each page was understood: lines, roles, seams, and what belongs together."},
)


def lines_table(issue_id: str, layouts: Iterable[tuple[Page, Layout]]) -> pa.Table:
    """The layouts of an issue's pages as rows."""
    rows = [
        {"page_id": page.page_id, "issue_id": issue_id, **row}
        for page, layout in layouts
        for row in _rows(page.text, layout)
    ]
    return pa.Table.from_pylist(rows, schema=LINES)


def layouts_from_table(table: pa.Table) -> dict[str, Layout]:
    """page_id → layout, from the rows of `lines_table`."""
    return {
        page_id: _layout(list(rows))
        for page_id, rows in groupby(table.to_pylist(), key=lambda row: str(row["page_id"]))
    }


def _rows(text: str, layout: Layout) -> Iterator[dict[str, Any]]:
    owners = _owners(layout)
    for f in layout.fragments:
        scores = [{"role": role, "score": score} for role, score in f.role_scores]
        yield {
            **_piece("fragment", text, [f.span]),
            "line_no": f.line_no,
            "owner": owners.get(f.span.start),
            "role": f.role_scores[0][0] if f.role_scores else None,
            "role_scores": scores,
        }
    for number, article in enumerate(layout.articles):
        for p in article:
            joins = [
                {"raw_end": j.raw_end, "raw_start": j.raw_start, "kind": j.kind, "confidence": j.confidence}
                for j in p.joins
            ]
            yield {
                **_piece("paragraph", text, p.spans),
                "owner": number,
                "role": p.role,
                "joins": joins,
                "truncation": p.truncation,
                "confidence": p.confidence,
            }
    for number, c in enumerate(layout.copies):
        yield {
            **_piece("copy", text, c.spans),
            "owner": number,
            "kind": c.kind,
            "kept_spans": _spans(c.kept_spans),
            "residue_spans": _spans(c.residue_spans),
            "confidence": c.similarity,
        }
    for s in layout.strays:
        yield {**_piece("stray", text, s.spans), "owner": s.near, "kind": s.reason}


def _owners(layout: Layout) -> dict[int, int]:
    """Start of a span → number of the article that has it."""
    return {s.start: n for n, article in enumerate(layout.articles) for p in article for s in p.spans}


def _piece(part: str, text: str, spans: Iterable[Span]) -> dict[str, Any]:
    spans = list(spans)
    return {"part": part, "text": "⏎".join(text[s.start : s.end] for s in spans), "spans": _spans(spans)}


def _spans(spans: Iterable[Span]) -> list[dict[str, int]]:
    return [{"start": s.start, "end": s.end} for s in spans]


def _layout(rows: list[dict[str, Any]]) -> Layout:
    parts = {part: [r for r in rows if r["part"] == part] for part in ("fragment", "paragraph", "copy", "stray")}
    articles = [list(group) for _, group in groupby(parts["paragraph"], key=lambda row: row["owner"])]
    return Layout(
        fragments=tuple(
            Fragment(_read(r["spans"])[0], r["line_no"], tuple((s["role"], s["score"]) for s in r["role_scores"]))
            for r in parts["fragment"]
        ),
        articles=tuple(tuple(_paragraph(r) for r in article) for article in articles),
        copies=tuple(
            Copy(_read(r["spans"]), r["kind"], _read(r["kept_spans"]), r["confidence"], _read(r["residue_spans"]))
            for r in parts["copy"]
        ),
        strays=tuple(Stray(_read(r["spans"]), r["kind"], r["owner"]) for r in parts["stray"]),
    )


def _paragraph(row: Mapping[str, Any]) -> PlannedParagraph:
    joins = tuple(Join(j["raw_end"], j["raw_start"], j["kind"], j["confidence"]) for j in row["joins"])
    return PlannedParagraph(row["role"], _read(row["spans"]), joins, row["truncation"], row["confidence"])


def _read(spans: Iterable[Mapping[str, int]]) -> tuple[Span, ...]:
    return tuple(Span(s["start"], s["end"]) for s in spans)
