"""What the steps ask of the models. `pipeline.language` provides them; the heart only knows these shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.text.reranking import Reranker
from pipeline.text.substitutions import Substitutions
from pipeline.text.terms import NO_TERMS, Terms

Ids = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]
Points = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Numbers that the language model gives to what is no character.
PARAGRAPH = 1


class WordList(Protocol):
    """Words and their frequencies (general vocabulary; about 350,000 words)."""

    def frequency(self, word: str) -> int:
        """How often the word was counted; 0 = unknown."""

    def pair_frequencies(self, first: Points, second: Points) -> Floats:
        """The same for words of two characters, given as code points."""

    def may_join(self, first: Points, second: Points) -> Bools:
        """For pairs of characters, can a word hold the one right before the other? A no is sure."""


class GlyphSimilarity(Protocol):
    """Which hanzi look alike (GB2312)."""

    def similarity(self, a: str, b: str) -> float:
        """0..1; 0 = not among the stored neighbours of either."""

    def neighbours(self, char: str) -> Sequence[tuple[str, float]]:
        """Look-alikes of `char`, nearest first."""


class ScriptTables(Protocol):
    """Traditional → simplified."""

    @property
    def characters(self) -> Mapping[str, str]:
        """Single characters that may be simplified out of context (the deny-list is already taken out)."""

    @property
    def traditional_only(self) -> frozenset[str]:
        """Characters whose presence speaks for traditional text (deny-listed ones included)."""

    @property
    def variants(self) -> frozenset[str]:
        """Characters that differ from the simplified ones by printing form alone."""

    def word_frequency(self, word: str) -> int:
        """How often a simplified word was counted in general text; 0 = unknown."""

    def convert(self, text: str) -> str:
        """Phrase-level conversion of a whole paragraph; same as OpenCC's t2s."""


class PersonNames(Protocol):
    """What names and their surroundings look like."""

    @property
    def surnames(self) -> frozenset[str]:
        """One- and two-character surnames."""

    @property
    def titles(self) -> tuple[str, ...]:
        """Titles that stand before a name (记者, 局长, 教授, …)."""

    @property
    def speech_verbs(self) -> tuple[str, ...]:
        """Verbs that follow a speaker's name (说, 认为, 表示, …)."""


@dataclass(frozen=True)
class ConfusablePair:
    """Two forms that look alike, different in one hanzi.

    kind `word`: both are real words, told apart by what stands near them; `cues_a` and `cues_b` speak for either.
    kind `form`: `b` is a misprint of `a` wherever no known word lies across it; `cues_b` speak for leaving it.
    Cues: `X` anywhere near, `X_` right before, `_X` right after, `X…` before, `…X` after; `!` after it: strong,
    `!!`: decisive, `!!!`: a set phrase, `?`: speaks for leaving the word as printed, never for putting it there. One
    cue suggests, two correct.
    """

    a: str
    b: str
    cues_a: tuple[str, ...] = ()
    cues_b: tuple[str, ...] = ()
    kind: Literal["word", "form"] = "word"

    @property
    def place(self) -> int:
        """Which character differs."""
        return next(i for i, (x, y) in enumerate(zip(self.a, self.b, strict=True)) if x != y)


class Gazetteer(Protocol):
    """Names of rivers, lakes, mountains and administrative places."""

    def knows(self, name: str) -> bool: ...

    def candidates(self, name: str) -> Sequence[str]:
        """Known places of the same length that differ from `name` in exactly one character."""


class LanguageModel(Protocol):
    """Character n-gram model; knows how much text it has seen. `own` is what a page itself contributed."""

    @property
    def n_chars(self) -> int:
        """Size of the training text in characters; 0 = nothing learned yet."""

    @property
    def model_id(self) -> str:
        """Content hash."""

    def encode(self, text: str) -> Ids:
        """One number a character."""

    def own_counts(self, text: str) -> Any:
        """What this very text contributed, to be taken away when it is scored."""

    def logprobs(self, ids: Ids, own: Any = None) -> Floats:
        """Log probability of each character given the four before it."""

    def row_logprobs(self, rows: Ids, last: int, own: Any = None) -> Floats:
        """The same for the `last` characters of each row; shape (rows, last)."""

    def texts_with_line(self, line: str) -> int:
        """In how many of the training texts this short line stands alone; 0 for one or none."""

    def bigram_counts(self, ids: Ids, own: Any = None) -> Floats:
        """How often each pair (ids[i], ids[i + 1]) was seen; `len(ids) - 1` values."""


#: Other pages on which a name must stand to be thought of where another is printed.
COMMON_PAGES = 3


@dataclass(frozen=True, eq=False)
class Models:
    """Everything the steps look up. Built by `pipeline.language.load_models`. Told apart by identity, so that answers
    can be kept for it (`memo`).

    `page_counts`: on how many pages of the corpus each name stands, for those on two and more.

    From a user: `protected` stays as printed, `known_names` are persons whose names are right, `confusions` tell how
    often people read one character (printed) as another (meant). `knowledge_id` names all this and the names of the
    corpus; empty if there is nothing.
    """

    words: WordList
    glyphs: GlyphSimilarity
    script: ScriptTables
    names: PersonNames
    confusables: tuple[ConfusablePair, ...]
    gazetteer: Gazetteer
    language: LanguageModel
    substitutions: Substitutions
    weights: Mapping[str, float]
    protected: Terms = NO_TERMS
    known_names: frozenset[str] = frozenset()
    confusions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    knowledge_id: str = ""
    page_counts: Mapping[str, int] = field(default_factory=dict)
    reranker: Reranker | None = None

    @property
    def model_id(self) -> str:
        return self.language.model_id

    @cached_property
    def common_names(self) -> frozenset[str]:
        """Names of the corpus of three characters and more that stand on several pages beside any one."""
        return frozenset(n for n, pages in self.page_counts.items() if pages > COMMON_PAGES and len(n) > 2)
