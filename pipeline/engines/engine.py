"""The engines' common shape, and the one for this machine."""

from __future__ import annotations

import atexit
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

#: Tasks handed out ahead of the result that is waited for, per worker: enough to keep all busy, little to hold.
AHEAD = 4


class EngineUnavailableError(Exception):
    """The engine asked for cannot be used here; the message says what to do."""


class Engine(Protocol):
    """Calls a function on many tasks."""

    def map(self, fn: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """The results, in the order of the tasks."""

    def close(self) -> None:
        """Lets the workers go."""


class Promise(Protocol[R_co]):
    """A result that is being worked on."""

    def result(self) -> R_co: ...
    def cancel(self) -> object: ...


def in_order(submit: Callable[[T], Promise[R]], tasks: Iterable[T], ahead: int) -> Iterator[R]:
    """The results of the tasks, in their order, with at most `ahead` of them handed out at a time."""
    waiting: deque[Promise[R]] = deque()
    try:
        for task in tasks:
            waiting.append(submit(task))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for promise in waiting:
            promise.cancel()


class LocalEngine:
    """This machine: one worker runs in the process itself, more run in processes of their own.

    >>> list(LocalEngine().map(abs, [-2, 1]))
    [2, 1]
    """

    def __init__(self, workers: int = 1) -> None:
        if workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def map(self, fn: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        if self.workers == 1:
            yield from map(fn, tasks)
            return
        pool = self._start()
        yield from in_order(lambda task: pool.submit(fn, task), tasks, self.workers * AHEAD)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _start(self) -> ProcessPoolExecutor:
        """Worker processes are started fresh: forking a process that has threads (Dagster has) may deadlock."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"))
        return self._pool


@cache
def shared_engine(name: str, workers: int, address: str | None) -> Engine:
    """One engine for the whole process: its workers keep what they have loaded from run to run."""
    engine = make_engine(name, workers, address)
    atexit.register(engine.close)
    return engine


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def make_engine(name: str = "local", workers: int | None = None, address: str | None = None) -> Engine:
    """The engine called `name`: `local` or `dask`. Without `workers`, as many as the machine has cores.

    Raises:
        EngineUnavailableError: no such engine, or it is not installed, or its scheduler does not answer.
    """
    if name == "local":
        return LocalEngine(workers or cores())
    if name == "dask":
        from pipeline.engines.dask import DaskEngine

        return DaskEngine(address, workers)
    raise EngineUnavailableError(f"engine {name!r} is unknown: use local or dask")
