from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from pipeline.datasets.schemas import (
    CORPUS,
    DESCRIPTIONS,
    PARTITIONED,
    SCHEMA_VERSION,
    SCHEMAS,
    STAGES,
    VALUES,
    VERSION_KEY,
    describe,
    typed,
)

NULLABLE = {
    "pages": {"newspaper", "issue_date", "page_label", "model_id"},
    "rejects": {"sha256", "n_bytes"},
    "articles": {
        "newspaper", "issue_date", "page_label", "section", "kicker", "headline", "subhead", "dateline",
        "continued_from_page", "continued_to_page", "continues_article_id",
    },
    "paragraphs": {"truncation"},
    "edits": {"article_id", "evidence"},
    "duplicates": {"kept_article_id"},
    "orphans": {"nearest_article_id"},
    "ledger": {"owner_id", "role", "paragraph_seq"},
    "quality": {"mean_join_confidence", "min_article_confidence", "perplexity"},
    "reprints": set(),
    "names": set(),
}  # fmt: skip


def test_every_table_is_defined() -> None:
    assert set(SCHEMAS) == {*PARTITIONED, *CORPUS, *STAGES} == set(DESCRIPTIONS)


def test_no_column_is_without_a_description() -> None:
    without = [(t, c) for t in SCHEMAS for c, description in describe(t).items() if not description.strip()]
    assert without == []


@pytest.mark.parametrize("table", SCHEMAS)
def test_every_schema_has_the_version(table: str) -> None:
    assert SCHEMAS[table].metadata[VERSION_KEY] == SCHEMA_VERSION.encode() == b"1.0"


@pytest.mark.parametrize("table", NULLABLE)
def test_nullable_is_what_the_contract_marks(table: str) -> None:
    assert {f.name for f in SCHEMAS[table] if f.nullable} == NULLABLE[table]


def test_enumerated_columns_are_columns() -> None:
    for table, column in VALUES:
        assert column.split(".")[0] in SCHEMAS[table].names


def test_typed_takes_a_pandas_frame_of_nulls() -> None:
    frame = pd.DataFrame(
        {"orphan_id": ["o"], "page_id": ["p"], "issue_id": ["i"], "raw_spans": [[{"start": 0, "end": 1}]],
         "text": ["4"], "reason": ["furniture"], "nearest_article_id": [None]}
    )  # fmt: skip
    assert typed("orphans", frame).schema.equals(SCHEMAS["orphans"], check_metadata=True)


def _orphans(**columns: list[object]) -> pa.Table:
    row: dict[str, list[object]] = {
        "orphan_id": ["o"], "page_id": ["p"], "issue_id": ["i"], "raw_spans": [[]], "text": ["4"],
        "reason": ["furniture"], "nearest_article_id": [None],
    }  # fmt: skip
    return pa.table({**row, **columns})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_orphans(text=[None]), r"orphans\.text: 1 nulls"),
        (_orphans(text=[b"\xff"]), r"orphans\.text: binary is no string"),
        (_orphans(raw_spans=["x"]), r"orphans\.raw_spans: string is no list"),
        (_orphans(colour=["red"]), r"orphans\.colour: unknown column"),
        (_orphans().drop_columns(["reason"]), r"orphans\.reason: missing column"),
    ],
)
def test_typed_names_table_and_column(data: pa.Table, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        typed("orphans", data)
