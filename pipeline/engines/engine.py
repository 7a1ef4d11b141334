"""The engines' common shape, and the one for this machine."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from typing import Generic, NamedTuple, Protocol, TypeVar

from pipeline.engines.memory import tidily

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

#: Tasks handed out ahead of the result that is waited for, per worker: enough to keep all busy, little to hold.
AHEAD = 4


class EngineUnavailableError(Exception):
    """The engine asked for cannot be used here; the message says what to do."""


class WorkerDiedError(Exception):
    """A worker died over a task, and died again when it was tried once more; the message names the task."""

    def __init__(self, task: object) -> None:
        super().__init__(f"the worker died (killed, out of memory, or crashed) while working on {name_of(task)}")


def name_of(task: object) -> str:
    """How a task is called in messages."""
    return str(getattr(task, "issue_id", task))[:200]


class Engine(Protocol):
    """Calls a function on many tasks."""

    def map(
        self, fn: Callable[[T], R], tasks: Iterable[T], rescue: Callable[[T, WorkerDiedError], R] | None = None
    ) -> Iterator[R]:
        """The results, in the order of the tasks.

        A task whose worker dies is tried again. If it kills that worker, too, `rescue` gives the result in its place,
        in this process; without `rescue` the error is raised.
        """

    def close(self) -> None:
        """Lets the workers go."""


class Promise(Protocol[R_co]):
    """A result that is being worked on."""

    def result(self) -> R_co: ...
    def cancel(self) -> object: ...


class Handed(NamedTuple, Generic[T, R]):
    """A task, and the result that was promised for it."""

    task: T
    promise: Promise[R]


def in_order(
    submit: Callable[[T], Promise[R]],
    tasks: Iterable[T],
    ahead: int,
    fetch: Callable[[Handed[T, R]], R],
) -> Iterator[R]:
    """The results of the tasks, in their order, with at most `ahead` of them handed out at a time."""
    waiting: deque[Handed[T, R]] = deque()
    try:
        for task in tasks:
            waiting.append(Handed(task, submit(task)))
            if len(waiting) >= ahead:
                yield fetch(waiting.popleft())
        while waiting:
            yield fetch(waiting.popleft())
    finally:
        for handed in waiting:
            handed.promise.cancel()


def rescued(task: T, rescue: Callable[[T, WorkerDiedError], R] | None) -> R:
    """What stands in for the result of a task that kills its workers."""
    error = WorkerDiedError(task)
    if rescue is None:
        raise error
    return rescue(task, error)


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
        self._cell: ProcessPoolExecutor | None = None

    def map(
        self, fn: Callable[[T], R], tasks: Iterable[T], rescue: Callable[[T, WorkerDiedError], R] | None = None
    ) -> Iterator[R]:
        if self.workers == 1:
            for task in tasks:
                yield tidily(fn, task)
            return

        def fetch(handed: Handed[T, R]) -> R:
            try:
                return handed.promise.result()
            except (BrokenProcessPool, CancelledError):  # whichever task it was: all that were under way are lost
                return self._alone(fn, handed.task, rescue)

        yield from in_order(lambda task: self._submit(fn, task), tasks, self.workers * AHEAD, fetch)
        self._release_cell()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
        self._release_cell()

    def _submit(self, fn: Callable[[T], R], task: T) -> Future[R]:
        try:
            return self._start().submit(tidily, fn, task)
        except BrokenProcessPool:
            self.close()
            return self._start().submit(tidily, fn, task)

    def _start(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = _pool(self.workers)
        return self._pool

    def _alone(self, fn: Callable[[T], R], task: T, rescue: Callable[[T, WorkerDiedError], R] | None) -> R:
        """The task once more, with a worker for itself: if that dies, it is this task that kills."""
        self._cell = self._cell or _pool(1)
        try:
            return self._cell.submit(tidily, fn, task).result()
        except BrokenProcessPool:
            self._release_cell()
            return rescued(task, rescue)

    def _release_cell(self) -> None:
        if self._cell is not None:
            self._cell.shutdown(cancel_futures=True)
            self._cell = None


def _pool(workers: int) -> ProcessPoolExecutor:
    """Worker processes, started fresh: forking a process that has threads (Dagster has) may deadlock."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=end_with_parent)


def end_with_parent() -> None:
    """Lets this worker end when the run that started it is killed: it must not write into the next run's tables."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


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
