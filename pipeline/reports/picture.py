"""The picture of one page: its raw lines coloured by article on one side, the articles on the other.

What belongs here: laying out what the tables say. What does not: deciding anything about the text. All text is escaped
here; the templates only arrange it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from pipeline.datasets.tables import edits_from_rows
from pipeline.reports.names import article_anchor, article_link
from pipeline.text.ledger import line_starts
from pipeline.text.spans import Edit, Span, edits_within

#: Colours repeat after this many articles of a page.
COLOURS = 12
#: Below this a decision is drawn as unsure.
UNSURE = 0.6

Row = dict[str, Any]

#: What would not be seen, or would change how its surroundings are seen: controls, zero-width, direction marks.
_ODD = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass
class Segment:
    """A stretch of a raw line with one fate. `chip`: it begins a run of its article."""

    disposition: str
    html: Markup
    anchor: str = ""
    number: int = 0
    colour: int = -1
    role: str = ""
    chip: bool = False
    goes_to: list[Link] = field(default_factory=list)
    comes_from: list[Link] = field(default_factory=list)


@dataclass
class RawLine:
    """A line of the file, counted from 1."""

    number: int
    segments: list[Segment]

    @property
    def empty(self) -> bool:
        """Nothing but blank space?"""
        return all(s.disposition == "blank" for s in self.segments)

    @property
    def roles(self) -> str:
        """The roles in it that are worth a word."""
        return " ".join(dict.fromkeys(s.role for s in self.segments if s.role not in ("", "body")))


@dataclass(frozen=True)
class Link:
    """A seam between two lines: number in the page's list of joins, and the line at its other end."""

    join: int
    line: int
    kind: str
    unsure: bool


@dataclass(frozen=True)
class Shown:
    """A paragraph as it is shown: role, text, first and last line, truncation."""

    role: str
    html: Markup
    lines: tuple[int, int]
    truncation: str | None


@dataclass(frozen=True)
class Card:
    """An article. `row` is its row in the table."""

    row: Row
    number: int
    anchor: str
    colour: int
    paragraphs: tuple[Shown, ...]
    lines: tuple[int, int]
    elsewhere: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Aside:
    """A duplicate or an orphan. `links`: what is said of it → line or link."""

    kind: str
    anchor: str
    title: str
    text: str
    lines: tuple[int, int]
    links: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Picture:
    """All of it. `facts` is what the page's script shows of edits and joins."""

    lines: list[RawLine]
    cards: list[Card]
    duplicates: list[Aside]
    orphans: list[Aside]
    words: list[Row]
    facts: dict[str, Any]


def draw(page: Row, own: Mapping[str, list[Row]], reprints: Mapping[str, Sequence[str]] | None = None) -> Picture:
    """The picture of a page, from its rows in `pages` and in the other tables.

    `reprints`: article_id → articles that print the same.
    """
    sheet = _Sheet(page, own)
    cards = [_card(sheet, a, (reprints or {}).get(a["article_id"], ())) for a in sheet.articles]
    return Picture(
        lines=_raw_lines(sheet),
        cards=cards,
        duplicates=[_duplicate(sheet, d, n) for n, d in enumerate(own.get("duplicates", []), 1)],
        orphans=[_orphan(sheet, o, n) for n, o in enumerate(own.get("orphans", []), 1)],
        words=[_word(sheet, n, e) for n, e in enumerate(sheet.edits) if e.stage in ("correct", "script")],
        facts={"edits": [_edit_facts(e) for e in sheet.edits], "joins": sheet.joins},
    )


class _Sheet:
    """A page's text with its articles numbered, its edits sorted and its lines counted."""

    def __init__(self, page: Row, own: Mapping[str, list[Row]]) -> None:
        self.page, self.text = page, page["text"]
        self.starts = line_starts(self.text)
        self.articles = sorted(own.get("articles", []), key=lambda a: int(a["position"]))
        self.number = {a["article_id"]: n for n, a in enumerate(self.articles, 1)}
        self.edits: list[Edit] = sorted(edits_from_rows(own.get("edits", [])), key=lambda e: (e.start, e.end))
        self.place = {id(e): n for n, e in enumerate(self.edits)}
        self.rendered = [e for e in self.edits if e.rendered]
        self.others = [e for e in self.edits if not e.rendered]
        self.ledger = own.get("ledger", [])
        self.duplicates = {d["duplicate_id"]: n for n, d in enumerate(own.get("duplicates", []), 1)}
        self.orphans = {o["orphan_id"]: n for n, o in enumerate(own.get("orphans", []), 1)}
        self.paragraphs: dict[str, list[Row]] = {}
        for p in sorted(own.get("paragraphs", []), key=lambda p: int(p["seq"])):
            self.paragraphs.setdefault(p["article_id"], []).append(p)
        self.joins: list[list[Any]] = []
        self.first_join: dict[tuple[str, int], int] = {}
        self.leaving: dict[int, list[Link]] = {}
        self.arriving: dict[int, list[Link]] = {}
        for article_id, paragraphs in self.paragraphs.items():
            for p in paragraphs:
                self.first_join[article_id, p["seq"]] = len(self.joins)
                for join in p["joins"]:
                    self._note_join(join, article_id)

    def line(self, offset: int) -> int:
        """The line, from 1, in which a raw offset stands."""
        return bisect_right(self.starts, offset)

    def lines(self, spans: Sequence[Mapping[str, int]]) -> tuple[int, int]:
        """First and last line of some spans."""
        if not spans:
            return 1, 1
        return self.line(min(s["start"] for s in spans)), self.line(max(s["start"] for s in spans))

    def _note_join(self, join: Row, article_id: str) -> None:
        end, start = join["raw_end"], join["raw_start"]
        here, there = self.line(max(0, end - 1)), self.line(start)
        unsure = join["confidence"] < UNSURE
        self.leaving.setdefault(end, []).append(Link(len(self.joins), there, join["kind"], unsure))
        self.arriving.setdefault(start, []).append(Link(len(self.joins), here, join["kind"], unsure))
        number = self.number.get(article_id, 0)
        self.joins.append([here, there, join["kind"], round(join["confidence"], 3), number, (number - 1) % COLOURS])


# --- the raw side ---------------------------------------------------------------------------------------------------


def _raw_lines(sheet: _Sheet) -> list[RawLine]:
    ends = [s - 1 for s in sheet.starts[1:]] + [len(sheet.text)]
    lines = [RawLine(n, []) for n in range(1, len(ends) + 1)]
    last = None
    for row in sheet.ledger or [_unknown(sheet)]:
        first, start = sheet.line(row["raw_start"]), row["raw_start"]
        for number in range(first, len(ends) + 1):
            end = min(row["raw_end"], ends[number - 1])
            if start < end:
                segment = _segment(sheet, row, start, end)
                segment.chip = bool(segment.anchor) and segment.anchor != last
                last = segment.anchor or (last if row["disposition"] == "blank" else None)
                lines[number - 1].segments.append(segment)
            start = max(start, end + 1)
            if start >= row["raw_end"]:
                break
    return lines


def _unknown(sheet: _Sheet) -> Row:
    """A withheld page has no ledger: its text is shown as it is."""
    return {"raw_start": 0, "raw_end": len(sheet.text), "disposition": "unknown", "owner_id": None, "role": None}


def _segment(sheet: _Sheet, row: Row, start: int, end: int) -> Segment:
    html = Markup("").join(_marked(sheet, start, end, raw=True))
    owner, disposition = row["owner_id"], row["disposition"]
    made = Segment(disposition, html, role=row["role"] or "")
    if disposition == "article" and owner in sheet.number:
        made.number = sheet.number[owner]
        made.anchor, made.colour = article_anchor(owner), (made.number - 1) % COLOURS
        made.goes_to, made.comes_from = sheet.leaving.get(end, []), sheet.arriving.get(start, [])
    elif disposition == "duplicate" and owner in sheet.duplicates:
        made.anchor = f"d{sheet.duplicates[owner]}"
    elif disposition == "orphan" and owner in sheet.orphans:
        made.anchor = f"o{sheet.orphans[owner]}"
    return made


# --- the articles' side ---------------------------------------------------------------------------------------------


def _card(sheet: _Sheet, article: Row, same: Sequence[str]) -> Card:
    number = sheet.number[article["article_id"]]
    paragraphs = tuple(
        Shown(
            p["role"], Markup("").join(_clean(sheet, p)), sheet.lines(p["raw_spans"]), p["truncation"],
        )
        for p in sheet.paragraphs.get(article["article_id"], [])
    )  # fmt: skip
    elsewhere = [("printed again", f"../../{article_link(other)}") for other in same]
    if article["continues_article_id"]:
        elsewhere.insert(0, ("begins on another page", f"../../{article_link(article['continues_article_id'])}"))
    return Card(
        article, number, article_anchor(article["article_id"]), (number - 1) % COLOURS, paragraphs,
        sheet.lines(article["raw_spans"]), tuple(elsewhere),
    )  # fmt: skip


def _clean(sheet: _Sheet, paragraph: Row) -> Iterator[Markup]:
    """The clean text of a paragraph, with its edits and joins."""
    first = sheet.first_join[paragraph["article_id"], paragraph["seq"]]
    for number, span in enumerate(paragraph["raw_spans"]):
        if number:
            yield _join(sheet, first + number - 1)
        yield from _marked(sheet, span["start"], span["end"], raw=False)


def _join(sheet: _Sheet, number: int) -> Markup:
    _, there, kind, confidence, _, _ = sheet.joins[number]
    unsure = " unsure" if confidence < UNSURE else ""
    return Markup(
        '<a class="join {}{}" data-j="{}" href="#L{}" aria-label="join, {}, goes on in line {}">⌇</a>'
    ).format(kind, unsure, number, there, kind, there)


def _duplicate(sheet: _Sheet, row: Row, number: int) -> Aside:
    here = row["kept_page_id"] == sheet.page["page_id"]
    kept = row["kept_spans"]
    links = []
    if kept and here:
        line = sheet.line(kept[0]["start"])
        links.append(("kept", f"line {line}", f"#L{line}"))
    elif row["kept_article_id"]:
        links.append(("kept", row["kept_article_id"], f"../../{article_link(row['kept_article_id'])}"))
    for s in row["residue_spans"]:
        line = sheet.line(s["start"])
        links.append(("more than the kept text", f"line {line}", f"#L{line}"))
    title = f"{row['kind']} repeat, {row['similarity']:.0%} alike"
    return Aside("duplicate", f"d{number}", title, row["text"], sheet.lines(row["raw_spans"]), tuple(links))


def _orphan(sheet: _Sheet, row: Row, number: int) -> Aside:
    near = row["nearest_article_id"]
    links = []
    if near in sheet.number:
        links.append(("nearest", f"article {sheet.number[near]}", f"#{article_anchor(near)}"))
    return Aside("orphan", f"o{number}", row["reason"], row["text"], sheet.lines(row["raw_spans"]), tuple(links))


def _word(sheet: _Sheet, number: int, e: Edit) -> Row:
    """A row of the list of corrections."""
    around = sheet.text[max(0, e.start - 8) : e.start], sheet.text[e.end : e.end + 8]
    return {
        "number": number, "line": sheet.line(e.start), "before": e.before, "after": e.after, "rule": e.rule,
        "status": e.status, "confidence": e.confidence, "evidence": e.evidence or "",
        "left": around[0].rpartition("\n")[2], "right": around[1].partition("\n")[0],
    }  # fmt: skip


def _edit_facts(e: Edit) -> list[Any]:
    return [e.before, e.after, e.stage, e.rule, round(e.confidence, 3), e.status, e.evidence or "", e.start, e.end]


# --- text with marks ------------------------------------------------------------------------------------------------


def _marked(sheet: _Sheet, start: int, end: int, *, raw: bool) -> Iterator[Markup]:
    """Raw or clean text of a stretch; edits are marked, suggestions laid around what they would change."""
    at = start
    for other in _apart(edits_within(Span(start, end), sheet.others)):
        if other.start < at or _cuts(sheet.rendered, other):
            continue
        yield from _plain(sheet, at, other.start, raw=raw)
        yield _opening(sheet, other, "sug" if other.status == "suggested" else "rej")
        yield from _plain(sheet, other.start, other.end, raw=raw)
        yield _CLOSING
        at = other.end
    yield from _plain(sheet, at, end, raw=raw)


def _plain(sheet: _Sheet, start: int, end: int, *, raw: bool) -> Iterator[Markup]:
    at = start
    for e in edits_within(Span(start, end), sheet.rendered):
        if e.start < at:  # no rendered edits overlap on a page that was published
            continue
        yield visible(sheet.text[at : e.start])
        yield _opening(sheet, e, e.stage)
        yield visible(e.before if raw else e.after)
        yield _CLOSING
        at = e.end
    yield visible(sheet.text[at:end])


_CLOSING = Markup("</mark>")
#: Edits of words can be reached with the tabulator; of marks there are hundreds, and keys of their own.
_STOPS = {"script", "join", "correct", "sug", "rej"}


def _opening(sheet: _Sheet, e: Edit, kind: str) -> Markup:
    stop = "0" if kind in _STOPS else "-1"
    return Markup(f'<mark class="{kind}" data-e="{sheet.place[id(e)]}" tabindex="{stop}">')


def _apart(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Those that do not overlap an earlier one."""
    at = -1
    for e in edits:
        if e.start >= at:
            yield e
            at = e.end


def _cuts(rendered: Sequence[Edit], other: Edit) -> bool:
    """Does the suggestion begin or end inside an edit? Then it cannot be laid around it."""
    at = bisect_right(rendered, other.start, key=lambda e: e.start)
    near = rendered[max(0, at - 1) : at + 8]
    return any(e.start < p < e.end for e in near for p in (other.start, other.end))


def visible(text: str) -> Markup:
    """Escaped; what cannot be seen is named.

    >>> visible("<b>")
    Markup('&lt;b&gt;')
    >>> visible("中\\u200b国")
    Markup('中<span class="odd">U+200B</span>国')
    """
    if not _ODD.search(text):
        return escape(text)
    return Markup(_ODD.sub(lambda m: _named(m[0]), str(escape(text).replace("\r", ""))))


def _named(char: str) -> str:
    return f'<span class="odd">U+{ord(char):04X}</span>'
