"""Spans, edits, and the clean text that is rendered from them.

All offsets are code-point offsets into a page's raw text, half-open. The raw text is never changed: cleaning adds
spans (what belongs together) and edits (what to read instead), and the clean text is rendered from both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

Stage = Literal["normalise", "script", "join", "correct"]
Status = Literal["applied", "suggested", "accepted", "rejected"]

#: Stages by rank: a composed edit bears the latest of its stages.
STAGES: tuple[Stage, ...] = ("normalise", "script", "join", "correct")
RENDERED: tuple[Status, ...] = ("applied", "accepted")


class Span(NamedTuple):
    """`[start, end)` in raw offsets."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Read `after` where the raw text says `before` at `[start, end)`; an insertion has `start == end`."""

    start: int
    end: int
    before: str
    after: str
    stage: Stage
    rule: str
    confidence: float = 1.0
    status: Status = "applied"
    evidence: str | None = None

    @property
    def rendered(self) -> bool:
        """Does the clean text show this edit?"""
        return self.status in RENDERED


def by_place(edit: Edit) -> tuple[int, int]:
    """Sort key: an insertion at p stands before a change that begins at p."""
    return edit.start, edit.end


def rendered_edits(edits: Iterable[Edit]) -> list[Edit]:
    """The edits the clean text shows, in raw order."""
    return sorted((e for e in edits if e.rendered), key=by_place)


@dataclass(frozen=True, slots=True)
class View:
    """Rendered text that remembers where each of its characters comes from.

    Character i of `text` stands for the raw range `[starts[i], ends[i])`. A character that is there unchanged, or
    changed one for one, has a range of length 1; an inserted one has length 0; where a rule changed the number of
    characters, each new character has the whole range of the edit.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def __len__(self) -> int:
        return len(self.text)

    def raw_span(self, start: int, end: int) -> Span:
        """The raw range behind `text[start:end]` (not empty; the characters must come from one span)."""
        return Span(self.starts[start], self.ends[end - 1])

    def is_one_to_one(self, i: int) -> bool:
        """Can character i be replaced by an edit of exactly one raw character?"""
        own = (self.starts[i], self.ends[i])
        if own[1] - own[0] != 1:
            return False
        before = i > 0 and (self.starts[i - 1], self.ends[i - 1]) == own
        after = i + 1 < len(self.text) and (self.starts[i + 1], self.ends[i + 1]) == own
        return not before and not after


def edits_within(span: Span, edits: Sequence[Edit]) -> Iterator[Edit]:
    """The edits that `span` renders, out of `edits` sorted by place.

    An insertion at p belongs to the span that holds character p, so one at the span's very end is not taken.
    """
    start, end = span
    at = bisect_left(edits, (start, start), key=by_place)
    while at < len(edits) and edits[at].start < end:
        if edits[at].end <= end:
            yield edits[at]
        at += 1


def view(text: str, spans: Iterable[Span], edits: Sequence[Edit]) -> View:
    """The rendered text of `spans`, with the way back. `edits`: those to render, sorted by place, not overlapping."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def keep(start: int, end: int) -> None:
        parts.append(text[start:end])
        starts.extend(range(start, end))
        ends.extend(range(start + 1, end + 1))

    for span in spans:
        at = span[0]
        for e in edits_within(Span(*span), edits):
            keep(at, e.start)
            n = len(e.after)
            parts.append(e.after)
            one_to_one = n == e.end - e.start
            starts.extend(range(e.start, e.end) if one_to_one else [e.start] * n)
            ends.extend(range(e.start + 1, e.end + 1) if one_to_one else [e.end] * n)
            at = e.end
        keep(at, span[1])
    return View("".join(parts), starts, ends)


def render(text: str, spans: Iterable[Span], edits: Sequence[Edit]) -> str:
    """The clean text of `spans`: their raw text with `edits` (sorted by place) put in, and nothing between them.

    >>> render("促\\n进区域", [Span(0, 1), Span(2, 5)], [])
    '促进区域'
    """
    parts: list[str] = []
    for span in spans:
        at = span[0]
        for e in edits_within(Span(*span), edits):
            parts += [text[at : e.start], e.after]
            at = e.end
        parts.append(text[at : span[1]])
    return "".join(parts)


def undo(clean: str, edits: Sequence[Edit], span: Span) -> str:
    """The raw text again, from the text rendered over `span` and the edits rendered in it (the inverse of `render`).

    Raises:
        ValueError: the clean text does not hold what the edits say they wrote.
    """
    parts: list[str] = []
    raw_at, at = span[0], 0
    for e in edits_within(span, edits):
        keep = e.start - raw_at
        if clean[at + keep : at + keep + len(e.after)] != e.after:
            raise ValueError(f"edit {e.rule} at {e.start} cannot be undone: the text does not hold {e.after!r}")
        parts += [clean[at : at + keep], e.before]
        at += keep + len(e.after)
        raw_at = e.end
    if len(clean) - at != span[1] - raw_at:
        raise ValueError(f"text of {span} has {len(clean) - at} characters left, {span[1] - raw_at} expected")
    return "".join([*parts, clean[at:]])


def compose(text: str, first: Sequence[Edit], then: Sequence[Edit]) -> list[Edit]:
    """Both lists as one: where a later edit changes what an earlier one wrote, the two become one edit.

    `first` and `then` are rendered edits in raw coordinates, each without overlaps; `then` replaces whatever `first`
    wrote in the same raw range, so its `after` is final. The composed edit names all rules and has the latest stage.
    """
    merged: list[Edit] = []
    left = sorted(first, key=by_place)
    for late in sorted(then, key=by_place):
        touched = [e for e in left if _touches(e, late)]
        left = [e for e in left if not _touches(e, late)]
        start = min([late.start, *(e.start for e in touched)])
        end = max([late.end, *(e.end for e in touched)])
        after = late.after
        if (start, end) != (late.start, late.end):  # what the earlier edits wrote beside the later one stays
            head = render(text, [Span(start, late.start)], [e for e in touched if e.end <= late.start])
            tail = render(text, [Span(late.end, end)], [e for e in touched if e.start >= late.end])
            after = head + late.after + tail
        rules = dict.fromkeys([r for e in touched for r in e.rule.split("+")] + late.rule.split("+"))
        stage = max([e.stage for e in touched] + [late.stage], key=STAGES.index)
        merged.append(
            replace(late, start=start, end=end, before=text[start:end], after=after, rule="+".join(rules), stage=stage)
        )
    return sorted([e for e in left + merged if e.before != e.after], key=by_place)


def _touches(a: Edit, b: Edit) -> bool:
    if a.start == a.end or b.start == b.end:
        return (a.start, a.end) == (b.start, b.end)
    return a.start < b.end and b.start < a.end
