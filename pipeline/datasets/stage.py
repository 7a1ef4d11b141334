"""What a job over the whole corpus made of each bundle of issues: `<output>/_stages/<step>/<key>.parquet`.

The key names the content a file was made from, so that what has not changed is not made again, a run that was killed
goes on where it was, and nothing stale is ever read. A file holds parts (row groups): hash parts, or the shares of
tasks; a reader takes the part it needs out of many files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.datasets.store import DRAFT, STAGE_FOLDER, SUFFIX, Store, StoreError

#: A bundle has about so many issues at most, and so many bytes of their tables.
ISSUES, BYTES = 8, 8_000_000


class Stage:
    """The files of one step in one output folder (a local path or any fsspec URL)."""

    def __init__(self, output: str, step: str) -> None:
        self.store = Store(output)
        self.folder = f"{self.store.root}/{STAGE_FOLDER}/{step}"

    def there(self) -> set[str]:
        """The keys of what is there, complete."""
        return {n.removesuffix(SUFFIX) for n in self._names() if n.endswith(SUFFIX) and not n.startswith(".")}

    def write(self, key: str, parts: Iterable[pa.Table]) -> None:
        """Writes a file of one or more parts, whole or not at all. Equal parts give equal bytes."""
        sink, writer = pa.BufferOutputStream(), None
        for part in parts:
            writer = writer or pq.ParquetWriter(sink, part.schema, **_WRITING)
            writer.write_table(part.combine_chunks(), row_group_size=max(part.num_rows, 1))
        if writer is None:
            raise ValueError(f"{key}: no part to write")
        writer.close()
        self.store.put(self._file(key), bytes(sink.getvalue()))

    def read(self, key: str, part: int | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """One part of a file, or all.

        Raises:
            StoreError: it is not there, or damaged.
        """
        file = self._file(key)
        try:
            with self.store.fs.open(file, "rb") as stream:
                parquet = pq.ParquetFile(stream, page_checksum_verification=True)
                wanted = None if columns is None else list(columns)
                return parquet.read(wanted) if part is None else parquet.read_row_group(part, wanted)
        except (pa.ArrowException, OSError) as error:
            raise StoreError(f"{file} is torn, gone or no Parquet file: {error}") from error

    def keep(self, keys: Collection[str]) -> None:
        """Deletes all others, and what killed writers left."""
        for name in self._names():
            if name.removesuffix(SUFFIX) not in keys and name.endswith((SUFFIX, DRAFT)):
                self.store.fs.rm_file(f"{self.folder}/{name}")

    def _names(self) -> list[str]:
        try:
            self.store.fs.invalidate_cache()
            return [str(f).rstrip("/").rsplit("/", 1)[-1] for f in self.store.fs.ls(self.folder, detail=False)]
        except FileNotFoundError:
            return []

    def _file(self, key: str) -> str:
        return f"{self.folder}/{key}{SUFFIX}"


#: What is stored are numbers that rise, or that no dictionary makes smaller.
_WRITING: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": ["text", "issue_id"],
    "write_page_checksum": True,
    "write_statistics": False,
}


@dataclass(frozen=True)
class Bundle:
    """Issues that are worked on together; `key` names the content of their tables."""

    key: str
    issues: tuple[str, ...]


@dataclass(frozen=True)
class DigestTask:
    """Some issues, and which of their tables count."""

    output: str
    tables: tuple[str, ...]
    issues: tuple[str, ...]


def bundled(output: str, table: str, present: Collection[str]) -> tuple[list[tuple[str, ...]], int]:
    """The issues that have a table, in bundles, and the bytes of all. A new issue changes one bundle, as long as the
    number of bundles, a power of two, stays."""
    store = Store(output)
    sizes = {issue: size for issue, size in store.sizes(table).items() if issue in present}
    number = power_of_two(max(len(sizes) / ISSUES, sum(sizes.values()) / BYTES))
    held: dict[int, list[str]] = {}
    for issue in sorted(sizes):
        at = int.from_bytes(hashlib.blake2b(issue.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        held.setdefault(at % number, []).append(issue)
    return [tuple(held[at]) for at in sorted(held)], sum(sizes.values())


def power_of_two(least: float) -> int:
    """The smallest power of two that is not below.

    >>> power_of_two(0), power_of_two(5), power_of_two(8)
    (1, 8, 8)
    """
    number = 1
    while number < least:
        number *= 2
    return number


def digest(task: DigestTask) -> str:
    """A hash of the content of the tables of the issues; a store that names contents itself (ETag) is believed."""
    store, seen = Store(task.output), hashlib.sha256()
    for issue in task.issues:
        seen.update(issue.encode("utf-8", "surrogatepass") + b"\0")
        for table in task.tables:
            seen.update(store.content_id(table, issue).encode() + b"\0")
    return seen.hexdigest()
