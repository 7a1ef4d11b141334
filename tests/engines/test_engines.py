"""Every engine gives the same results in the same order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.engines import Engine, EngineUnavailableError, LocalEngine, WorkerDiedError, make_engine


def square(n: int) -> int:
    return n * n


def fail_on_three(n: int) -> int:
    if n == 3:
        raise ValueError("three")
    return n


def process_id(_: int) -> int:
    return os.getpid()


def own_key(_: int) -> str:
    from distributed import get_worker

    return str(get_worker().get_current_task())


@pytest.fixture(scope="module", params=["one", "two", "dask"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "dask":
        pytest.importorskip("distributed")
        made = make_engine("dask", workers=2)
    else:
        made = LocalEngine(1 if request.param == "one" else 2)
    yield made
    made.close()


def test_results_come_in_order(engine: Engine) -> None:
    assert list(engine.map(square, range(50))) == [n * n for n in range(50)]


def test_the_dashboard_of_dask_names_the_step() -> None:
    pytest.importorskip("distributed")
    engine = make_engine("dask", workers=1)
    try:
        keys = list(engine.map(own_key, [1, 1]))
    finally:
        engine.close()
    assert [key.rsplit("-", 1)[0] for key in keys] == ["own_key"] * 2
    assert len(set(keys)) == 2, "equal tasks are run each"


def test_no_tasks_give_no_results(engine: Engine) -> None:
    assert list(engine.map(square, [])) == []


def test_a_failing_task_raises_its_own_error(engine: Engine) -> None:
    with pytest.raises(ValueError, match="three"):
        list(engine.map(fail_on_three, range(6)))
    assert list(engine.map(square, [2])) == [4]  # and the engine is still of use


def test_tasks_are_handed_out_as_needed(engine: Engine) -> None:
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        for n in range(1000):
            taken += 1
            yield n

    results = engine.map(square, tasks())
    assert [next(results) for _ in range(3)] == [0, 1, 4]
    assert taken < 100
    results.close()  # type: ignore[attr-defined]


def die(task: tuple[str, int]) -> int:
    """Kills its worker: always, or only the first time (a file remembers)."""
    how, n = task
    if how == "always":
        os.kill(os.getpid(), signal.SIGKILL)
    if how and not Path(how).exists():
        Path(how).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def instead(task: tuple[str, int], error: WorkerDiedError) -> int:
    assert "killed, out of memory, or crashed" in str(error)
    return -task[1]


@pytest.fixture(scope="module", params=["two", "dask"])
def sturdy(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "dask":
        dask = pytest.importorskip("dask")
        with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
            made = make_engine("dask", workers=1)
            yield made
            made.close()
    else:
        made = LocalEngine(2)
        yield made
        made.close()


def test_a_worker_killed_once_costs_nothing(sturdy: Engine, tmp_path: Path) -> None:
    tasks = [("", 1), (str(tmp_path / "died"), 2), *(("", n) for n in range(3, 15))]
    assert list(sturdy.map(die, tasks)) == list(range(1, 15))


def test_a_task_that_kills_is_named_or_rescued_and_the_others_go_on(sturdy: Engine) -> None:
    tasks = [("", 1), ("always", 2), *(("", n) for n in range(3, 8))]
    assert list(sturdy.map(die, tasks, rescue=instead)) == [1, -2, 3, 4, 5, 6, 7]
    with pytest.raises(WorkerDiedError, match=r"while working on \('always', 2\)"):
        list(sturdy.map(die, tasks))
    assert list(sturdy.map(square, [3])) == [9]


ORPHAN = """
import sys, time
from pipeline.engines import LocalEngine
from tests_engines_task import note
if __name__ == "__main__":
    for _ in LocalEngine(2).map(note, [sys.argv[1]] * 2):
        pass
"""
NOTE = """
import os, time, uuid
def note(folder):
    open(os.path.join(folder, uuid.uuid4().hex + ".pid"), "w").write(str(os.getpid()))
    time.sleep(600)
"""


def test_workers_end_with_a_run_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(ORPHAN)
    (tmp_path / "tests_engines_task.py").write_text(NOTE)
    root = Path(__file__).parents[2]
    run = subprocess.Popen(
        [sys.executable, "main.py", str(tmp_path)], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(root)}
    )
    while len(pids := [p.read_text() for p in tmp_path.glob("*.pid")]) < 2 or "" in pids:
        assert run.poll() is None
        time.sleep(0.05)
    run.kill()
    run.wait()
    until = time.monotonic() + 20
    while any(_alive(int(pid)) for pid in pids):
        assert time.monotonic() < until, "a worker outlived its run"
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_one_worker_stays_in_the_process() -> None:
    assert set(LocalEngine(1).map(process_id, [0])) == {os.getpid()}


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(EngineUnavailableError, match="'spark' is unknown: use local or dask"):
        make_engine("spark")


def test_dask_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineUnavailableError, match=r"pip install 'banmian\[dask\]'"):
        make_engine("dask")


def test_a_dead_scheduler_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(EngineUnavailableError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        make_engine("dask", address="tcp://127.0.0.1:1")
