"""What person names and their surroundings look like: surnames, titles, speech verbs (data files, own knowledge)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class NameLexicon:
    """`models.PersonNames`; titles and verbs longest first."""

    surnames: frozenset[str]
    titles: tuple[str, ...]
    speech_verbs: tuple[str, ...]


def read_list(path: Path) -> tuple[str, ...]:
    """The entries of a list file: separated by white space, `#` begins a comment line; each once, in file order."""
    lines = path.read_text("utf-8").splitlines()
    return tuple(dict.fromkeys(w for line in lines if not line.startswith("#") for w in line.split()))


def longest_first(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda w: (-len(w), w)))


@cache
def load_names() -> NameLexicon:
    """The lists, read once."""
    return NameLexicon(
        surnames=frozenset(read_list(DATA / "surnames.txt")),
        titles=longest_first(read_list(DATA / "titles.txt")),
        speech_verbs=longest_first(read_list(DATA / "speech_verbs.txt")),
    )
