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

    def __init__(self, texts: Sequence[str], reader: Reader) -> None:
        n = len(texts)
        rows, columns, rarity = _bigrams(texts, reader)
        unique, column = np.unique(columns, return_inverse=True)
        if len(unique) > _COLUMNS:
            column = (column * 2654435761 % 4294967291) % _COLUMNS
        width = min(len(unique), _COLUMNS)
        cells, count = np.unique(rows.astype(np.int64) * max(width, 1) + column, return_counts=True)
        r, c = cells // max(width, 1), cells % max(width, 1)
        df = np.bincount(c, minlength=width)
        weight = np.zeros(width)
        np.maximum.at(weight, column, rarity)
        spread = np.log((n + 1.0) / np.maximum(df, 1)) / np.log(n + 1.0) if n else np.zeros(width)
        values = np.log1p(count) * (weight**2 * spread)[c]
        self._starts = np.searchsorted(r, np.arange(n + 1))
        self._columns, self._values, self._width = c, values, width
        self.norms: Floats = np.sqrt(np.bincount(r, weights=values**2, minlength=n)) if n else np.zeros(0)
        self._rows: dict[int, tuple[int, Floats]] = {}
        self.n = n

    def _dense(self, first: int, last: int) -> npt.NDArray[np.float32]:
        matrix = np.zeros((last - first, max(self._width, 1)), dtype=np.float32)
        lo, hi = self._starts[first], self._starts[last]
        sizes = np.diff(self._starts[first : last + 1])
        np.add.at(matrix, (np.repeat(np.arange(last - first), sizes), self._columns[lo:hi]), self._values[lo:hi])
        return matrix

    def row(self, i: int) -> tuple[int, Floats]:
        """(first block of the band, dot products of block i with the blocks from there on)."""
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
        """Sum of the dot products of block i with `others`."""
        first, row = self.row(i)
        total = 0.0
        for j in others:
            if 0 <= j - first < len(row):
                total += row[j - first]
        return total


def _bigrams(texts: Sequence[str], reader: Reader) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """(block, pair, rarity) of every pair of neighbouring hanzi."""
    joined = "\n".join(texts)
    if len(joined) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    sizes = [len(t) + 1 for t in texts]
    block = np.repeat(np.arange(len(texts)), sizes)[: len(points)]
    hanzi = (points >= 0x3400) & (points <= 0x9FFF)
    both = hanzi[:-1] & hanzi[1:]
    rarity = reader.bigram_rarity(joined)
    return block[:-1][both], (points[:-1] * 0x20000 + points[1:])[both], rarity[both]
