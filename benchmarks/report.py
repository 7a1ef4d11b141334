"""How long the report takes over many pages, drawn anew and when nothing changed, and how large it is."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.bench import Bench
from benchmarks.table import Table
from pipeline.datasets.schemas import PARTITIONED
from pipeline.datasets.store import Store
from pipeline.engines import shared_engine
from pipeline.reports.site import write_report

PAGES = (100, 1_000)
PER_ISSUE = 10
BASE = "base"


def tables(bench: Bench) -> list[Table]:
    """One process draws; the seed page, as a real one, stands for all."""
    source = bench.scratch / "report_in" / BASE
    source.mkdir(parents=True, exist_ok=True)
    seed = sorted(bench.seeds.glob("*.txt"))[0]
    for number in range(1, PER_ISSUE + 1):
        shutil.copy(seed, source / f"{number:02d}.txt")
    cleaned = bench.cleaned("report_base", source.parent)
    return [Table("the report", COLUMNS, [row(cleaned, bench.scratch / f"report_{n}", n) for n in PAGES], NOTES)]


COLUMNS = (
    "pages",
    "articles",
    "drawn s",
    "ms a page",
    "again s",
    "one issue changed s",
    "KB a page",
    "largest file KB",
)
NOTES = (
    f"issues of {PER_ISSUE} copies of the seed page (6,924 characters, 10 articles); one process",
    "the limit is 1,000 pages in 60 s; again: nothing changed",
)


def row(cleaned: Path, output: Path, n_pages: int) -> list[int | float]:
    """Times of one size."""
    issues = multiply(cleaned, output, n_pages // PER_ISSUE)
    engine = shared_engine("local", 1, None)

    def drawn() -> float:
        began = time.perf_counter()
        write_report(engine, str(output), issues)
        return time.perf_counter() - began

    first, again = drawn(), drawn()
    store = Store(str(output))
    edits = store.read("edits", issues[0])
    store.write("edits", issues[0], edits.slice(0, edits.num_rows - 1))
    changed = drawn()
    files = [f.stat().st_size for f in (output / "report").rglob("*") if f.is_file()]
    articles = sum(store.read("articles", i, ["article_id"]).num_rows for i in issues)
    size, largest = sum(files) / 1000 / n_pages, max(files) / 1000
    return [n_pages, articles, first, 1000 * first / n_pages, again, changed, size, largest]


def multiply(cleaned: Path, output: Path, n_issues: int) -> list[str]:
    """So many copies of an issue's tables, each under a name of its own."""
    source, target = Store(str(cleaned)), Store(str(output))
    issues = [f"daily__{2000 + n // 300}-{n % 300 // 25 + 1:02d}-{n % 25 + 1:02d}" for n in range(n_issues)]
    for name in PARTITIONED:
        table = source.read(name, BASE)
        for issue in issues:
            target.write(name, issue, renamed(table, issue))
    return issues


def renamed(table: pa.Table, issue: str) -> pa.Table:
    """The table as that of another issue: every id begins with the issue's."""
    for at, field in enumerate(table.schema):
        if pa.types.is_string(field.type) and (field.name == "issue_id" or field.name.endswith("_id")):
            column = pc.replace_substring_regex(table.column(at), f"^{BASE}(/|$)", rf"{issue}\1")
            table = table.set_column(at, field, column)
    return table
