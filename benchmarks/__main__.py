"""`python -m benchmarks [PART …] [--json FILE]`: the tables, one part after the other."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.bench import Bench, RunFailedError
from benchmarks.table import Table, show

#: In the order in which they run; those after `MORE` only when they are named.
PARTS = {
    "seed": "the seed page: time, memory, sameness of two runs, the kit's checks",
    "pages": "quality on the invented pages, as written and varied, and on varied seeds",
    "dev": "quality on ../shared/dev beside the prototype's",
    "joins": "confidence of joins: said and borne out",
    "speed": "milliseconds a page, by step and size; correction; language model",
    "marks": "what normalising does to text that is right, and to narrowed marks",
    "reprints": "near-duplicates: injected copies found, beside datasketch; what one issue more costs",
    "report": "seconds and size of the report over 1,000 pages",
}
MORE = {
    "drop": "2,000 files dropped at once, taken by the sensor: some minutes",
    "scale": "the whole job over 1, 10 and 100 MB (--mb): time, memory, workers, engines, a day more; long",
    "peers": "normalising and t2s beside OpenCC and pandas with regular expressions",
    "corrections": "real OCR, clean text and dev pages with much, little and no reference text: ten minutes",
    "confusables": "words told apart by context: invented sentences, and words of ../shared/dev/corpus swapped",
    "ablation": "d* pages without this and that",
}


def main(argv: Sequence[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["soak"]:
        from benchmarks.soak import main as soak

        return soak(argv[1:])
    args = parse(argv)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    with tempfile.TemporaryDirectory(prefix="banmian-bench-", ignore_cleanup_errors=True) as scratch:
        bench = Bench(
            Path(scratch),
            runs=args.runs,
            paragraphs=args.paragraphs,
            text_field=args.field,
            show_faults=args.show,
            sizes=tuple(args.mb),
        )
        report: dict[str, list[dict[str, Any]]] = {}
        failed = False
        for name, found in measured_parts(args.parts or list(PARTS), bench, console):
            for table in found:
                show(table, console)
            failed |= any(note.startswith("failed:") for table in found for note in table.notes if not table.rows)
            report[name] = [table.as_json() for table in found]
    if args.json:
        args.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return int(failed)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    known = {**PARTS, **MORE}
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Speed and quality, as tables. Without a part: " + " ".join(PARTS) + ".",
        epilog="\n".join([*(f"{name:10} {what}" for name, what in known.items()), "soak       see `soak --help`"]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="one or more of the parts below")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the tables there")
    parser.add_argument("--runs", type=int, default=5, help="runs of the seed (default 5)")
    parser.add_argument("--paragraphs", type=Path, help="marks: a JSONL of correct paragraphs")
    parser.add_argument("--field", default="truth", help="marks: its field (default truth)")
    parser.add_argument("--mb", type=float, nargs="+", default=[1, 10, 100], help="scale: sizes (default 1 10 100)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="marks: print this many faults")
    args = parser.parse_args(argv)
    if unknown := [p for p in args.parts if p not in known]:
        parser.error(f"no such part: {', '.join(unknown)} (there are: {', '.join(known)})")
    return args


def measured_parts(parts: Sequence[str], bench: Bench, console: Console) -> Iterator[tuple[str, list[Table]]]:
    """The tables of each part; one that fails says so and the others go on."""
    for name in parts:
        began = time.monotonic()
        try:
            found: list[Table] = import_module(f"benchmarks.{name}").tables(bench)
        except Exception as error:
            detail = str(error) if isinstance(error, RunFailedError) else traceback.format_exc()
            found = [Table(name, (), (), (f"failed: {detail}",))]
        yield name, found
        console.print(f"\n[{name}: {time.monotonic() - began:.0f} s]", style="dim", markup=False)


if __name__ == "__main__":
    sys.exit(main())
