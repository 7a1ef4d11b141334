"""Dask distributed: the engine for clusters (a scheduler's address), or a small cluster of its own on this machine."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from pipeline.engines.engine import AHEAD, EngineUnavailableError, in_order

T = TypeVar("T")
R = TypeVar("R")


class DaskEngine:
    """Runs tasks on the workers of the Dask scheduler at `address`; without one, on a cluster on 127.0.0.1.

    Dask has no authentication by default. On a network that others share, give `security` (a
    `distributed.Security` with certificates) and a `tls://` address.
    """

    def __init__(self, address: str | None = None, workers: int | None = None, security: Any = None) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise EngineUnavailableError("the dask engine is not installed: pip install 'banmian[dask]'") from None
        self._cluster: Any = None
        if address is None:
            self._cluster = distributed.LocalCluster(
                n_workers=workers or 2,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                security=security,
            )
            address = self._cluster.scheduler_address
        try:
            self._client: Any = distributed.Client(address, security=security, timeout=10, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise EngineUnavailableError(
                f"no Dask scheduler answers at {address} ({error}): start `dask scheduler`, or check --dask-address"
            ) from None

    def map(self, fn: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        ahead = max(1, sum(self._client.nthreads().values())) * AHEAD
        # pure=False: a task writes tables, so an equal task must run again, never be answered from memory.
        yield from in_order(lambda task: self._client.submit(fn, task, pure=False), tasks, ahead)

    def close(self) -> None:
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()
