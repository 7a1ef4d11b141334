"""The ledger: what became of every character, computed from what is published and from nothing else."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import starmap
from operator import itemgetter

from pipeline.text.document import Article, Disposition, Duplicate, LedgerRow, Orphan, Role

Row = tuple[int, int, int, Disposition, str | None, Role | None, int | None]
_Claim = tuple[int, int, Disposition, str, Role | None, int | None]


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
    return tuple(starmap(LedgerRow, ledger_rows(text, articles, duplicates, orphans)))


def ledger_rows(
    text: str, articles: Iterable[Article], duplicates: Iterable[Duplicate], orphans: Iterable[Orphan]
) -> Iterator[Row]:
    """The same as plain tuples, in the order of `LedgerRow`'s fields."""
    starts, at = line_starts(text), 0
    for start, end, disposition, owner_id, role, seq in _claims(articles, duplicates, orphans):
        if start > at:
            yield at, start, bisect_right(starts, at) - 1, "blank", None, None, None
        yield start, end, bisect_right(starts, start) - 1, disposition, owner_id, role, seq
        at = max(at, end)
    if at < len(text):
        yield at, len(text), bisect_right(starts, at) - 1, "blank", None, None, None


def _claims(articles: Iterable[Article], duplicates: Iterable[Duplicate], orphans: Iterable[Orphan]) -> list[_Claim]:
    """What the tables say is theirs, sorted by place; empty spans say nothing."""
    found: list[_Claim] = [
        (start, end, "article", article.article_id, paragraph.role, seq)
        for article in articles
        for seq, paragraph in enumerate(article.paragraphs)
        for start, end in paragraph.spans
        if start < end
    ]
    found += [(*s, "duplicate", d.duplicate_id, None, None) for d in duplicates for s in d.spans if s[0] < s[1]]
    found += [(*s, "orphan", o.orphan_id, None, None) for o in orphans for s in o.spans if s[0] < s[1]]
    found.sort(key=itemgetter(0, 1))
    return found
