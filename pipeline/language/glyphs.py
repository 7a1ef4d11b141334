"""Which hanzi look alike: the table that `render_glyphs` made (Noto CJK glyphs, SIL Open Font License)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

TABLE = Path(__file__).parent / "data" / "glyphs.npz"


class GlyphTable:
    """The 100 nearest look-alikes of each GB2312 hanzi (`models.GlyphSimilarity`), about 2 MB in memory."""

    def __init__(self, chars: str, ids: npt.NDArray[np.uint16], sims: npt.NDArray[np.uint8]) -> None:
        self._chars = chars
        self._row = {c: i for i, c in enumerate(chars)}
        self._ids = ids
        self._sims = sims

    def __contains__(self, char: object) -> bool:
        return char in self._row

    def arrays(self) -> tuple[str, npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
        """All of it: the characters; for each the rows of its look-alikes, and how alike they are (255 = the same)."""
        return self._chars, self._ids, self._sims

    def neighbours(self, char: str) -> tuple[tuple[str, float], ...]:
        """Look-alikes of `char`, nearest first; empty outside GB2312."""
        row = self._row.get(char)
        if row is None:
            return ()
        pairs = zip(self._ids[row].tolist(), self._sims[row].tolist(), strict=True)
        return tuple((self._chars[i], s / 255) for i, s in pairs)

    def similarity(self, a: str, b: str) -> float:
        """0..1; 0 when neither is among the stored neighbours of the other. Symmetric; a character is its own twin."""
        if a == b:
            return 1.0
        row_a, row_b = self._row.get(a), self._row.get(b)
        if row_a is None or row_b is None:
            return 0.0
        return max(self._stored(row_a, row_b), self._stored(row_b, row_a)) / 255

    def _stored(self, row: int, other: int) -> int:
        at = np.flatnonzero(self._ids[row] == other)
        return int(self._sims[row, at[0]]) if len(at) else 0


@cache
def load_glyphs(path: Path = TABLE) -> GlyphTable:
    """The table, read once."""
    with np.load(path) as stored:
        return GlyphTable(str(stored["chars"]), stored["ids"], stored["sims"])
