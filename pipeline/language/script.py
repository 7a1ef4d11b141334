"""Traditional → simplified, out of the dictionaries of opencc-python-reimplemented.

The dictionaries are read once; at run time OpenCC itself is not asked, as it works character by character in Python.
`convert` gives exactly what its `t2s` gives.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from pipeline.language.words import load_words
from pipeline.text.points import code_points

_FULL_STOP, _LINE_FEED = ord("。"), ord("\n")
#: A conversion table for `str.translate`.
Characters = dict[int, str]


@dataclass(frozen=True, eq=False)
class OpenccTables:
    """`pipeline.text.models.ScriptTables` with OpenCC's data."""

    characters: Mapping[str, str]
    traditional_only: frozenset[str]
    variants: frozenset[str]
    _translation: Characters
    _gate: npt.NDArray[np.bool_]  # by code point: without one of these no text changes
    _anchor: re.Pattern[str]  # any character by which a phrase is found
    _anchored: Mapping[str, tuple[tuple[int, str, str], ...]]  # such a character → (place in the phrase, phrase, new)

    def convert(self, text: str) -> str:
        """The simplified text.

        >>> load_script().convert("乾隆年間，頭髮乾燥")
        '乾隆年间，头发干燥'
        """
        codes = code_points(text)
        concerned = np.flatnonzero(self._gate[codes])
        if not len(concerned):
            return text
        ends = np.append(np.flatnonzero((codes == _FULL_STOP) | (codes == _LINE_FEED)) + 1, len(text))
        parts, at = [], 0
        for number in np.unique(np.searchsorted(ends, concerned, "right")).tolist():  # sentences; no phrase holds ends
            start, end = int(ends[number - 1]) if number else 0, int(ends[number])
            parts += [text[at:start], self._converted(text[start:end])]
            at = end
        return "".join([*parts, text[at:]])

    def _converted(self, text: str) -> str:
        """A sentence with something to be converted in it."""
        parts: list[str] = []
        at = 0
        for start, end, after in self._matches(text):
            parts += [text[at:start].translate(self._translation), after]
            at = end
        return "".join([*parts, text[at:].translate(self._translation)])

    def word_frequency(self, word: str) -> int:
        """How often a simplified word was counted in general text; 0 = unknown."""
        return load_words().frequency(word)

    def _matches(self, text: str) -> list[tuple[int, int, str]]:
        """Where phrases match, as OpenCC sees it: the longest of the whole text first, of equals the leftmost."""
        candidates = [
            (m.start() - i, m.start() - i + len(phrase), after)
            for m in self._anchor.finditer(text)
            for i, phrase, after in self._anchored[m.group()]
            if i <= m.start() and text.startswith(phrase, m.start() - i)
        ]
        taken: set[int] = set()
        found = []
        for start, end, after in sorted(candidates, key=lambda c: (c[0] - c[1], c[0])):
            if taken.isdisjoint(range(start, end)):
                taken.update(range(start, end))
                found.append((start, end, after))
        return sorted(found)


@cache
def load_script() -> OpenccTables:
    """The tables, read once a process."""
    every = _dictionary("TSCharacters.txt")
    phrases = _dictionary("TSPhrases.txt")
    own = {old: new for old, new in every.items() if old != new}
    traditional = frozenset(c for c in own if not _in_gb2312(c))
    denied = _deny_list()
    anchors = _anchors(list(phrases))
    mute = [p for p, new in phrases.items() if p != new and own.keys().isdisjoint(p)]  # only the whole phrase changes
    return OpenccTables(
        characters={c: own[c] for c in own if c in traditional and c not in denied and own[c] <= "\uffff"},
        traditional_only=traditional,
        variants=_listed("script_variants.txt"),
        _translation={ord(old): new for old, new in own.items()},
        _gate=_mask(frozenset(own) | {anchors[p] for p in mute}),
        _anchor=re.compile(f"[{''.join(sorted(set(anchors.values())))}]"),
        _anchored={
            c: tuple((p.index(c), p, new) for p, new in phrases.items() if anchors[p] == c) for c in anchors.values()
        },
    )


def _mask(chars: frozenset[str]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(0x110000, np.bool_)
    mask[[ord(c) for c in chars]] = True
    return mask


def _dictionary(name: str) -> dict[str, str]:
    """Old → new; where OpenCC gives several forms, its first."""
    lines = (resources.files("opencc") / "dictionary" / name).read_text(encoding="utf-8").splitlines()
    pairs = (line.strip().split("\t") for line in lines)
    return {old: new.split(" ")[0] for old, new in pairs}


def _deny_list() -> frozenset[str]:
    return _listed("script_deny.txt")


def _listed(name: str) -> frozenset[str]:
    """The characters of a list: separated by blanks, up to a tab; `#` begins a comment line."""
    text = (resources.files("pipeline.language") / "data" / name).read_text(encoding="utf-8")
    rows = (line.split("\t")[0] for line in text.splitlines() if not line.startswith("#"))
    return frozenset(c for row in rows for c in row.split())


def _in_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _anchors(phrases: list[str]) -> dict[str, str]:
    """Phrase → one of its characters, by which it is found: few in all, and rare ones.

    Rare are the characters outside GB2312, and those that many phrases share (乾 於 藉 覆 瞭 …).
    """
    anchors: dict[str, str] = {}
    while left := [p for p in phrases if p not in anchors]:
        counts = Counter(c for p in left for c in set(p))
        best = max(counts, key=lambda c: (counts[c] > 1 or not _in_gb2312(c), counts[c], c))
        anchors.update({p: best for p in left if best in p})
    return anchors
