"""The trained weights of the look-alike corrections: a text file, a line a feature, a column a size of model."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "weights_corrections.csv"


def load_correction_weights(n_chars: int, path: Path = TABLE) -> Mapping[str, float]:
    """Feature → weight, of the largest language model that is not larger than this one; empty if all are larger."""
    sizes = [size for size in _columns(path) if size <= n_chars]
    return _columns(path)[max(sizes)] if sizes else {}


@cache
def _columns(path: Path) -> Mapping[int, Mapping[str, float]]:
    """Size in characters → weights.

    Raises:
        ValueError: a line is not of the form; the message names the file.
    """
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError(f"{path.name}: a first line `feature` and sizes, then a line a feature, of as many columns")
    names = [row[0] for row in rows[1:]]
    return {
        int(size): dict(zip(names, (float(row[n]) for row in rows[1:]), strict=True))
        for n, size in enumerate(rows[0])
        if n
    }


def save_correction_weights(path: Path, columns: Mapping[int, Mapping[str, float]], notes: Iterable[str]) -> None:
    """Write the table; `notes` say how it came about."""
    names = list(dict.fromkeys(name for weights in columns.values() for name in weights))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {note}\n" for note in notes)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["feature", *columns])
        writer.writerows([name, *(f"{w.get(name, 0.0):.4f}" for w in columns.values())] for name in names)
