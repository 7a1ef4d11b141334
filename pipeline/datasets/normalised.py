"""The stage table `normalised`: the edits of the rule table, before any line was joined or word corrected."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

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


def normalised_table(issue_id: str, pages: Iterable[tuple[Page, list[Edit]]]) -> pa.Table:
    """The edits of an issue's pages as rows."""
    rows = [
        {
            "page_id": page.page_id,
            "issue_id": issue_id,
            "raw_start": e.start,
            "raw_end": e.end,
            "before": e.before,
            "after": e.after,
            "stage": e.stage,
            "rule": e.rule,
            "confidence": e.confidence,
            "status": e.status,
            "evidence": e.evidence,
        }
        for page, edits in pages
        for e in edits
    ]
    return pa.Table.from_pylist(rows, schema=NORMALISED)


def edits_from_table(table: pa.Table) -> dict[str, list[Edit]]:
    """page_id → edits, from the rows of `normalised_table`."""
    found: dict[str, list[Edit]] = {}
    for r in table.to_pylist():
        edit = Edit(
            r["raw_start"], r["raw_end"], r["before"], r["after"], r["stage"], r["rule"], r["confidence"], r["status"],
            r["evidence"],
        )  # fmt: skip
        found.setdefault(str(r["page_id"]), []).append(edit)
    return found
