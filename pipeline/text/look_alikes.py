"""Look-alike characters: a hanzi that fits its place badly, read as one that fits it well.

Three steps, each on arrays over a whole page. *Doubtful* are places that the n-gram model hardly knows, on the weaker
side, without what the page itself contributed. Their *candidates* look like what is printed, were confused with it by
people before, or stood between the same neighbours elsewhere. A log-linear model over features that a person can read
(`features`) then weighs each candidate against the others and against leaving the place alone; its weights are trained
by `banmian train-corrections`. Where the language model has seen too little text there are no weights, and nothing is
proposed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress
from operator import ne
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.text.models import Floats, Ids, Models
from pipeline.text.passages import Passage, code_points, is_hanzi, propose_character, remembered
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit
from pipeline.text.substitutions import N_ALIKE, Neighbourhood, Singles, Substitutions

RULE = "look_alike"

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
#: Places no farther apart than this make each other doubtful.
CLOSE = 2
#: On a usual page one character in so many is wrong.
USUAL = 5000.0
#: What the calibration looks at.
CALIBRATION = ("bias", "odds", "noise", "unlike", "unlike_noise")
#: Proposals of one place, and the least confidence of one.
MOST_PROPOSALS, LEAST = 3, 0.1
#: What a pair's entry in the table is worth, by its count.
PAIR_LOGS = (PAIRS * np.log(np.arange(256) % 128 + 0.5)).astype(np.float32)
#: The same of a count one less.
PAIR_LOGS_WITHOUT_ONE = (PAIRS * np.log(np.maximum(np.arange(256) % 128 - 1, 0) + 0.5)).astype(np.float32)
#: What the rank among the look-alikes is worth.
RANK_LOGS = (RANK * np.log1p(np.arange(N_ALIKE, dtype=np.float32))).astype(np.float32)
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
#: Characters of names written by sound (general knowledge of Chinese news).
BY_SOUND = (
    "阿埃艾安奥巴白贝比毕宾波伯博布查茨达戴丹德登邓迪蒂丁杜顿多厄恩尔法范菲费芬弗夫福盖冈戈格古圭哈海汉赫亨霍基吉加贾杰捷金卡凯坎"
    "考科克肯库拉莱兰劳勒雷里利立林琳卢鲁路伦罗洛马玛迈麦曼芒梅蒙米密敏明莫默姆穆纳娜南内尼涅纽诺努欧帕潘佩彭皮平普奇齐钱乔琼日荣茹瑞"
    "萨塞赛桑瑟森沙珊舍圣施史士斯苏索塔泰坦汤特滕提廷图托瓦万旺威韦维魏温沃乌伍西锡希夏香谢辛休许雅亚延扬耶叶伊因英尤约泽扎詹珍芝兹宗祖佐"
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


def propose(passages: Sequence[Passage], text: str, models: Models, profile: CleaningProfile) -> list[Edit]:
    """Proposals of look-alikes, with their calibrated confidence; nothing where too little text was learned."""
    tables = models.substitutions
    if not tables.weights:
        return []
    found = examine(passages, text, models)
    if found is None:
        return []
    confidence = confidences(found, tables.weights)
    best = _best(found.candidates, confidence)
    return [e for i in best if (e := found.edit(i, float(confidence[i]), text))]


def _best(candidates: Candidates, confidence: Floats) -> list[int]:
    """The rows worth proposing: the likeliest of each place, and of places so close that one wrong character makes
    both doubtful only those of the likelier one; the other is looked at again when that one is decided."""
    of = candidates.of
    order = np.lexsort((-confidence, of))
    rank = np.arange(len(of)) - of[order].searchsorted(of[order])
    kept = order[(rank < MOST_PROPOSALS) & (confidence[order] >= LEAST)]
    top = np.zeros(len(candidates.places))
    np.maximum.at(top, of, confidence)
    for n in np.flatnonzero(np.diff(candidates.places) <= CLOSE).tolist():
        if top[n] >= LEAST and top[n + 1] >= LEAST:
            top[n if top[n] < top[n + 1] else n + 1] = 0.0
    return [int(i) for i in kept if top[of[i]] > 0]


# --- the model -------------------------------------------------------------------------------------------------------


def shares(features: Mapping[str, Floats], of: Ints, weights: Mapping[str, float]) -> Floats:
    """How likely each candidate is. At one place the candidates compete with each other and with what is printed,
    whose score is 0."""
    score = np.full(len(of), weights.get("bias", 0.0))
    for name, values in features.items():
        score += weights.get(name, 0.0) * values
    return choice_shares(score, of)


def choice_shares(score: Floats, of: Ints) -> Floats:
    """exp(score) over the sum of its place's and 1 (McFadden 1974)."""
    starts = np.flatnonzero(np.diff(of, prepend=-1))
    top = np.maximum(np.maximum.reduceat(score, starts), 0.0)
    odds = np.exp(score - top[of])
    result: Floats = odds / (np.add.reduceat(odds, starts) + np.exp(-top))[of]
    return result


def noise(share: Floats, candidates: Candidates, n_chars: int, made: int = 0) -> Floats:
    """For each row, how bad the rest of its page is: log of the expected number of wrong characters (`made` have been
    corrected already) beside what a page of that length usually has."""
    wrong = np.zeros(len(candidates.places))
    np.add.at(wrong, candidates.of, share)
    upto = np.concatenate([[0.0], np.cumsum(wrong)])
    first = candidates.places.searchsorted(candidates.places - CLOSE)
    last = candidates.places.searchsorted(candidates.places + CLOSE, "right")
    others = np.maximum(upto[-1] - (upto[last] - upto[first]), 0.0) + made
    expected: Floats = np.log((others + 1) / (n_chars / USUAL + 1))
    return expected[candidates.of]


def calibrated(share: Floats, noise: Floats, unlike: Floats, weights: Mapping[str, float]) -> Floats:
    """The share made to mean what it says (Platt 1999), by how bad the page is: on a clean one, what does not look
    alike is hardly ever a misreading."""
    share = np.clip(share, 1e-9, 1 - 1e-9)
    odds = calibration_features(share, noise, unlike) @ [weights.get(f"calibration.{n}", 0.0) for n in CALIBRATION]
    result: Floats = 1 / (1 + np.exp(-odds))
    return result


def calibration_features(share: Floats, noise: Floats, unlike: Floats) -> Floats:
    """The columns of `CALIBRATION`."""
    return np.column_stack([np.ones(len(share)), np.log(share / (1 - share)), noise, unlike, unlike * noise])


def confidences(found: Examined, weights: Mapping[str, float]) -> Floats:
    """How sure each candidate is."""
    share = shares(found.features, found.candidates.of, weights)
    if share.max() < LEAST / 2:
        return share
    bad = noise(share, found.candidates, len(found.page.text), found.page.corrected())
    return calibrated(share, bad, found.features["unlike"], weights)


@dataclass(frozen=True)
class Weighed:
    """Candidates and what is known of them, from the characters around each place and the models alone.

    seen, had: how often the commonest n-gram of 2, 3, 4, 5 characters over the place was seen elsewhere, with the
    candidate and as printed; `[rows, 4]`.
    """

    candidates: Candidates
    seen: Floats
    had: Floats
    features: Mapping[str, Floats]

    def at(self, places: Ints) -> Weighed:
        """Those of some of the places (sorted)."""
        wanted = np.isin(self.candidates.places, places)
        rows = np.flatnonzero(wanted[self.candidates.of])
        return self._rows(rows, self.candidates.places[wanted], (np.cumsum(wanted) - 1)[self.candidates.of[rows]])

    def _rows(self, rows: Ints, places: Ints, of: Ints) -> Weighed:
        features = {name: values[rows] for name, values in self.features.items()}
        candidates = Candidates(places, of, self.candidates.chars[rows], self.candidates.rank[rows])
        return Weighed(candidates, self.seen[rows], self.had[rows], features)

    def and_(self, other: Weighed) -> Weighed:
        """Both, in order of place; they share none."""
        a, b = self.candidates, other.candidates
        places, number = np.unique(np.concatenate([a.places, b.places]), return_inverse=True)
        of = number[np.concatenate([a.of, b.of + len(a.places)])]
        both = Candidates(places, of, np.concatenate([a.chars, b.chars]), np.concatenate([a.rank, b.rank]))
        features = {name: np.concatenate([self.features[name], other.features[name]]) for name in self.features}
        joined = Weighed(both, np.concatenate([self.seen, other.seen]), np.concatenate([self.had, other.had]), features)
        order = np.argsort(of, kind="stable")
        return joined._rows(order, places, of[order])


@dataclass(frozen=True)
class Examined:
    """A page's candidates and what is known of them."""

    page: PageIds
    tables: Substitutions
    candidates: Candidates
    seen: Floats
    had: Floats
    features: Mapping[str, Floats]

    def edit(self, i: int, confidence: float, text: str) -> Edit | None:
        """Candidate `i` as a proposal."""
        place = int(self.candidates.places[self.candidates.of[i]])
        passage, at = self.page.place(place)
        after = self.tables.character(int(self.candidates.chars[i]))
        before, following = passage.text[max(0, at - 1) : at], passage.text[at + 1 : at + 2]
        seen, had = ("/".join(f"{n:.0f}" for n in counts[i]) for counts in (self.seen, self.had))
        alike = self.features["alike"][i]
        likeness = f"glyph {alike:.2f}" if alike else "do not look alike"
        evidence = (
            f"{before}{after}{following} for {before}{passage.text[at]}{following}: n-grams of 2/3/4/5 seen {seen} "
            f"times, as printed {had}; {likeness}"
        )
        return propose_character(passage, at, after, text, RULE, confidence, evidence)


@dataclass
class Memory:
    """What was found out about a page in the round before. After a few corrections nearly all of it still holds.

    share: what the page contributed to the model. places: all that were looked at, with candidates or without.
    """

    share: Any
    models: Models | None = None
    text: str = ""
    places: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    weighed: Weighed | None = None

    def still_known(self, page: PageIds, places: Ints, models: Models) -> Ints:
        """Those of the places around which nothing has changed."""
        if self.models is not models or len(self.text) != len(page.text):
            return places[:0]
        changed = np.flatnonzero(code_points(self.text) != code_points(page.text))
        # rows reach as far as `AROUND`: no change may stand between their ends
        same = changed.searchsorted(places - AROUND) == changed.searchsorted(places + AROUND, "right")
        known: Ints = places[same & np.isin(places, self.places, assume_unique=True)]
        return known


@lru_cache(maxsize=1)
def _memory(text: str, tables: Substitutions) -> Memory:
    """The rounds of a page follow each other, so that one memory is enough."""
    return Memory(tables.share_of(text))


#: Lets go of the last page, and with it of its models.
forget_page = _memory.cache_clear


def examine(passages: Sequence[Passage], text: str, models: Models) -> Examined | None:
    """Everything up to the decision; None where nothing is doubtful."""
    tables = models.substitutions
    page, memory = PageIds(passages, text, tables), _memory(text, tables)
    places = doubtful(page, tables, own=memory.share is not None)
    known = memory.still_known(page, places, models)
    found = weigh(page, np.setdiff1d(places, known, assume_unique=True), models, memory.share)
    if len(known) and memory.weighed is not None:
        found = memory.weighed.at(known).and_(found)
    memory.models, memory.text, memory.places, memory.weighed = models, page.text, places, found
    if not len(found.candidates.of):
        return None
    features = {**found.features, "doubts": doubts(found.candidates)}
    return Examined(page, tables, found.candidates, found.seen, found.had, features)


def weigh(page: PageIds, places: Ints, models: Models, share: Any) -> Weighed:
    """The candidates of doubtful places with all that is known of them but the other doubts."""
    tables = models.substitutions
    candidates = candidates_of(page, places, models, own=share is not None)
    rows = page.rows(candidates.places, 4, 4)
    printed = tables.read(rows, share)
    replaced = rows[candidates.of]
    replaced[:, 4] = candidates.chars
    read = tables.read(replaced, share, like=printed, of=candidates.of)
    alike = tables.similarity(rows[candidates.of, 4], candidates.chars)
    seen, had = (np.stack([c.max(axis=1) for c in counts], axis=1) for counts in (read.counts, printed.counts))
    had = had[candidates.of]
    return Weighed(candidates, seen, had, features(page, models, candidates, printed, read, alike, seen, had))


# --- doubtful places -------------------------------------------------------------------------------------------------


def doubtful(page: PageIds, tables: Substitutions, own: bool) -> Ints:
    """Hanzi whose neighbours hardly ever stood beside them, seen from the weaker side; sorted places.

    own: the model was trained on the page, too; what it contributed is taken away.
    """
    ids = page.ids
    seen = tables.pairs(ids[:-1], ids[1:]) & np.uint8(127)
    pairs = seen.astype(np.int64)
    if own:
        pairs = pairs - crowded(ids[:-1].astype(np.int64) * 65536 + ids[1:])
    weaker = np.minimum(pairs[:-1], pairs[1:])  # weaker[i]: of character i + 1
    at = np.flatnonzero((weaker < PAIR) & (ids[1:-1] >= tables.first_hanzi)) + 1
    trigrams = _trigrams(ids, at, seen, tables, own)  # [i]: of the one that begins at character i
    at = at[trigrams[at - 1] < TRIGRAM]
    left, middle, right = trigrams[at - 2], trigrams[at - 1], trigrams[at]
    support = np.minimum(np.maximum(left, middle), np.maximum(middle, right))
    found: Ints = at[support < TRIGRAM]
    return found


def _trigrams(ids: Ids, places: Ints, pairs: Bytes, tables: Substitutions, own: bool) -> Ints:
    """Counts of the trigrams that hold one of the places, by where they begin; 0 for the others and for the rare."""
    asked = np.zeros(len(ids) - 2, dtype=np.bool_)
    for back in range(3):
        asked[places - back] = True
    starts = np.flatnonzero(asked & (np.minimum(pairs[:-1], pairs[1:]) > 1))  # else it was seen once at most
    counts = np.zeros(len(asked), dtype=np.int64)
    counts[starts] = tables.trigram_counts(ids[starts], ids[starts + 1], ids[starts + 2])
    if own:
        counts -= crowded((ids[:-2].astype(np.int64) * 65536 + ids[1:-1]) * 65536 + ids[2:])
    return counts


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


@lru_cache(maxsize=1)  # the tables are large: none of another model is kept
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


@lru_cache(maxsize=1)
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


# --- features --------------------------------------------------------------------------------------------------------


def features(
    page: PageIds,
    models: Models,
    candidates: Candidates,
    printed: Neighbourhood,
    read: Neighbourhood,
    alike: Floats,
    seen: Floats,
    had: Floats,
) -> dict[str, Floats]:
    """What speaks for and against each candidate, each scaled to about one. `seen`, `had`: as in `Weighed`.

    `gain*`: how much likelier the n-gram model finds the text. `seen*`, `had*`: logs of the largest count of n-grams
    that hold the place, with the candidate and as printed; `*_share`: how many of them were seen at all. `word*`,
    `*_ever`: whether any was, `both*`: seen both ways. `word*`,
    `had_word*`: a dictionary word over the place. `page`, `page_had`: the same three characters elsewhere on the page.
    """
    tables, of = models.substitutions, candidates.of
    rows = page.rows(candidates.places, AROUND, AROUND)
    before = printed.logs[of]
    gain = read.logs - before
    total = gain.sum(axis=1)
    x: dict[str, Floats] = {
        "gain": np.clip(total, -10, 25) / 5,
        "gain_high": np.clip(total - 8, 0, 15) / 5,
        "gain_weaker": np.clip(np.minimum(gain[:, 0], gain[:, 1:].sum(axis=1)), -8, 8) / 5,
        "likely": np.clip(read.logs.sum(axis=1), -40, 0) / 10,
        "least_likely": np.clip(read.logs.min(axis=1), -14, 0) / 5,
        "alike": alike,
        "very_alike": np.clip(alike - 0.75, 0, 1) * 4,
        "unlike": (alike <= 0).astype(np.float64),
        "rank": np.log1p(candidates.rank) / 4,
    }
    x["gain_unlike"] = x["gain"] * x["unlike"]
    for n, (with_it, without) in enumerate(zip(read.counts, printed.counts, strict=True), 2):
        x[f"seen{n}"] = np.log1p(seen[:, n - 2]) / 3
        x[f"had{n}"] = np.log1p(had[:, n - 2]) / 3
        x[f"seen{n}_share"] = (with_it > 0).sum(axis=1) / n
        x[f"had{n}_share"] = ((without > 0).sum(axis=1) / n)[of]
    x["seen2_weaker"] = np.log1p(read.counts[0].min(axis=1)) / 3
    x["had2_weaker"] = np.log1p(printed.counts[0].min(axis=1))[of] / 3
    x["seen3_middle"] = np.log1p(read.counts[1][:, 1]) / 3
    x["both2_weaker"], x["both3"] = x["seen2_weaker"] * x["had2_weaker"], x["seen3"] * x["had3"]
    for name in ("had2_weaker", "had3", "seen3", "seen4"):
        x[f"{name}_ever"] = (x[name] > 0).astype(np.float64)
    x["copies"] = read.copies
    x["had_copies"] = printed.copies[of]
    x["page"] = np.log1p(read.own[1].max(axis=1))
    x["page_had"] = np.log1p(np.maximum(printed.own[1].max(axis=1) - 1, 0))[of]
    kinds, total = (a[of] for a in tables.slots(rows[:, AROUND - 1], rows[:, AROUND + 1]))
    x["slot_kinds"] = np.log1p(kinds) / 3
    x["slot_share"] = np.log((read.counts[1][:, 1] + 0.5) / (total + 1.0)) / 3
    x["slot_kinds_unlike"] = x["slot_kinds"] * x["unlike"]
    x["slot_share_unlike"] = x["slot_share"] * x["unlike"]
    x |= _word_features(rows, candidates, tables)
    x["frequency"] = tables.log_frequency(candidates.chars) / 5
    x["had_frequency"] = (tables.log_frequency(rows[:, AROUND]) / 5)[of]
    x |= _place_features(rows, candidates, models)
    x["confused"] = _confusion_counts(page, candidates, models)
    return x


def _word_features(rows: Ids, candidates: Candidates, tables: Substitutions) -> dict[str, Floats]:
    of = candidates.of
    replaced = rows[of]
    replaced[:, AROUND] = candidates.chars
    before = tables.words(rows)
    after = tables.words(replaced, like=before, of=of)
    length, frequency = after.longest_over_middle()
    had, had_frequency = before.longest_over_middle()
    x = {
        "word": length,
        "word_frequency": frequency / 5,
        "had_word_frequency": had_frequency[of] / 5,
        "cut": np.clip(after.cut() - before.cut()[of], -10, 20) / 5,
    }
    for n in (2, 3, 4):
        x[f"word{n}"] = (length >= n).astype(np.float64)
        x[f"had_word{n}"] = (had >= n).astype(np.float64)[of]
    return x


def _place_features(rows: Ids, candidates: Candidates, models: Models) -> dict[str, Floats]:
    """What is known of the place: names written by sound, short clauses that may be a name, doubled characters, the
    border of a clause. Other `doubts` are filled in for the page as a whole."""
    tables, of, middle = models.substitutions, candidates.of, AROUND
    hanzi = rows >= tables.first_hanzi
    before = np.cumprod(hanzi[:, middle - 1 :: -1], axis=1).sum(axis=1)
    after = np.cumprod(hanzi[:, middle + 1 :], axis=1).sum(axis=1)
    surnames = _marked(tables, "".join(sorted(s for s in models.names.surnames if len(s) == 1)))
    short = (before + after < 4) & (before < 4)
    named = short * surnames[rows[np.arange(len(rows)), middle - np.minimum(before, 4)]]
    sound = _marked(tables, BY_SOUND)
    around = sound[rows[:, [middle - 2, middle - 1, middle + 1, middle + 2]]].mean(axis=1)
    beside = rows[:, [middle - 1, middle + 1]]
    return {
        "by_sound": around[of],
        "by_sound_both": (around * sound[rows[:, middle]])[of] * sound[candidates.chars],
        "doubled": (beside[of] == candidates.chars[:, None]).any(axis=1).astype(np.float64),
        "had_doubled": (beside == rows[:, middle, None]).any(axis=1).astype(np.float64)[of],
        "short": short[of].astype(np.float64),
        "named": named[of],
        "surname_before": surnames[rows[:, middle - 1]][of],
        "surname_two_before": surnames[rows[:, middle - 2]][of],
        "surname": surnames[rows[:, middle]][of],
        "border": (beside < tables.first_hanzi).mean(axis=1)[of],
        "doubts": np.zeros(len(of)),
    }


@lru_cache(maxsize=2)
def _marked(tables: Substitutions, chars: str) -> Floats:
    """1 at the numbers of some characters, 0 elsewhere."""
    found = np.zeros(65536)
    found[tables.encode(chars)] = 1.0
    return found


def doubts(candidates: Candidates) -> Floats:
    """For each row, on how many sides the next place that has candidates is close."""
    gaps = np.diff(candidates.places)
    close = np.zeros(len(candidates.places))
    close[1:] += gaps <= CLOSE
    close[:-1] += gaps <= CLOSE
    found: Floats = close[candidates.of]
    return found


def _confusion_counts(page: PageIds, candidates: Candidates, models: Models) -> Floats:
    if not models.confusions:
        return np.zeros(len(candidates.of))
    of, chars = candidates.of.tolist(), candidates.chars.tolist()
    printed = [page.text[i] for i in candidates.places.tolist()]
    counts: list[Any] = [
        models.confusions.get((printed[n], models.substitutions.character(c)), 0)
        for n, c in zip(of, chars, strict=True)
    ]
    return np.log1p(np.array(counts, dtype=np.float64))
