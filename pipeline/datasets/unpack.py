"""The bytes of one input file, unpacked, and never more of them than a page may have."""

from __future__ import annotations

import gzip
import stat
import zlib
from pathlib import Path
from typing import IO, Any

import zstandard
from fsspec.implementations.local import LocalFileSystem

#: A page may have this many bytes, unpacked: some hundred printed pages, and what a small machine can clean.
MAX_PAGE_BYTES = 16 * 1024 * 1024
#: Packed bytes given to the zstd decoder at once: 1 KiB unpacks to some 32 MiB at the very most.
_ZSTD_STEP = 1024


class TooLarge(Exception):  # noqa: N818  (the word of the contract, as in `rejects.reason`)
    """More than `MAX_PAGE_BYTES`."""


class Unreadable(Exception):  # noqa: N818
    """The file cannot be opened or unpacked."""


def open_file(fs: Any, path: str) -> IO[bytes]:
    """The file, if it is one: a pipe or a device would never end.

    Raises:
        Unreadable: vanished, forbidden, or no file.
    """
    try:
        if isinstance(fs, LocalFileSystem) and not stat.S_ISREG(Path(path).stat().st_mode):
            raise Unreadable("not a regular file")
        stream: IO[bytes] = fs.open(path, "rb")
    except (OSError, ValueError) as error:
        raise Unreadable(_words(error)) from error
    return stream


def read_file(fs: Any, path: str, limit: int = MAX_PAGE_BYTES) -> bytes:
    """All bytes of a file; `.gz` and `.zst` are unpacked.

    Raises:
        Unreadable: vanished, forbidden, or a broken archive.
        TooLarge: more than `limit` bytes.
    """
    with open_file(fs, path) as stream:
        try:
            data = _unpacked(stream, path.lower(), limit)
        except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
            raise Unreadable(_words(error)) from error
    if len(data) > limit:
        raise TooLarge(f"more than {limit:,} bytes")
    return data


def _unpacked(stream: IO[bytes], name: str, limit: int) -> bytes:
    """At least `limit + 1` bytes if there are so many."""
    if name.endswith(".gz"):
        with gzip.GzipFile(fileobj=stream) as packed:
            return packed.read(limit + 1)
    if name.endswith(".zst"):
        return _unzstd(stream, limit)
    return stream.read(limit + 1)


def _unzstd(stream: IO[bytes], limit: int) -> bytes:
    """All frames of a zstd file. The library's own stream reader takes a torn file for a complete one."""
    found, frame = bytearray(), None
    while chunk := stream.read(_ZSTD_STEP):
        while chunk and len(found) <= limit:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            found += frame.decompress(chunk)
            chunk = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
        if len(found) > limit:
            return bytes(found)
    if frame is not None:
        raise EOFError("the zstd frame ends before its end mark")
    return bytes(found)


def _words(error: Exception) -> str:
    """What went wrong, without the machine's path."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return said or type(error).__name__
