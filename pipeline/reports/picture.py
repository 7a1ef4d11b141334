"""What the picture of a page is drawn from: its articles, repeats, orphans and edits as numbers, for the page's script.

The raw text stands in the page once. Everything else says where in it: an article is the stretches it is made of, an
edit is a place and what to read there. The script (`templates/page.js`) lays it out, in the browser of whoever looks:
markup for each character would be ten times as much to write and to keep. What belongs here: saying what the tables
say, in few bytes. What does not: deciding anything about the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from markupsafe import Markup, escape

from pipeline.reports.columns import Ints, coded, flattened, numbered
from pipeline.reports.names import article_anchor, article_link
from pipeline.reports.rules import rule_words

#: Below this a decision is drawn as unsure.
UNSURE = 0.6

Row = dict[str, Any]

#: The columns of its tables that a picture shows.
COLUMNS: Mapping[str, frozenset[str]] = {
    "articles": frozenset((
        "article_id", "page_id", "position", "kind", "confidence", "authors", "continued_to_page",
        "continued_from_page", "continues_article_id",
    )),
    "paragraphs": frozenset(("article_id", "page_id", "seq", "role", "truncation", "raw_spans", "joins")),
    "edits": frozenset((
        "page_id", "raw_start", "raw_end", "after", "stage", "rule", "confidence", "status", "evidence",
    )),
    "duplicates": frozenset((
        "page_id", "raw_spans", "text", "kind", "kept_page_id", "kept_article_id", "kept_spans", "similarity",
        "residue_spans",
    )),
    "orphans": frozenset(("page_id", "raw_spans", "text", "reason", "nearest_article_id")),
}  # fmt: skip

#: What an edit says besides its place, in the order of the script's notes.
_SAID = ("after", "stage", "rule", "status", "evidence")
#: A text with one of these cannot stand in HTML.
_NOT_IN_HTML = re.compile("\x00")


@dataclass(frozen=True)
class Picture:
    """`text`: the raw text as HTML; `facts`: all that is drawn over it."""

    text: Markup
    facts: Row

    @property
    def json(self) -> Markup:
        """The facts as they may stand in a script element."""
        told = json.dumps(self.facts, ensure_ascii=False, separators=(",", ":"))
        return Markup(told.replace("<", "\\u003c"))


def pictures(tables: Mapping[str, pa.Table], reprints: Mapping[str, Sequence[str]] | None = None) -> Iterator[Picture]:
    """The picture of every row of `pages`, from it and the tables of COLUMNS; a page without a row in `quality` was
    withheld, and is nothing but its text.

    `reprints`: article_id → articles that print the same.
    """
    pages = [(p["page_id"], p["text"]) for p in tables["pages"].select(["page_id", "text"]).to_pylist()]
    articles = _Articles(tables["articles"], reprints or {})
    paragraphs = _Paragraphs(tables["paragraphs"], articles.order)
    edits = _Edits(tables["edits"])
    duplicates, orphans = (_rows_by_page(tables[name]) for name in ("duplicates", "orphans"))
    published = set(tables["quality"].column("page_id").to_pylist())
    for page_id, text in pages:
        facts = {
            "page": page_id,
            "withheld": page_id not in published,
            **articles.of(page_id),
            **paragraphs.of(page_id),
            **edits.of(page_id),
            "duplicates": [_duplicate(d) for d in duplicates.get(page_id, [])],
            "orphans": [_orphan(o) for o in orphans.get(page_id, [])],
        }
        if _NOT_IN_HTML.search(text):
            facts["text"] = text
        yield Picture(Markup(str(escape(text)).replace("\r", "&#13;")), facts)


class _Places:
    """Which rows of a table belong to which page."""

    def __init__(self, page_ids: pa.ChunkedArray) -> None:
        codes, names = coded(page_ids)
        self.order = np.argsort(codes, kind="stable")
        cuts = np.searchsorted(codes[self.order], np.arange(len(names) + 1)).tolist()
        self._at = dict(zip(names, pairwise(cuts), strict=True))

    def of(self, page_id: str) -> slice:
        """Its rows, in `order`."""
        return slice(*self._at.get(page_id, (0, 0)))


# --- articles -------------------------------------------------------------------------------------------------------


class _Articles:
    """`order`: article_id → place in its page."""

    def __init__(self, table: pa.Table, reprints: Mapping[str, Sequence[str]]) -> None:
        self.order: dict[str, int] = {}
        self._by_page: dict[str, list[list[Any]]] = {}
        for row in sorted(table.to_pylist(), key=lambda a: (a["page_id"], a["position"])):
            self.order[row["article_id"]] = len(self.order)
            told = _article(row, reprints.get(row["article_id"], ()))
            self._by_page.setdefault(row["page_id"], []).append(told)

    def of(self, page_id: str) -> Row:
        return {"articles": self._by_page.get(page_id, [])}


def _article(a: Row, same: Sequence[str]) -> list[Any]:
    """[anchor, kind, confidence, authors, page it goes on on, page it comes from, [[words, link], …]]"""
    elsewhere = [["printed again", f"../../{article_link(other)}"] for other in same]
    if a["continues_article_id"]:
        elsewhere.insert(0, ["begins on another page", f"../../{article_link(a['continues_article_id'])}"])
    return [
        article_anchor(a["article_id"]), a["kind"], round(a["confidence"], 4), "、".join(a["authors"]),
        a["continued_to_page"] or "", a["continued_from_page"] or "", elsewhere,
    ]  # fmt: skip


class _Paragraphs:
    """All paragraphs as runs of numbers, in reading order."""

    def __init__(self, table: pa.Table, order: Mapping[str, int]) -> None:
        owners, ids = coded(table.column("article_id"))
        ranks = np.array([order.get(i, -1) for i in ids], dtype=np.int64)[owners]
        reading = np.lexsort((table.column("seq").to_numpy(), ranks))
        if (np.diff(reading) != 1).any():
            table, ranks = table.take(pa.array(reading)), ranks[reading]
        places = _Places(table.column("page_id"))
        self._places, self._ranks = places, ranks[places.order]
        if (np.diff(places.order) != 1).any():
            table = table.take(pa.array(places.order))
        self._roles, self._role_names = coded(table.column("role"))
        self._cuts, self._cut_names = coded(table.column("truncation"))
        spans, self._first_span = flattened(table.column("raw_spans"))
        self._starts, self._ends = (spans.field(f).to_numpy() for f in ("start", "end"))
        joins, self._first_join = flattened(table.column("joins"))
        kinds, kind_names = coded(pa.chunked_array([joins.field("kind")]))
        sure = np.round(joins.field("confidence").to_numpy().astype(np.float64) * 10_000).astype(np.int64)
        self._joins, first = numbered(kinds, sure)
        self._seams = [
            [kind_names[k], n / 10_000] for k, n in zip(kinds[first].tolist(), sure[first].tolist(), strict=True)
        ]

    def of(self, page_id: str) -> Row:
        """`paragraphs`: for each its article, role, truncation and number of stretches, end to end. `spans`: for each
        stretch how far behind the last one's end it begins, and its length. `joins`: for each seam its kind."""
        own = self._places.of(page_id)
        a, b = self._first_span[own.start], self._first_span[own.stop]
        starts, ends = self._starts[a:b], self._ends[a:b]
        ranks, counts = self._ranks[own], np.diff(self._first_span[own.start : own.stop + 1])
        numbers = ranks - (ranks.min() if len(ranks) else 0)
        seams, joins = _few(self._joins[self._first_join[own.start] : self._first_join[own.stop]], self._seams)
        return {
            "roles": self._role_names[:-1],
            "cuts": self._cut_names[:-1],
            "paragraphs": _woven(numbers, self._roles[own], self._cuts[own], counts),
            "spans": _woven(starts - np.concatenate([[0], ends[:-1]])[: len(starts)], ends - starts),
            "seams": seams,
            "joins": joins,
        }


def _few(numbers: Ints, values: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The values that a page needs, and its numbers among those."""
    used, own = np.unique(numbers, return_inverse=True)
    return [values[n] for n in used.tolist()], own.tolist()


def _woven(*columns: Ints) -> list[int]:
    """Columns of numbers as one run, row after row."""
    woven: list[int] = np.column_stack(columns).ravel().tolist()
    return woven


# --- edits ----------------------------------------------------------------------------------------------------------


class _Edits:
    """All edits by place; what they say is told once a page."""

    def __init__(self, table: pa.Table) -> None:
        self._places = _Places(table.column("page_id"))
        starts, ends = (table.column(c).to_numpy() for c in ("raw_start", "raw_end"))
        pages = np.empty(len(starts), dtype=np.int64)
        pages[self._places.order] = np.arange(len(starts))  # a stable order of pages …
        codes, _ = coded(table.column("page_id"))
        order = np.lexsort((pages, ends, starts, codes))  # … and in them of places
        said = [coded(table.column(name)) for name in _SAID]
        sure = np.round(table.column("confidence").to_numpy().astype(np.float64) * 10_000).astype(np.int64)
        numbers, first = numbered(*(codes for codes, _ in said), sure)
        self._kinds = [
            [*(values[codes[at]] or "" for codes, values in said), int(sure[at]) / 10_000] for at in first.tolist()
        ]
        self._starts, self._ends, self._numbers = starts[order], ends[order], numbers[order]

    def of(self, page_id: str) -> Row:
        """`edits`: for each how far behind the last one's beginning it begins, its length, and its kind. `rules`: what
        each does, in words."""
        own = self._places.of(page_id)
        starts = self._starts[own]
        kinds, numbers = _few(self._numbers[own], self._kinds)
        rules = sorted({part for kind in kinds for part in kind[2].split("+")})
        return {
            "kinds": kinds,
            "edits": _woven(np.diff(starts, prepend=0), self._ends[own] - starts, np.array(numbers, dtype=np.int64)),
            "rules": {rule: words for rule in rules if (words := rule_words(rule))},
        }


# --- what belongs to no article -------------------------------------------------------------------------------------


def _rows_by_page(table: pa.Table) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in table.to_pylist():
        found.setdefault(row["page_id"], []).append(row)
    return found


def _duplicate(row: Row) -> list[Any]:
    """[title, text, stretches, [[words, offset of a line], or [words, name, link], …]]"""
    links: list[list[Any]] = []
    if row["kept_spans"] and row["kept_page_id"] == row["page_id"]:
        links.append(["kept", row["kept_spans"][0]["start"]])
    elif row["kept_article_id"]:
        links.append(["kept", row["kept_article_id"], f"../../{article_link(row['kept_article_id'])}"])
    links += [["more than the kept text", s["start"]] for s in row["residue_spans"]]
    return [f"{row['kind']} repeat, {row['similarity']:.0%} alike", row["text"], _stretches(row["raw_spans"]), links]


def _orphan(row: Row) -> list[Any]:
    """[title, text, stretches, [[words, anchor of an article]]]"""
    near = row["nearest_article_id"] or ""
    links = [["nearest", article_anchor(near)]] if near.rpartition("@")[0] == row["page_id"] else []
    return [row["reason"], row["text"], _stretches(row["raw_spans"]), links]


def _stretches(spans: Iterable[Mapping[str, int]]) -> list[int]:
    return [n for s in spans for n in (s["start"], s["end"])]
