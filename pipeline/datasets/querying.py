"""SQL over the published tables: DuckDB sees each table of the contract as a view, and nothing else of the machine.

A query can neither write, nor read a file outside the output folder, nor load an extension: the tables are handed to
DuckDB as Arrow datasets, its own access to files and net is off, its settings are locked, and only a question (SELECT
and its like) is asked at all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from pipeline.datasets.schemas import CORPUS, PARTITIONED, SCHEMA_VERSION, SCHEMAS, STAGES, VERSION_KEY
from pipeline.datasets.store import Store, StoreError

#: Every table that can be asked, in the order in which they are told.
TABLES = (*PARTITIONED, *CORPUS, *STAGES)
ASKING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}


class QueryError(Exception):
    """The question cannot be answered; the message says why."""


@contextmanager
def answered(output: str, sql: str) -> Iterator[pa.RecordBatchReader]:
    """The answer to a query over the tables of an output folder, as a stream of Arrow batches.

    Raises:
        QueryError: it is no single question, SQL finds fault with it, or a table cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="banmian-query-") as spill, duckdb.connect(":memory:") as connection:
        _only_a_question(sql)
        for name in TABLES:
            connection.register(name, _dataset(Store(output), name))
        _lock(connection, spill)
        try:
            yield connection.sql(sql).to_arrow_reader(10_000)
        except duckdb.Error as error:
            raise QueryError(_shown(error)) from None
        except (OSError, pa.ArrowException) as error:  # a torn table, or a full disk
            raise QueryError(f"the answer broke off: {error}") from None


def has_tables(output: str) -> bool:
    """Does the folder hold anything to be asked?"""
    store = Store(output)
    return any(store.issues(name) for name in PARTITIONED)


def row_counts(output: str) -> dict[str, int]:
    """Table → its number of rows."""
    store = Store(output)
    return {name: _dataset(store, name).count_rows() for name in TABLES}


def _only_a_question(sql: str) -> None:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(_shown(error)) from None
    if len(statements) != 1:
        raise QueryError(f"one question at a time: there are {len(statements)} statements")
    if statements[0].type not in ASKING:
        kind = statements[0].type.name
        raise QueryError(
            f"{kind} is no question: SELECT, WITH, DESCRIBE, SHOW, SUMMARIZE and EXPLAIN are; to keep an answer, give "
            "--to FILE"
        )


def _dataset(store: Store, name: str) -> ds.Dataset:
    """All files of a table as one; columns that an older version did not write are null."""
    if name in CORPUS:
        files = [f"{store.root}/{name}.parquet"] if store.exists_corpus(name) else []
    else:
        files = [store.fs._strip_protocol(store.path(name, issue)) for issue in store.issues(name)]
    schema = pa.schema(list(SCHEMAS[name]))
    if not files:
        return ds.dataset(schema.empty_table())
    _check_version(store, files[0])
    return ds.dataset(files, schema=schema, format="parquet", filesystem=store.fs)


def _check_version(store: Store, file: str) -> None:
    try:
        with store.fs.open(file, "rb") as stream:
            found = (pq.read_schema(stream).metadata or {}).get(VERSION_KEY, b"").decode()
    except FileNotFoundError as error:
        raise QueryError(f"{file} has just gone: ask again") from error
    except (pa.ArrowException, OSError, StoreError) as error:
        raise QueryError(f"{file} is torn or no Parquet file: {error}") from None
    if found.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise QueryError(f"{file} has schema version {found or '(none)'}, this program reads {SCHEMA_VERSION}")


def _lock(connection: duckdb.DuckDBPyConnection, spill: str) -> None:
    """No files, no net, no extensions, no variables of this program; and none of it can be switched on again."""
    settings: dict[str, Any] = {
        "temp_directory": spill,
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "enable_external_access": False,
        "lock_configuration": True,
    }
    for name, value in settings.items():
        shown = "'" + str(value).replace("'", "''") + "'" if isinstance(value, str) else str(value).lower()
        connection.execute(f"SET {name} = {shown}")


def _shown(error: duckdb.Error) -> str:
    """What DuckDB says, with advice where a file or a name was out of reach."""
    said = str(error).strip()
    if isinstance(error, duckdb.PermissionException):
        return f"{said.splitlines()[0]}\nOnly the tables of the output folder can be asked: {', '.join(TABLES)}"
    return said
