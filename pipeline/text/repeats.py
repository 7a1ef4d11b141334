"""Repeats within a page: exact and near copies, containment, and blends.

Candidates share winnowed character 8-grams (Schleimer, Wilkerson, Aiken 2003); an alignment decides. Short texts
are never taken out: equal kickers and pull quotes are legitimate, and so is a headline that repeats its lead.

A *blend* is a copy that begins like another paragraph and then goes on with the tail of a third one. Its beginning is
the duplicate; its rest (the residue) is a fragment in its own right, which goes back to stitching.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Indel, LCSseq

from pipeline.text.document import DuplicateKind
from pipeline.text.lines import Block
from pipeline.text.points import code_points
from pipeline.text.profile import CleaningProfile
from pipeline.text.roles import is_short

_OTHERS, _WORD_CHARACTER = re.compile(r"\W+"), re.compile(r"\w")
_SHINGLE = 8
_WINDOW = 8
_COMMON = 12  # a shingle in more blocks than this is boilerplate
_BLEND_PREFIX, _BLEND_SHARE = 22, 0.2

Hashes = npt.NDArray[np.uint64]

#: log P(right's beginning | left's end) of a seam; higher is likelier.
SeamLikelihood = Callable[[str, str], float]


@dataclass(frozen=True)
class Repeat:
    """Block `copy` repeats block `kept`. `copy_end`: up to this character of the copy's text; the rest is residue
    (None: all of it). `kept_range`: which characters of the kept text it repeats. Where a line break or a column's end
    cut one of the two, `copy_rest` or `kept_rest` is the block that holds its second half."""

    copy: int
    kept: int
    kind: DuplicateKind
    similarity: float
    kept_range: tuple[int, int]
    copy_end: int | None = None
    copy_rest: int | None = None
    kept_rest: int | None = None


def find_repeats(
    blocks: Sequence[Block],
    profile: CleaningProfile,
    seam: SeamLikelihood,
    badness: Callable[[str], float],
) -> list[Repeat]:
    """The repeats of a page, at most one a block; a kept block is never itself taken out.

    `seam(left, right)`: how likely `right` follows `left`; `badness(text)`: perplexity, to keep the better copy.
    """
    keys = [_key(b.text) for b in blocks]
    found: list[Repeat] = []
    for i, j in _candidates([k.text for k in keys]):
        repeat = _broken(i, j, blocks, keys, badness) or _compare(i, j, blocks, keys, profile, seam, badness)
        if repeat:
            found.append(repeat)
    return _settle(found)


@dataclass(frozen=True)
class _Key:
    """The word characters of a text."""

    text: str
    of: str

    def place_after(self, n: int) -> int:
        """The position in the full text right after the first n word characters."""
        return next(islice(_WORD_CHARACTER.finditer(self.of), n - 1, None)).end() if n else 0


def _key(text: str) -> _Key:
    return _Key(_OTHERS.sub("", text), text)


def _candidates(keys: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of blocks that share a winnowed shingle, in order. A text of less than two shingles repeats nothing."""
    long = [number for number, key in enumerate(keys) if len(key) >= 2 * _SHINGLE]
    if not long:
        return []
    blocks, shingles = _winnowed(long, [keys[number] for number in long])
    order = np.argsort(shingles, kind="stable")  # blocks of one shingle stay in order
    blocks, shingles = blocks[order], shingles[order]
    once = np.r_[True, (shingles[1:] != shingles[:-1]) | (blocks[1:] != blocks[:-1])]
    blocks, shingles = blocks[once], shingles[once]
    starts = np.flatnonzero(np.r_[True, shingles[1:] != shingles[:-1]])
    sizes = np.diff(np.r_[starts, len(shingles)])
    shared = (sizes > 1) & (sizes <= _COMMON)
    pairs: set[tuple[int, int]] = set()
    for start, size in zip(starts[shared].tolist(), sizes[shared].tolist(), strict=True):
        pairs.update(combinations(blocks[start : start + size].tolist(), 2))
    return sorted(pairs)


def _winnowed(numbers: Sequence[int], keys: Sequence[str]) -> tuple[npt.NDArray[np.int64], Hashes]:
    """(block, hash) of the shingles that are the least of a window, and of the first few: beginnings are what blends
    share. In the order of the blocks; some come twice. Each key holds more shingles than a window."""
    size = np.array([len(key) for key in keys])
    start = np.cumsum(size) - size
    hashes = _hashes("".join(keys))
    windows = size - _SHINGLE - _WINDOW + 2
    at = np.arange(windows.sum()) + np.repeat(start - np.cumsum(windows) + windows, windows)
    least = np.min([hashes[at + ahead] for ahead in range(_WINDOW)], axis=0)
    first = (start[:, None] + np.arange(_WINDOW // 2)).ravel()
    blocks = np.concatenate([np.repeat(numbers, windows), np.repeat(numbers, _WINDOW // 2)])
    order = np.argsort(blocks, kind="stable")
    return blocks[order], np.concatenate([least, hashes[first]])[order]


def _hashes(key: str) -> Hashes:
    """A number for every shingle, the same in every run (Python's own hash of strings is not)."""
    points = code_points(key).astype(np.uint64)
    n = len(points) - _SHINGLE + 1
    value = np.zeros(n, dtype=np.uint64)
    for at in range(_SHINGLE):
        value = value * np.uint64(1_000_003) + points[at : at + n]
    value ^= value >> np.uint64(29)
    return value * np.uint64(0xBF58476D1CE4E5B9)


def _compare(
    i: int,
    j: int,
    blocks: Sequence[Block],
    keys: Sequence[_Key],
    profile: CleaningProfile,
    seam: SeamLikelihood,
    badness: Callable[[str], float],
) -> Repeat | None:
    a, b = keys[i].text, keys[j].text
    shorter, longer = sorted((len(a), len(b)))
    near = blocks[j].line - blocks[i].last_line <= 3
    least = profile.repeat_min_chars_near if near else profile.repeat_min_chars
    if shorter < least:
        return None
    if is_short(blocks[i].text) or is_short(blocks[j].text):  # a head takes up its story's words, rightly
        return None
    if a == b:
        return Repeat(j, i, "exact", 1.0, (0, len(blocks[i].text)))
    if shorter >= 0.6 * longer:
        common = LCSseq.similarity(a, b) / shorter
        ratio = Indel.normalized_similarity(a, b)
        if ratio >= profile.repeat_similarity or (common >= 0.9 and ratio >= 0.72 and _same_ends(a, b)):
            bad, good = (i, j) if badness(blocks[i].text) > badness(blocks[j].text) else (j, i)
            if abs(len(a) - len(b)) > 0.12 * longer:  # much is missing in the shorter one
                bad, good = (i, j) if len(a) < len(b) else (j, i)
            return Repeat(bad, good, "near", ratio, (0, len(blocks[good].text)))
    small, large = (i, j) if len(a) <= len(b) else (j, i)
    if keys[large].text.startswith(keys[small].text) and blocks[small].ended and shorter >= 0.5 * longer:
        return Repeat(small, large, "contained", 1.0, (0, keys[large].place_after(shorter)))
    return _blend(i, j, blocks, keys, seam)


def _broken(
    i: int, j: int, blocks: Sequence[Block], keys: Sequence[_Key], badness: Callable[[str], float]
) -> Repeat | None:
    """A copy of a paragraph that was broken in two: one block begins like the other, a third one holds the rest."""
    head, whole = (i, j) if len(keys[i].text) < len(keys[j].text) else (j, i)
    a, b = keys[head].text, keys[whole].text
    if blocks[head].ended or len(a) < _BLEND_PREFIX or len(b) < 40 or len(b) - len(a) < 10 or blocks[whole].residue:
        return None
    if LCSseq.similarity(a, b[: len(a) + 4]) < 0.9 * len(a) or LCSseq.similarity(a[:8], b[:8]) < 6:
        return None
    end = len(b) - len(a)
    best, rest = 0.0, None
    for k, key in enumerate(keys):
        if k not in (i, j) and 0.75 * end <= len(key.text) <= 1.3 * end + 4:
            likeness = Indel.normalized_similarity(key.text, b[-len(key.text) :], score_cutoff=0.8)
            if likeness > best:
                best, rest = likeness, k
    if rest is None:
        return None
    both = blocks[head].text + blocks[rest].text
    kind: DuplicateKind = "exact" if a + keys[rest].text == b else "near"
    if kind == "exact" or badness(both) > badness(blocks[whole].text):
        return Repeat(head, whole, kind, best, (0, len(blocks[whole].text)), copy_rest=rest)
    return Repeat(whole, head, kind, best, (0, len(blocks[head].text)), kept_rest=rest)


def _same_ends(a: str, b: str) -> bool:
    """Do both begin and end alike? A quote pulled out of a paragraph does not."""
    return LCSseq.similarity(a[:8], b[:8]) >= 6 and LCSseq.similarity(a[-8:], b[-8:]) >= 6


def _blend(i: int, j: int, blocks: Sequence[Block], keys: Sequence[_Key], seam: SeamLikelihood) -> Repeat | None:
    """Equal beginnings, then two ways to go on: the one whose seam at the cut is less likely is the blended copy."""
    a, b = blocks[i].text, blocks[j].text
    n = _common_prefix(keys[i].text, keys[j].text)
    shorter = min(len(keys[i].text), len(keys[j].text))
    if n < _BLEND_PREFIX or n < _BLEND_SHARE * shorter or n >= shorter - 1:
        return None
    cuts = [keys[k].place_after(n) for k in (i, j)]
    likely = [seam(text[:cut], text[cut:]) for text, cut in ((a, cuts[0]), (b, cuts[1]))]
    copy, kept = (i, j) if likely[0] <= likely[1] else (j, i)
    cut = cuts[0] if copy == i else cuts[1]
    kept_cut = cuts[1] if copy == i else cuts[0]
    return Repeat(copy, kept, "blend", n / shorter, (0, kept_cut), copy_end=cut)


def _common_prefix(a: str, b: str) -> int:
    n = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        n += 1
    return n


def _settle(found: Sequence[Repeat]) -> list[Repeat]:
    """One fate a block: the most similar first; what is kept stays, what is taken out keeps nothing."""
    taken: dict[int, Repeat] = {}
    kept: set[int] = set()
    for repeat in sorted(found, key=lambda r: (r.kind == "blend", -r.similarity, r.copy, r.kept)):
        copies = {repeat.copy} if repeat.copy_rest is None else {repeat.copy, repeat.copy_rest}
        originals = {repeat.kept} if repeat.kept_rest is None else {repeat.kept, repeat.kept_rest}
        if copies & (taken.keys() | kept) or originals & taken.keys():
            continue
        taken.update(dict.fromkeys(copies, repeat))
        kept |= originals
    return sorted({id(r): r for r in taken.values()}.values(), key=lambda r: r.copy)
