"""Reference text: clean Chinese text a user has besides the pages. It only feeds the language model."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import fsspec
import zstandard

SUFFIXES = tuple(kind + packed for kind in (".txt", ".jsonl") for packed in ("", ".gz", ".zst"))


class ReferenceTextError(Exception):
    """The reference text cannot be read; the message says where and why."""


def reference_files(path: str) -> list[str]:
    """The .txt and .jsonl files (also .gz, .zst) at `path`, a file or a folder, sorted.

    Raises:
        ReferenceTextError: there is none.
    """
    fs, root = fsspec.core.url_to_fs(path)
    if fs.isfile(root):
        found = [root] if root.endswith(SUFFIXES) else []
    else:
        found = sorted(f for f in fs.find(root) if f.endswith(SUFFIXES)) if fs.exists(root) else []
    if not found:
        raise ReferenceTextError(
            f"no reference text at {path}: give a .txt or .jsonl file (also .gz, .zst) or a folder that holds some"
        )
    return [str(fs.unstrip_protocol(f)) for f in found]


def reference_texts(path: str) -> Iterator[str]:
    """The texts, one after the other: a text file is one, a JSONL has one a line in its field `text`."""
    for file in reference_files(path):
        name = file.removesuffix(".gz").removesuffix(".zst")
        with fsspec.open(file, "rb") as raw:
            stream = io.TextIOWrapper(_unpacked(file, raw), encoding="utf-8-sig")
            try:
                yield from _records(file, stream) if name.endswith(".jsonl") else iter([stream.read()])
            except (UnicodeDecodeError, EOFError, OSError, zstandard.ZstdError) as error:
                raise ReferenceTextError(f"{file} cannot be read ({error}): reference text must be UTF-8") from error


def _unpacked(file: str, raw: Any) -> Any:
    if file.endswith(".gz"):
        return gzip.GzipFile(fileobj=raw)
    if file.endswith(".zst"):
        return zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    return raw


def _records(file: str, lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError, TypeError):
            text = None
        if not isinstance(text, str):
            raise ReferenceTextError(f"{file}, line {number}: no JSON object with a field `text`")
        yield text
