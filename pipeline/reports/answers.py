"""Answers of `banmian query` for people and programs: a table on the terminal, CSV, JSON, JSON lines, Parquet."""

from __future__ import annotations

import csv
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.datasets.querying import QueryError, answered, has_tables, row_counts
from pipeline.datasets.schemas import DESCRIPTIONS, SCHEMAS, describe
from pipeline.reports.terminal import visible
from pipeline.reports.wording import counted

Row = dict[str, Any]

#: Endings of files and what they ask for.
FORMATS = ("table", "csv", "json", "jsonl", "parquet")
#: Characters of a cell on the terminal; columns with less room than this for each are shown as lines.
CELL, NARROWEST = 60, 12


def format_of(path: str) -> str | None:
    """The format that a file's ending names.

    >>> format_of("names.CSV"), format_of("names.txt")
    ('csv', None)
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    return ending if ending in FORMATS[1:] else None


class AnswerError(Exception):
    """The question cannot be answered, or the answer not written; the message says what to do."""


def answer(output: str, sql: str, form: str | None, target: str | None, most: int) -> None:
    """Answers a question about the tables of an output folder: on the terminal, or into a file.

    No question: the tables there are. A table's name: its columns.

    Raises:
        AnswerError: the user can put it right.
    """
    if not has_tables(output):
        raise AnswerError(f"{output} holds no tables: give --output DIR, the output folder of a banmian run")
    form = form or (format_of(target) if target else "table")
    if form is None:
        raise AnswerError(
            f"the form of {target} is not known: name it .csv, .json, .jsonl or .parquet, or give --format"
        )
    if form == "parquet" and not target:
        raise AnswerError("Parquet is not for a terminal: give --to FILE.parquet")
    console = Console()
    try:
        if not sql:
            show_tables(row_counts(output), console)
        elif sql in SCHEMAS:
            show_columns(sql, console)
        elif target:
            n = _kept(output, sql, form, Path(target))
            console.print(f"{counted(n, 'row')} in {target}", highlight=False, soft_wrap=True)
        else:
            with answered(output, sql) as reader:
                _deliver(reader, form, sys.stdout, console, most)
    except QueryError as error:
        raise AnswerError(str(error)) from None
    except OSError as error:
        raise AnswerError(f"{target or 'the answer'} cannot be written: {error.strerror or error}") from None


def _kept(output: str, sql: str, form: str, target: Path) -> int:
    """The answer in a file, which appears when it is whole."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with _opened(draft, form) as stream, answered(output, sql) as reader:
            n = _deliver(reader, form, stream, Console(file=stream, width=160), sys.maxsize)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return n


def _opened(draft: Path, form: str) -> IO[Any]:
    return draft.open("wb") if form == "parquet" else draft.open("w", encoding="utf-8", newline="")


def _deliver(reader: pa.RecordBatchReader, form: str, stream: IO[Any], console: Console, most: int) -> int:
    return show_answer(reader, console, most) if form == "table" else write_answer(reader, form, stream)


def write_answer(reader: pa.RecordBatchReader, form: str, stream: IO[Any]) -> int:
    """Writes the answer as `form` to a text stream (Parquet: a stream of bytes); returns the number of rows."""
    if form == "parquet":
        return _write_parquet(reader, stream)
    if form == "csv":
        return _write_csv(reader, stream)
    rows, count = _rows(reader), 0
    opening, between, closing = ("[\n", ",\n", "\n]\n") if form == "json" else ("", "\n", "\n")
    stream.write(opening)
    for row in rows:
        stream.write((between if count else "") + json.dumps(row, ensure_ascii=False, default=_plain))
        count += 1
    stream.write(closing if count or form == "json" else "")
    return count


def show_answer(reader: pa.RecordBatchReader, console: Console, most: int) -> int:
    """The first rows, and how many more there are: as a table, or, where there is no room for one, a column a line."""
    first: list[Row] = []
    total = 0
    for batch in reader:
        total += batch.num_rows
        first += batch.slice(0, max(0, most - len(first))).to_pylist()
    wide = len(reader.schema) * NARROWEST > console.width
    for shown in _records(first) if wide else [_table(reader.schema, first)]:
        console.print(shown)
    more = f"; the first {len(first):,} are shown (--rows N, --to FILE)" if total > len(first) else ""
    console.print(f"{total:,} row{'' if total == 1 else 's'}{more}", style="dim", highlight=False)
    return total


def _table(schema: pa.Schema, rows: Iterable[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for field in schema:
        number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        table.add_column(field.name, justify="right" if number else "left", overflow="ellipsis", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(_cell(row[name])) for name in schema.names))
    return table


def _records(rows: Iterable[Row]) -> Iterator[Table]:
    """Each row as a table of names and values, and an empty line."""
    for row in rows:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="ellipsis", no_wrap=True)
        for name, value in row.items():
            table.add_row(name, Text(_cell(value)))
        table.add_row()
        yield table


def show_tables(counts: dict[str, int], console: Console) -> None:
    """The tables that can be asked."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("table", style="bold")
    table.add_column("rows", justify="right")
    table.add_column("a row is about")
    for name, n in counts.items():
        table.add_row(name, f"{n:,}", DESCRIPTIONS[name])
    console.print(table)
    console.print("banmian query articles         the columns of a table", style="dim", highlight=False)
    console.print('banmian query "SELECT …"       an answer', style="dim", highlight=False)


def show_columns(name: str, console: Console) -> None:
    """The columns of a table, as the contract describes them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("column", "type", "holds"):
        table.add_column(column, style="bold" if column == "column" else "")
    said = describe(name)
    for field in SCHEMAS[name]:
        table.add_row(field.name, f"{field.type}{'?' if field.nullable else ''}", Text(said[field.name]))
    console.print(table)


def _write_csv(reader: pa.RecordBatchReader, stream: IO[str]) -> int:
    writer, count = csv.writer(stream, lineterminator="\n"), 0
    writer.writerow(reader.schema.names)
    for count, row in enumerate(_rows(reader), 1):  # noqa: B007
        writer.writerow([_csv_cell(v) for v in row.values()])
    return count


def _write_parquet(reader: pa.RecordBatchReader, stream: IO[bytes]) -> int:
    count = 0
    with pq.ParquetWriter(stream, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def _rows(reader: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """Rows as dictionaries; what JSON has no word for (NaN) is None."""
    for batch in reader:
        for row in batch.to_pylist():
            yield {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


def _csv_cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, list | dict) else value


def _cell(value: object) -> str:
    """A value on one line."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        text = "、".join(value)
    elif isinstance(value, list) and len(value) > 2:
        text = f"[{len(value)} of them]"
    else:
        text = json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, list | dict) else str(value)
    text = visible(text.replace("\n", "⏎"))
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
