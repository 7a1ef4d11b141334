"""Do confidences of joins mean what they say? Said against borne out, on the d* pages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from material.printing import is_blank
from material.score import JOIN_ROLES, seams

from benchmarks.bench import Bench
from benchmarks.gold import Joined, OutputPage, read_gold, read_output
from benchmarks.table import Table, Value, skipped

EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
Claim = tuple[float, bool]  # said, right


def tables(bench: Bench) -> list[Table]:
    """All of it."""
    if not (bench.dev / "pages").exists():
        return [skipped("joins: reliability", "../shared/dev/pages is not there")]
    gold = read_gold(bench.dev / "pages", "d")
    judged = [j for page in read_output(bench.dev_output, gold) for j in judge(page, gold[page.name])]
    return [bins_table(judged), kinds_table(judged)]


def judge(page: OutputPage, gold: dict[str, Any]) -> list[tuple[str, Claim]]:
    """(kind, (confidence, is it a seam of the gold, exact at both ends?)) of every join. The lines of one printed
    column, put together by rule and not by decision, are of kind `wrapped`."""
    from pipeline.text.compose import LINE_CONFIDENCE

    true = {
        seam
        for a in gold["articles"]
        for s in a["segments"]
        if s["role"] in JOIN_ROLES
        for seam in seams(page.text, s["raw_spans"])
    }
    return [
        (
            "wrapped" if abs(j.confidence - LINE_CONFIDENCE) < 1e-6 else kind_of(page.text, j),
            (j.confidence, trimmed(page.text, j) in true),
        )
        for j in page.joins
    ]


def kind_of(text: str, join: Joined) -> str:
    """A column join over other text is far; one over a line break alone is near."""
    if join.kind == "blend":
        return "blend"
    over = join.raw_start < join.raw_end or text[join.raw_end : join.raw_start].strip()
    return "far" if over else "near"


def trimmed(text: str, join: Joined) -> tuple[int, int]:
    """The seam without the blanks on either side."""
    end, start = join.raw_end, join.raw_start
    while end > 0 and is_blank(text[end - 1]):
        end -= 1
    while start < len(text) and is_blank(text[start]):
        start += 1
    return end, start


def reliability(claims: Sequence[Claim], edges: Sequence[float] = EDGES) -> list[tuple[Value, ...]]:
    """(bin, joins, mean said, share borne out). The last bin holds its upper edge."""
    rows: list[tuple[Value, ...]] = []
    for low, high in pairwise(edges):
        inside = [c for c in claims if low <= c[0] < high or (high == edges[-1] and c[0] == high)]
        rows.append((f"{low:.2f}–{high:.2f}", *summed(inside)))
    return rows


def summed(claims: Sequence[Claim]) -> tuple[Value, ...]:
    """(count, mean said, share borne out)"""
    n = len(claims)
    return (n, sum(c for c, _ in claims) / n, sum(ok for _, ok in claims) / n) if n else (0, None, None)


def bins_table(judged: Sequence[tuple[str, Claim]]) -> Table:
    """The joins that were decided, by confidence."""
    decided = [c for kind, c in judged if kind != "wrapped"]
    rows = reliability(decided, (0.0, *EDGES))
    sure = summed([c for c in decided if c[0] >= 0.9])
    borne = f"{sure[2]:.1%}" if sure[2] is not None else "none"
    return Table(
        "joins: confidence of the joins decided on d* pages, said and borne out",
        ("confidence", "joins", "said", "borne out"),
        rows,
        (f"of {sure[0]} joins with confidence 0.9–1.0 right: {borne} (asked: 93%)",),
    )


def kinds_table(judged: Sequence[tuple[str, Claim]]) -> Table:
    """By kind of join, all and those said to be sure."""
    rows: list[tuple[Value, ...]] = []
    for kind in ("wrapped", "near", "far", "blend"):
        claims = [c for k, c in judged if k == kind]
        rows.append((kind, *summed(claims), *summed([c for c in claims if c[0] >= 0.9])))
    return Table(
        "joins: by kind",
        ("kind", "joins", "said", "borne out", "from 0.9", "said", "borne out"),
        rows,
        ("wrapped: lines of one column, by rule; near: over a line break; far: over other text",),
    )
