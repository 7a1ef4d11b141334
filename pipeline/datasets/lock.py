"""Who works in an output folder: one `banmian run`, or any number of Dagster's runs, never both.

The lock is the operating system's (`flock`): it ends with the process that holds it, however that ends, so no lock
outlives a killed run. Object stores and file systems without such locks have none; there, tables appear whole, and two
runs over the same input write the same bytes.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

try:
    import fcntl
except ImportError:  # pragma: no cover  (no POSIX)
    fcntl = None  # type: ignore[assignment]

#: In the output folder; its name keeps it out of everything that reads tables.
LOCK_FILE = ".banmian.lock"
#: Seconds between two tries.
PAUSE = 0.5

#: Folders that this process holds alone; Dagster's part of `banmian run` works in the same process.
_OWN: set[str] = set()


class LockedError(Exception):
    """Another process works in the output folder; the message says which, and what to do."""


@contextmanager
def alone(output: str, wait: float = 0.0) -> Iterator[bool]:
    """Holds the output folder against every other run; False where there are no locks. Tries for `wait` seconds.

    Raises:
        LockedError: another run works there.
        OSError: the folder cannot be written to.
    """
    with _held(output, exclusive=True, wait=wait, say=lambda _: None) as locked:
        folder = str(output)
        _OWN.add(folder)
        try:
            yield locked
        finally:
            _OWN.discard(folder)


@contextmanager
def shared(output: str, wait: float = 3600.0, say: Callable[[str], None] = lambda _: None) -> Iterator[bool]:
    """Holds the output folder against `banmian run`, beside other runs of Dagster; waits for up to `wait` seconds.

    Raises:
        LockedError: it took longer.
    """
    if output in _OWN:
        yield True
        return
    with _held(output, exclusive=False, wait=wait, say=say) as locked:
        yield locked


@contextmanager
def _held(output: str, *, exclusive: bool, wait: float, say: Callable[[str], None]) -> Iterator[bool]:
    fs, root = fsspec.core.url_to_fs(output)
    if fcntl is None or not isinstance(fs, LocalFileSystem):
        yield False
        return
    Path(root).mkdir(parents=True, exist_ok=True)
    with (Path(root) / LOCK_FILE).open("a+b") as file:
        locked = _acquired(file, output, exclusive, wait, say)
        if locked and exclusive:
            _sign(file)
        yield locked


def _acquired(file: Any, output: str, exclusive: bool, wait: float, say: Callable[[str], None]) -> bool:
    """False: the file system has no locks."""
    until, told = time.monotonic() + wait, False
    while True:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            message = _message(output, file, exclusive)
            if time.monotonic() >= until:
                raise LockedError(message) from None
            if not told:
                say(message)
                told = True
            time.sleep(PAUSE)
        except OSError:
            return False


def _sign(file: Any) -> None:
    """Notes who holds the lock, for the message others get. The lock itself does not depend on it."""
    note = {"process": os.getpid(), "host": socket.gethostname(), "since": f"{datetime.now():%Y-%m-%d %H:%M}"}
    file.seek(0)
    file.truncate()
    file.write(json.dumps(note).encode())
    file.flush()


def _message(output: str, file: Any, exclusive: bool) -> str:
    try:
        file.seek(0)
        note = json.loads(file.read())
        os.kill(int(note["process"]), 0)  # the note of a killed run stays behind
        who = f"`banmian` (process {note['process']} on {note['host']}, since {note['since']})"
    except (ValueError, KeyError, TypeError, OSError):
        who = "another run, or the Dagster UI," if exclusive else "`banmian`"
    return f"{who} is working in {output}: wait until it has ended, or give another output folder"
