"""The ledger: what became of every character, computed from what is published and from nothing else."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from pipeline.text.document import Article, Duplicate, LedgerRow, Orphan
from pipeline.text.spans import Span


def line_starts(text: str) -> list[int]:
    """Offsets at which lines begin, counted by U+000A."""
    starts, at = [0], text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


def build_ledger(
    text: str, articles: Iterable[Article], duplicates: Iterable[Duplicate], orphans: Iterable[Orphan]
) -> tuple[LedgerRow, ...]:
    """Rows that tile `[0, len(text))`: the claimed spans, and blank rows between them.

    Overlapping claims are not hidden: they give overlapping rows, and the invariants report them.
    """
    starts = line_starts(text)
    rows: list[LedgerRow] = []
    at = 0
    for row in sorted(_claims(articles, duplicates, orphans), key=lambda r: (r.start, r.end)):
        if row.start > at:
            rows.append(_numbered(LedgerRow(at, row.start, 0, "blank"), starts))
        rows.append(_numbered(row, starts))
        at = max(at, row.end)
    if at < len(text):
        rows.append(_numbered(LedgerRow(at, len(text), 0, "blank"), starts))
    return tuple(rows)


def _claims(
    articles: Iterable[Article], duplicates: Iterable[Duplicate], orphans: Iterable[Orphan]
) -> Iterator[LedgerRow]:
    for article in articles:
        for seq, paragraph in enumerate(article.paragraphs):
            for start, end in _not_empty(paragraph.spans):
                yield LedgerRow(start, end, 0, "article", article.article_id, paragraph.role, seq)
    for duplicate in duplicates:
        for start, end in _not_empty(duplicate.spans):
            yield LedgerRow(start, end, 0, "duplicate", duplicate.duplicate_id)
    for orphan in orphans:
        for start, end in _not_empty(orphan.spans):
            yield LedgerRow(start, end, 0, "orphan", orphan.orphan_id)


def _not_empty(spans: Iterable[Span]) -> Iterator[Span]:
    return (s for s in spans if s[0] < s[1])


def _numbered(row: LedgerRow, starts: list[int]) -> LedgerRow:
    line = bisect_left(starts, row.start + 1) - 1
    return LedgerRow(row.start, row.end, line, row.disposition, row.owner_id, row.role, row.paragraph_seq)
