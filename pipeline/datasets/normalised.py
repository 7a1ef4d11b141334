"""The stage table `normalised`: the edits of the rule table, before any line was joined or word corrected."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

import pyarrow as pa

from pipeline.datasets import columns
from pipeline.text.document import Page
from pipeline.text.spans import Edit


def _field(name: str, kind: pa.DataType, description: str) -> pa.Field:
    return pa.field(name, kind, metadata={"description": description})


NORMALISED = pa.schema(
    [
        _field("page_id", pa.string(), "The page."),
        _field("issue_id", pa.string(), "The newspaper issue."),
        _field("raw_start", pa.int64(), "Where the edit begins in the raw text."),
        _field("raw_end", pa.int64(), "Where it ends."),
        _field("before", pa.string(), "What the raw text says."),
        _field("after", pa.string(), "What is read instead."),
        _field("stage", pa.string(), "normalise, or script for traditional → simplified."),
        _field("rule", pa.string(), "The rule or rules that made it."),
        _field("confidence", pa.float64(), "How sure the rule is."),
        _field("status", pa.string(), "applied or suggested."),
        _field("evidence", pa.string(), "What speaks for it; null for table rules."),
    ],
    metadata={"description": "Edits of the rule table: marks, widths, spaces, variants, leaked traditional forms."},
)


#: The columns that make an edit, in the order of its fields.
EDIT_COLUMNS = (
    "raw_start", "raw_end", "before", "after", "stage", "rule", "confidence", "status", "evidence",
)  # fmt: skip


def normalised_table(issue_id: str, pages: Iterable[tuple[Page, list[Edit]]]) -> pa.Table:
    """The edits of an issue's pages as rows."""
    pages = list(pages)
    rows = [
        (e.start, e.end, e.before, e.after, e.stage, e.rule, e.confidence, e.status, e.evidence)
        for _, edits in pages
        for e in edits
    ]
    page_ids = [page.page_id for page, edits in pages for _ in edits]
    made = [page_ids, [issue_id] * len(rows), *(zip(*rows, strict=True) if rows else [()] * len(EDIT_COLUMNS))]
    arrays = [columns.column(values, f.type) for values, f in zip(made, NORMALISED, strict=True)]
    return pa.Table.from_arrays(arrays, schema=NORMALISED)


def edits_from_table(table: pa.Table) -> dict[str, list[Edit]]:
    """page_id → edits, from the rows of `normalised_table`."""
    found: dict[str, list[Edit]] = {}
    rows = zip(*(columns.values(table.column(name)) for name in ("page_id", *EDIT_COLUMNS)), strict=True)
    for page_id, own in groupby(rows, key=itemgetter(0)):
        found.setdefault(str(page_id), []).extend([Edit(*row[1:]) for row in own])
    return found
