"""How well the normaliser restores narrowed marks, and what it does to text that is right.

    python benchmarks/marks.py PARAGRAPHS.jsonl [--field truth] [--show N]

Each line of the JSONL holds one correct paragraph. First the paragraphs are normalised as they are: every edit that
survives a folding of widths, blanks, dots and dashes is a fault. Then their full-width , : ; ? ! ( ) are narrowed and
normalised: every mark not restored, and every half-width mark widened that was half-width in print, is one. Last, the
speed on both.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import unicodedata
from collections import Counter
from pathlib import Path

from pipeline.text.normalise import normalise
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit, Span, render

WIDE, HALF = "，：；？！（）", ",:;?!()"
NARROW = str.maketrans(WIDE, HALF)
PROFILE = CleaningProfile()


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


def restored(paragraphs: list[str], show: int) -> tuple[int, int, int]:
    """Marks narrowed, restored, and widened though they were printed half-width."""
    marks = right = wrong = 0
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
            if widened != (c in WIDE) and show > 0:
                show -= 1
                print("missed " if c in WIDE else "widened", repr(narrowed[max(0, i - 10) : i + 11]))
    return marks, right, wrong


def speed(page: str) -> float:
    """MB of UTF-8 per CPU second."""
    size = len(page.encode())
    best = min(_seconds(page) for _ in range(3))
    return size / best / 1e6


def _seconds(page: str) -> float:
    start = time.process_time()
    normalise(page, PROFILE)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("paragraphs", type=Path)
    parser.add_argument("--field", default="truth")
    parser.add_argument("--show", type=int, default=0, help="print this many faults")
    args = parser.parse_args()
    with args.paragraphs.open(encoding="utf-8") as lines:
        paragraphs = [p for line in lines for p in json.loads(line)[args.field].split("\n")]
    rules, faults = changes_of_right_text(paragraphs)
    print(f"right text: {len(paragraphs)} paragraphs, {sum(map(len, paragraphs))} characters")
    print(f"  edits: {sum(rules.values())}, of which {faults} change more than form")
    for rule, n in rules.most_common():
        print(f"    {rule}: {n}")
    marks, right, wrong = restored(paragraphs, args.show)
    print(f"narrowed marks: {marks}, restored {right} ({right / max(1, marks):.5f}); half-width ones widened: {wrong}")
    page = "\n".join(paragraphs)
    pages = {"as printed": page, "marks narrowed": page.translate(NARROW)}
    pages["already normal"] = render(page, [Span(0, len(page))], normalise(page, PROFILE))
    for name, text in pages.items():
        print(f"speed, {name}: {speed(text):.1f} MB/s")


if __name__ == "__main__":
    main()
