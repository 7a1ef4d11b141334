"""2,000 files dropped into the input at once: how the sensor takes them, on an instance on disk, run after run."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import dagster as dg

from benchmarks.bench import Bench
from benchmarks.table import Table
from pipeline.datasets.store import Store
from pipeline.orchestration.automation import registered, watch_input
from pipeline.orchestration.graph import build_definitions
from pipeline.orchestration.partitions import NAME, keys_of_run
from pipeline.run import Job, places_of
from pipeline.settings import Settings, prepare_home

FILES = 2_000
TEXT = """第{n}期 老街书场添新座
本报讯（记者 孟晓岚）昨天,城南老街的书场重新开张,新添了{n}个座位。开场第一段书,说的是运河上的故事。
"""


def tables(bench: Bench) -> list[Table]:
    """The sensor's looks are made as the daemon makes them: cursor kept, partitions registered, runs executed."""
    source, output = bench.scratch / "drop_in", bench.scratch / "drop_out"
    drop(source)
    settings = Settings(str(source), str(output))
    with dg.DagsterInstance.from_config(str(prepare_home(str(bench.scratch / "drop_home")))) as instance:
        job = Job(build_definitions(places_of(settings)), instance)
        rows, cleaned = taken(job, settings)
    twice = sum(n > 1 for n in cleaned.values())
    published = set(Store(str(output)).issues("ledger"))
    notes = (
        f"{len(rows)} runs (at most 12 are allowed); {FILES - len(published & set(cleaned))} missed, {twice} twice",
        *(f"failed: {f}" for f in job.failures),
    )
    return [Table(f"{FILES:,} files at once", ("look", "job", "issues", "seconds"), rows, notes)]


def drop(source: Path) -> None:
    old = time.time() - 60
    for n in range(1, FILES + 1):
        file = source / "daily" / f"{n:05d}" / "01.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TEXT.format(n=n), encoding="utf-8")
        os.utime(file, (old, old))


def taken(job: Job, settings: Settings) -> tuple[list[tuple[int, str, int, float]], Counter[str]]:
    """Every run with how many issues it took, until a look finds nothing more to do; issue → how often cleaned."""
    rows: list[tuple[int, str, int, float]] = []
    cleaned: Counter[str] = Counter()
    cursor: str | None = None
    for look in range(1, 20):
        places = {"places": places_of(settings)}
        with dg.build_sensor_context(job.instance, cursor=cursor, resources=places) as context:
            result = watch_input.evaluate_tick(context)
        cursor = result.cursor
        for request in result.dynamic_partitions_requests or []:
            job.instance.add_dynamic_partitions(NAME, list(request.partition_keys))
        if not result.run_requests:
            return rows, cleaned
        order = registered(job.instance)
        for request in result.run_requests:
            keys, began = keys_of_run(order, dict(request.tags)), time.perf_counter()
            job.execute(request.job_name or "", tags=dict(request.tags))
            rows.append((look, request.job_name or "", len(keys), time.perf_counter() - began))
            cleaned.update(keys)
    return rows, cleaned
