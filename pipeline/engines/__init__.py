"""Where work is done: `Engine.map(fn, tasks)`, the only seam between the pipeline and its workers.

What belongs here: ways to call a function on many tasks, on this machine or on a cluster.
What does not: anything that knows of pages or tables. Functions and tasks must be picklable; tasks carry addresses and
small parameters, workers read and write the tables themselves and hand back small results.
"""

from pipeline.engines.engine import (
    Engine,
    EngineUnavailableError,
    LocalEngine,
    WorkerDiedError,
    cores,
    make_engine,
    shared_engine,
)

__all__ = [
    "Engine",
    "EngineUnavailableError",
    "LocalEngine",
    "WorkerDiedError",
    "cores",
    "make_engine",
    "shared_engine",
]
