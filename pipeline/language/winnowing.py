"""Winnowed n-grams (Schleimer, Wilkerson, Aiken 2003) of many texts at once: what two texts share if one copies the
other, however little of it.

All texts of a batch are one array of code points. Marks, spaces and everything else that is no word are left out
first: reprints differ in them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.text.points import code_points

#: Characters of an n-gram (a shingle). Short enough to survive between two misprints in ten characters.
SHINGLE = 7
#: Of so many neighbouring shingles one is chosen, the one with the least hash: equal stretches of
#: SHINGLE + WINDOW - 1 characters always have one in common.
WINDOW = 6
#: Shingles are numbers of so many bits: few enough to be stored small, and to be sorted together with a text's number
#: in 64 bits. Two that are equal by accident are a weak hint among others; an alignment decides.
BITS = 40
#: Marks on a shingle: it is the least of its text under one of so many shuffles (as in MinHash).
SHUFFLES = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)

#: Characters worked on at once: little enough to stay in the processor's cache, and to bound memory.
_AT_ONCE = 250_000
_END = "utf-32-le"
_BASE = np.uint64(1_099_511_628_211)
#: A shingle's number and where it stands share 64 bits; of the place the last ones are enough, as a window is short.
_PLACES = np.uint64(64 - BITS)
_PLACE = np.uint64(2 ** (64 - BITS) - 1)
_NONE = np.uint64(2**BITS - 1)

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Keys:
    """Texts without what is no word: their code points end to end, and where each begins (one more at the end)."""

    codes: npt.NDArray[np.uint32]
    starts: Places

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> str:
        return self.codes[self.starts[number] : self.starts[number + 1]].tobytes().decode(_END, "surrogatepass")

    def only(self, numbers: Places) -> Keys:
        """Some of them."""
        lengths = self.lengths()[numbers]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(starts[-1]) + np.repeat(self.starts[numbers] - starts[:-1], lengths)
        return Keys(self.codes[places], starts)

    def lengths(self) -> Places:
        return np.diff(self.starts)

    def names(self) -> Hashes:
        """64 bits that name each key: equal keys have equal names."""
        content, ends = self.codes.tobytes(), (self.starts * 4).tolist()
        digests = (hashlib.blake2b(content[a:b], digest_size=8).digest() for a, b in pairwise(ends))
        return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


@dataclass(frozen=True)
class Shingles:
    """The chosen shingles of a batch, in the order of the texts, each once a text: its number, the text it stands in,
    where in the text's key it begins, and its marks, a bit for each of the SHUFFLES: is it the text's least there?"""

    numbers: Hashes
    texts: npt.NDArray[np.uint32]
    at: npt.NDArray[np.uint32]
    marks: npt.NDArray[np.uint8]


def keys_of(texts: Sequence[str]) -> Keys:
    """The keys of texts.

    >>> keys_of(["“你好，世界！”"])[0]
    '你好世界'
    """
    codes = code_points("".join(texts))
    ends = np.cumsum([0, *map(len, texts)])
    kept = _word_characters().those(codes)
    before = np.concatenate([[0], np.cumsum(kept)])
    return Keys(codes[kept], before[ends])


class _WordCharacters:
    """For each code point: is it a letter, a hanzi or a digit? Unicode is asked by blocks, when one is first met: to
    ask for all of it takes longer than a small corpus."""

    BLOCK = 8

    def __init__(self) -> None:
        self._is_word = np.zeros(0x110000, dtype=np.bool_)
        self._known = np.zeros(0x110000 >> self.BLOCK, dtype=np.bool_)

    def those(self, codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        met = np.bincount((codes >> self.BLOCK).astype(np.intp), minlength=len(self._known)) > 0
        for block in np.flatnonzero(met & ~self._known).tolist():
            points = range(block << self.BLOCK, (block + 1) << self.BLOCK)
            self._is_word[points.start : points.stop] = [chr(c).isalnum() for c in points]
            self._known[block] = True
        return self._is_word[codes]


@cache
def _word_characters() -> _WordCharacters:
    return _WordCharacters()


def winnow(keys: Keys) -> Shingles:
    """The chosen shingles: of every WINDOW neighbours the one with the least number.

    A key shorter than a shingle is a shingle of its own. At most 2²⁴ texts at once.
    """
    if len(keys) >= 2 ** (64 - BITS):
        raise ValueError(f"{len(keys)} texts are too many for one batch")
    parts: list[Shingles] = []
    begin = 0
    while begin < len(keys) or not parts:
        end = int(np.searchsorted(keys.starts, keys.starts[begin] + _AT_ONCE))
        end = min(max(end, begin + 1), len(keys))
        part = _winnow(keys.only(np.arange(begin, end)))
        parts.append(Shingles(part.numbers, part.texts + np.uint32(begin), part.at, part.marks))
        begin = end
    numbers, texts = (np.concatenate([getattr(p, name) for p in parts]) for name in ("numbers", "texts"))
    return Shingles(numbers, texts, np.concatenate([p.at for p in parts]), np.concatenate([p.marks for p in parts]))


def _winnow(keys: Keys) -> Shingles:
    lengths = keys.lengths()
    gap = SHINGLE + WINDOW  # behind each text, so that neither shingles nor windows reach into the next one
    texts = np.repeat(np.arange(len(keys), dtype=np.uint32), lengths + gap)
    starts = keys.starts[:-1] + gap * np.arange(len(keys))
    at = np.arange(len(texts)) - np.repeat(starts, lengths + gap)
    padded = np.zeros(len(texts), dtype=np.uint64)
    padded[at < np.repeat(lengths, lengths + gap)] = keys.codes
    numbers = _numbers(padded)
    whole = np.maximum(lengths - SHINGLE + 1, np.minimum(lengths, 1))  # shingles a text has; a short one is its own
    numbers[at >= np.repeat(whole, lengths + gap)] = _NONE
    numbers <<= _PLACES
    numbers |= at.astype(np.uint64) & _PLACE  # of equal shingles in a window the first is chosen
    chosen = numbers.copy()
    for back in range(1, WINDOW):
        np.minimum(chosen[:-WINDOW], numbers[back : len(numbers) - WINDOW + back], out=chosen[:-WINDOW])
    windows = np.maximum(whole - WINDOW + 1, np.minimum(whole, 1))
    first = at < np.repeat(windows, lengths + gap)
    first[1:] &= (chosen[1:] >> _PLACES != chosen[:-1] >> _PLACES) | (texts[1:] != texts[:-1])
    picked = np.flatnonzero(first)
    chosen, window = chosen[picked], at[picked]
    ahead = (chosen - window.astype(np.uint64)) & _PLACE
    return _once(chosen >> _PLACES, texts[picked], window + ahead.astype(np.int64))


def _numbers(codes: Hashes) -> Hashes:
    """A number of BITS bits for the SHINGLE characters that begin at each place."""
    numbers = np.zeros(len(codes), dtype=np.uint64)
    size = len(codes) - SHINGLE + 1
    for i in range(SHINGLE):
        numbers[:size] *= _BASE
        numbers[:size] += codes[i : i + size]
    numbers ^= numbers >> np.uint64(29)
    numbers *= np.uint64(0xBF58476D1CE4E5B9)
    numbers ^= numbers >> np.uint64(32)
    numbers >>= np.uint64(64 - BITS)
    return numbers


def _once(numbers: Hashes, texts: npt.NDArray[np.uint32], at: Places) -> Shingles:
    """Each shingle once a text, in the order of texts and, within one, of the numbers; marked where it is the least."""
    both = (texts.astype(np.uint64) << np.uint64(BITS)) | numbers
    order = np.argsort(both)  # several times faster than lexsort
    both, at = both[order], at[order]
    begins = np.flatnonzero(np.append(True, both[1:] != both[:-1])) if len(both) else np.zeros(0, dtype=np.int64)
    both = both[begins]
    at = np.minimum.reduceat(at, begins) if len(at) else at
    numbers = both & np.uint64(2**BITS - 1)
    texts = (both >> np.uint64(BITS)).astype(np.uint32)
    return Shingles(numbers, texts, at.astype(np.uint32), _least(numbers, texts))


def _least(numbers: Hashes, texts: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    marks = np.zeros(len(numbers), dtype=np.uint8)
    if not len(numbers):
        return marks
    begins = np.flatnonzero(np.append(True, texts[1:] != texts[:-1]))
    sizes = np.diff(np.append(begins, len(texts)))
    for bit, shuffle in enumerate(SHUFFLES):
        shuffled = numbers * np.uint64(shuffle)  # odd, so that no two numbers become one
        shuffled ^= shuffled >> np.uint64(31)
        least = np.repeat(np.minimum.reduceat(shuffled, begins), sizes)
        marks |= (shuffled == least).astype(np.uint8) << np.uint8(bit)
    return marks
