"""Gold pages in a folder, and what an output folder says about them: only what the tables here need."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Span = tuple[int, int]
Json = dict[str, Any]


@dataclass(frozen=True)
class Joined:
    """A seam that the pipeline made."""

    raw_end: int
    raw_start: int
    kind: str
    confidence: float


@dataclass(frozen=True)
class Repeat:
    """A duplicate record."""

    kind: str
    spans: tuple[Span, ...]
    kept_spans: tuple[Span, ...]
    similarity: float


@dataclass(frozen=True)
class OutputPage:
    """A published page; `joins` are those of body paragraphs and captions."""

    name: str
    text: str
    joins: tuple[Joined, ...]
    duplicates: tuple[Repeat, ...]


def read_gold(folder: Path, prefix: str = "") -> dict[str, Json]:
    """Name → gold, for the pages whose name begins so."""
    files = sorted(folder.glob(f"{prefix}*.gold.json"))
    return {f.name.removesuffix(".gold.json"): json.loads(f.read_text(encoding="utf-8")) for f in files}


def read_output(output: Path, names: Iterable[str]) -> list[OutputPage]:
    """The published pages of these names (stem of `pages.source`), in order of name."""
    from pipeline.datasets.store import Store

    store, wanted, found = Store(str(output)), set(names), []
    for issue in store.issues("pages"):
        paragraphs = store.read("paragraphs", issue, ["page_id", "role", "joins"]).to_pylist()
        duplicates = store.read("duplicates", issue).to_pylist()
        for row in store.read("pages", issue, ["page_id", "source", "text"]).to_pylist():
            name = Path(row["source"]).stem
            if name in wanted:
                own = [p for p in paragraphs if p["page_id"] == row["page_id"]]
                copies = [d for d in duplicates if d["page_id"] == row["page_id"]]
                found.append(output_page(name, row["text"], own, copies))
    return sorted(found, key=lambda p: p.name)


def output_page(name: str, text: str, paragraphs: Sequence[Json], duplicates: Sequence[Json]) -> OutputPage:
    """A page out of the rows of its tables."""
    joins = [Joined(**j) for p in paragraphs if p["role"] in ("body", "caption") for j in p["joins"]]
    repeats = [
        Repeat(d["kind"], spans_of(d["raw_spans"]), spans_of(d["kept_spans"]), d["similarity"]) for d in duplicates
    ]
    return OutputPage(name, text, tuple(joins), tuple(repeats))


def spans_of(rows: Iterable[Mapping[str, int]]) -> tuple[Span, ...]:
    """Structs → pairs."""
    return tuple((r["start"], r["end"]) for r in rows)


def overlap(a: Iterable[Sequence[int]], b: Iterable[Sequence[int]]) -> float:
    """Jaccard of two lists of spans.

    >>> overlap([(0, 4)], [(2, 6)])
    0.3333333333333333
    """
    x, y = ({i for start, end in spans for i in range(start, end)} for spans in (a, b))
    return len(x & y) / len(x | y) if x | y else 0.0
