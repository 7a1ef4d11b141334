"""Dask workers killed in the middle of a run, one in each phase: the output does not tell."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from material import proof
from material.load import invented_pages

from pipeline import engines
from pipeline.run import Progress, run
from pipeline.settings import Settings

pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")


class Killer(Progress):
    """Kills a worker at the first result of cleaning, and one when the corpus steps begin and have had a result."""

    def __init__(self) -> None:
        self.killed: list[str] = []
        self.phase = ""

    def say(self, what: str) -> None:
        self.phase = "cleaning" if what.startswith("cleaning") else "corpus" if "reprints" in what else ""

    def step(self) -> None:
        if self.phase and self.phase not in self.killed:
            workers = [p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]
            os.kill(workers[-1].pid, signal.SIGKILL)
            self.killed.append(self.phase)


def test_a_worker_killed_in_each_phase_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    for number, page in enumerate(invented_pages("synthetic")[:4]):
        issue = tmp_path / "in" / "daily" / f"2025-03-0{number // 2 + 1}"
        issue.mkdir(parents=True, exist_ok=True)
        (issue / f"{number % 2 + 1:02d}.txt").write_bytes(page.raw.encode())
    source, killer = str(tmp_path / "in"), Killer()
    calm, shaken = tmp_path / "calm" / "out", tmp_path / "shaken" / "out"
    assert run(Settings(source, str(calm))).exit_code == 0
    try:
        done = run(Settings(source, str(shaken), engine="dask", workers=2), progress=killer)
    finally:
        engines.shared_engine("dask", 2, None).close()
        engines.shared_engine.cache_clear()
    assert done.exit_code == 0 and not done.failures
    assert killer.killed == ["cleaning", "corpus"]
    assert proof.fingerprint(shaken) == proof.fingerprint(calm)
