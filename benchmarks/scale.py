"""The whole job over a corpus of several sizes: speed, memory, Dagster's share, workers, engines, a day more.

Wall and CPU time of `banmian run` in a process of its own; the same work without Dagster, step by step, in another; and
the limit: reading, decoding and writing the pages, without cleaning them. As a program it does the latter two:

    python -m benchmarks.scale steps|limit INPUT OUTPUT
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks import corpus
from benchmarks.bench import Bench, Usage, measured
from benchmarks.corpus import Built
from benchmarks.table import Table, Value

SPEED_ASKED = 0.3  # MB a CPU second
MEMORY_ASKED = 700  # MB a process
DASK_ASKED = 1.2  # times the local pool
DAY_ASKED = 5.0  # % of the full run
READ_BYTES = 240_000_000
ISSUE_MB = corpus.PAGES_AN_ISSUE * corpus.PAGE_BYTES / 1e6
ONE = "1 worker"
#: Steps that only a run without models takes.
LEARNED = ("learn_language", "learn_names")
COLUMNS = ("MB", "pages", "how", "wall s", "CPU s", "MB a CPU s", "ms CPU a page", "peak MB, largest process")


def tables(bench: Bench) -> list[Table]:
    """Everything, for each of the sizes; Dask and a day more on the largest."""
    source = corpus.material(bench.dev if bench.dev.exists() else None)
    sizes = sorted(bench.sizes)
    whole, day = _without_last_issue(bench, corpus.build(bench.scratch / "corpus", sizes[-1] + ISSUE_MB, 1, source))
    rows: list[tuple[Value, ...]] = []
    found: list[Table] = []
    reads = [random_read()]
    notes = [f"the largest: {whole.said()}"]
    for mb in sizes:
        part = whole if mb == sizes[-1] else corpus.first_issues(whole, bench.scratch / f"first {mb}", mb)
        one = _run(bench, part, ONE)
        reads.append(random_read())
        two = _run(bench, part, "2 workers", "--workers", "2")
        reads.append(random_read())
        steps, said = _alone("steps", part, bench.scratch / "steps")
        reads.append(random_read())
        limit, _ = _alone("limit", part, bench.scratch / "limit")
        ways = {"banmian run, 1 worker": one, "banmian run, 2 workers": two, "the same without Dagster": steps,
                "limit: read, decode, write": limit}  # fmt: skip
        if mb == sizes[-1]:
            dask = _run(bench, part, "dask", "--workers", "2", "--engine", "dask")
            ways["banmian run, Dask, 2 workers"] = dask
            notes.append(f"Dask takes {dask.wall / two.wall:.2f} times the local pool's time (at most {DASK_ASKED})")
        rows += [_row(part, how, usage) for how, usage in ways.items()]
        notes.append(
            f"{mb:g} MB: Dagster and the summary {100 * (one.cpu - steps.cpu) / one.cpu:.0f} % of the CPU time; "
            f"2 workers {one.wall / two.wall:.2f} times as fast as 1; the job at "
            f"{(part.n_bytes / one.cpu) / (part.n_bytes / limit.cpu):.3f} of the limit"
        )
        found.append(_step_table(part, said))
    notes.append(f"asked: {SPEED_ASKED} MB a CPU second with the models loaded, {MEMORY_ASKED} MB a process")
    notes.append(
        f"between the runs a random read of {READ_BYTES / 1e6:.0f} MB of memory took "
        f"{', '.join(f'{ns:.0f}' for ns in reads)} ns: more means that others keep the machine's memory busy"
    )
    more = _day(bench, whole, one, day)
    return [Table("scale: the whole job", COLUMNS, rows, notes), *found, more]


def random_read() -> float:
    """Nanoseconds a random read of a table as large as the models, the median of nine: what the job waits for most."""
    table = np.arange(READ_BYTES // 8)
    places = np.random.default_rng(1).integers(0, len(table), 500_000)
    taken = []
    for _ in range(9):
        began = time.perf_counter()
        table.take(places)
        taken.append(time.perf_counter() - began)
    return 1e9 * sorted(taken)[4] / len(places)


def _run(bench: Bench, part: Built, name: str, *more: str) -> Usage:
    output = bench.scratch / "out" / name
    shutil.rmtree(output, ignore_errors=True)
    return measured([*_banmian(part.folder, output), *(more or ("--workers", "1"))])


def _banmian(source: Path, output: Path) -> list[str]:
    return [sys.executable, "-m", "pipeline", "run", "--input", str(source), "--output", str(output)]


def _alone(what: str, part: Built, output: Path) -> tuple[Usage, dict[str, float]]:
    shutil.rmtree(output, ignore_errors=True)
    usage = measured([sys.executable, "-m", "benchmarks.scale", what, str(part.folder), str(output)])
    return usage, json.loads((output / "said.json").read_text(encoding="utf-8"))


def _row(part: Built, how: str, usage: Usage) -> tuple[Value, ...]:
    mb = part.n_bytes / 1e6
    return (mb, part.n_pages, how, usage.wall, usage.cpu, mb / usage.cpu, 1000 * usage.cpu / part.n_pages,
            usage.peak_mb)  # fmt: skip


def _step_table(part: Built, said: dict[str, float]) -> Table:
    whole = sum(said.values())
    loaded = sum(t for step, t in said.items() if step not in LEARNED)
    named = {**said, "all, models at hand": loaded, "all": whole}
    rows = [(step, t, 1000 * t / part.n_pages, part.n_bytes / 1e6 / max(t, 1e-9), 100 * t / whole)
            for step, t in named.items()]  # fmt: skip
    title = f"scale: steps without Dagster, models loaded, one process, {part.n_bytes / 1e6:.1f} MB"
    return Table(title, ("step", "CPU s", "ms a page", "MB a CPU s", "%"), rows)


def _without_last_issue(bench: Bench, built: Built) -> tuple[Built, Path]:
    """The corpus without its last issue, and where that one lies now."""
    issue = max((built.folder / corpus.NEWSPAPER).iterdir())
    held = bench.scratch / "day"
    shutil.move(issue, held)
    pages = [f.stat().st_size for f in held.iterdir()]
    rest = replace(built, n_bytes=built.n_bytes - sum(pages), n_pages=built.n_pages - len(pages),
                   n_issues=built.n_issues - 1)  # fmt: skip
    return rest, held


def _day(bench: Bench, whole: Built, full: Usage, day: Path) -> Table:
    """The run over everything, a run that finds nothing new, and one after an issue was added."""
    command = [*_banmian(whole.folder, bench.scratch / "out" / ONE), "--workers", "1"]
    again = measured(command)
    shutil.move(day, whole.folder / corpus.NEWSPAPER / "2099-01-01")
    more = measured(command)
    rows = [(name, u.wall, u.cpu, 100 * u.wall / full.wall, 100 * u.cpu / full.cpu)
            for name, u in (("everything", full), ("nothing new", again), ("one issue more", more))]  # fmt: skip
    note = f"{whole.n_issues} issues, one process; asked: a day at most {DAY_ASKED:.0f} % of the full run over 400"
    return Table("scale: a day more", ("run", "wall s", "CPU s", "% of wall", "% of CPU"), rows, (note,))


# --- in a process of their own --------------------------------------------------------------------------------------


def steps(source: str, output: str) -> dict[str, float]:
    """CPU seconds of every step, one after the other over all issues, as the assets do it."""
    from pipeline import corpus as corpus_steps
    from pipeline import steps as issue_steps
    from pipeline.datasets.inputs import list_issues
    from pipeline.engines import LocalEngine
    from pipeline.language.load import load_models
    from pipeline.reports.site import write_report
    from pipeline.text.profile import CleaningProfile
    from pipeline.version import software_version

    took: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        began = time.process_time()
        work()
        took[name] = time.process_time() - began

    engine, issues = LocalEngine(), set(list_issues(source))
    import_module("pipeline.orchestration.corpus_assets")  # and Dagster: no part of the reprints, which are asked of it
    timed("load", load_models)
    timed("learn_language", lambda: corpus_steps.learn_language(source, output))
    timed("learn_names", lambda: corpus_steps.learn_names(engine, source, output))
    tasks = [issue_steps.IssueTask(source, output, i, CleaningProfile(), software_version()) for i in sorted(issues)]
    done: dict[str, issue_steps.Outcome] = {}
    for step in (issue_steps.read_pages, issue_steps.normalise_issue, issue_steps.lay_out_issue,
                 issue_steps.clean_issue):  # fmt: skip
        step(tasks[0])  # so that the models are loaded
        timed(step.__name__, lambda step=step: done.update({task.issue_id: step(task) for task in tasks}))
    timed("contract", lambda: [issue_steps.table_problems(output, i, done[i].digests) for i in issues])
    timed("reprints", lambda: _reprints(engine, output, issues))
    timed("names", lambda: corpus_steps.write_names(engine, output, issues))
    timed("report", lambda: write_report(engine, output, issues))
    return took


def _reprints(engine: object, output: str, issues: set[str]) -> None:
    """As the asset calls it."""
    from pipeline.orchestration import corpus_assets

    write = corpus_assets.write_reprints
    write(*((engine, output, issues) if write.__code__.co_argcount == 3 else (output, issues)))


def limit(source: str, output: str) -> dict[str, float]:
    """Only what cannot be left out: pages are read, decoded and written as Parquet."""
    from pipeline.datasets import inputs, tables
    from pipeline.datasets.store import Store

    store, began = Store(output), time.process_time()
    for issue_id, sources in inputs.list_issues(source).items():
        pages, _ = inputs.read_issue(source, sources)
        store.write("pages", issue_id, tables.pages_table(pages, None, "", ""))
    return {"limit": time.process_time() - began}


def main(argv: list[str]) -> None:
    what, source, output = argv
    Path(output).mkdir(parents=True)
    said = {"steps": steps, "limit": limit}[what](source, output)
    (Path(output) / "said.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
