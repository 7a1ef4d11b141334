"""General vocabulary: the dictionary that ships with jieba (github.com/fxsjy/jieba, MIT), words with counts and tags.

Only the file is read; jieba itself is never imported (its import and its own loading take a second).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from pipeline.text.models import Bools, Floats, Points
from pipeline.text.points import code_points

_SLOTS = 1 << 22


class Dictionary:
    """349,045 words with how often each was counted (`models.WordList`); tags are kept for names only."""

    def __init__(self, counts: Mapping[str, str | int], persons: frozenset[str], places: frozenset[str]) -> None:
        self._counts = counts  # as read: numbers are made on demand, which halves the time of loading
        self._persons = persons
        self._places = places

    def __len__(self) -> int:
        return len(self._counts)

    def frequency(self, word: str) -> int:
        """How often the word was counted; 0 = unknown."""
        return int(self._counts.get(word, 0))

    def pair_frequencies(self, first: Points, second: Points) -> Floats:
        """The same for words of two characters, given as code points."""
        keys, counts = self._pairs
        asked = first * 0x110000 + second
        order = np.argsort(asked)  # sorted questions walk through memory in order: several times faster
        at = np.empty(len(asked), dtype=np.int64)
        at[order] = np.minimum(np.searchsorted(keys, asked[order]), len(keys) - 1)
        return np.where(keys[at] == asked, counts[at], 0.0)

    def may_join(self, first: Points, second: Points) -> Bools:
        """For pairs of characters, can a word hold the one right before the other? A no is sure; few yes are wrong."""
        found: Bools = self._inside[_slot(first, second)]
        return found

    @cached_property
    def _pairs(self) -> tuple[Points, Floats]:
        """Words of two characters as numbers, sorted, and their counts; one that no text can hold is always there."""
        points, size = self._points()
        two = np.flatnonzero(size == 2)
        first = points[(np.cumsum(size + 1) - size - 1)[two]]
        second = points[(np.cumsum(size + 1) - size)[two]]
        counts = list(self._counts.values())
        keys, numbers = first * 0x110000 + second, np.array([float(counts[n]) for n in two.tolist()])
        order = np.argsort(keys)
        return np.append(-1, keys[order]), np.append(0.0, numbers[order])

    @cached_property
    def _inside(self) -> Bools:
        """By slot: do any neighbours inside a word fall into it?"""
        points, _ = self._points()
        found = np.zeros(_SLOTS, dtype=np.bool_)
        found[_slot(points[:-1], points[1:])] = True
        return found

    def _points(self) -> tuple[Points, Points]:
        """All words as code points, a line break behind each; and how long each is."""
        points = code_points("\n".join([*self._counts, ""])).astype(np.int64)
        return points, np.diff(np.flatnonzero(points == ord("\n")), prepend=-1) - 1

    def by_length(self, shortest: int, longest: int) -> Iterator[tuple[int, list[str], list[int]]]:
        """For each length the words of so many characters, and how often each was counted."""
        for n in range(shortest, longest + 1):
            words = [w for w in self._counts if len(w) == n]
            yield n, words, [int(self._counts[w]) for w in words]

    def is_person(self, word: str) -> bool:
        """Tagged as a person's name (nr, nrt, nrfg). The tags are noisy: 万古长青 is one of them."""
        return word in self._persons

    def is_place(self, word: str) -> bool:
        """Tagged as a place (ns)."""
        return word in self._places

    def with_words(self, words: Mapping[str, int]) -> Dictionary:
        """The same with more words; one that is there keeps the larger count. No word goes over a line break."""
        more = {w: n for w, n in words.items() if n > self.frequency(w) and "\n" not in w}
        return Dictionary({**self._counts, **more}, self._persons, self._places) if more else self

    @property
    def places(self) -> frozenset[str]:
        """All words tagged as places."""
        return self._places


def _slot(first: Points, second: Points) -> Points:
    """A slot for each pair of characters; hanzi spread well."""
    return (first * 0x9E37 + second) & (_SLOTS - 1)


def dictionary_path() -> Path:
    """Where the installed jieba keeps its dictionary.

    Raises:
        FileNotFoundError: jieba is not installed.
    """
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the word list is jieba's dict.txt, and jieba is not installed")
    return Path(spec.origin).parent / "dict.txt"


def parse(text: str) -> Dictionary:
    """Lines of `word count tag`.

    >>> parse("天津 100 ns\\n张三 3 nr\\n").frequency("天津")
    100
    """
    fields = text.split()
    if len(fields) % 3:
        raise ValueError(f"a word list has lines of word, count and tag; {len(fields)} fields are no multiple of 3")
    words, tags = fields[0::3], fields[2::3]
    tagged = list(zip(words, tags, strict=True))
    return Dictionary(
        dict(zip(words, fields[1::3], strict=True)),
        frozenset(w for w, t in tagged if t[:2] == "nr"),
        frozenset(w for w, t in tagged if t == "ns"),
    )


@cache
def load_words() -> Dictionary:
    """The word list, read once (about .2 s)."""
    return parse(dictionary_path().read_text("utf-8"))
