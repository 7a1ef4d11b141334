"""`python -m benchmarks soak [PART …] [--minutes N]`: what takes too long for the test suite.

Parts share the minutes; each stops when its share is used, and says how far it came. The figures of a run stand in
RELIABILITY.md (`--write`). Exit code 1 if anything broke.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from material import nasty, proof
from rich.console import Console

from benchmarks import ROOT
from benchmarks.table import Table, show, shown

REPORT = Path(__file__).with_name("RELIABILITY.md")
#: Pages that broke something are kept here; `tests/text/test_kept_pages.py` tries them for ever.
KEPT = ROOT / "tests" / "kept"
#: Parts in their order, with the share of the time that is theirs at most. What is done once takes what it takes.
PARTS = {
    "nasty": ("over 300 files that no newspaper ever sent, in one run", 0.0),
    "matrix": ("the same input in many ways: one hash", 0.0),
    "kills": ("20 kills at random moments, each followed by a rerun", 0.35),
    "fuzz": ("page after page nobody wrote, each cleaned and proved", 0.45),
    "hypothesis": ("the test suite's properties of a page, on many more examples", 0.1),
    "load": ("20,000 small pages, and one issue of 2,000 pages", 0.0),
    "ui": ("the UI with 10,000 partitions", 0.0),
}
#: With fewer minutes, the loads are smaller: full from here on.
FULL = 60.0

Result = tuple[bool, list[Table]]


def main(argv: Sequence[str] | None = None) -> int:
    args = parse(argv)
    with contextlib.suppress(OSError):
        os.nice(5)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    console.print(f"soak: {args.minutes:g} minutes, seed {args.seed}, parts {' '.join(args.parts)}", markup=False)
    done: list[Table] = []
    sound = True
    for part in args.parts:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="banmian-soak-", ignore_cleanup_errors=True) as scratch:
            try:
                fine, found = MAKERS[part](Path(scratch), args)
            except Exception:
                fine, found = False, [Table(part, (), (), (f"failed: {traceback.format_exc()}",))]
        sound &= fine
        for table in found:
            show(table, console)
        console.print(f"[{part}: {'sound' if fine else 'BROKEN'}, {time.monotonic() - began:.0f} s]", markup=False)
        done += found
    if args.write:
        REPORT.write_text(as_markdown(done, args), encoding="utf-8")
        console.print(f"written: {REPORT}", markup=False)
    return int(not sound)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks soak",
        description="Fuzzing, kills, determinism and load. Without a part: all of them.",
        epilog="\n".join(f"{name:10} {what}" for name, (what, _) in PARTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="one or more of the parts below")
    parser.add_argument("--minutes", type=float, default=10.0, help="for all parts together (default 10)")
    parser.add_argument("--seed", type=int, default=date.today().toordinal(), help="of the pages and the kills")
    parser.add_argument("--workers", type=int, default=1, help="processes that fuzz (default 1)")
    parser.add_argument("--kills", type=int, default=20, help="at most (default 20)")
    parser.add_argument("--pages", type=int, default=10**9, help="to fuzz, at most")
    parser.add_argument("--write", action="store_true", help=f"write the figures into {REPORT.name}")
    args = parser.parse_args(argv)
    args.parts = args.parts or list(PARTS)
    if unknown := [p for p in args.parts if p not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)} (there are: {', '.join(PARTS)})")
    return args


def seconds_of(part: str, args: argparse.Namespace) -> float:
    """The time a part may take: all of it where it is the only one."""
    shares = {p: PARTS[p][1] for p in args.parts}
    own, whole = shares[part], sum(shares.values())
    return 60 * args.minutes * (own / whole if len(args.parts) == 1 or whole > 1 else own)


def nasty_files(scratch: Path, args: argparse.Namespace) -> Result:
    from benchmarks.soak_kills import finished, start

    source, output = scratch / "in", scratch / "out"
    source.mkdir()
    expected = nasty.lay_out(source, large=True)
    began = time.monotonic()
    code, said = finished(start(source, output, "--workers", "2"))
    wrong = proof.wrong_ends(expected, output)
    broken = proof.breaches(source, output)
    ends = proof.ends(output)
    reasons = sorted({reason for found in ends.values() for reason in found} - {"page"})
    rows = [
        ("files", len(expected)),
        ("files that ended as pages", sum("page" in found for found in ends.values())),
        *((f"files rejected as {r}", sum(r in found for found in ends.values())) for r in reasons),
        ("files that ended in another way than they must", len(wrong)),
        ("characters lost, pages that are not their file, texts that are not their spans", len(broken)),
        ("exit code (0 is documented for this)", code),
        ("seconds", time.monotonic() - began),
    ]
    notes = [*wrong[:10], *broken[:10], *([said[-1000:]] if code else [])]
    return not (code or wrong or broken), [
        Table("nasty files, one run, proved from the published tables", ("", ""), rows, notes)
    ]


def ways(scratch: Path, args: argparse.Namespace) -> Result:
    from benchmarks.soak_kills import matrix

    same, table = matrix(scratch)
    return same, [table]


def random_kills(scratch: Path, args: argparse.Namespace) -> Result:
    from benchmarks.soak_kills import kills

    done, table = kills(scratch, args.seed, args.kills, time.monotonic() + seconds_of("kills", args))
    return all(k.same and not k.torn and not k.orphans for k in done), [table]


def fuzzing(scratch: Path, args: argparse.Namespace) -> Result:
    from benchmarks.soak_fuzz import fuzz, fuzz_table, keep

    began = time.monotonic()
    first = args.seed * 1_000_000
    tally = fuzz(first, seconds_of("fuzz", args), args.workers, args.pages)
    table = fuzz_table(tally, first, time.monotonic() - began)
    kept = keep(tally.faults, KEPT) if tally.faults else []
    return not tally.faults, [
        Table(table.title, table.columns, table.rows, [*table.notes, *(f"kept: {p}" for p in kept)])
    ]


def properties(scratch: Path, args: argparse.Namespace) -> Result:
    """Hypothesis draws, and makes small what it finds; an example takes some 60 ms with all that is asked of it."""
    examples = max(50, int(seconds_of("hypothesis", args) * 6))
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/text/test_page.py"],
        cwd=ROOT, env={**os.environ, "BANMIAN_EXAMPLES": str(examples)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    rows = [("examples of the main property", examples), ("exit code", done.returncode),
            ("seconds", time.monotonic() - began)]  # fmt: skip
    notes = [] if done.returncode == 0 else done.stdout.splitlines()[-15:]
    return done.returncode == 0, [Table("hypothesis: tests/text/test_page.py", ("", ""), rows, notes)]


def loads(scratch: Path, args: argparse.Namespace) -> Result:
    from benchmarks.soak_load import load_table

    share = min(1.0, args.minutes / FULL)
    table = load_table(scratch, max(100, int(20_000 * share)), max(20, int(2_000 * share)))
    return all(row[-1] == 0 and row[-2] == 0 for row in table.rows), [table]


def interface(scratch: Path, args: argparse.Namespace) -> Result:
    from benchmarks.soak_ui import ui_table

    return True, [ui_table(scratch / "ui", max(100, int(10_000 * min(1.0, args.minutes / FULL))))]


MAKERS: dict[str, Callable[[Path, argparse.Namespace], Result]] = {
    "nasty": nasty_files,
    "matrix": ways,
    "kills": random_kills,
    "fuzz": fuzzing,
    "hypothesis": properties,
    "load": loads,
    "ui": interface,
}


def as_markdown(tables: Sequence[Table], args: argparse.Namespace) -> str:
    """RELIABILITY.md."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    parts = [
        "# Reliability: the figures of the last run\n",
        f"Written by `python -m benchmarks soak --write` on {date.today().isoformat()}: {args.minutes:g} minutes, seed "
        f"{args.seed}, parts {', '.join(args.parts)}; {machine}. `make soak MINUTES=10` does the same, with as much as "
        "fits into the time. Times are of a machine that did other things meanwhile.\n",
    ]
    for table in tables:
        parts.append(f"## {table.title[:1].upper()}{table.title[1:]}\n")
        if table.rows:
            parts.append("\n".join(_rows(table)) + "\n")
        if table.notes:
            parts.append("\n".join(f"- {note}" for note in table.notes) + "\n")
    return "\n".join(parts)


def _rows(table: Table) -> list[str]:
    numeric = [all(not isinstance(row[i], str) for row in table.rows) for i in range(len(table.columns))]
    return [
        "| " + " | ".join(table.columns) + " |",
        "|" + "|".join("---:" if n else "---" for n in numeric) + "|",
        *("| " + " | ".join(shown(value).replace("|", "\\|") for value in row) + " |" for row in table.rows),
    ]


if __name__ == "__main__":
    sys.exit(main())
