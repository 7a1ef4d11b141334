"""Freed memory goes back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from pipeline.engines import LocalEngine, memory

PROGRAM = """
from pathlib import Path
from pipeline.engines.memory import give_back

def resident():
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("RssAnon"))
    return int(line.split()[1]) // 1024

held = [bytes(64_000) for _ in range(3_000)]  # some 190 MB, in pieces that come from the heap
kept = held[::100]  # a few pieces stay in between: the heap cannot shrink
full = resident()
del held
freed = resident()
assert give_back() and not give_back(), "once a second"
print(full - freed, freed - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory, and can be told")
def test_what_was_freed_between_what_is_held_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    by_itself, given_back = map(int, done.stdout.split())
    assert given_back > 100, (by_itself, given_back)


def test_where_the_c_library_cannot_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_trim", lambda: None)
    assert memory.give_back() is False
    assert memory.tidily(abs, -1) == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_the_engine_gives_back_after_a_task(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = LocalEngine(workers)
    try:
        assert all(engine.map(_gave_back_before, range(8)))
    finally:
        engine.close()


def _gave_back_before(number: int) -> bool:
    """True but for the first task of a process, after which the clock must have been set."""
    first, _seen[0] = not _seen[0], True
    return first or memory._trim() is None or memory._last > 0


_seen = [False]
