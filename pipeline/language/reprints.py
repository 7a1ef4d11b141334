"""Near-duplicate articles across pages, issues and newspapers: reprints are recorded, never deleted.

Newspapers shorten, lengthen and merge what they reprint, so containment counts, not resemblance alone. Texts that
share rare winnowed n-grams are candidates (`meetings`, `candidates`), an alignment decides (`relate`), and what is
linked is a cluster with a canonical article, the longest (`clusters`).

All here is pure arithmetic over arrays; `pipeline.reprints` spreads it over workers and files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import LCSseq

from pipeline.language.winnowing import BITS, SHUFFLES, Hashes, Keys, Shingles, keys_of, winnow

#: original: the canonical one; exact: the same but for marks; near: much the same all along; contained: one stands
#: within the other; linked: to the canonical one only by way of others of its cluster.
Kind = Literal["original", "exact", "near", "contained", "linked"]

#: Shorter texts (without marks) are formulae themselves.
MIN_CHARS = 30
#: A shingle in more texts than this is a formula, not a trace of copying. Texts meet in it only if it is the least
#: shingle of both, as it is in copies of one text, however many there are.
COMMON = 40
#: Candidates share so many chosen shingles, and this share of those of the smaller one …
SHARED, SHARE = 2, 0.1
#: … or, where that is more, what a copy with 15 misprints in 100 characters keeps of its n shingles: on average KEPT,
#: and KEPT − CHANCE / √n at least (three standard deviations; 300 texts each of 120 to 2,000 characters). Of near
#: copies with 16 to 18, which an alignment would still know, some that are longer than 2,000 characters are missed.
KEPT, CHANCE = 0.277, 2.0
#: Alike all along: 2 · common subsequence / both lengths.
NEAR = 0.82
#: The share of the shorter text that stands in one stretch of the longer one, misprints and all …
CONTAINED = 0.85
#: … or, if it was cut in the middle, the share of its shingles that the longer one has. A short text is never judged
#: by that: one formula in it would be enough.
SCATTERED, SCATTERED_CHARS = 0.6, 120

_MARK_BITS = len(SHUFFLES)
#: More meetings than any candidate needs.
_ENOUGH = 255
#: Pairs are aligned so many at a time, which bounds memory.
_PAIRS = 512

Ranks = npt.NDArray[np.uint32]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Rows(NamedTuple):
    """Shingles of many texts, in any order: the shingle's number, the text's rank among all texts, and its marks."""

    numbers: Hashes
    ranks: Ranks
    marks: npt.NDArray[np.uint8]


class Meetings(NamedTuple):
    """Pairs of texts (rank of the first << 32 | rank of the second, the first being the smaller; sorted) and in how
    many shingles they meet."""

    pairs: Hashes
    shared: npt.NDArray[np.uint32]


class Verdicts(NamedTuple):
    """Pairs that were aligned: how each is related ("" = hardly) and how similar (0..1)."""

    kinds: npt.NDArray[np.str_]
    similarities: Floats


@dataclass(frozen=True)
class Reprint:
    """One article of a cluster; `similarity` is that to the canonical article (the longest, then the first)."""

    cluster_id: str
    article_id: str
    kind: Kind
    similarity: float
    is_canonical: bool


class Article(NamedTuple):
    """What clusters need to know of an article: the name and the length of its key."""

    article_id: str
    name: int
    n_chars: int


def needed(shingles: Shingles, n_texts: int) -> npt.NDArray[np.uint8]:
    """How many shingles another text must share with each text to be worth an alignment."""
    sizes = np.bincount(shingles.texts, minlength=n_texts)
    wanted = np.ceil(sizes * np.maximum(SHARE, least_share(sizes)))
    least: npt.NDArray[np.uint8] = np.clip(wanted, SHARED, _ENOUGH).astype(np.uint8)
    return least


def least_share(sizes: Ints) -> Doubles:
    """The least share of a text's shingles that a copy keeps, by how many it has; negative where it may be none."""
    share: Doubles = KEPT - CHANCE / np.sqrt(np.maximum(sizes, 1))
    return share


def meetings(rows: Rows, n_texts: int, common_bits: int = 0) -> Meetings:
    """Which texts meet in which shingles. `n_texts`: ranks are below it; `common_bits`: so many last bits are the
    same in all numbers (of one hash part), which leaves room for more texts."""
    rank_bits = max(int(n_texts - 1).bit_length(), 1)
    if BITS - common_bits + rank_bits + _MARK_BITS > 64:
        raise ValueError(f"{n_texts} texts are too many for one join: cut the hashes finer")
    packed = (rows.numbers >> np.uint64(common_bits) << np.uint64(rank_bits)) | rows.ranks
    packed = np.sort((packed << np.uint64(_MARK_BITS)) | rows.marks)  # values alone sort several times faster
    packed = packed[_first_of_each(packed)]  # exact repeats have the same rank: they count once
    marks = (packed & np.uint64((1 << _MARK_BITS) - 1)).astype(np.uint8)
    packed >>= np.uint64(_MARK_BITS)
    ranks = (packed & np.uint64((1 << rank_bits) - 1)).astype(np.uint32)
    numbers = packed >> np.uint64(rank_bits)
    begins = np.flatnonzero(_first_of_each(numbers))
    sizes = np.diff(np.append(begins, len(numbers)))
    rare = np.repeat((sizes > 1) & (sizes <= COMMON), sizes)
    hot = np.repeat(sizes > COMMON, sizes) & (marks > 0)
    met = summed(_joined(_all_pairs(numbers[rare], ranks[rare])))
    chained = summed(_joined(_chained(numbers[hot], ranks[hot], marks[hot]))).pairs
    if not len(chained):
        return met
    shared = np.append(met.shared, np.full(len(chained), _ENOUGH, dtype=np.uint32))
    return summed(np.append(met.pairs, chained), shared)


def _joined(parts: Iterable[Hashes]) -> Hashes:
    return np.concatenate([np.zeros(0, dtype=np.uint64), *parts])


def _first_of_each(ordered: Hashes) -> Bools:
    first = np.ones(len(ordered), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return first


def _all_pairs(numbers: Hashes, ranks: Ranks) -> Iterator[Hashes]:
    """Every two texts of each group of equal numbers; ranks rise within a group."""
    left = np.arange(len(numbers))
    for ahead in range(1, COMMON):
        left = left[left + ahead < len(numbers)]
        left = left[numbers[left] == numbers[left + ahead]]
        if not len(left):
            return
        yield _pair(ranks[left], ranks[left + ahead])


def _chained(numbers: Hashes, ranks: Ranks, marks: npt.NDArray[np.uint8]) -> Iterator[Hashes]:
    """Of those who have a shingle as their least one under the same shuffle: each and the next two. Linear in the
    number of copies."""
    for bit in range(_MARK_BITS):
        inside = (marks >> np.uint8(bit)) & np.uint8(1) > 0
        group, held = numbers[inside], ranks[inside]
        for ahead in (1, 2):
            if len(group) > ahead:
                same = group[ahead:] == group[:-ahead]
                yield _pair(held[:-ahead][same], held[ahead:][same])


def _pair(first: Ranks, second: Ranks) -> Hashes:
    return (first.astype(np.uint64) << np.uint64(32)) | second.astype(np.uint64)


def summed(pairs: Hashes, shared: npt.NDArray[np.uint32] | None = None) -> Meetings:
    """The meetings of equal pairs, added up."""
    if shared is None:
        ordered = np.sort(pairs)
        begins = np.flatnonzero(_first_of_each(ordered))
        return Meetings(ordered[begins], np.diff(np.append(begins, len(ordered))).astype(np.uint32))
    order = np.argsort(pairs)
    ordered, shared = pairs[order], shared[order]
    begins = np.flatnonzero(_first_of_each(ordered))
    total = np.add.reduceat(shared, begins) if len(begins) else shared
    return Meetings(ordered[begins], total.astype(np.uint32))


def candidates(met: Meetings, need: npt.NDArray[np.uint8]) -> tuple[Ints, Ints]:
    """The ranks of the pairs that met often enough; `need` by rank."""
    first, second = (met.pairs >> np.uint64(32)).astype(np.int64), (met.pairs & np.uint64(2**32 - 1)).astype(np.int64)
    enough = met.shared >= np.minimum(need[first], need[second])
    return first[enough], second[enough]


def relate(keys: Keys, first: Ints, second: Ints, shingles: Shingles | None = None) -> Verdicts:
    """How the texts of each pair (their numbers among `keys`) are related. It does not matter which comes first.
    `shingles`: theirs, if they are at hand."""
    shingles = shingles or winnow(keys)
    shown = [keys[i] for i in range(len(keys))]
    begins = np.searchsorted(shingles.texts, np.arange(len(keys) + 1))  # where the shingles of each text do
    parts = [
        _relate(keys, shingles, begins, shown, first[at : at + _PAIRS], second[at : at + _PAIRS])
        for at in range(0, len(first), _PAIRS)
    ]
    if not parts:
        return Verdicts(np.zeros(0, dtype="<U9"), np.zeros(0, dtype=np.float32))
    return Verdicts(np.concatenate([p.kinds for p in parts]), np.concatenate([p.similarities for p in parts]))


def _relate(keys: Keys, shingles: Shingles, begins: Ints, shown: Sequence[str], first: Ints, second: Ints) -> Verdicts:
    short, long = _by_length(keys, shown, first, second)
    sizes = keys.lengths()
    kinds, similarities = np.full(len(short), "", dtype="<U9"), np.zeros(len(short), dtype=np.float32)
    equal = np.array([shown[a] == shown[b] for a, b in zip(short.tolist(), long.tolist(), strict=True)], dtype=np.bool_)
    kinds[equal], similarities[equal] = "exact", 1.0

    level = np.flatnonzero(~equal & (2 * sizes[short] >= NEAR * (sizes[short] + sizes[long])))
    alike = _compared([shown[i] for i in short[level]], [shown[i] for i in long[level]], fuzz.ratio, 100 * NEAR) / 100
    found = level[alike >= NEAR]
    kinds[found], similarities[found] = "near", alike[alike >= NEAR]

    open_ = np.flatnonzero(kinds == "")
    share, offset = _anchored(shingles, begins, short[open_], long[open_])
    many = least_share(np.diff(begins)[short[open_]]) > 0
    some = (share > 0) | ~many  # of many shingles none: nothing tells where the one might stand in the other
    open_, share, offset = open_[some], share[some], offset[some]
    windows = _windows(shown, sizes, short[open_], long[open_], offset)
    common = _compared([shown[i] for i in short[open_]], windows, LCSseq.similarity) / np.maximum(
        sizes[short[open_]], 1
    )
    share[sizes[short[open_]] < SCATTERED_CHARS] = 0
    inside = (common >= CONTAINED) | (share >= SCATTERED)
    kinds[open_[inside]] = "contained"
    similarities[open_] = np.maximum(common, share)
    return Verdicts(kinds, similarities)


def _by_length(keys: Keys, shown: Sequence[str], first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """The shorter and the longer of each pair; of two as long as each other the one that sorts first is the shorter."""
    sizes = keys.lengths()
    swap = sizes[first] > sizes[second]
    for at in np.flatnonzero(sizes[first] == sizes[second]).tolist():
        swap[at] = shown[first[at]] > shown[second[at]]
    return np.where(swap, second, first), np.where(swap, first, second)


def _compared(left: Sequence[str], right: Sequence[str], scorer: Any, cutoff: float | None = None) -> Doubles:
    """A score a pair; 0 below the cutoff."""
    if not left:
        return np.zeros(0)
    found: Doubles = process.cpdist(left, right, scorer=scorer, score_cutoff=cutoff, dtype=np.float64)
    return found


def _anchored(shingles: Shingles, begins: Ints, short: Ints, long: Ints) -> tuple[npt.NDArray[np.float64], Ints]:
    """For each pair the share of the shorter one's shingles that the longer one has, and how much further back they
    stand there (the median)."""
    pair, rows = _spread(begins, short)
    other_pair, other_rows = _spread(begins, long)
    mine = (pair.astype(np.uint64) << np.uint64(BITS)) | shingles.numbers[rows]
    theirs = (other_pair.astype(np.uint64) << np.uint64(BITS)) | shingles.numbers[other_rows]
    share, offset = np.zeros(len(short)), np.zeros(len(short), dtype=np.int64)
    if not len(theirs) or not len(mine):
        return share, offset
    at = np.minimum(np.searchsorted(theirs, mine), len(theirs) - 1)  # both rise, as shingles do within a text
    hit = theirs[at] == mine
    pair, rows, other_rows = pair[hit], rows[hit], other_rows[at[hit]]
    number = np.bincount(pair, minlength=len(short))
    share = number / np.maximum(begins[short + 1] - begins[short], 1)
    apart = shingles.at[other_rows].astype(np.int64) - shingles.at[rows]
    ordered = apart[np.lexsort((apart, pair))]
    some = number > 0
    middle = np.concatenate([[0], np.cumsum(number)])[:-1] + number // 2
    offset[some] = ordered[middle[some]]
    return share, offset


def _spread(begins: Ints, texts: Ints) -> tuple[Ints, Ints]:
    """The rows of the texts, one after the other: the place in `texts`, and the row."""
    sizes = begins[texts + 1] - begins[texts]
    place = np.repeat(np.arange(len(texts)), sizes)
    rows = np.arange(len(place)) + np.repeat(begins[texts] - (np.cumsum(sizes) - sizes), sizes)
    return place, rows


def _windows(shown: Sequence[str], sizes: Ints, short: Ints, long: Ints, offset: Ints) -> list[str]:
    """The stretch of each longer text that its shorter one should stand in, with room for what was left out or put
    in."""
    room = 2 + sizes[short] // 16
    begin, end = np.maximum(offset - room, 0), np.maximum(offset + sizes[short] + room, 0)
    return [shown[n][a:b] for n, a, b in zip(long.tolist(), begin.tolist(), end.tolist(), strict=True)]


class Links:
    """Union-find over names: which are linked, however many steps apart."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def root(self, name: int) -> int:
        """The least name among those linked to it so far."""
        parent = self._parent
        top = name
        while (above := parent.get(top, top)) != top:
            top = above
        while name != top:
            parent[name], name = top, parent[name]
        return top

    def join(self, a: int, b: int) -> bool:
        """Links two names; False if they were linked already."""
        a, b = self.root(a), self.root(b)
        if a == b:
            return False
        self._parent[max(a, b)] = min(a, b)
        self._parent.setdefault(min(a, b), min(a, b))
        return True

    def groups(self) -> list[list[int]]:
        """What is linked together; all sorted."""
        found: dict[int, list[int]] = {}
        for name in sorted(self._parent):
            found.setdefault(self.root(name), []).append(name)
        return [found[top] for top in sorted(found)]


def canonical(articles: Iterable[Article]) -> Article:
    """The article that stands for the others: the longest, then the first."""
    return min(articles, key=lambda a: (-a.n_chars, a.article_id))


def cluster(articles: Sequence[Article], verdicts: dict[int, tuple[str, float]]) -> Iterator[Reprint]:
    """The rows of a cluster. `verdicts`: name → how its text is related to the canonical one, and how similar."""
    chief = canonical(articles)
    for article in sorted(articles, key=lambda a: a.article_id):
        kind: str
        if article == chief:
            kind, similarity = "original", 1.0
        elif article.name == chief.name:
            kind, similarity = "exact", 1.0
        else:
            kind, similarity = verdicts[article.name]
        is_chief = article == chief
        yield Reprint(
            chief.article_id, article.article_id, cast(Kind, kind or "linked"), round(similarity, 4), is_chief
        )


def compared(texts: Keys) -> tuple[Ints, Ints, Verdicts]:
    """All candidates among texts, no two of which are equal (their numbers), and what an alignment says of each."""
    shingles = winnow(texts)
    met = meetings(Rows(shingles.numbers, shingles.texts, shingles.marks), len(texts))
    first, second = candidates(met, needed(shingles, len(texts)))
    return first, second, relate(texts, first, second, shingles)


def find_reprints(articles: Iterable[tuple[str, str]]) -> list[Reprint]:
    """Clusters of near-duplicates among `(article_id, text)`, sorted by cluster and article; all in memory."""
    given = sorted(articles)
    keys = keys_of([text for _, text in given])
    long = np.flatnonzero(keys.lengths() >= MIN_CHARS)
    _, first, ranks = np.unique(keys.names()[long], return_index=True, return_inverse=True)
    texts = keys.only(long[first])
    links = Links()
    a, b, verdicts = compared(texts)
    related = verdicts.kinds != ""
    for one, other in zip(a[related].tolist(), b[related].tolist(), strict=True):
        links.join(one, other)
    held: dict[int, list[Article]] = {}
    for number, rank in zip(long.tolist(), ranks.tolist(), strict=True):
        held.setdefault(rank, []).append(Article(given[number][0], rank, len(texts[rank])))
    linked = links.groups()
    alone = set(held) - {rank for group in linked for rank in group}
    clusters = [[a for rank in g for a in held[rank]] for g in [*linked, *([rank] for rank in sorted(alone))]]
    clusters = [articles for articles in clusters if len(articles) > 1]
    by_chief = [(canonical(articles).name, articles) for articles in clusters]
    ends = [(article.name, chief) for chief, articles in by_chief for article in articles]
    a, b = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    found = relate(texts, a, b)
    said = dict(zip(a.tolist(), zip(found.kinds.tolist(), found.similarities.tolist(), strict=True), strict=True))
    rows = [row for articles in clusters for row in cluster(articles, said)]
    return sorted(rows, key=lambda r: (r.cluster_id, r.article_id))
