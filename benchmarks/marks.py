"""How well the normaliser restores narrowed marks, and what it does to text that is right.

    python -m benchmarks marks [--paragraphs FILE.jsonl] [--field truth] [--show N]

Each line of the JSONL holds one correct paragraph. First the paragraphs are normalised as they are: every edit that
survives a folding of widths, blanks, dots and dashes is a fault. Then their full-width , : ; ? ! ( ) are narrowed and
normalised: every mark not restored, and every half-width mark widened that was half-width in print, is one. Last, the
speed on both.
"""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections import Counter
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.table import Table, skipped
from pipeline.text.normalise import normalise
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit, Span, render

WIDE, HALF = "，：；？！（）", ",:;?!()"
NARROW = str.maketrans(WIDE, HALF)
PROFILE = CleaningProfile()


def tables(bench: Bench) -> list[Table]:
    """All of it."""
    file = bench.paragraphs or bench.dev / "clean" / "dev.jsonl"
    if not file.exists():
        return [skipped("marks", "no paragraphs: give --paragraphs, or have ../shared/dev/clean/dev.jsonl")]
    paragraphs = read(file, bench.text_field)
    return [right_table(paragraphs), restored_table(paragraphs, bench.show_faults), speed_table(paragraphs)]


def read(file: Path, name: str) -> list[str]:
    """The paragraphs of a JSONL."""
    with file.open(encoding="utf-8") as lines:
        return [p for line in lines for p in json.loads(line)[name].split("\n")]


def folded(text: str) -> str:
    """The text without differences of width, blanks, dots and dashes."""
    text = unicodedata.normalize("NFKC", text).translate(str.maketrans("•・‧⋅", "····"))
    text = re.sub(r"\.{2,}|。{3,}|⋯+", "…", text)
    text = re.sub(r"[-—–―─━]{2,}|[—–―─━]", "—", text)
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))


def changes_of_right_text(paragraphs: list[str]) -> tuple[Counter[str], int]:
    """Edits by rule, and how many change more than form."""
    rules: Counter[str] = Counter()
    faults = 0
    for text in paragraphs:
        for e in normalise(text, PROFILE):
            rules[e.rule] += 1
            faults += folded(e.before) != folded(e.after)
    return rules, faults


def restored(paragraphs: list[str], show: int = 0) -> tuple[int, int, int, list[str]]:
    """Marks narrowed, restored, and widened though they were printed half-width; some of the faults."""
    marks = right = wrong = 0
    faults: list[str] = []
    for text in paragraphs:
        narrowed = text.translate(NARROW)
        by_place: dict[int, Edit] = {e.start: e for e in normalise(narrowed, PROFILE)}
        for i, c in enumerate(text):
            if narrowed[i] not in HALF:
                continue
            widened = i in by_place and by_place[i].after in WIDE
            marks += c in WIDE
            right += c in WIDE and widened
            wrong += c not in WIDE and widened
            if widened != (c in WIDE) and len(faults) < show:
                faults.append(f"{'missed ' if c in WIDE else 'widened'} {narrowed[max(0, i - 10) : i + 11]!r}")
    return marks, right, wrong, faults


def right_table(paragraphs: list[str]) -> Table:
    """What happens to text that is right."""
    rules, faults = changes_of_right_text(paragraphs)
    rows = [("all rules", sum(rules.values())), ("changes of more than form", faults), *rules.most_common()]
    size = f"{len(paragraphs):,} paragraphs, {sum(map(len, paragraphs)):,} characters"
    return Table(f"marks: normalising text that is right ({size})", ("", "edits"), rows)


def restored_table(paragraphs: list[str], show: int) -> Table:
    """What happens to marks that were narrowed."""
    marks, right, wrong, faults = restored(paragraphs, show)
    row = (marks, right, right / max(1, marks), wrong)
    columns = ("narrowed", "restored", "share", "half-width ones widened")
    return Table("marks: narrowed marks", columns, [row], faults)


def speed_table(paragraphs: list[str]) -> Table:
    """MB a second, by kind of text."""
    page = "\n".join(paragraphs)
    pages = {"as printed": page, "marks narrowed": page.translate(NARROW)}
    pages["already normal"] = render(page, [Span(0, len(page))], normalise(page, PROFILE))
    return Table("marks: speed of the rules", ("text", "MB a second"), [(n, speed(t)) for n, t in pages.items()])


def speed(page: str) -> float:
    """MB of UTF-8 per CPU second."""
    size = len(page.encode())
    best = min(_seconds(page) for _ in range(3))
    return size / best / 1e6


def _seconds(page: str) -> float:
    start = time.process_time()
    normalise(page, PROFILE)
    return time.process_time() - start
