"""Near-duplicates: how many injected copies are found, how fast beside datasketch, and what else is found.

`python -m benchmarks.reprints OUTPUT` finds the reprints of an output folder, to be measured from outside.
"""

from __future__ import annotations

import importlib
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from rapidfuzz import fuzz, process

from benchmarks.bench import Bench, measured
from benchmarks.copies import KINDS, Copies, distinct, make_copies, paragraphs
from benchmarks.table import Table, skipped
from pipeline.datasets.schemas import SCHEMAS
from pipeline.datasets.store import Store
from pipeline.engines import LocalEngine
from pipeline.language.reprints import compared, find_reprints
from pipeline.language.winnowing import keys_of
from pipeline.reprints import write_reprints

T = TypeVar("T")
TEXTS, COPIES_OF_A_KIND = 30_000, 1_500
ASKED = {"edit 3 %": 0.97, "edit 10 %": 0.93, "truncated": 0.93, "merged": 0.95}
#: datasketch: permutations, characters of a shingle, threshold.
PERMUTATIONS, GRAM, THRESHOLD = 128, 5, 0.5
TIMES = 5
CLASSES = (0.95, 0.85, 0.7, 0.0)
SHOWN = 8
#: The corpus that grows by a day: issues, articles of an issue, paragraphs of an article.
ISSUES, ARTICLES, PARAGRAPHS = 400, 75, 4

Pair = tuple[int, int]


def tables(bench: Bench) -> list[Table]:
    texts = paragraphs(bench.dev) if bench.corpus.exists() else invented(bench)
    each = min(COPIES_OF_A_KIND, len(texts) // 6)
    made = make_copies(texts[: TEXTS - len(KINDS) * each], each)
    keys_of(["a"])  # its table is made once a process
    (candidates, found), _ = timed(lambda: pairs_of(made.texts))
    rows, ours = timed(lambda: find_reprints((str(i), t) for i, t in enumerate(made.texts)))
    theirs = datasketch_pairs(made.texts)
    same = {int(r.article_id): r.cluster_id for r in rows}
    result = [recall(made, candidates, set(found), same, theirs[0] if theirs else None)]
    result.append(speed(bench, made, ours, theirs[1] if theirs else None))
    result.append(precision(made, found))
    result.append(growth(bench, texts))
    return result


def invented(bench: Bench) -> list[str]:
    """Paragraphs of the invented pages and of their variants."""
    pages = [page.varied(seed) for page in bench.invented for seed in range(20)]
    return distinct([s["text"] for p in pages for a in p.gold["articles"] for s in a.get("segments", ())])


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and CPU seconds."""
    began = time.process_time()
    return work(), time.process_time() - began


def pairs_of(texts: Sequence[str]) -> tuple[set[Pair], dict[Pair, float]]:
    """Candidates, and those that an alignment confirmed; equal texts are both."""
    keys = keys_of(texts)
    _, first, ranks = np.unique(keys.names(), return_index=True, return_inverse=True)
    a, b, verdicts = compared(keys.only(first))
    pairs = [(min(p), max(p)) for p in zip(first[a].tolist(), first[b].tolist(), strict=True)]
    said = zip(pairs, verdicts.kinds.tolist(), verdicts.similarities.tolist(), strict=True)
    equal = [(int(first[r]), i) for i, r in enumerate(ranks.tolist()) if first[r] != i]
    found = {pair: float(similarity) for pair, kind, similarity in said if kind} | dict.fromkeys(equal, 1.0)
    return {*pairs, *equal}, found


def datasketch_pairs(texts: Sequence[str]) -> tuple[set[Pair], float] | None:
    """What MinHashLSH calls candidates, and CPU seconds; None when it is not installed."""
    try:
        module: Any = importlib.import_module("datasketch")
    except ImportError:
        return None

    def work() -> set[Pair]:
        lsh = module.MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
        keys, found = keys_of(texts), set()
        for i in range(len(keys)):
            key = keys[i]
            sketch = module.MinHash(num_perm=PERMUTATIONS)
            sketch.update_batch([key[k : k + GRAM].encode() for k in range(max(len(key) - GRAM + 1, 1))])
            found.update((j, i) for j in lsh.query(sketch))
            lsh.insert(i, sketch)
        return found

    return timed(work)


def recall(
    made: Copies, candidates: set[Pair], found: set[Pair], same: dict[int, str], theirs: set[Pair] | None
) -> Table:
    rows = []
    for kind in KINDS:
        pairs = [(min(p), max(p)) for p in made.pairs[kind]]

        def share(held: Callable[[Pair], bool], pairs: list[Pair] = pairs) -> float:
            return sum(map(held, pairs)) / len(pairs)

        in_table = share(lambda p: p[0] in same and same[p[0]] == same.get(p[1]))
        other = share(theirs.__contains__) if theirs is not None else None
        asked = ASKED[kind]
        rows.append(
            (kind, len(pairs), share(candidates.__contains__), share(found.__contains__), in_table, asked,
             "" if in_table >= asked else "SHORT", other)
        )  # fmt: skip
    columns = ("copies", "pairs", "candidates", "confirmed", "in the table", "asked", "", "datasketch")
    notes = (
        f"{len(made.texts):,} paragraphs of 50 to 600 letters; edits: 6 of 10 exchanged, 2 left out, 2 put in",
        "truncated: 40 to 90 % kept, from the head or the tail; merged: two printed as one, a pair with each",
        "in the table: both in one cluster; datasketch: candidates of MinHashLSH, not aligned",
    )
    return Table("injected copies found (recall)", columns, rows, notes)


def speed(bench: Bench, made: Copies, ours: float, theirs: float | None) -> Table:
    megabytes = sum(len(t.encode()) for t in made.texts) / 1e6
    output = bench.scratch / "reprints"
    for n in range(100):
        put_issue(output, f"daily-{n:03d}", made.texts[n::100])
    issues = {f"daily-{n:03d}" for n in range(100)}
    engine = LocalEngine()
    _, files = timed(lambda: write_reprints(engine, str(output), issues))
    rows: list[tuple[str | float | None, ...]] = [
        ("find_reprints, in memory: candidates, alignment, clusters", ours, megabytes / ours,
         theirs / ours if theirs else None),
        ("write_reprints, through files, 100 issues", files, megabytes / files, theirs / files if theirs else None),
    ]  # fmt: skip
    notes = [f"one process, CPU seconds; {megabytes:.1f} MB; asked: {TIMES} times"]
    if theirs:
        rows.append(
            (f"datasketch: {PERMUTATIONS} permutations, {GRAM}-grams, candidates", theirs, megabytes / theirs, 1.0)
        )
    else:
        notes.append("skipped: datasketch is not installed")
    return Table("speed", ("what", "CPU s", "MB/s", "times datasketch"), rows, notes)


def precision(made: Copies, found: dict[Pair, float]) -> Table:
    """What was found and not injected is no mistake by itself: newspapers repeat themselves. It is classed by another
    alignment than the one that found it."""
    other = sorted(set(found) - made.known())
    keys = keys_of(made.texts)
    ends = [sorted(pair, key=lambda i: (len(keys[i]), i)) for pair in other]
    share = process.cpdist([keys[a] for a, _ in ends], [keys[b] for _, b in ends], scorer=fuzz.partial_ratio) / 100
    above, rows = 2.0, [("injected", len(set(found) & made.known()), 1.0)]
    for least in CLASSES:
        n = int(((share >= least) & (share < above)).sum())
        rows.append((f"not injected, {least:.2f} or more of the shorter one aligned", n, n / max(len(found), 1)))
        above = least
    rows[0] = ("injected", rows[0][1], rows[0][1] / max(len(found), 1))
    weakest = sorted(zip(share.tolist(), other, strict=True))
    sample = random.Random(1).sample(weakest, min(SHOWN, len(weakest)))
    sizes = Counter(len(g) for g in clusters_of(found))
    notes = (
        f"precision: at least {rows[0][2]:.3f}; with what is not injected but aligned by .85: "
        f"{1 - sum(int(r[1]) for r in rows[3:]) / max(len(found), 1):.3f}",
        "the weakest (text, text, aligned): " + _listed(weakest[:SHOWN]),
        "any: " + _listed(sample),
        f"largest clusters: {sorted(sizes, reverse=True)[:5]}",
    )
    return Table("what was found (precision)", ("pairs", "number", "share"), rows, notes)


def clusters_of(found: dict[Pair, float]) -> list[list[int]]:
    from pipeline.language.reprints import Links

    links = Links()
    for a, b in found:
        links.join(a, b)
    return links.groups()


def _listed(pairs: Sequence[tuple[float, Pair]]) -> str:
    return "; ".join(f"{a}, {b}: {share:.2f}" for share, (a, b) in pairs)


def growth(bench: Bench, texts: Sequence[str]) -> Table:
    """A corpus of 400 issues whose articles share paragraphs, each five times at most; then one issue more."""
    if len(texts) < 5_000:
        return skipped("one issue more", "too little text without ../shared")
    output, rng = bench.scratch / "grown", random.Random(2)
    pool = [t for _ in range(5) for t in rng.sample(list(texts), len(texts))]
    rows = []
    full = 0.0
    for n_issues in (ISSUES // 10, ISSUES):
        shutil.rmtree(output, ignore_errors=True)
        written = sum(put_articles(output, n, pool) for n in range(n_issues))
        took = measured([sys.executable, "-m", "benchmarks.reprints", str(output)])
        full = took.cpu
        rows.append((f"{n_issues} issues, from nothing", written / 1e6, took.cpu, took.wall, took.peak_mb, None))
    again = measured([sys.executable, "-m", "benchmarks.reprints", str(output)])
    rows.append(("nothing changed", 0.0, again.cpu, again.wall, again.peak_mb, again.cpu / full))
    more = put_articles(output, ISSUES, pool)
    added = measured([sys.executable, "-m", "benchmarks.reprints", str(output)])
    rows.append(("one issue more", more / 1e6, added.cpu, added.wall, added.peak_mb, added.cpu / full))
    stages = sum(f.stat().st_size for f in (output / "_stages").rglob("*.parquet")) / 1e6
    notes = (
        f"{ARTICLES} articles an issue, {PARAGRAPHS} paragraphs each, no paragraph more than five times; one process",
        f"its start (about a second) is counted; stage files: {stages:.0f} MB",
    )
    return Table("reprints of a growing corpus", ("", "MB", "CPU s", "wall s", "peak MB", "of the full"), rows, notes)


def put_articles(output: Path, number: int, pool: Sequence[str]) -> int:
    """One issue; returns its bytes of text."""
    size = ARTICLES * PARAGRAPHS
    own = [pool[(number * size + i) % len(pool)] for i in range(size)]
    texts = ["\n".join(own[i : i + PARAGRAPHS]) for i in range(0, size, PARAGRAPHS)]
    put_issue(output, f"daily-{number:04d}", texts)
    return sum(len(t.encode()) for t in texts)


def put_issue(output: Path, issue: str, texts: Sequence[str]) -> None:
    """The table `articles` of an issue that holds nothing but texts."""
    blank: dict[str, Any] = {f.name: None if f.nullable else _blank(f.type) for f in SCHEMAS["articles"]}
    rows = [{**blank, "article_id": f"{issue}/1@{n}", "issue_id": issue, "text": t} for n, t in enumerate(texts)]
    Store(str(output)).write("articles", issue, pa.Table.from_pylist(rows, schema=SCHEMAS["articles"]))


def _blank(kind: pa.DataType) -> object:
    if pa.types.is_list(kind):
        return []
    if pa.types.is_boolean(kind):
        return False
    return "" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else 0


if __name__ == "__main__":
    write_reprints(LocalEngine(), sys.argv[1], set(Store(sys.argv[1]).issues("articles")))
