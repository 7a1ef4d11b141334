"""How much two blocks speak of the same things: cosine of their rare hanzi pairs.

A pair of neighbouring hanzi weighs the more, the rarer it is in the language model and the fewer blocks of the page
hold it (TF-IDF over character bigrams, which needs no word segmentation).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.text.models import Floats
from pipeline.text.points import code_points
from pipeline.text.reader import Reader

_BAND = 320  # blocks further apart are not compared: cost grows linearly with the page

Ints = npt.NDArray[np.int64]


class Topics:
    """Dot products between the blocks of a page, near each other."""

    @classmethod
    def of_page(cls, texts: Sequence[str], reader: Reader) -> tuple[Topics, Topics]:
        """(by pairs of hanzi: what a text is about, by rare triples: names, mostly, that two texts have in common)."""
        read = _read(texts, reader)
        return cls(len(texts), *_pairs(*read)), cls(len(texts), *_triples(*read))

    def __init__(self, n: int, rows: Ints, columns: Ints, rarity: Floats) -> None:
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
        by_column = np.argsort(c[common], kind="stable")
        #: Dot products of each block with the up to `_BAND` blocks behind it, by distance: (n, _BAND + 1) or less wide.
        self.products = _products(n, r[common][by_column], c[common][by_column], values[common][by_column])

    def dot(self, i: int, j: int) -> float:
        """The dot product of two blocks; 0 when they are too far apart to be compared."""
        apart = abs(i - j)
        return float(self.products[min(i, j), apart]) if apart < self.products.shape[1] else 0.0


def _products(n: int, rows: Ints, columns: Ints, values: Floats) -> npt.NDArray[np.float32]:
    """Dot products of each block with those behind it, by distance.

    The cells are sorted by column, then row. Each is multiplied with those that follow it in its column, all cells at
    once for the next one, then for the one after it, and so on.
    """
    width = min(n, _BAND + 1)
    products = np.zeros(n * width, dtype=np.float32)
    at, ahead = np.arange(len(rows)), 0
    while len(at):
        ahead += 1
        at = at[at + ahead < len(rows)]
        apart = rows[at + ahead] - rows[at]
        near = (columns[at + ahead] == columns[at]) & (apart < width)
        at, apart = at[near], apart[near]
        np.add.at(products, rows[at] * width + apart, (values[at] * values[at + ahead]).astype(np.float32))
    return products.reshape(n, width)


_Cells = tuple[Ints, Ints, Floats]
_RARE = 0.62  # of both pairs in a triple


def _pairs(
    block: npt.NDArray[np.int64], points: npt.NDArray[np.int64], both: npt.NDArray[np.bool_], rarity: Floats
) -> _Cells:
    """(block, pair, rarity) of every pair of neighbouring hanzi."""
    return block[:-1][both], (points[:-1] * 0x20000 + points[1:])[both], rarity[both]


def _triples(
    block: npt.NDArray[np.int64], points: npt.NDArray[np.int64], both: npt.NDArray[np.bool_], rarity: Floats
) -> _Cells:
    """(block, triple, rarity) of every triple of hanzi whose two pairs are rare."""
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
    points = code_points(joined).astype(np.int64)
    block = np.repeat(np.arange(len(texts) + 1), [*(len(t) + 1 for t in texts), 1])[: len(points)]
    hanzi = (points >= 0x3400) & (points <= 0x9FFF)
    return block, points, hanzi[:-1] & hanzi[1:], reader.bigram_rarity(joined)
