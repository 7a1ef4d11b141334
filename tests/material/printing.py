"""How a dump prints what the page truly says: widths of marks and digits, and hard-wrapped columns."""

from __future__ import annotations

import random
import unicodedata

HALF = str.maketrans("，：；？！（）", ",:;?!()")
FULL = {v: k for k, v in (("，", ","), ("：", ":"), ("；", ";"), ("？", "?"), ("！", "!"), ("（", "("), ("）", ")"))}
FULL_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
_NO_LINE_START = "，。、；：？！”’）》〉…—·%"


def is_blank(char: str) -> bool:
    """White space and invisible characters need no place in the output."""
    return char.isspace() or unicodedata.category(char) in ("Cf", "Cc")


def folded(text: str) -> str:
    """The text without blanks, under which a change of width is no change."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).translate(HALF) if not is_blank(c))


def printed(char: str, marks: str, digits: str, chance: random.Random) -> str:
    """One character as the dump shows it. Always one character: offsets in truth and dump stay parallel."""
    if digits == "full":
        char = char.translate(FULL_DIGITS)
    narrow = marks == "half" or (marks == "mixed" and char != char.translate(HALF) and chance.random() < 0.5)
    return char.translate(HALF) if narrow else char


def cells(char: str) -> int:
    """Width in half cells."""
    return 1 if char.isascii() else 2


def line_ends(text: str, width: int, indent: int, kinsoku: bool) -> list[int]:
    """Offsets at which a column of `width` full-width cells breaks `text` (the end itself left out)."""
    ends: list[int] = []
    used, start = 2 * indent, 0
    for i, char in enumerate(text):
        if used + cells(char) > 2 * width and i > start:
            at = i
            if kinsoku and char in _NO_LINE_START:
                used += cells(char)
                continue
            while kinsoku and at > start + 1 and text[at].isascii() and text[at - 1].isascii():
                at -= 1
            if at == start + 1:
                at = i
            ends.append(at)
            used, start = sum(cells(c) for c in text[at:i]), at
        used += cells(char)
    return ends
