"""The seed page: what the whole job takes, whether two runs agree to the byte, how many checks of the kit pass."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench, Usage
from benchmarks.table import Table, skipped

WALL_LIMIT, MEMORY_LIMIT = 20.0, 600.0  # seconds, MB


def tables(bench: Bench) -> list[Table]:
    """All of it."""
    outputs = [bench.cleaned(f"seed-{n}", bench.seeds) for n in range(max(2, bench.runs))]
    usages = [bench.usage[output.name] for output in outputs]
    return [cost_table(usages), sameness_table([digests(o) for o in outputs]), acceptance(bench, outputs[0])]


def cost_table(usages: Sequence[Usage]) -> Table:
    """Medians and worst cases against the limits."""
    rows: list[tuple[str | float | None, ...]] = []
    for name, limit in (("wall", WALL_LIMIT), ("cpu", None), ("peak_mb", MEMORY_LIMIT)):
        values = [getattr(u, name) for u in usages]
        kept = None if limit is None else "kept" if max(values) <= limit else "BROKEN"
        label = {"wall": "wall time, s", "cpu": "CPU time, s", "peak_mb": "peak memory, MB"}[name]
        rows.append((label, float(median(values)), float(max(values)), limit, kept))
    return Table(
        "seed: banmian run --input seeds, a fresh process each",
        ("", "median", "worst", "limit", ""),
        rows,
        (f"{len(usages)} runs, Dagster's start included; one run's pages, models and report",),
    )


def digests(output: Path) -> dict[str, dict[str, str]]:
    """Table → file → sha256."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for file in sorted(output.rglob("*.parquet")):
        place = file.relative_to(output)
        name = file.stem if len(place.parts) == 1 else "/".join(place.parts[:-1])
        found[name][str(place)] = hashlib.sha256(file.read_bytes()).hexdigest()
    return dict(found)


def sameness_table(runs: Sequence[Mapping[str, Mapping[str, str]]]) -> Table:
    """Are the tables of all runs the same bytes?"""
    names = sorted({name for run in runs for name in run})
    rows = []
    for name in names:
        same = all(run.get(name) == runs[0].get(name) for run in runs)
        first = runs[0].get(name, {})
        rows.append((name, len(first), " ".join(d[:12] for d in first.values())[:38], "same" if same else "DIFFERENT"))
    return Table(f"seed: the tables of {len(runs)} runs, byte by byte", ("table", "files", "sha256", ""), rows)


def acceptance(bench: Bench, output: Path) -> Table:
    """The checks of the evaluation kit, by group."""
    title = "seed: checks of the evaluation kit"
    scorer = bench.kit / "score_seed.py"
    if not scorer.exists():
        return skipped(title, "the kit is not at ../shared/evaluation; tests/test_seed.py has our own checks")
    result = bench.scratch / "seed-checks.json"
    subprocess.run([sys.executable, str(scorer), str(output), "--json", str(result)], capture_output=True, check=False)
    if not result.exists():
        return skipped(title, "the kit's scorer did not run")
    checks = json.loads(result.read_text(encoding="utf-8"))
    groups: dict[str, list[bool]] = defaultdict(list)
    for check in checks:
        groups[check["group"]].append(check["passed"])
    rows = [(group, sum(passed), len(passed)) for group, passed in groups.items()]
    rows.append(("all", sum(c["passed"] for c in checks), len(checks)))
    failed = [f"failed: {c['name']} ({c['detail']})" for c in checks if not c["passed"]]
    return Table(title, ("group", "passed", "of"), rows, failed)
