"""Spans, edits, and the clean text that is rendered from them.

All offsets are code-point offsets into a page's raw text, half-open. The raw text is never changed: cleaning adds
spans (what belongs together) and edits (what to read instead), and the clean text is rendered from both.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter
from typing import Literal, NamedTuple

from pipeline.text.record import record

Stage = Literal["normalise", "script", "join", "correct"]
Status = Literal["applied", "suggested", "accepted", "rejected"]

#: Stages by rank: a composed edit bears the latest of its stages.
STAGES: tuple[Stage, ...] = ("normalise", "script", "join", "correct")
RENDERED: tuple[Status, ...] = ("applied", "accepted")


class Span(NamedTuple):
    """`[start, end)` in raw offsets."""

    start: int
    end: int


@record(frozen=True, slots=True)
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


#: Sort key: an insertion at p stands before a change that begins at p.
by_place: Callable[[Edit], tuple[int, int]] = attrgetter("start", "end")


_start: Callable[[Edit], int] = attrgetter("start")


class Placed(list[Edit]):
    """Edits sorted by place, never changed again: where each begins is at hand, so that a span's are found at once."""

    __slots__ = ("starts",)

    def __init__(self, edits: Iterable[Edit]) -> None:
        super().__init__(edits)
        self.sort(key=by_place)
        self.starts: list[int] = [e.start for e in self]


def rendered_edits(edits: Iterable[Edit]) -> Placed:
    """The edits the clean text shows, in raw order."""
    return Placed([e for e in edits if e.status in RENDERED])


@record(frozen=True, slots=True)
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


def edits_within(span: Span, edits: Sequence[Edit]) -> Sequence[Edit]:
    """The edits that `span` renders, out of `edits` sorted by place.

    An insertion at p belongs to the span that holds character p, so one at the span's very end is not taken.
    """
    start, end = span
    if isinstance(edits, Placed):
        first, last = bisect_left(edits.starts, start), bisect_left(edits.starts, end)
    else:
        first, last = bisect_left(edits, start, key=_start), bisect_left(edits, end, key=_start)
    return [e for e in edits[first:last] if e.end <= end] if first < last else ()


def view(text: str, spans: Iterable[Span], edits: Sequence[Edit]) -> View:
    """The rendered text of `spans`, with the way back. `edits`: those to render, sorted by place, not overlapping."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for span in spans:
        at = kept = span[0]  # as far as the text is rendered, and as far as the way back is noted
        for e in edits_within(span, edits):
            parts += (text[at : e.start], e.after)
            at, n = e.end, len(e.after)
            if n != at - e.start:
                starts += (*_numbers(kept, e.start), *[e.start] * n)
                ends += (*_numbers(kept + 1, e.start + 1), *[at] * n)
                kept = at
        parts.append(text[at : span[1]])
        starts += _numbers(kept, span[1])
        ends += _numbers(kept + 1, span[1] + 1)
    return View("".join(parts), starts, ends)


def _numbers(start: int, end: int) -> Sequence[int]:
    """`range(start, end)`; what most pages need is there once and for all."""
    return _FIRST[start:end] if end <= len(_FIRST) else range(start, end)


_FIRST = list(range(1 << 15))


def render(text: str, spans: Iterable[Span], edits: Sequence[Edit]) -> str:
    """The clean text of `spans`: their raw text with `edits` (sorted by place) put in, and nothing between them.

    >>> render("促\\n进区域", [Span(0, 1), Span(2, 5)], [])
    '促进区域'
    """
    parts: list[str] = []
    for span in spans:
        at = span[0]
        for e in edits_within(span, edits):
            parts += (text[at : e.start], e.after)
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
    wrote in the same raw range, so its `after` is final. What an earlier edit wrote one for one beside the later one
    stays; one of another length is withdrawn there. The composed edit names all rules and has the latest stage.

    >>> two = Edit(0, 2, "進發", "进发", "script", "simplify")
    >>> one = Edit(1, 2, "發", "化", "correct", "word")
    >>> [(e.start, e.before, e.after, e.rule) for e in compose("進發", [two], [one])]
    [(0, '進', '进', 'simplify'), (1, '發', '化', 'simplify+word')]
    """
    late = sorted(then, key=by_place)
    borders = sorted({p for e in late for p in (e.start, e.end)})
    left = [piece for e in first for piece in (_pieces(e, borders) if e.end - e.start > 1 else (e,))]
    later = set(map(id, late))
    groups: list[list[Edit]] = []
    reach = -1
    for e in sorted(left + late, key=by_place):
        if e.start <= reach and any(_touches(e, other) for other in groups[-1]):
            groups[-1].append(e)
            reach = max(reach, e.end)
        else:
            groups.append([e])
            reach = e.end
    merged = [e for group in groups for e in (_composed(text, group, later) if len(group) > 1 else group)]
    return [e for e in merged if e.before != e.after]


def _pieces(edit: Edit, borders: Sequence[int]) -> Iterator[Edit]:
    """An edit that keeps the length, cut at `borders`; any other one whole."""
    inside = borders[bisect_right(borders, edit.start) : bisect_left(borders, edit.end)]
    if not inside or len(edit.before) != len(edit.after):
        yield edit
        return
    for start, end in pairwise([edit.start, *inside, edit.end]):
        part = slice(start - edit.start, end - edit.start)
        yield replace(edit, start=start, end=end, before=edit.before[part], after=edit.after[part])


def _composed(text: str, group: Sequence[Edit], later: Container[int]) -> Sequence[Edit]:
    """One edit for a group of edits that touch each other; those in `later` (by identity) have the last word."""
    late = [e for e in group if id(e) in later]
    start, end = min(e.start for e in group), max(e.end for e in group)
    after = late[0].after if start == end else render(text, [Span(start, end)], late)
    early = [e for e in group if id(e) not in later]
    rules = dict.fromkeys(r for e in [*early, *late] for r in e.rule.split("+"))
    stage = max((e.stage for e in group), key=STAGES.index)
    least = min(late, key=lambda e: e.confidence)
    joined = replace(
        least, start=start, end=end, before=text[start:end], after=after, rule="+".join(rules), stage=stage
    )
    return [joined]


def _touches(a: Edit, b: Edit) -> bool:
    """Do they change the same place? An insertion at a change's border does not touch it, one inside it does."""
    if a.start == a.end or b.start == b.end:
        return (
            (a.start, a.end) == (b.start, b.end)
            or a.start < b.start <= b.end < a.end
            or (b.start < a.start <= a.end < b.end)
        )
    return a.start < b.end and b.start < a.end
