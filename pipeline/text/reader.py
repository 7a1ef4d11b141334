"""`Reader`: the language model as the steps use it on one page, with the page's own contribution taken away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.text.models import PARAGRAPH, Floats, Ids, Models, WordList

#: With less text than this (characters) the n-gram model says nothing of use about seams.
LEAST_TEXT = 300_000

_CONTEXT = 4
_AHEAD = 6
_WORDS_COUNTED = 6e7  # the sum of the word list's frequencies
_RAREST = 15.0  # −log of a share of 3 in 10 million: as rare as can be told


class Reader:
    """Reads one page. Where the model has seen nothing (it knows), every score is neutral."""

    def __init__(self, text: str, models: Models) -> None:
        self._model = models.language
        self._own = models.language.own_counts(text)
        self._words = models.words
        self.knows_anything = models.language.n_chars >= LEAST_TEXT

    def seam_scores(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, float, float, float]]:
        """For each (left, right): log-likelihood ratio of right's first 2 and first 6 characters after left's end
        against after a paragraph mark; log P(paragraph ends | left's end); log P(right's first 6 | paragraph start).
        """
        if not pairs or not self.knows_anything:
            return [(0.0, 0.0, 0.0, 0.0)] * len(pairs)
        rows = [self._row(left, right) for left, right in pairs]
        starts = {right[:_AHEAD] for _, right in pairs}
        start_rows = [self._row("", right) for right in sorted(starts)]
        ends = {left[-_CONTEXT:] for left, _ in pairs}
        end_rows = [self._end_row(left) for left in sorted(ends)]
        scores = self._scores(np.stack([*rows, *start_rows, *end_rows]))
        joined = scores[: len(rows)]
        fresh = dict(zip(sorted(starts), scores[len(rows) : len(rows) + len(start_rows)], strict=True))
        close = dict(zip(sorted(ends), scores[len(rows) + len(start_rows) :], strict=True))
        found = []
        for (left, right), row in zip(pairs, joined, strict=True):
            alone = fresh[right[:_AHEAD]]
            n = min(len(right), _AHEAD)
            found.append(
                (
                    float((row[:2] - alone[:2]).sum()),
                    float((row[:n] - alone[:n]).sum()),
                    float(close[left[-_CONTEXT:]][0]),
                    float(alone[:n].sum()),
                )
            )
        return found

    def seam(self, left: str, right: str) -> float:
        """Log P(right's beginning | left's end), summed over six characters."""
        if not self.knows_anything:
            return self.crosses_word(left, right)
        scores = self._scores(np.stack([self._row(left, right)]))
        return float(scores[0][: min(len(right), _AHEAD)].sum()) + 0.5 * self.crosses_word(left, right)

    def runs_on(self, left: str, right: str) -> float:
        """Evidence that a phrase goes on from one printed line to the next: word across, n-grams."""
        _, ratio, _, _ = self.seam_scores([(left, right)])[0]
        return max(-2.0, min(2.0, ratio / 5)) + min(2.0, self.crosses_word(left, right) / 4)

    def objects(self, left: str, right: str) -> bool:
        """Does the model see a new paragraph rather than the next words? Without a model it never objects."""
        if not self.knows_anything:
            return False
        _, ratio, _, _ = self.seam_scores([(left, right)])[0]
        return ratio < -2.0

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

    def bigram_rarity(self, text: str) -> Floats:
        """How much each pair of neighbours in `text` says of a topic, 0..1: the rarer in the model, the more.

        A pair that is a word of the word list is at most as rare as that word. `len(text) - 1` values.
        """
        ids = self._model.encode(text)
        seen = self._model.bigram_counts(ids, self._own)
        share = (seen + 0.5) / (self._model.n_chars + 1e4)
        unique: dict[str, float] = {}
        known = np.empty(len(text) - 1)
        for i in range(len(text) - 1):
            pair = text[i : i + 2]
            if pair not in unique:
                unique[pair] = self._words.frequency(pair) / _WORDS_COUNTED
            known[i] = unique[pair]
        rarity: Floats = -np.log(np.maximum(share, known)) / _RAREST
        return np.clip(rarity, 0.0, 1.0)

    def encode(self, text: str) -> Ids:
        return self._model.encode(text)

    def _row(self, left: str, right: str) -> Ids:
        row = np.full(_CONTEXT + _AHEAD, PARAGRAPH, dtype=np.uint16)
        if left:
            ids = self._model.encode(left[-_CONTEXT:])
            row[_CONTEXT - len(ids) : _CONTEXT] = ids
        ids = self._model.encode(right[:_AHEAD])
        row[_CONTEXT : _CONTEXT + len(ids)] = ids
        return row

    def _end_row(self, left: str) -> Ids:
        return self._row(left, "\n")

    def _scores(self, rows: Ids) -> Floats:
        flat = self._model.logprobs(rows.ravel(), self._own)
        return flat.reshape(rows.shape)[:, _CONTEXT:]


def word_across(words: WordList, left: str, right: str) -> int:
    """Frequency of the commonest known word (of up to five characters) that lies across a seam; 0 = none."""
    return max(
        (
            words.frequency(left[-i:] + right[:j])
            for i in range(1, min(4, len(left)) + 1)
            for j in range(1, min(4, len(right), 5 - i) + 1)
        ),
        default=0,
    )
