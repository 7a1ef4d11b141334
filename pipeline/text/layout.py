"""The layout of a page: which role each piece of a line plays, and which pieces belong together in which order.

This is what steps 3 to 6 (repeats, roles, stitch, segment) decide. It holds spans and decisions, no rendered text;
`assemble` turns it into articles.
"""

from __future__ import annotations

from pipeline.text.document import DuplicateKind, Join, Role, Truncation
from pipeline.text.record import record
from pipeline.text.spans import Span


@record(frozen=True)
class Fragment:
    """A piece of one line: usually all of it, a part where a blended copy was cut.

    `role_scores` are the candidates with their probabilities, likeliest first.
    """

    span: Span
    line_no: int
    role_scores: tuple[tuple[Role, float], ...] = ()


@record(frozen=True)
class PlannedParagraph:
    """Spans in reading order under one role; `confidence` is that of its place in this article."""

    role: Role
    spans: tuple[Span, ...]
    joins: tuple[Join, ...] = ()
    truncation: Truncation | None = None
    confidence: float = 1.0


@record(frozen=True)
class Copy:
    """A repeat to be taken out: `spans` without the residue, which lives on in a paragraph of its own or joined."""

    spans: tuple[Span, ...]
    kind: DuplicateKind
    kept_spans: tuple[Span, ...]
    similarity: float = 1.0
    residue_spans: tuple[Span, ...] = ()


@record(frozen=True)
class Stray:
    """A piece that belongs to no article. `near` is the number of the nearest article in `Layout.articles`."""

    spans: tuple[Span, ...]
    reason: str
    near: int | None = None


@record(frozen=True)
class Layout:
    """Every fragment stands in exactly one of `articles`, `copies` and `strays`."""

    fragments: tuple[Fragment, ...]
    articles: tuple[tuple[PlannedParagraph, ...], ...]
    copies: tuple[Copy, ...] = ()
    strays: tuple[Stray, ...] = ()
