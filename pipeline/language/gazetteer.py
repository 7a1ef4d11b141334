"""Names of places: rivers, lakes and mountains (data files, general knowledge), administrative places (jieba's ns)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pipeline.language.names import read_list
from pipeline.language.words import load_words

DATA = Path(__file__).parent / "data"
LISTS = ("places_rivers.txt", "places_lakes.txt", "places_mountains.txt")
#: A place of the word list is an administrative one when it ends so (towns are too many, most are in no list).
ADMINISTRATIVE = tuple("省市县区州旗盟")
#: Shorter names have look-alikes everywhere (东河, 乐河).
SHORTEST = 3
WILDCARD = "?"


class PlaceIndex:
    """Known places (`models.Gazetteer`), found by name and by name with one character unknown."""

    def __init__(self, places: Iterable[str], others: frozenset[str] = frozenset()) -> None:
        """`places` can be candidates; `others` are only known."""
        self._places = frozenset(places)
        self._others = others
        self._patterns: dict[str, list[str]] = defaultdict(list)
        for name in sorted(p for p in self._places if len(p) >= SHORTEST):
            for pattern in patterns(name):
                self._patterns[pattern].append(name)

    def __len__(self) -> int:
        return len(self._places)

    def knows(self, name: str) -> bool:
        return name in self._places or name in self._others

    def candidates(self, name: str) -> tuple[str, ...]:
        """Known places of the same length that differ from `name` in exactly one character."""
        found = (place for p in patterns(name) if p in self._patterns for place in self._patterns[p])
        return tuple(sorted({place for place in found if place != name}))


def patterns(name: str) -> list[str]:
    """The name with each character in turn unknown.

    >>> patterns("永定河")
    ['?定河', '永?河', '永定?']
    """
    return [name[:i] + WILDCARD + name[i + 1 :] for i in range(len(name))]


@cache
def load_gazetteer(own: frozenset[str] = frozenset()) -> PlaceIndex:
    """The places, read once; with a user's `own`."""
    listed = {name for file in LISTS for name in read_list(DATA / file)}
    tagged = load_words().places
    administrative = {p for p in tagged if len(p) >= SHORTEST and p.endswith(ADMINISTRATIVE)}
    return PlaceIndex(listed | administrative | own, tagged | own)
