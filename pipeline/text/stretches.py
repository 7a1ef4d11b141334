"""Very long pages: laid out stretch by stretch, so that memory and time stay in proportion.

A printed page has some hundred lines; its seams and stories are weighed against each other, which takes memory by the
square. A table, a log or a book that was taken for a page has tens of thousands of lines: there, articles are not
looked for beyond a stretch of `MOST_LINES`, and nothing is joined over its border.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from pipeline.text.document import Join
from pipeline.text.layout import Copy, Fragment, Layout, PlannedParagraph, Stray
from pipeline.text.lines import LINE_BREAKS
from pipeline.text.spans import Edit, Span

#: Lines of a stretch. Three times as many as the longest printed pages have.
MOST_LINES = 2_000


def stretches(text: str, edits: Sequence[Edit] = (), most: int = MOST_LINES) -> list[Span]:
    """Where the page is cut: behind a line break, and not inside an edit.

    >>> stretches("a\\nb\\nc\\nd", most=2)
    [Span(start=0, end=4), Span(start=4, end=7)]
    """
    inside = {i for e in edits for i in range(e.start + 1, e.end)}
    ends = (found.end() for found in islice(LINE_BREAKS.finditer(text), most - 1, None, most))
    cuts = [0, *(end for end in ends if end < len(text) and end not in inside)]
    return [Span(a, b) for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True)]


def in_stretches(
    text: str, edits: Sequence[Edit], lay_out: Callable[[str, list[Edit]], Layout], most: int = MOST_LINES
) -> Layout:
    """The layout of a page of any length; `lay_out` does a stretch of it."""
    parts = stretches(text, edits, most)
    if len(parts) == 1:
        return lay_out(text, list(edits))
    laid = [
        _moved(lay_out(text[s.start : s.end], own), s.start, text.count("\n", 0, s.start))
        for s, own in zip(parts, _own_edits(parts, edits), strict=True)
    ]
    return _together(laid)


def _own_edits(parts: Sequence[Span], edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """The edits of each stretch, in its own offsets. An insertion between two belongs to the later one."""
    ordered, at = sorted(edits, key=lambda e: (e.start, e.end)), 0
    for part in parts:
        own = []
        last = part is parts[-1]
        while at < len(ordered) and (last or ordered[at].start < part.end):
            own.append(replace(ordered[at], start=ordered[at].start - part.start, end=ordered[at].end - part.start))
            at += 1
        yield own


def _moved(layout: Layout, by: int, lines: int) -> Layout:
    """The layout of a stretch in the page's offsets."""

    def spans(own: Sequence[Span]) -> tuple[Span, ...]:
        return tuple(Span(s.start + by, s.end + by) for s in own)

    def paragraph(p: PlannedParagraph) -> PlannedParagraph:
        joins = tuple(Join(j.raw_end + by, j.raw_start + by, j.kind, j.confidence) for j in p.joins)
        return replace(p, spans=spans(p.spans), joins=joins)

    def fragment(f: Fragment) -> Fragment:
        return replace(f, span=Span(f.span.start + by, f.span.end + by), line_no=f.line_no + lines)

    def copy(c: Copy) -> Copy:
        return replace(c, spans=spans(c.spans), kept_spans=spans(c.kept_spans), residue_spans=spans(c.residue_spans))

    return Layout(
        tuple(map(fragment, layout.fragments)),
        tuple(tuple(map(paragraph, article)) for article in layout.articles),
        tuple(map(copy, layout.copies)),
        tuple(replace(s, spans=spans(s.spans)) for s in layout.strays),
    )


def _together(parts: Sequence[Layout]) -> Layout:
    """Layouts one after the other; strays name their nearest article by its number."""
    strays: list[Stray] = []
    before = 0
    for part in parts:
        strays += [s if s.near is None else replace(s, near=s.near + before) for s in part.strays]
        before += len(part.articles)
    return Layout(
        tuple(f for part in parts for f in part.fragments),
        tuple(a for part in parts for a in part.articles),
        tuple(c for part in parts for c in part.copies),
        tuple(strays),
    )
