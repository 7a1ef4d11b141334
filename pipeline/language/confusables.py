"""The lexicon of look-alike words (`data/confusables.csv`: general knowledge, invented examples)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from pipeline.text.models import ConfusablePair

TABLE = Path(__file__).parent / "data" / "confusables.csv"
COLUMNS = ("kind", "a", "b", "cues_a", "cues_b", "examples_a", "examples_b", "source")


@dataclass(frozen=True)
class ConfusableRow:
    """One line of the table: the pair, and sentences that must stay right (the tests read them)."""

    pair: ConfusablePair
    examples_a: tuple[str, ...]
    examples_b: tuple[str, ...]
    source: str


def read_rows(path: Path = TABLE) -> Iterator[ConfusableRow]:
    """The table's lines.

    Raises:
        ValueError: a line is not of the form; the message names file and line.
    """
    with path.open(encoding="utf-8", newline="") as file:
        numbered = ((n, line) for n, line in enumerate(file, 1) if not line.startswith("#"))
        for n, fields in ((n, next(csv.reader([line]))) for n, line in numbered):
            if tuple(fields) != COLUMNS:
                yield _row(fields, f"{path.name}, line {n}")


def _row(fields: list[str], where: str) -> ConfusableRow:
    if len(fields) != len(COLUMNS):
        raise ValueError(f"{where}: {len(fields)} columns, {len(COLUMNS)} expected: {', '.join(COLUMNS)}")
    kind, a, b, cues_a, cues_b, examples_a, examples_b, source = fields
    if kind not in ("word", "form"):
        raise ValueError(f"{where}: kind is `word` or `form`, not {kind!r}")
    if len(a) != len(b) or sum(x != y for x, y in zip(a, b, strict=True)) != 1:
        raise ValueError(f"{where}: {a} and {b} must differ in exactly one character")
    pair = ConfusablePair(a, b, _split(cues_a), _split(cues_b), cast(Literal["word", "form"], kind))
    return ConfusableRow(pair, _split(examples_a), _split(examples_b), source)


def _split(field: str) -> tuple[str, ...]:
    return tuple(part for part in field.split("|") if part)


@cache
def load_confusables() -> tuple[ConfusablePair, ...]:
    """The pairs, read once."""
    return tuple(row.pair for row in read_rows())
