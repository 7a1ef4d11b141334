"""The lock on an output folder: between processes, and ended with the process that holds it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.datasets.lock import LOCK_FILE, LockedError, alone, shared

HOLD = """
import sys, time
from pipeline.datasets.lock import alone, shared
with (alone if sys.argv[2] == "alone" else shared)(sys.argv[1]):
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
"""


def holder(folder: Path, how: str, seconds: float = 60) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), how, str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    first = holder(tmp_path, "alone")
    try:
        with pytest.raises(LockedError, match=rf"`banmian` \(process {first.pid} on .*\) is working in {tmp_path}"):
            alone(str(tmp_path)).__enter__()
        with pytest.raises(LockedError, match="wait until it has ended"):
            shared(str(tmp_path), wait=0).__enter__()
    finally:
        first.kill()
        first.wait()
    with alone(str(tmp_path)) as locked:  # a killed run leaves no lock, and its note deceives nobody
        assert locked


def test_runs_of_dagster_work_side_by_side_and_keep_others_out(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text(json.dumps({"process": 2**22 + 1, "host": "x", "since": "long ago"}))
    first = holder(tmp_path, "shared")
    try:
        with shared(str(tmp_path), wait=0) as locked:
            assert locked
        with pytest.raises(LockedError, match="another run, or the Dagster UI, is working"):
            alone(str(tmp_path)).__enter__()
    finally:
        first.kill()
        first.wait()


def test_dagster_waits_for_a_run_and_says_so(tmp_path: Path) -> None:
    first = holder(tmp_path, "alone", 1.0)
    said: list[str] = []
    began = time.monotonic()
    with shared(str(tmp_path), wait=30, say=said.append) as locked:
        assert locked and 0.2 < time.monotonic() - began < 20
    assert len(said) == 1 and f"process {first.pid}" in said[0]
    first.wait()


def test_what_works_for_a_run_may_enter(tmp_path: Path) -> None:
    with alone(str(tmp_path)), shared(str(tmp_path), wait=0) as locked:
        assert locked
    with alone(str(tmp_path)):
        pass


def test_an_object_store_has_no_lock() -> None:
    with alone("memory://lock/out") as locked:
        assert not locked
