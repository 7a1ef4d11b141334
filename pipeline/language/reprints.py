"""Near-duplicate articles across pages and issues: reprints are recorded, never deleted.

Articles that share a rare winnowed n-gram are candidates (an inverted index: newspapers shorten and merge what they
reprint, so containment counts, not resemblance); an alignment decides.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

Kind = Literal["original", "exact", "near", "contained"]

SHINGLE = 8
WINDOW = 8
#: A shingle in more articles than this is a formula, not a trace of copying.
COMMON = 40
#: Shorter texts are formulae themselves.
MIN_CHARS = 40
#: Candidates must share this many chosen shingles.
SHARED = 2
NEAR = 82.0
CONTAINED = 90.0
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Reprint:
    """One article of a cluster; `similarity` is that to the canonical article (the longest, then the first)."""

    cluster_id: str
    article_id: str
    kind: Kind
    similarity: float
    is_canonical: bool


def winnow(text: str) -> npt.NDArray[np.uint64]:
    """The chosen shingles of a text without its marks: the least hash of every window, each once, sorted.

    A text shorter than a shingle is its own shingle.
    """
    codes = np.array([ord(c) for c in _NOT_WORD.sub("", text)], dtype=np.uint64)
    if not len(codes):
        return codes
    n = min(SHINGLE, len(codes))
    base = np.uint64(1_099_511_628_211)
    hashes = np.zeros(len(codes) - n + 1, dtype=np.uint64)
    for i in range(n):
        hashes = hashes * base + codes[i : i + len(hashes)]
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    hashes ^= hashes >> np.uint64(32)
    if len(hashes) <= WINDOW:
        return np.unique(hashes.min(keepdims=True))
    return np.unique(np.lib.stride_tricks.sliding_window_view(hashes, WINDOW).min(axis=1))


def find_reprints(articles: Iterable[tuple[str, str]]) -> list[Reprint]:
    """Clusters of near-duplicates among `(article_id, text)`, sorted by cluster and article."""
    kept = sorted((article_id, text) for article_id, text in articles if len(text) >= MIN_CHARS)
    keys = [_NOT_WORD.sub("", text) for _, text in kept]
    parent = list(range(len(kept)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for a, b in _candidates([winnow(key) for key in keys]):
        if root(a) != root(b) and _relation(keys[a], keys[b])[0] is not None:
            parent[max(root(a), root(b))] = min(root(a), root(b))
    members = defaultdict(list)
    for i in range(len(kept)):
        members[root(i)].append(i)
    return sorted(
        (r for group in members.values() if len(group) > 1 for r in _cluster(group, kept, keys)),
        key=lambda r: (r.cluster_id, r.article_id),
    )


def _candidates(shingles: Sequence[npt.NDArray[np.uint64]]) -> Iterator[tuple[int, int]]:
    holders: dict[int, list[int]] = defaultdict(list)
    for i, chosen in enumerate(shingles):
        for shingle in chosen.tolist():
            holders[shingle].append(i)
    shared: Counter[tuple[int, int]] = Counter()
    for held in holders.values():
        if 1 < len(held) <= COMMON:
            shared.update((a, b) for n, a in enumerate(held) for b in held[n + 1 :])
    yield from sorted(pair for pair, n in shared.items() if n >= SHARED)


def _relation(a: str, b: str) -> tuple[Kind | None, float]:
    """How the two are related, and how similar they are (0..1)."""
    if a == b:
        return "exact", 1.0
    ratio = fuzz.ratio(a, b, score_cutoff=NEAR)
    if ratio:
        return "near", ratio / 100
    short, long = sorted((a, b), key=len)
    share = _contained_share(short, long)
    return ("contained", share) if share * 100 >= CONTAINED else (None, share)


def _contained_share(short: str, long: str) -> float:
    """The share of the shorter text's chosen shingles that the longer one has; robust against cuts in the middle."""
    mine, theirs = winnow(short), winnow(long)
    if len(mine) < 3:
        return 1.0 if short in long else 0.0
    by_shingles = float(np.isin(mine, theirs).mean())
    return by_shingles if by_shingles < 0.5 else max(by_shingles, fuzz.partial_ratio(short, long) / 100)


def _cluster(group: list[int], kept: Sequence[tuple[str, str]], keys: Sequence[str]) -> Iterator[Reprint]:
    canonical = min(group, key=lambda i: (-len(keys[i]), kept[i][0]))
    for i in group:
        kind, similarity = ("original", 1.0) if i == canonical else _relation(keys[i], keys[canonical])
        # A copy of a copy may be too far from the longest one to be called near: it is in the cluster by its links.
        yield Reprint(kept[canonical][0], kept[i][0], kind or "near", round(float(similarity), 4), i == canonical)
