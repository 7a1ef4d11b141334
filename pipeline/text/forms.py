"""Finds thousands of short forms in a text in one pass: a table of character pairs, then a look at each hit.

A page is scanned at some hundred million characters a second; Python is only entered where a form begins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from pipeline.text.points import code_points

#: Code points below this one have a place in the tables. Forms that begin with others (very rare hanzi) are looked for
#: one by one.
PLANE = 0x10000


class FormIndex:
    """Forms of two characters or more.

    >>> list(FormIndex(["进发", "发现", "己经"]).find("自己经过，向前进发现场"))
    [(1, '己经'), (7, '进发'), (8, '发现')]
    """

    def __init__(self, forms: Iterable[str]) -> None:
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for form in sorted(set(forms)):
            if len(form) < 2:
                raise ValueError(f"a form has two characters or more, not {form!r}")
            self._by_start[form[:2]].append(form)
        starts = [s for s in self._by_start if max(map(ord, s)) < PLANE - 1]
        self._rare = [form for s in self._by_start if max(map(ord, s)) >= PLANE - 1 for form in self._by_start[s]]
        self._first, self._wide = _numbered(s[0] for s in starts)
        self._second, self._narrow = _numbered(s[1] for s in starts)
        self._pairs = np.zeros(self._wide * self._narrow, dtype=np.bool_)
        for s in starts:
            self._pairs[int(self._first[ord(s[0])]) * self._narrow + int(self._second[ord(s[1])])] = True

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Each place where a form stands, with the form; in order of place, overlaps included."""
        return iter(sorted([*self._indexed(text), *self._searched(text)])) if self._rare else self._indexed(text)

    def _searched(self, text: str) -> Iterator[tuple[int, str]]:
        for form in self._rare:
            at = text.find(form)
            while at >= 0:
                yield at, form
                at = text.find(form, at + 1)

    def _indexed(self, text: str) -> Iterator[tuple[int, str]]:
        if len(text) < 2:
            return
        codes = code_points(text)
        codes = np.minimum(codes, PLANE - 1)
        keys = self._first[codes[:-1]].astype(np.int32) * self._narrow + self._second[codes[1:]]
        for at in np.flatnonzero(self._pairs[keys]).tolist():
            for form in self._by_start[text[at : at + 2]]:
                if len(form) == 2 or text.startswith(form, at):
                    yield at, form


def _numbered(chars: Iterable[str]) -> tuple[npt.NDArray[np.uint16], int]:
    """A table from code point to number (0 = none of `chars`), and how many numbers there are."""
    known = sorted(set(chars))
    table = np.zeros(PLANE, dtype=np.uint16)
    for number, char in enumerate(known, 1):
        table[ord(char)] = number
    return table, len(known) + 1
