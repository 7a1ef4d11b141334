"""What the look-alike proposer asks of models and lexicons: readings of one character as another, many at once.

Everything is in arrays of character numbers; `pipeline.language.substitution` provides it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

#: How many look-alikes of a character are candidates.
N_ALIKE = 64
#: Log of the sum of the word list's counts.
ALL_WORDS = float(np.log(6e7))


@dataclass(frozen=True)
class Neighbourhood:
    """What the n-gram model makes of some characters in their places, one row a place.

    logs: log probability of the character and of each of the four after it. counts: for n-grams of two to five
    characters, how often each of those that hold the place was seen elsewhere (columns: the place is their last, last
    but one, … character); `own`: how often on the page itself; copies: 1 where a single
    other text has all eight characters around, too.
    `below` and `before` are what readings of one place share.
    """

    logs: Floats
    counts: tuple[Floats, ...]
    own: tuple[Floats, ...]
    copies: Floats
    below: Floats
    before: Floats


@dataclass(frozen=True)
class Words:
    """The words of the word list in some rows of characters.

    logs: for words of two, three, … characters, log(1 + frequency) of the one that begins at each column; 0 = none.
    characters: the same for each character as a word of its own.
    """

    rows: Ids
    logs: tuple[Floats, ...]
    characters: Floats

    def longest_over_middle(self) -> tuple[Floats, Floats]:
        """Of the longest word over the middle of each row: its length (0 = none) and log(1 + frequency)."""
        middle = self.rows.shape[1] // 2
        length, frequency = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        for n, logs in enumerate(self.logs, 2):
            best = logs[:, max(0, middle - n + 1) : middle + 1].max(axis=1)
            length[best > 0] = n
            frequency[best > 0] = best[best > 0]
        return length, frequency

    def cut(self) -> Floats:
        """Log probability of the best cut of each row into words and single characters (maximum of unigram products,
        by dynamic programming, as jieba)."""
        width = self.rows.shape[1]
        best = np.full((width + 1, len(self.rows)), -np.inf)
        best[0] = 0.0
        for end in range(1, width + 1):
            best[end] = best[end - 1] + self.characters[self.rows[:, end - 1]] - ALL_WORDS
            for n, logs in enumerate(self.logs, 2):
                if n <= end:
                    word = logs[:, end - n]
                    best[end] = np.maximum(best[end], np.where(word > 0, best[end - n] + word - ALL_WORDS, -np.inf))
        cut: Floats = best[width]
        return cut


class Substitutions(Protocol):
    """What models and lexicons say when one character is read as another; on numbers of characters, many at once."""

    def __hash__(self) -> int:
        """By identity: what is worked out from the tables is kept for them."""

    @property
    def n_characters(self) -> int:
        """How many characters are numbered."""

    @property
    def first_hanzi(self) -> int:
        """Smaller numbers are no hanzi."""

    @property
    def n_chars(self) -> int:
        """Size of the model's training text in characters."""

    @property
    def weights(self) -> Mapping[str, float]:
        """Weights of the correction model for a language model of this size; empty = too small a one."""

    def encode(self, text: str) -> Ids: ...

    def character(self, number: int) -> str: ...

    def look_alikes(self, ids: Ids) -> tuple[Ids, Singles]:
        """For each character its `N_ALIKE` nearest look-alikes, in order, and how alike they are; 0 = no more."""

    def similarity(self, a: Ids, b: Ids) -> Floats:
        """How alike each a and b are, 0..1; 0 = not among the stored neighbours of either."""

    def words(self, rows: Ids, *, like: Words | None = None, of: Any = None) -> Words:
        """All words of the word list in each row (an odd number of characters).

        With `like` and `of`: row i is row `of[i]` of `like` with another character in the middle.
        """

    def pairs(self, a: Ids, b: Ids) -> npt.NDArray[np.uint8]:
        """How often b followed a, up to 127; plus 128 where a word of the word list holds the pair."""

    def log_frequency(self, ids: Ids) -> Singles:
        """log(1 + count) of each character."""

    def fillers(self, before: Ids, after: Ids, most: int) -> tuple[Any, Ids]:
        """Hanzi that stood between each `before` and `after`: number of the place, and the character."""

    def slots(self, before: Ids, after: Ids) -> tuple[Any, Any]:
        """How many different hanzi stood between each `before` and `after`, and how many in all."""

    def trigram_counts(self, a: Ids, b: Ids, c: Ids) -> Any:
        """How often each trigram was seen."""

    def share_of(self, text: str) -> Any:
        """What the page contributed to the model; None when it was not trained on it."""

    def read(self, rows: Ids, share: Any = None, *, like: Neighbourhood | None = None, of: Any = None) -> Neighbourhood:
        """What the model makes of the middle of each row of nine characters, without what the page contributed.

        With `like` and `of`: row i is row `of[i]` of `like` with another character in the middle.
        """
