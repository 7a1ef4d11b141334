"""Dask distributed: the engine for clusters (a scheduler's address), or a small cluster of its own on this machine."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar
from uuid import uuid4

from pipeline.engines.engine import AHEAD, EngineUnavailableError, Handed, Promise, WorkerDiedError, in_order, rescued
from pipeline.engines.memory import tidily

#: What else may be wrong with an address tls://…
TLS_HINT = " and the certificates (DASK_DISTRIBUTED__COMM__TLS__CA_FILE, …__CLIENT__CERT, …__CLIENT__KEY)"

T = TypeVar("T")
R = TypeVar("R")


class DaskEngine:
    """Runs tasks on the workers of the Dask scheduler at `address`; without one, on a cluster on 127.0.0.1.

    Dask has no authentication by default. On a network that others share use a `tls://` address; the certificates come
    by Dask's own settings (`DASK_DISTRIBUTED__COMM__TLS__CA_FILE` and its like, or a file in ~/.config/dask), or as
    `security` (a `distributed.Security`).
    """

    def __init__(self, address: str | None = None, workers: int | None = None, security: Any = None) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise EngineUnavailableError("the dask engine is not installed: pip install 'banmian[dask]'") from None
        self._cluster: Any = None
        self._killed: type[Exception] = distributed.KilledWorker
        if address is None:
            self._cluster = distributed.LocalCluster(
                n_workers=workers or 2,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # any free port
                security=security,
            )
            address = self._cluster.scheduler_address
        try:
            self._client: Any = distributed.Client(address, security=security, timeout=10, set_as_default=False)
        except (OSError, ValueError, TypeError, TimeoutError) as error:  # TypeError: no certificates
            raise EngineUnavailableError(
                f"no Dask scheduler answers at {address} ({error}): start `dask scheduler`, or check --dask-address"
                + TLS_HINT * address.startswith("tls:")
            ) from None

    def map(
        self, fn: Callable[[T], R], tasks: Iterable[T], rescue: Callable[[T, WorkerDiedError], R] | None = None
    ) -> Iterator[R]:
        def fetch(handed: Handed[T, R]) -> R:
            for promise in (handed.promise, None):
                try:  # Dask tries it on other workers, but blames all that a worker had before it when it died
                    return (promise or submit(handed.task)).result()
                except self._killed:
                    continue
            return rescued(handed.task, rescue)

        def submit(task: T) -> Promise[R]:
            # A key of its own: a task writes tables, so an equal one must run again, never be answered from memory. How
            # it begins is what the dashboard calls the task.
            key = f"{getattr(fn, '__name__', 'task')}-{uuid4().hex}"
            promise: Promise[R] = self._client.submit(tidily, fn, task, key=key)
            return promise

        ahead = max(1, sum(self._client.nthreads().values())) * AHEAD
        yield from in_order(submit, tasks, ahead, fetch)

    def close(self) -> None:
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()
