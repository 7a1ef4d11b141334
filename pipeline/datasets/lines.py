"""The stage table `lines`: a page's layout as rows, to be looked at, and turned back into the very same layout.

Four kinds of rows (`part`): a `fragment` is a piece of a line with the roles it might play; a `paragraph` is a planned
paragraph of the article number `owner`; a `copy` is a repeat to be taken out; a `stray` belongs to no article.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, starmap
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.datasets import columns
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


#: The columns that make a layout: all but what is there to be read by people.
LAYOUT_COLUMNS = tuple(name for name in LINES.names if name not in ("issue_id", "text"))
#: The same without what only fragments have. They are most rows, and no later step asks for them.
PLAN_COLUMNS = tuple(name for name in LAYOUT_COLUMNS if name not in ("line_no", "role_scores"))


def lines_table(issue_id: str, layouts: Iterable[tuple[Page, Layout]]) -> pa.Table:
    """The layouts of an issue's pages as rows: a page's fragments, its paragraphs, its copies, its strays."""
    found: dict[str, list[Any]] = {name: [] for name in LINES.names}
    for page, layout in layouts:
        for part, given in _parts(page.text, layout):
            n = len(given["spans"])
            known = {**given, "page_id": [page.page_id] * n, "issue_id": [issue_id] * n, "part": [part] * n}
            for name, values in found.items():
                values.extend(known.get(name) or [None] * n)
    return pa.Table.from_arrays([columns.column(found[f.name], f.type) for f in LINES], schema=LINES)


def _parts(text: str, layout: Layout) -> Iterator[tuple[str, dict[str, list[Any]]]]:
    """The four kinds of rows of a page, column by column; what a kind does not know is left out."""
    fragments, copies, strays = layout.fragments, layout.copies, layout.strays
    owners = _owners(layout)
    yield (
        "fragment",
        {
            "owner": [owners.get(f.span.start) for f in fragments],
            "line_no": [f.line_no for f in fragments],
            "text": [text[f.span.start : f.span.end] for f in fragments],
            "spans": [(f.span,) for f in fragments],
            "role": [f.role_scores[0][0] if f.role_scores else None for f in fragments],
            "role_scores": [f.role_scores for f in fragments],
        },
    )
    planned = [p for article in layout.articles for p in article]
    yield (
        "paragraph",
        {
            "owner": [number for number, article in enumerate(layout.articles) for _ in article],
            "text": [_shown(text, p.spans) for p in planned],
            "spans": [p.spans for p in planned],
            "role": [p.role for p in planned],
            "joins": [[(j.raw_end, j.raw_start, j.kind, j.confidence) for j in p.joins] for p in planned],
            "truncation": [p.truncation for p in planned],
            "confidence": [p.confidence for p in planned],
        },
    )
    yield (
        "copy",
        {
            "owner": list(range(len(copies))),
            "text": [_shown(text, c.spans) for c in copies],
            "spans": [c.spans for c in copies],
            "kind": [c.kind for c in copies],
            "kept_spans": [c.kept_spans for c in copies],
            "residue_spans": [c.residue_spans for c in copies],
            "confidence": [c.similarity for c in copies],
        },
    )
    yield (
        "stray",
        {
            "owner": [s.near for s in strays],
            "text": [_shown(text, s.spans) for s in strays],
            "spans": [s.spans for s in strays],
            "kind": [s.reason for s in strays],
        },
    )


def _owners(layout: Layout) -> dict[int, int]:
    """Start of a span → number of the article that has it."""
    return {s.start: n for n, article in enumerate(layout.articles) for p in article for s in p.spans}


def _shown(text: str, spans: Iterable[Span]) -> str:
    return "⏎".join([text[start:end] for start, end in spans])


def layouts_from_table(table: pa.Table) -> dict[str, Layout]:
    """page_id → layout, from the rows of `lines_table` (`LAYOUT_COLUMNS` are enough); with `PLAN_COLUMNS` alone,
    without its fragments."""
    whole = set(LAYOUT_COLUMNS) <= set(table.column_names)
    if not whole:
        table = table.filter(pc.not_equal(table.column("part"), "fragment"))
    found = {name: columns.values(table.column(name)) for name in (LAYOUT_COLUMNS if whole else PLAN_COLUMNS)}
    return {
        str(page_id): _layout({name: values[start:end] for name, values in found.items()})
        for page_id, start, end in _runs(found["page_id"])
    }


def _runs(values: Sequence[Any]) -> Iterator[tuple[Any, int, int]]:
    """Each run of equal values: the value, and where it begins and ends."""
    end = 0
    for value, run in groupby(values):
        start, end = end, end + len(list(run))
        yield value, start, end


def _layout(found: Mapping[str, list[Any]]) -> Layout:
    """The layout that one page's rows tell of; those of one kind stand together."""
    places = {part: (start, end) for part, start, end in _runs(found["part"])}

    def rows(part: str, *names: str) -> list[tuple[Any, ...]]:
        start, end = places.get(part, (0, 0))
        return list(zip(*(found[name][start:end] for name in names), strict=True))

    planned = [
        (owner, PlannedParagraph(role, _spans(spans), tuple(starmap(Join, joins)), truncation, confidence))
        for owner, role, spans, joins, truncation, confidence in rows(
            "paragraph", "owner", "role", "spans", "joins", "truncation", "confidence"
        )
    ]
    return Layout(
        fragments=tuple(
            Fragment(Span(*spans[0]), line_no, tuple(scores))
            for spans, line_no, scores in rows("fragment", "spans", "line_no", "role_scores")
        )
        if "fragment" in places
        else (),
        articles=tuple(tuple(p for _, p in article) for _, article in groupby(planned, key=itemgetter(0))),
        copies=tuple(
            Copy(_spans(spans), kind, _spans(kept), similarity, _spans(residue))
            for spans, kind, kept, similarity, residue in rows(
                "copy", "spans", "kind", "kept_spans", "confidence", "residue_spans"
            )
        ),
        strays=tuple(
            Stray(_spans(spans), reason, near) for spans, reason, near in rows("stray", "spans", "kind", "owner")
        ),
    )


def _spans(spans: Iterable[tuple[int, int]]) -> tuple[Span, ...]:
    return tuple(map(Span._make, spans))
