"""The alphabet of the language model: characters folded to what matters for reading, then numbered.

The alphabet is fixed (GB2312 and the newspapers' marks), so counts made anywhere can be added up. Folding keeps the
length: digits → 0, Latin letters → A, half-width marks → full width, traditional hanzi → simplified.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline.language.script import load_script
from pipeline.text.points import code_points

Ids = npt.NDArray[np.uint16]

#: 0: no n-gram runs across it · 1: a paragraph begins or ends · 2: any character outside the alphabet.
BREAK, PARAGRAPH, UNKNOWN = 0, 1, 2

_MARKS = " 0A，。、；：？！“”‘’（）《》〈〉【】…—·％+-/.=~〇○■□①②③④⑤"
_WIDE = {
    ",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）", "%": "％", "～": "~", "－": "-",
    "\u3000": " ",
}  # fmt: skip


def gb2312_hanzi() -> list[str]:
    """The 6,763 hanzi of GB2312, in its order."""
    found = []
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                found.append(bytes((row, cell)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return found


def alphabet() -> list[str]:
    """The characters by number; the first three are no characters."""
    return ["", "", "", *_MARKS, *gb2312_hanzi()]


SIZE = 3 + len(_MARKS) + 6763


@cache
def _table() -> Ids:
    """Code point → number, for all of Unicode."""
    table = np.full(0x110000, UNKNOWN, dtype=np.uint16)
    for number, char in enumerate(alphabet()):
        if char:
            table[ord(char)] = number
    for char, wide in _WIDE.items():
        table[ord(char)] = table[ord(wide)]
    digit, letter = table[ord("0")], table[ord("A")]
    for first, last, number in (("0", "9", digit), ("A", "Z", letter), ("a", "z", letter),
                                ("０", "９", digit), ("Ａ", "Ｚ", letter), ("ａ", "ｚ", letter)):  # fmt: skip
        table[ord(first) : ord(last) + 1] = number
    for old, new in load_script().characters.items():
        if table[ord(old)] == UNKNOWN:
            table[ord(old)] = table[ord(new)]
    return table


def encode(text: str) -> Ids:
    """One number a character; line breaks become `PARAGRAPH`."""
    ids = _table()[code_points(text)]
    if "\n" in text:
        ids = np.where(code_points(text) == 10, np.uint16(PARAGRAPH), ids)
    return ids
