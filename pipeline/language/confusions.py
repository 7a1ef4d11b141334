"""Learned confusions: which character was printed for which, counted from what people decided."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.text.verdicts import Verdict

#: (printed, meant) → how often people said so, less how often they said no; always above 0.
Confusions = Mapping[tuple[str, str], int]
TABLE = "confusions.csv"


def count_confusions(verdicts: Iterable[Verdict]) -> dict[tuple[str, str], int]:
    """Of decisions about single characters.

    >>> yes, no = Verdict(0, 1, "溢", "滏", True), Verdict(4, 5, "溢", "滏", False)
    >>> count_confusions([yes, yes, no])
    {('溢', '滏'): 1}
    """
    counts: Counter[tuple[str, str]] = Counter()
    for v in verdicts:
        if len(v.before) == len(v.after) == 1:
            counts[v.before, v.after] += 1 if v.accepted else -1
    return {pair: counts[pair] for pair in sorted(counts) if counts[pair] > 0}


def confusions_id(confusions: Confusions) -> str:
    """Content hash; empty for none."""
    return hashlib.sha256(repr(sorted(confusions.items())).encode()).hexdigest()[:16] if confusions else ""


def save_confusions(confusions: Confusions, folder: Path) -> None:
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [("printed", "meant", "count"), *((*pair, n) for pair, n in sorted(confusions.items()))]
        )


def load_confusions(folder: Path) -> dict[tuple[str, str], int]:
    with (folder / TABLE).open(encoding="utf-8", newline="") as file:
        return {(row["printed"], row["meant"]): int(row["count"]) for row in csv.DictReader(file)}
