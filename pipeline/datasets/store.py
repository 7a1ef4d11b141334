"""The Parquet store: one file a table and newspaper issue, written whole or not at all, on any fsspec URL."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from pipeline.datasets.schemas import CORPUS, PARTITIONED, SCHEMA_VERSION, SCHEMAS, STAGES, VERSION_KEY, typed

STAGE_FOLDER = "_stages"
SUFFIX = ".parquet"
#: Ending of a file that is being written; no reader's `*.parquet` matches it.
DRAFT = ".tmp"
#: File systems allow 255 bytes; a draft's name is longer than the file's.
MAX_ISSUE_ID_BYTES = 200
ZSTD_LEVEL = 3
#: Stage tables are read once, by the next step.
STAGE_LEVEL = 1
#: Of fewer rows, which is most tables of an issue, threads cost more than they save.
MANY_ROWS = 200_000

#: Prose and ids, of which hardly two values are equal: a dictionary would only cost.
_PROSE = {"text", "kicker", "headline", "subhead", "before", "after", "evidence", "detail", "decision", "edit_id"}


class StoreError(Exception):
    """A table cannot be read; the message names the file and says why."""


class UnwritableError(StoreError):
    """A table cannot be written; the message names the file and says why."""


class MissingTableError(StoreError):
    """The table was not written for this issue."""


class Store:
    """The tables of one output folder (a local path or any fsspec URL)."""

    def __init__(self, root: str) -> None:
        fs, base = fsspec.core.url_to_fs(str(root))
        self.fs: Any = fs
        self.root: str = base.rstrip("/")
        self._local = isinstance(fs, LocalFileSystem)

    def path(self, table: str, issue_id: str) -> str:
        """Where the table of an issue is: a path, or a URL if the store is not local."""
        return self._shown(self._file(table, issue_id))

    def write(self, table: str, issue_id: str, data: Any) -> str:
        """Writes one table of one issue (Arrow table, pandas frame, or what `encoded` gave) and returns its path.

        Readers see the old file or the new one, never a part.

        Raises:
            ValueError: the data does not fit the table; table and column are named.
            UnwritableError: the disk is full, the folder read-only, or the like.
        """
        file = self._file(table, issue_id)
        self._put(file, data if isinstance(data, bytes) else self.encoded(table, data))
        return self._shown(file)

    @staticmethod
    def encoded(table: str, data: Any) -> bytes:
        """The file that `write` would write: the same for the same data and version of pyarrow.

        Raises:
            ValueError: the data does not fit the table; table and column are named.
        """
        return _to_bytes(typed(table, data), STAGE_LEVEL if table in STAGES else ZSTD_LEVEL)

    def read(self, table: str, issue_id: str, columns: Sequence[str] | None = None) -> pa.Table:
        """One table of one issue.

        Raises:
            MissingTableError: it was not written.
            StoreError: the file is torn, no Parquet, not ours, or of another major version.
        """
        return self._get(self._file(table, issue_id), table, columns)

    def whole_schema(self, table: str, issue_id: str, digest: str | None = None) -> pa.Schema:
        """The columns of an issue's table, found to be whole: its bytes are still those of `digest` (`digest_of` what
        was written), or all of it can be read.

        Raises as `read` does.
        """
        if digest:
            with suppress(OSError):  # then reading says what is wrong
                content = self.fs.cat_file(self._file(table, issue_id))
                if digest_of(content) == digest:
                    return pq.read_schema(pa.BufferReader(content))
        return self.read(table, issue_id).schema

    def exists(self, table: str, issue_id: str) -> bool:
        return bool(self.fs.exists(self._file(table, issue_id)))

    def fault(self, table: str, issue_id: str) -> str | None:
        """Why the table of an issue, if it was written, cannot be trusted: torn, foreign, of another major version.

        Only the file's end is read; what is damaged inside shows when it is read.
        """
        file = self._file(table, issue_id)
        try:
            with self._opened(file, table) as parquet:
                _check_columns(SCHEMAS[table], parquet.schema_arrow, self._shown(file))
        except MissingTableError:
            return None
        except StoreError as error:
            return str(error)
        return None

    def strangers(self, issues: Collection[str]) -> list[str]:
        """What lies in the tables' folders without being a table of these issues, or of others that are gone: a line
        for each. Readers of a whole folder trip over it."""
        found = []
        for table in PARTITIONED:
            for name in self.issues(table):
                if name in issues:
                    continue
                try:
                    fault = self.fault(table, name)
                except ValueError as error:
                    fault = f"{self._folder(table)}/{name}{SUFFIX}: {error}"
                found += [fault] if fault else []
        return found

    def issues(self, table: str) -> list[str]:
        """The issues that have this table, sorted."""
        folder = self._folder(table)
        try:
            self.fs.invalidate_cache()  # what was listed before may be out of date
            files = self.fs.ls(folder, detail=False)
        except FileNotFoundError:
            return []
        names = (str(f).rstrip("/").rsplit("/", 1)[-1] for f in files)
        return sorted(n.removesuffix(SUFFIX) for n in names if n.endswith(SUFFIX) and not n.startswith("."))

    def sizes(self, table: str) -> dict[str, int]:
        """issue_id → bytes of its file."""
        try:
            self.fs.invalidate_cache()
            files = self.fs.ls(self._folder(table), detail=True)
        except FileNotFoundError:
            return {}
        found = ((str(f["name"]).rstrip("/").rsplit("/", 1)[-1], int(f.get("size") or 0)) for f in files)
        return {n.removesuffix(SUFFIX): size for n, size in found if n.endswith(SUFFIX) and not n.startswith(".")}

    def content_id(self, table: str, issue_id: str) -> str:
        """What names the content of an issue's table: the store's own name for it (ETag), else a hash; empty when it
        was not written."""
        file = self._file(table, issue_id)
        try:
            named = "" if self._local else str(self.fs.info(file).get("ETag") or "")
            return named or hashlib.sha256(self.fs.cat_file(file)).hexdigest()
        except FileNotFoundError:
            return ""

    def put(self, file: str, content: bytes) -> None:
        """Writes a file of this folder, given by its full path, whole or not at all."""
        self._put(file, content)

    def read_all(
        self, table: str, columns: Sequence[str] | None = None, only: Collection[str] | None = None
    ) -> Iterator[tuple[str, pa.Table]]:
        """(issue_id, table) for every issue (of `only`) that has it; what vanishes meanwhile is left out."""
        for issue_id in self.issues(table):
            if only is not None and issue_id not in only:
                continue
            try:
                data = self.read(table, issue_id, columns)
            except MissingTableError:
                continue
            yield issue_id, data

    def write_corpus(self, table: str, data: Any) -> str:
        """Writes a table about the whole corpus and returns its path."""
        file = self._corpus_file(table)
        self._put(file, _to_bytes(typed(table, data), ZSTD_LEVEL))
        return self._shown(file)

    def read_corpus(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A table about the whole corpus; raises as `read` does."""
        return self._get(self._corpus_file(table), table, columns)

    def exists_corpus(self, table: str) -> bool:
        return bool(self.fs.exists(self._corpus_file(table)))

    def delete_issue(self, issue_id: str) -> list[str]:
        """Deletes an issue from every table, stage tables too; returns the paths of the deleted files."""
        gone = []
        for table in PARTITIONED + STAGES:
            file = self._file(table, issue_id)
            if self.fs.exists(file):
                self.fs.rm_file(file)
                gone.append(self._shown(file))
            if self._local:
                _remove_drafts(Path(file).parent, f".{issue_id}{SUFFIX}.", 0)
        return gone

    def sweep(self, older_than_seconds: float = 3600) -> int:
        """Removes drafts that a killed writer left; returns how many. With 0 seconds, nobody else may be writing."""
        if not self._local:
            return 0
        folders = [self.root, *(self._folder(t) for t in PARTITIONED + STAGES)]
        return sum(_remove_drafts(Path(f), ".", older_than_seconds) for f in folders)

    def _folder(self, table: str) -> str:
        if table in STAGES:
            return f"{self.root}/{STAGE_FOLDER}/{table}"
        if table in PARTITIONED:
            return f"{self.root}/{table}"
        raise ValueError(f"{table!r} is no table of an issue: choose one of {', '.join(PARTITIONED + STAGES)}")

    def _file(self, table: str, issue_id: str) -> str:
        check_issue_id(issue_id)
        return f"{self._folder(table)}/{issue_id}{SUFFIX}"

    def _corpus_file(self, table: str) -> str:
        if table not in CORPUS:
            raise ValueError(f"{table!r} is no table about the corpus: choose one of {', '.join(CORPUS)}")
        return f"{self.root}/{table}{SUFFIX}"

    def _shown(self, file: str) -> str:
        return file if self._local else str(self.fs.unstrip_protocol(file))

    def _put(self, file: str, content: bytes) -> None:
        try:
            if self._local:
                _write_local(Path(file), content)
            else:  # an object appears at once, when it is complete
                self.fs.makedirs(file.rsplit("/", 1)[0], exist_ok=True)
                self.fs.pipe_file(file, content)
        except OSError as error:
            raise UnwritableError(f"{self._shown(file)} cannot be written: {error.strerror or error}") from error

    def _get(self, file: str, table: str, columns: Sequence[str] | None) -> pa.Table:
        if columns is not None and (unknown := set(columns) - set(SCHEMAS[table].names)):
            raise ValueError(f"{table}: unknown columns {', '.join(sorted(unknown))}")
        with self._opened(file, table) as parquet:
            schema = parquet.schema_arrow
            wanted = [f for f in SCHEMAS[table] if columns is None or f.name in columns]
            _check_columns(wanted, schema, self._shown(file))
            names = [f.name for f in wanted if f.name in schema.names]
            data = parquet.read(columns=names, use_threads=parquet.metadata.num_rows > MANY_ROWS)
        return _fitted(data, pa.schema(wanted, metadata=schema.metadata))

    @contextmanager
    def _opened(self, file: str, table: str) -> Iterator[pq.ParquetFile]:
        """A file of ours. Every page in it has a checksum, so that damage is found instead of read."""
        shown = self._shown(file)
        try:
            with self.fs.open(file, "rb") as stream:
                parquet = pq.ParquetFile(stream, page_checksum_verification=True)
                _check_version(parquet.schema_arrow.metadata or {}, shown)
                yield parquet
        except FileNotFoundError as error:
            raise MissingTableError(f"{shown} is not there: {table} was not written yet") from error
        except (pa.ArrowException, OSError) as error:
            raise StoreError(f"{shown} is torn or no Parquet file: {error}") from error


def digest_of(content: bytes) -> str:
    """Sixteen hex digits that tell a file's content from any other."""
    return hashlib.sha256(content).hexdigest()[:16]


def check_issue_id(issue_id: str) -> None:
    """Refuses what cannot be a file name below the table's folder.

    Raises:
        ValueError: a path separator, a leading dot, "..", a control character, empty, or too long.
    """
    bad = not issue_id or issue_id.startswith(".") or ".." in issue_id or not issue_id.isprintable()
    if bad or "/" in issue_id or "\\" in issue_id or len(os.fsencode(issue_id)) > MAX_ISSUE_ID_BYTES:
        raise ValueError(f"{issue_id!r} cannot be an issue_id: it must be usable as a file name")


def _to_bytes(data: pa.Table, level: int) -> bytes:
    """The same table gives the same bytes (for one version of pyarrow)."""
    sink = pa.BufferOutputStream()
    names = [f.name for f in data.schema if pa.types.is_string(f.type) and f.name not in _PROSE]
    writing = {
        "compression": "zstd",
        "compression_level": level,
        "use_dictionary": names or False,
        "write_page_checksum": True,
    }
    with pq.ParquetWriter(sink, data.schema, **writing) as writer:
        if data.num_rows:  # a row group without rows is more than the library `datasets` can read
            writer.write_table(data.combine_chunks())
    return bytes(sink.getvalue())


def _write_local(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}{DRAFT}")
    try:
        with draft.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the rename outlive a power cut, where folders can be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_drafts(folder: Path, prefix: str, older_than_seconds: float) -> int:
    if not folder.is_dir():
        return 0
    limit, removed = time.time() - older_than_seconds, 0
    for entry in os.scandir(folder):
        if entry.name.startswith(prefix) and entry.name.endswith(DRAFT) and entry.stat().st_mtime <= limit:
            Path(entry.path).unlink(missing_ok=True)
            removed += 1
    return removed


def _check_version(metadata: dict[bytes, bytes], shown: str) -> None:
    found = metadata.get(VERSION_KEY, b"").decode()
    if not found:
        raise StoreError(f"{shown} was not written by Banmian: its metadata has no {VERSION_KEY.decode()}")
    if found.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise StoreError(
            f"{shown} has schema version {found}, this program reads {SCHEMA_VERSION}: "
            "use a new output folder, or the version of the program that wrote it"
        )


def _check_columns(wanted: Iterable[pa.Field], found: pa.Schema, shown: str) -> None:
    """Columns are of their types, and only those may be missing that a newer minor version appended."""
    for field in wanted:
        if field.name not in found.names:
            if not field.nullable:
                raise StoreError(f"{shown} has no column {field.name}")
        elif found.field(field.name).type != field.type:
            raise StoreError(f"{shown}: column {field.name} is {found.field(field.name).type}, not {field.type}")


def _fitted(data: pa.Table, schema: pa.Schema) -> pa.Table:
    """Columns a newer minor version appended are null in older files."""
    columns = [data.column(f.name) if f.name in data.column_names else pa.nulls(data.num_rows, f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)
