"""What the language model, the look-alikes and the word list say when one character of a text is read as another.

Everything here works on arrays of character numbers (`alphabet`), many places at once: the look-alike proposer asks
about every tenth character of a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pipeline.language.alphabet import SIZE, Ids, alphabet, encode
from pipeline.language.correction_weights import load_correction_weights
from pipeline.language.glyphs import GlyphTable
from pipeline.language.ngrams import ORDER, Counts, Keys, NgramModel, find, find_between
from pipeline.language.words import Dictionary
from pipeline.text.substitutions import N_ALIKE, Neighbourhood, Words

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Where the hanzi begin in the alphabet.
FIRST_HANZI = alphabet().index("啊")
#: The longest word that is looked up.
LONGEST_WORD = 5
#: Trigrams that are indexed by their ends: no more than the commonest so many.
MOST_TRIGRAMS = 4_000_000

#: In the table of pairs: the most that is counted, and the bit for pairs that stand in words.
MOST_PAIRS, IN_WORD = 127, 128

_BASE = np.uint64(SIZE)


class PageShare:
    """How often n-grams stand on one page: what the page contributed to a model that was trained on it."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._counted: dict[int, tuple[Keys, Ints]] = {}

    def count(self, keys: Keys, n: int) -> Ints:
        """How often each of `keys`, n-grams of order n, stands on the page."""
        if n not in self._counted:
            own, counts = np.unique(_keys(self._ids, n), return_counts=True)
            self._counted[n] = own, np.append(counts, 0)  # the last one: of what is not there
        own, counts = self._counted[n]
        return counts[find(own, keys)]


def _keys(ids: Ids, n: int) -> Keys:
    """All n-grams of a text, whether or not a line ends inside."""
    size = max(0, len(ids) - n + 1)
    keys = wide = ids.astype(np.uint64)
    for k in range(1, n):
        keys = keys[:size] * _BASE + wide[k : k + size]
    return keys


class Substitutions:
    """`models.Substitutions` over an n-gram model, the table of look-alikes and the word list."""

    n_characters, first_hanzi = SIZE, FIRST_HANZI

    def __init__(self, model: NgramModel, glyphs: GlyphTable, words: Dictionary) -> None:
        self.n_chars = model.n_chars
        self._model = model
        self._glyphs = glyphs
        self._words = words
        self._characters = alphabet()

    # --- characters ---------------------------------------------------------------------------------------------------

    def encode(self, text: str) -> Ids:
        """One number a character; line breaks become the paragraph mark."""
        return encode(text)

    def character(self, number: int) -> str:
        return self._characters[number]

    def look_alikes(self, ids: Ids) -> tuple[Ids, npt.NDArray[np.float32]]:
        """For each character its look-alikes, nearest first, and how alike they are; 0 = there are no more."""
        near, alike = self._near
        return near[ids], alike[ids]

    def similarity(self, a: Ids, b: Ids) -> Floats:
        """How alike each a and b are, 0..1; 0 = not among the stored neighbours of either."""
        keys, values = self._alike
        at = find(keys, a.astype(np.uint64) * _BASE + b)
        return np.where(at >= 0, values[at], 0).astype(np.float64)

    @cached_property
    def _alike(self) -> tuple[Keys, npt.NDArray[np.float32]]:
        """Both ways of the table: sorted pairs and their similarity."""
        chars, near, similar = self._glyphs.arrays()
        number = encode(chars).astype(np.int64)
        a = np.repeat(number, near.shape[1])
        b = number[near.ravel()]
        values = (similar.ravel() / 255).astype(np.float32)
        keys, values = np.concatenate([a * SIZE + b, b * SIZE + a]), np.concatenate([values, values])
        order = np.lexsort((-values, keys))
        keys, values = keys[order], values[order]
        first = np.ones(len(keys), dtype=np.bool_)
        first[1:] = keys[1:] != keys[:-1]
        return keys[first].astype(np.uint64), values[first]

    @cached_property
    def _near(self) -> tuple[Ids, npt.NDArray[np.float32]]:
        keys, values = self._alike
        a, b = (keys // _BASE).astype(np.int64), (keys % _BASE).astype(np.int64)
        order = np.lexsort((b, -values, a))
        a, b, values = a[order], b[order], values[order]
        rank = np.arange(len(a)) - a.searchsorted(a)
        kept = rank < N_ALIKE
        near = np.zeros((SIZE, N_ALIKE), dtype=np.uint16)
        alike = np.zeros((SIZE, N_ALIKE), dtype=np.float32)
        near[a[kept], rank[kept]] = b[kept]
        alike[a[kept], rank[kept]] = values[kept]
        return near, alike

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """Of the correction model for a language model of this size; empty for one that is too small."""
        return load_correction_weights(self.n_chars)

    # --- words --------------------------------------------------------------------------------------------------------

    @cached_property
    def _word_keys(self) -> dict[int, tuple[Keys, Floats]]:
        """Words of 2..LONGEST_WORD hanzi: sorted keys and log(1 + frequency)."""
        found = {}
        for n, words, counts in self._words.by_length(2, LONGEST_WORD):
            ids = encode("".join(words)).reshape(-1, n).astype(np.uint64)
            known = (ids >= FIRST_HANZI).all(axis=1)
            ids = ids[known]
            keys = ids[:, 0].copy()
            for k in range(1, n):
                keys = keys * _BASE + ids[:, k]
            order = np.argsort(keys, kind="stable")
            found[n] = (keys[order], np.log1p(np.array(counts, dtype=np.float64)[known][order]))
        return found

    def words(self, rows: Ids, *, like: Words | None = None, of: Ints | None = None) -> Words:
        """All words of the word list in each row (an odd number of characters).

        With `like` and `of`: row i is row `of[i]` of `like` with another character in the middle.
        """
        middle = rows.shape[1] // 2
        keys = wide = np.asfortranarray(rows.astype(np.uint64))  # by columns
        may = held = np.asfortranarray(self.pairs(rows[:, :-1], rows[:, 1:]) >= IN_WORD)
        found = []
        for n, (table, logs) in self._word_keys.items():
            keys, may = keys[:, :-1] * _BASE + wide[:, n - 1 :], may if n == 2 else may[:, :-1] & held[:, n - 2 :]
            over = slice(0, None) if like is None else slice(max(0, middle - n + 1), middle + 1)
            asked = may[:, over]
            at = find(table, keys[:, over][asked])
            known = np.zeros_like(asked, dtype=np.float64)
            known[asked] = np.where(at >= 0, logs[at], 0.0)
            if like is None:
                found.append(known)
            else:
                assert of is not None
                values = like.logs[n - 2].take(of, axis=0)
                values[:, over] = known
                found.append(values)
        return Words(rows, tuple(found), self._character_logs)

    @cached_property
    def _character_logs(self) -> Floats:
        """log(1 + frequency) of each character as a word of its own."""
        counts = [self._words.frequency(c) if c else 0 for c in self._characters]
        return np.log1p(np.array(counts, dtype=np.float64))

    # --- counts -------------------------------------------------------------------------------------------------------

    def share_of(self, text: str) -> PageShare | None:
        """What the page contributed to the model; None when it was not trained on it."""
        return PageShare(encode(text)) if self._model.has_seen(text) else None

    @cached_property
    def _pairs(self) -> npt.NDArray[np.uint8]:
        """Counts of all pairs of characters, up to 127; the highest bit says that a word holds the pair."""
        table = np.zeros(SIZE * SIZE, dtype=np.uint8)
        keys, counts = self._model.grams.keys[1], self._model.grams.counts[1]
        table[keys.astype(np.int64)] = np.minimum(counts, MOST_PAIRS)
        inside = [keys // _BASE ** np.uint64(k) % (_BASE * _BASE) for n, (keys, _) in self._word_keys.items()
                  for k in range(n - 1)]  # fmt: skip
        table[np.unique(np.concatenate(inside)).astype(np.int64)] |= IN_WORD
        return table

    def pairs(self, a: Ids, b: Ids) -> npt.NDArray[np.uint8]:
        """How often b followed a, up to 127; plus 128 where a word of the word list holds the pair."""
        found: npt.NDArray[np.uint8] = self._pairs.take(a.astype(np.int32) * np.int32(SIZE) + b.astype(np.int32))
        return found

    @cached_property
    def _frequencies(self) -> npt.NDArray[np.float32]:
        counts = np.zeros(SIZE)
        counts[self._model.grams.keys[0].astype(np.int64)] = self._model.grams.counts[0]
        return np.log1p(counts).astype(np.float32)

    def log_frequency(self, ids: Ids) -> npt.NDArray[np.float32]:
        """log(1 + count) of each character."""
        found: npt.NDArray[np.float32] = self._frequencies.take(ids)
        return found

    @cached_property
    def _between(self) -> tuple[Ids, Counts, Keys, Ints]:
        """Trigrams by their ends, in order of first, last, middle: the middle ones; how many were seen up to each; the
        ends, as pairs, and where those of each begin, the last of whom are none's."""
        keys, counts = self._model.grams.keys[2], self._model.grams.counts[2]
        least = 1
        while int((counts >= least).sum()) > MOST_TRIGRAMS:
            least += 1
        middle = (keys // _BASE % _BASE).astype(np.uint16)
        chosen = np.flatnonzero((counts >= least) & (middle >= FIRST_HANZI))
        middle, keys = middle[chosen], keys[chosen]
        ends = keys // (_BASE * _BASE) * _BASE
        keys %= _BASE
        ends += keys
        order = np.lexsort((middle, ends))
        ends = ends[order]
        starts = np.flatnonzero(np.diff(ends, prepend=ends[:1] + np.uint64(1)))
        return (
            middle[order],
            np.append(np.uint32(0), np.cumsum(counts[chosen[order]], dtype=np.uint32)),
            ends[starts],
            np.concatenate([starts, [len(ends), len(ends)]]),
        )

    def fillers(self, before: Ids, after: Ids, most: int) -> tuple[Ints, Ids]:
        """Hanzi that stood between each `before` and `after`: number of the place, and the character. Places with more
        than `most` of them say nothing and have none."""
        low, high = self._slots(before, after)
        size = np.where(high - low <= most, high - low, 0)
        places = np.repeat(np.arange(len(before)), size)
        ends = np.cumsum(size)
        at = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - size, size) + np.repeat(low, size)
        return places, self._between[0][at]

    def slots(self, before: Ids, after: Ids) -> tuple[Ints, Ints]:
        """How many different hanzi stood between each `before` and `after`, and how many in all."""
        upto = self._between[1]
        low, high = self._slots(before, after)
        return high - low, (upto[high] - upto[low]).astype(np.int64)

    def _slots(self, before: Ids, after: Ids) -> tuple[Ints, Ints]:
        _, _, pairs, starts = self._between
        at = find(pairs, before.astype(np.uint64) * _BASE + after)
        at[at < 0] = len(pairs)
        return starts[at], starts[at + 1]

    def trigram_counts(self, a: Ids, b: Ids, c: Ids) -> Ints:
        """How often each trigram was seen, if more than once; else 0."""
        table, counts, starts = self._common
        at = find_between(table, starts[a], starts[a + np.uint16(1)], (a.astype(np.uint64) * _BASE + b) * _BASE + c)
        return np.where(at >= 0, counts[at], 0).astype(np.int64)

    @cached_property
    def _common(self) -> tuple[Keys, Counts, Ints]:
        """The trigrams seen more than once: few enough to stay near the processor; and where those that begin with each
        character start."""
        keys, counts = self._model.grams.keys[2], self._model.grams.counts[2]
        often = np.flatnonzero(counts > 1)
        keys = keys[often]
        starts = np.searchsorted(keys, np.arange(SIZE + 1, dtype=np.uint64) * (_BASE * _BASE))
        return keys, np.append(counts[often], np.uint32(0)), starts  # the last one: of what is not there

    # --- likelihood ---------------------------------------------------------------------------------------------------

    def read(self, rows: Ids, share: PageShare | None = None, *, like: Neighbourhood | None = None,
             of: Ints | None = None) -> Neighbourhood:  # fmt: skip
        """What the model makes of the middle of each row of nine characters, without what the page itself contributed.

        With `like` and `of`: row i is row `of[i]` of `like` with another character in the middle. Then a single other
        text that holds the whole row is not counted either, but told apart (`copies`): it is the same text once more,
        printed or read as badly.
        """
        middle = ORDER - 1
        keys = wide = np.asfortranarray(rows.astype(np.uint64))  # columns: all that follows works on whole ones
        marked = marks = wide < FIRST_HANZI
        found: dict[int, Ints] = {}
        counts: dict[int, Floats] = {}
        own: dict[int, Floats] = {}
        for n in range(1, ORDER + 1):
            if n > 1:
                keys, marked = keys[:, :-1] * _BASE + wide[:, n - 1 :], marked[:, :-1] | marks[:, n - 1 :]
            over = slice(middle - n + 1, middle + 1)  # the n-grams that hold the middle
            at = self._find(keys[:, over], n, found.get(n - 1))
            found[n] = at
            counts[n] = np.where(at >= 0, self._model.grams.counts[n - 1][at], 0).astype(np.float64)
            own[n] = np.zeros_like(counts[n])
            if share is not None:  # the model knows what stands on the page, but for what goes over a line's end
                asked = (at >= 0) | marked[:, over]
                own[n][asked] = share.count(keys[:, over][asked], n)
                counts[n] = np.maximum(counts[n] - own[n], 0)
        copies = (counts[ORDER].min(axis=1) == 1).astype(np.float64)
        less = np.zeros(len(rows))
        if like is None:
            below, before = self._below(rows[:, middle + 1 :]), self._before(wide, share)
        else:
            less = copies
            counts = {n: np.maximum(c - copies[:, None], 0) for n, c in counts.items()}
            below, before = like.below[of], like.before[of]
        logs = np.empty((len(rows), ORDER))
        for e in range(ORDER):
            p = below[:, e]
            for n in range(e + 1, ORDER + 1):
                if n == 1:
                    followed, kinds = np.full(len(rows), float(self.n_chars)), np.full(len(rows), float(SIZE))
                elif e == 0:
                    followed, kinds = before[:, 0, n - 2], before[:, 1, n - 2]
                    followed = np.maximum(followed - less, 0)
                    kinds = np.minimum(kinds, followed)
                else:
                    gone = own[n - 1][:, e - 1] + less
                    followed, kinds = self._followed(found[n - 1][:, e - 1], gone, n - 1)
                mixed = (counts[n][:, e] + kinds * p) / np.maximum(followed + kinds, 1e-12)
                p = np.where(followed > 0, mixed, p)
            logs[:, e] = np.log(p)
        orders = range(2, ORDER + 1)
        return Neighbourhood(
            logs, tuple(counts[n] for n in orders), tuple(own[n] for n in orders), copies, below, before
        )

    def _find(self, keys: Keys, n: int, shorter: Ints | None) -> Ints:
        """Where the n-grams stand in the model's table; -1 = nowhere. `shorter`: the same for order n - 1; an n-gram
        was only seen where both that it holds were."""
        if n == 2:
            alive = (self._pairs.take(keys.astype(np.int64)) & MOST_PAIRS) > 0
        else:
            alive = np.ones_like(keys, dtype=np.bool_)
        if shorter is not None:
            alive[:, :-1] &= shorter >= 0
            alive[:, 1:] &= shorter >= 0
        at = np.full_like(keys, -1, dtype=np.int64)
        beginnings = np.full_like(at, -1)
        if shorter is not None:
            beginnings[:, 1:] = shorter
        asked = keys[alive]
        order = np.argsort(asked)
        found = np.empty(len(asked), dtype=np.int64)
        found[order] = self._model.find(asked[order], n, beginnings[alive][order])
        at[alive] = found
        return at

    def _followed(self, at: Ints, own: Floats, n: int) -> tuple[Floats, Floats]:
        """How often, and by how many kinds of characters, n-grams were followed elsewhere."""
        followed, kinds = np.zeros(len(at)), np.zeros(len(at))
        known = np.flatnonzero(at >= 0)
        followed[known] = np.maximum(self._model.followers[n - 1][at[known]] - own[known], 0)
        kinds[known] = np.minimum(self._model.kinds(at[known], n), followed[known])
        return followed, kinds

    def _before(self, wide: Keys, share: PageShare | None) -> Floats:
        """Followers and kinds of the one to four characters before the middle: `[rows, 2, 4]`."""
        result = np.zeros((len(wide), 2, ORDER - 1))
        known = np.arange(len(wide))  # an n-gram was only seen where its end was
        for n in range(1, ORDER):
            keys = _window(wide[known], ORDER - 1 - n, n)
            at = find(self._model.grams.keys[n - 1], keys)
            keys, at, known = keys[at >= 0], at[at >= 0], known[at >= 0]
            own = np.zeros(len(keys)) if share is None else share.count(keys, n).astype(np.float64)
            result[known, :, n - 1] = np.stack(self._followed(at, own, n), axis=1)
        return result

    def _below(self, after: Ids) -> Floats:
        """Probability of the middle and each of the four characters after it, from the characters between alone."""
        probability = np.full((len(after), ORDER), 1 / SIZE)
        probability[:, 1:] = np.exp(self._model.row_logprobs(after, ORDER - 1))
        return probability


def _window(wide: Keys, start: int, n: int) -> Keys:
    """The n-gram of each row that begins at column `start`."""
    keys = wide[:, start].copy()
    for k in range(1, n):
        keys = keys * _BASE + wide[:, start + k]
    return keys
