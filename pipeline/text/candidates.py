"""Where a page may hold a misread hanzi, and what it may have been: the first two steps of `look_alikes`.

*Doubtful* are places that the n-gram model hardly knows, on the weaker side, without what the page itself contributed.
Their *candidates* look like what is printed, were confused with it by people before, or stood between the same
neighbours elsewhere. All of it works on arrays over a whole page.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from operator import ne

import numpy as np
import numpy.typing as npt

from pipeline.text.memo import last_answer
from pipeline.text.models import Floats, Ids, Models
from pipeline.text.passages import Passage, is_hanzi, remembered
from pipeline.text.substitutions import N_ALIKE, Singles, Substitutions

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

#: Roles that are read; bylines and markers hold names and numbers.
READ = frozenset({"label", "kicker", "headline", "subhead", "body", "heading", "caption"})
#: Characters on either side of a place that are looked at, and paragraph marks between passages.
AROUND = 5
#: A place is doubtful when the rarer of its two pairs was seen less often than this …
PAIR = 20
#: … and its trigrams on the weaker side less often than this.
TRIGRAM = 2
#: A character that does not look like the printed one comes into question where the printed pair is this rare.
RARE_PAIR = 5
#: Between neighbours as common as this many fillers, any character may stand.
MOST_FILLERS = 200
#: The rough score by which candidates are chosen, from what can be looked up fastest: logs of its two pairs' counts
#: over those of what is printed; likeness; rank among the look-alikes; frequency, and as printed; whether a word of the
#: word list holds either pair, and as printed (a logistic regression over the candidates that the full model finds
#: right, rounded).
PAIRS, LIKENESS, RANK, FREQUENCY, PRINTED_FREQUENCY, WORD, PRINTED_WORD = 1.1, 5.3, -1.1, -0.8, 0.4, 5.1, -1.5
#: What does not look alike counts as this alike and this far away.
UNLIKE, FAR = 0.62, 100.0
#: The least rough score (99 in 100 of the right ones have it), and how many candidates are weighed at one place.
ROUGH, MOST_CANDIDATES = 4.0, 6
#: What a pair's entry in the table is worth, by its count.
PAIR_LOGS = (PAIRS * np.log(np.arange(256) % 128 + 0.5)).astype(np.float32)
#: The same of a count one less.
PAIR_LOGS_WITHOUT_ONE = (PAIRS * np.log(np.maximum(np.arange(256) % 128 - 1, 0) + 0.5)).astype(np.float32)
#: What the rank among the look-alikes is worth.
RANK_LOGS = (RANK * np.log1p(np.arange(N_ALIKE, dtype=np.float32))).astype(np.float32)
#: A trigram that was not looked up yet.
UNASKED = -1
#: The bit of an entry that says that a word holds the pair.
IN_WORD = 128
#: Characters that take each other's place in good sentences: numerals, units of time, directions, units of
#: administration. One is never read as another of its kind: an n-gram model only knows which is commoner.
KINDS = (
    "〇零一二三四五六七八九十百千万亿两几",
    "年月日时分秒",
    "东南西北中",
    "省市县区州旗乡镇村",
    "上下前后左右内外",
    "他她它你我",
)


class PageIds:
    """The passages of a page as one row of character numbers, with paragraph marks around each."""

    def __init__(self, passages: Sequence[Passage], raw: str, tables: Substitutions) -> None:
        self.raw = raw
        self.passages = [p for p in passages if p.role in READ and p.text]
        gap = "\n" * AROUND
        self.text = gap + gap.join(p.text for p in self.passages) + gap
        self.ids: Ids = tables.encode(self.text)
        self._starts: list[int] = []
        at = AROUND
        for p in self.passages:
            self._starts.append(at)
            at += len(p.text) + AROUND

    def place(self, i: int) -> tuple[Passage, int]:
        """The passage that holds character `i` of the row, and where in it."""
        number = bisect_right(self._starts, i) - 1
        return self.passages[number], i - self._starts[number]

    def corrected(self) -> int:
        """How many hanzi were read as others already."""
        return sum(remembered(_corrected, self.passages, self.raw))

    def rows(self, places: Ints, before: int, after: int) -> Ids:
        """The characters around each place."""
        found: Ids = self.ids[places[:, None] + np.arange(-before, after + 1)]
        return found


def _corrected(passages: Sequence[Passage], raw: str) -> list[int]:
    """How many hanzi of each passage are not the ones that were printed."""
    found = []
    for p in passages:
        shown, starts, ends = p.text, p.view.starts, p.view.ends
        if "".join(raw[starts[0] : ends[-1]].split()) == shown:  # as printed, but for white space
            found.append(0)
            continue
        other = compress(range(len(shown)), map(ne, shown, map(raw.__getitem__, starts)))
        hanzi = [i for i in other if is_hanzi(shown[i])]
        found.append(sum(ends[i] - starts[i] == 1 and is_hanzi(raw[starts[i]]) for i in hanzi))
    return found


@dataclass(frozen=True)
class Candidates:
    """Readings of doubtful places: row i proposes character `chars[i]` for `places[of[i]]`; sorted by `of`."""

    places: Ints
    of: Ints
    chars: Ids
    rank: Floats


# --- doubtful places -------------------------------------------------------------------------------------------------


@dataclass
class Support:
    """What the model has seen of a row of characters as `PageIds` makes it (paragraph marks at both ends): how often
    each pair (up to 127) and trigram, by where it begins. Trigrams are filled in as they are counted (till then:
    `UNASKED`)."""

    ids: Ids
    pairs: Bytes
    trigrams: Ints

    @classmethod
    def of(cls, ids: Ids, tables: Substitutions, before: Support | None = None) -> Support:
        """`before`: that of the same row before some of its characters were corrected; what still holds is kept."""
        if before is None or len(before.ids) != len(ids):
            return cls(ids, tables.pairs(ids[:-1], ids[1:]) & np.uint8(127), np.full(len(ids) - 2, UNASKED))
        changed = np.flatnonzero(ids != before.ids)
        pairs, trigrams = before.pairs.copy(), before.trigrams.copy()
        for back in range(2):  # the marks at both ends never change
            pairs[changed - back] = tables.pairs(ids[changed - back], ids[changed - back + 1]) & np.uint8(127)
        for back in range(3):
            trigrams[changed - back] = UNASKED
        return cls(ids, pairs, trigrams)

    def count(self, wanted: Bools, tables: Substitutions) -> Ints:
        """Of the trigrams wanted, how often each was seen; 0 for the others and for the rare."""
        common = wanted & (np.minimum(self.pairs[:-1], self.pairs[1:]) > 1)  # else it was seen once at most
        new = np.flatnonzero(common & (self.trigrams == UNASKED))
        self.trigrams[new] = tables.trigram_counts(self.ids[new], self.ids[new + 1], self.ids[new + 2])
        return np.where(common, self.trigrams, 0)


def doubtful(support: Support, tables: Substitutions, own: bool) -> Ints:
    """Hanzi whose neighbours hardly ever stood beside them, seen from the weaker side; sorted places.

    own: the model was trained on the page, too; what it contributed is taken away.
    """
    ids, pairs = support.ids, support.pairs.astype(np.int64)
    if own:
        pairs = pairs - crowded(ids[:-1].astype(np.int64) * 65536 + ids[1:])
    weaker = np.minimum(pairs[:-1], pairs[1:])  # weaker[i]: of character i + 1
    at = np.flatnonzero((weaker < PAIR) & (ids[1:-1] >= tables.first_hanzi)) + 1
    wanted = np.zeros(len(ids) - 2, dtype=np.bool_)
    for back in range(3):
        wanted[at - back] = True
    trigrams = support.count(wanted, tables)  # [i]: of the one that begins at character i
    if own:
        trigrams -= crowded((ids[:-2].astype(np.int64) * 65536 + ids[1:-1]) * 65536 + ids[2:])
    at = at[trigrams[at - 1] < TRIGRAM]
    left, middle, right = trigrams[at - 2], trigrams[at - 1], trigrams[at]
    found: Ints = at[np.minimum(np.maximum(left, middle), np.maximum(middle, right)) < TRIGRAM]
    return found


def crowded(keys: Ints) -> Ints:
    """How often each key occurs among the keys, or a little more: cheap, and never too few."""
    slot = (keys * 0x9E3779B1 >> 17) & 0xFFFF
    found: Ints = np.bincount(slot, minlength=0x10000)[slot]
    return found


# --- candidates ------------------------------------------------------------------------------------------------------


def candidates_of(page: PageIds, places: Ints, models: Models, own: bool) -> Candidates:
    """The best few readings of each doubtful place; places without any are left out."""
    tables = models.substitutions
    rows = page.rows(places, 2, 2)
    least = _least_score(rows, tables, own)
    of, chars, rank = _look_alikes(rows, least, tables)
    more = [_fillers(rows, least, tables, own), _confused(rows, page, places, models)]
    of = np.concatenate([of, *(m[0] for m in more)])
    chars = np.concatenate([chars, *(m[1] for m in more)]).astype(np.uint16)
    rank = np.concatenate([rank, *(np.full(len(m[0]), FAR) for m in more)])
    _, first = np.unique(of * 65536 + chars, return_index=True)  # look-alikes come first: their rank counts
    kinds = _kinds(tables)
    printed = rows[of[first], 2]
    alike = (kinds[printed] == kinds[chars[first]]) & (kinds[printed] > 0)
    first = first[(chars[first] != printed) & (chars[first] >= tables.first_hanzi) & ~alike]
    of, chars, rank = of[first], chars[first], rank[first]
    kept_places, of = np.unique(of, return_inverse=True)
    return Candidates(places[kept_places], of, chars, rank)


def _rough_score(left: Bytes, right: Bytes, chars: Ids, tables: Substitutions) -> Singles:
    """What its pairs with the characters before and after, words and frequency say for a character."""
    score: Singles = PAIR_LOGS.take(left)
    score += PAIR_LOGS.take(right)
    score += np.float32(FREQUENCY) * tables.log_frequency(chars)
    score += np.float32(WORD) * ((left | right) >= IN_WORD)
    return score


@last_answer
def _kinds(tables: Substitutions) -> Bytes:
    """Number of the kind of each character; 0 = of none."""
    found = np.zeros(65536, dtype=np.uint8)
    for n, kind in enumerate(KINDS, 1):
        found[tables.encode(kind)] = n
    found[: tables.first_hanzi] = 0
    return found


def _least_score(rows: Ids, tables: Substitutions, own: bool) -> Singles:
    """What a candidate must come to. own: the pairs as printed were counted once more for standing here."""
    worth = PAIR_LOGS_WITHOUT_ONE if own else PAIR_LOGS
    left, right = tables.pairs(rows[:, 1], rows[:, 2]), tables.pairs(rows[:, 2], rows[:, 3])
    least = ROUGH + worth[left] + worth[right] - PRINTED_WORD * ((left | right) >= IN_WORD)
    result: Singles = (least - PRINTED_FREQUENCY * tables.log_frequency(rows[:, 2])).astype(np.float32)
    return result


def _look_alikes(rows: Ids, least: Singles, tables: Substitutions) -> tuple[Ints, Ids, Floats]:
    """Characters that look like the printed one and make better pairs with its neighbours."""
    near, alike = tables.look_alikes(rows[:, 2])
    left, right = tables.pairs(rows[:, 1, None], near), tables.pairs(near, rows[:, 3, None])
    good = _likely(rows[:, 2], left, right, near, alike, least, tables)
    near, least = near[good], least[good]
    score = _rough_score(left[good], right[good], near, tables)
    score += np.float32(LIKENESS) * alike[good]
    score += RANK_LOGS
    score[near == 0] = -np.inf
    enough = score >= least[:, None]
    many = np.flatnonzero(enough.sum(axis=1) > MOST_CANDIDATES)
    best = np.argpartition(-score[many], MOST_CANDIDATES, axis=1)[:, :MOST_CANDIDATES]
    enough[many] = False
    enough[many[:, None], best] = True
    at, column = np.nonzero(enough)
    return good[at], near[at, column], column.astype(np.float64)


def _likely(
    printed: Ids, left: Bytes, right: Bytes, near: Ids, alike: Singles, least: Singles, tables: Substitutions
) -> Ints:
    """Numbers of the rows of look-alikes in which one comes to the least score. Most of them make pairs that were never
    seen, whose scores are known beforehand."""
    at = np.flatnonzero((left | right) > 0)
    row, column = at // N_ALIKE, at % N_ALIKE
    score = _rough_score(left.ravel()[at], right.ravel()[at], near.ravel()[at], tables)
    score += np.float32(LIKENESS) * alike.ravel()[at]
    score += RANK_LOGS[column]
    found = _best_unseen(tables)[printed] >= least
    found[row[score >= least[row]]] = True
    return np.flatnonzero(found)


@last_answer
def _best_unseen(tables: Substitutions) -> Singles:
    """For each character, the best score that a look-alike of it has where neither of its pairs was ever seen."""
    near, alike = tables.look_alikes(np.arange(tables.n_characters, dtype=np.uint16))
    never = np.zeros(near.shape, dtype=np.uint8)
    score = _rough_score(never, never, near, tables) + np.float32(LIKENESS) * alike + RANK_LOGS
    score[near == 0] = -np.inf
    best: Singles = score.max(axis=1)
    return best


def _fillers(rows: Ids, least: Singles, tables: Substitutions, own: bool) -> tuple[Ints, Ids]:
    """Characters that stood between the same two neighbours, and go with one more on either side."""
    pairs = np.minimum(tables.pairs(rows[:, 1], rows[:, 2]) & 127, tables.pairs(rows[:, 2], rows[:, 3]) & 127)
    rare = np.flatnonzero(pairs < RARE_PAIR + own)
    of, chars = tables.fillers(rows[rare, 1], rows[rare, 3], MOST_FILLERS)
    of = rare[of]
    left, right = tables.pairs(rows[of, 1], chars), tables.pairs(chars, rows[of, 3])
    score = _rough_score(left, right, chars, tables) + LIKENESS * UNLIKE + RANK * np.log1p(FAR)
    good = np.flatnonzero(score >= least[of])
    of, chars, left, right = of[good], chars[good], left[good], right[good]
    known = np.zeros(len(of), dtype=np.bool_)  # a trigram is known when it was seen twice, and so were its pairs
    at = np.flatnonzero((left & 127) > 1)
    known[at] = tables.trigram_counts(rows[of[at], 0], rows[of[at], 1], chars[at]) > 0
    at = np.flatnonzero(~known & ((right & 127) > 1))
    known[at] = tables.trigram_counts(chars[at], rows[of[at], 3], rows[of[at], 4]) > 0
    return of[known], chars[known]


def _confused(rows: Ids, page: PageIds, places: Ints, models: Models) -> tuple[Ints, Ids]:
    """What people read the printed character as before."""
    if not models.confusions:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint16)
    meant: dict[str, list[str]] = {}
    for printed, after in models.confusions:
        meant.setdefault(printed, []).append(after)
    found = [(n, after) for n, i in enumerate(places.tolist()) for after in meant.get(page.text[i], ())]
    return np.array([n for n, _ in found], dtype=np.int64), models.substitutions.encode("".join(a for _, a in found))
