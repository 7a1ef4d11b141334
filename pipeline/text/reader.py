"""`Reader`: the language model as the steps use it on one page, with the page's own contribution taken away."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.text.models import PARAGRAPH, Floats, Ids, Models, Points, WordList
from pipeline.text.points import code_points

#: With less text than this (characters) the n-gram model says nothing of use about seams.
LEAST_TEXT = 300_000

_CONTEXT = 4
_AHEAD = 6
_LONGEST_WORD = 5
_SPLIT = 3.0  # log of the frequency from which on a word across a line break counts as split
_WORDS_COUNTED = 6e7  # the sum of the word list's frequencies
_RAREST = 15.0  # −log of a share of 3 in 10 million: as rare as can be told


class Reader:
    """Reads one page. Where the model has seen nothing (it knows), every score is neutral."""

    def __init__(self, text: str, models: Models) -> None:
        self._model = models.language
        self._own = models.language.own_counts(text)
        self._words = models.words
        self._seams: dict[tuple[str, str], list[float]] = {}
        self.knows_anything = models.language.n_chars >= LEAST_TEXT

    def seam_scores(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """For each (left, right), a row: log-likelihood ratio of right's first 2 and first 6 characters after left's
        end against after a paragraph mark; log P(paragraph ends | left's end); log P(right's first 6 | paragraph
        start). An array of four columns.
        """
        if not pairs or not self.knows_anything:
            return np.zeros((len(pairs), 4))
        keys = [(left[-_CONTEXT:], right[:_AHEAD]) for left, right in pairs]
        new = [key for key in dict.fromkeys(keys) if key not in self._seams]
        if new:
            left = np.arange(0, 2 * len(new), 2)
            texts = [text for key in new for text in key]
            found = self._read_seams(texts, left, left + 1, np.full(len(new), -math.inf))
            self._seams.update(zip(new, found.tolist(), strict=True))
        return np.array([self._seams[key] for key in keys])

    def seams_between(self, texts: Sequence[str], lefts: Points, rights: Points, least: Floats) -> Floats:
        """The same for many pairs of the same texts, given by their numbers.

        Where the first two characters alone come below `least` (a value for each pair), no more are read: the second
        ratio is the first, too.
        """
        if not len(lefts) or not self.knows_anything:
            return np.zeros((len(lefts), 4))
        found = self._read_seams(texts, lefts, rights, least)
        whole = np.isneginf(least)
        asked = zip(lefts[whole].tolist(), rights[whole].tolist(), strict=True)
        keys = [(texts[left][-_CONTEXT:], texts[right][:_AHEAD]) for left, right in asked]
        self._seams.update(zip(keys, found[whole].tolist(), strict=True))
        return found

    def _read_seams(self, texts: Sequence[str], lefts: Points, rights: Points, least: Floats) -> Floats:
        lefts, a = np.unique(lefts, return_inverse=True)
        rights, b = np.unique(rights, return_inverse=True)
        ends = "".join([texts[n][-_CONTEXT:].rjust(_CONTEXT, "\n") for n in lefts.tolist()])
        beginnings = "".join([texts[n][:_AHEAD].ljust(_AHEAD, "\n") for n in rights.tolist()])
        before = self._model.encode(ends).reshape(-1, _CONTEXT)
        after = self._model.encode(beginnings).reshape(-1, _AHEAD)
        size = np.array([len(texts[n][:_AHEAD]) for n in rights.tolist()])
        start = np.full((len(rights), _CONTEXT), PARAGRAPH, dtype=np.uint16)
        fresh = np.where(np.arange(_AHEAD) < size[:, None], self._scores(np.hstack([start, after]), _AHEAD), 0.0)
        closed = self._scores(np.hstack([before, np.full((len(lefts), 1), PARAGRAPH, dtype=np.uint16)]), 1)
        # Beyond `_CONTEXT` characters into the right side the left one is forgotten: both ways read alike.
        opening = self._gain(np.hstack([before[a], after[b, :2]]), fresh[b, :2], size[b])
        further = np.flatnonzero(opening >= least)
        c, d = a[further], b[further]
        gain = opening.copy()
        gain[further] += self._gain(np.hstack([before[c, 2:], after[d, :_CONTEXT]]), fresh[d, 2:_CONTEXT], size[d] - 2)
        return np.column_stack([opening, gain, closed[a, 0], fresh[b].sum(axis=1)])

    def _gain(self, rows: Ids, fresh: Floats, size: npt.NDArray[np.int64]) -> Floats:
        """By how much two characters are likelier where they stand than at the start of a paragraph, summed; `size`:
        how many of them there are."""
        gain: Floats = np.where(np.arange(2) < size[:, None], self._scores(rows, 2) - fresh, 0.0)
        total: Floats = gain.sum(axis=1)
        return total

    def seam(self, left: str, right: str) -> float:
        """Log P(right's beginning | left's end), summed over six characters."""
        if not self.knows_anything:
            return self.crosses_word(left, right)
        _, ratio, _, start = self.seam_scores([(left, right)])[0]
        return float(ratio + start) + 0.5 * self.crosses_word(left, right)

    def runs_on(self, left: str, right: str) -> float:
        """Evidence that a phrase goes on from one printed line to the next: word across, n-grams."""
        ratio = float(self.seam_scores([(left, right)])[0, 1])
        return max(-2.0, min(2.0, ratio / 5)) + min(2.0, self.crosses_word(left, right) / 4)

    def objects(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """For each (left, right), does the model see a new paragraph rather than the next words? Without a model it
        never objects."""
        return (self.seam_scores(pairs)[:, 1] < -2.0).tolist() if pairs else []

    def recurrence(self, line: str) -> float:
        """Log of the number of other texts in which this line stands alone: names of columns recur, headlines don't.

        The model counts lines from two texts on, so with this page among them one other is known of at least.
        """
        others = self._model.texts_with_line(line) - (self._own is not None)
        return float(np.log1p(max(others, 0)))

    def badness(self, text: str) -> float:
        """Mean negative log-probability a character: higher is less like language."""
        if not self.knows_anything or not text:
            return -float(len(text)) * 1e-3  # the longer copy is the better one
        return -float(self._model.logprobs(self._model.encode(text), self._own).mean())

    def crosses_word(self, left: str, right: str) -> float:
        """Log frequency of the commonest known word that lies across the seam; 0 = none."""
        return float(np.log1p(word_across(self._words, left, right)))

    def words_across(self, texts: Sequence[str], lefts: Points, rights: Points) -> Floats:
        """The same for many pairs of the same texts, given by their numbers. Only as much of both is tried as
        neighbours inside words allow."""
        most = _LONGEST_WORD - 1
        ends = code_points("".join([text[-most:].rjust(most, "\n") for text in texts])).reshape(-1, most)
        beginnings = code_points("".join([text[:most].ljust(most, "\n") for text in texts])).reshape(-1, most)
        points = np.hstack([ends[lefts], beginnings[rights]]).astype(np.int64)
        joined = self._words.may_join(points[:, :-1], points[:, 1:])
        across = joined[:, most - 1]
        before = 1 + np.logical_and.accumulate(joined[:, most - 2 :: -1], axis=1).sum(axis=1)
        behind = 1 + np.logical_and.accumulate(joined[:, most:], axis=1).sum(axis=1)
        found = np.zeros(len(lefts))
        for n in np.flatnonzero(across).tolist():
            left, right = texts[lefts[n]], texts[rights[n]]
            found[n] = word_across(self._words, left[-before[n] :], right[: behind[n]])
        return np.log1p(found)

    def splits_word(self, left: str, right: str) -> bool:
        """Does a word that is not rare lie across the seam?"""
        return self.crosses_word(left, right) >= _SPLIT

    def bigram_rarity(self, text: str) -> Floats:
        """How much each pair of neighbours in `text` says of a topic, 0..1: the rarer in the model, the more.

        A pair that is a word of the word list is at most as rare as that word. `len(text) - 1` values.
        """
        ids = self._model.encode(text)
        seen = self._model.bigram_counts(ids, self._own)
        share = (seen + 0.5) / (self._model.n_chars + 1e4)
        points = code_points(text).astype(np.int64)
        known = self._words.pair_frequencies(points[:-1], points[1:]) / _WORDS_COUNTED
        rarity: Floats = -np.log(np.maximum(share, known)) / _RAREST
        return np.clip(rarity, 0.0, 1.0)

    def encode(self, text: str) -> Ids:
        return self._model.encode(text)

    def _scores(self, rows: Ids, last: int) -> Floats:
        return self._model.row_logprobs(rows, last, self._own)


def word_across(words: WordList, left: str, right: str) -> int:
    """Frequency of the commonest known word (of up to five characters) that lies across a seam; 0 = none."""
    most = _LONGEST_WORD - 1
    lefts = [left[-i:] for i in range(1, min(most, len(left)) + 1)]
    rights = [right[:j] for j in range(1, min(most, len(right)) + 1)]
    found = [words.frequency(a + b) for a in lefts for b in rights[: _LONGEST_WORD - len(a)]]
    return max(found, default=0)
