"""How much two blocks speak of the same things: cosine of their rare hanzi pairs.

A pair of neighbouring hanzi weighs the more, the rarer it is in the language model and the fewer blocks of the page
hold it (TF-IDF over character bigrams, which needs no word segmentation).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.text.models import Floats
from pipeline.text.reader import Reader

_COLUMNS = 1 << 14
_BAND = 160  # blocks further apart are not compared: cost grows linearly with the page


class Topics:
    """Dot products between the blocks of a page, near each other."""

    @classmethod
    def of_pairs(cls, texts: Sequence[str], reader: Reader) -> Topics:
        """By pairs of hanzi: what a text is about."""
        return cls(len(texts), *_pairs(texts, reader))

    @classmethod
    def of_names(cls, texts: Sequence[str], reader: Reader) -> Topics:
        """By rare triples of hanzi: names, mostly, that two texts have in common."""
        return cls(len(texts), *_triples(texts, reader))

    def __init__(self, n: int, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], rarity: Floats) -> None:
        unique, column = np.unique(columns, return_inverse=True)
        width = max(len(unique), 1)
        cells, count = np.unique(rows.astype(np.int64) * width + column, return_counts=True)
        r, c = cells // width, cells % width
        df = np.bincount(c, minlength=width)
        weight = np.zeros(width)
        np.maximum.at(weight, column, rarity)
        spread = np.log((n + 1.0) / np.maximum(df, 1)) / np.log(n + 1.0) if n else np.zeros(width)
        values = np.log1p(count) * (weight**2 * spread)[c]
        self.norms: Floats = np.sqrt(np.bincount(r, weights=values**2, minlength=n)) if n else np.zeros(0)
        common = df[c] > 1  # what stands in one block alone is shared with none
        r, values = r[common], values[common]
        kept, c = np.unique(c[common], return_inverse=True)
        if len(kept) > _COLUMNS:
            c = (c * 2654435761 % 4294967291) % _COLUMNS
        self._starts = np.searchsorted(r, np.arange(n + 1))
        self._columns, self._values, self._width = c, values, min(len(kept), _COLUMNS)
        self._rows: dict[int, tuple[int, Floats]] = {}
        self.n = n

    def _dense(self, first: int, last: int) -> npt.NDArray[np.float32]:
        matrix = np.zeros((last - first, max(self._width, 1)), dtype=np.float32)
        lo, hi = self._starts[first], self._starts[last]
        sizes = np.diff(self._starts[first : last + 1])
        np.add.at(matrix, (np.repeat(np.arange(last - first), sizes), self._columns[lo:hi]), self._values[lo:hi])
        return matrix

    def row(self, i: int) -> tuple[int, Floats]:
        """(first block of the band, dot products of block i with the blocks from there on; itself apart)."""
        if i not in self._rows:
            chunk = i // _BAND * _BAND
            first, last = max(0, chunk - _BAND), min(self.n, chunk + 2 * _BAND)
            dense = self._dense(first, last)
            end = min(self.n, chunk + _BAND)
            products = dense[chunk - first : end - first] @ dense.T
            for k in range(chunk, end):
                self._rows[k] = (first, products[k - chunk].astype(np.float64))
        return self._rows[i]

    def dot(self, i: int, others: Sequence[int]) -> float:
        """Sum of the dot products of block i with `others` (which do not hold i itself)."""
        first, row = self.row(i)
        total = 0.0
        for j in others:
            if 0 <= j - first < len(row):
                total += row[j - first]
        return total


_Cells = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]
_RARE = 0.62  # of both pairs in a triple


def _pairs(texts: Sequence[str], reader: Reader) -> _Cells:
    """(block, pair, rarity) of every pair of neighbouring hanzi."""
    block, points, both, rarity = _read(texts, reader)
    return block[:-1][both], (points[:-1] * 0x20000 + points[1:])[both], rarity[both]


def _triples(texts: Sequence[str], reader: Reader) -> _Cells:
    """(block, triple, rarity) of every triple of hanzi whose two pairs are rare."""
    block, points, both, rarity = _read(texts, reader)
    least = np.minimum(rarity[:-1], rarity[1:])
    rare = both[:-1] & both[1:] & (least > _RARE)
    key = ((points[:-2] * 0x20000 + points[1:-1]) * 0x20000 + points[2:])[rare]
    rows, least = block[:-2][rare], least[rare]
    _, number, count = np.unique(key, return_inverse=True, return_counts=True)
    shared = count[number] > 1  # what stands once is shared by nobody
    return rows[shared], key[shared], least[shared]


def _read(
    texts: Sequence[str], reader: Reader
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_], Floats]:
    """(block of each character, code points, is each pair of neighbours hanzi, its rarity)."""
    joined = "".join(t + "\n" for t in texts) + "\n"
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    block = np.repeat(np.arange(len(texts) + 1), [*(len(t) + 1 for t in texts), 1])[: len(points)]
    hanzi = (points >= 0x3400) & (points <= 0x9FFF)
    return block, points, hanzi[:-1] & hanzi[1:], reader.bigram_rarity(joined)
