"""Every engine gives the same results in the same order."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.engines import Engine, EngineUnavailableError, LocalEngine, make_engine


def square(n: int) -> int:
    return n * n


def fail_on_three(n: int) -> int:
    if n == 3:
        raise ValueError("three")
    return n


def process_id(_: int) -> int:
    return os.getpid()


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
