"""Look-alike characters: a hanzi that fits its place badly, read as one that fits it well.

Three steps, each on arrays over a whole page. *Doubtful* are places that the n-gram model hardly knows, on the weaker
side, without what the page itself contributed. Their *candidates* look like what is printed, were confused with it by
people before, or stood between the same neighbours elsewhere. A log-linear model over features that a person can read
(`features`) then weighs each candidate against the others and against leaving the place alone; its weights are trained
by `banmian train-corrections`. Where the language model has seen too little text there are no weights, and nothing is
proposed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.text.candidates import AROUND, Candidates, Ints, PageIds, Support, candidates_of, doubtful
from pipeline.text.memo import last_answer
from pipeline.text.models import Floats, Ids, Models
from pipeline.text.passages import Passage, propose_character
from pipeline.text.points import code_points
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit
from pipeline.text.substitutions import Neighbourhood, Substitutions

RULE = "look_alike"

#: Places no farther apart than this make each other doubtful.
CLOSE = 2
#: On a usual page one character in so many is wrong.
USUAL = 5000.0
#: What the calibration looks at.
CALIBRATION = ("bias", "odds", "noise", "unlike", "unlike_noise")
#: Proposals of one place, and the least confidence of one.
MOST_PROPOSALS, LEAST = 3, 0.1
#: Characters of names written by sound (general knowledge of Chinese news).
BY_SOUND = (
    "阿埃艾安奥巴白贝比毕宾波伯博布查茨达戴丹德登邓迪蒂丁杜顿多厄恩尔法范菲费芬弗夫福盖冈戈格古圭哈海汉赫亨霍基吉加贾杰捷金卡凯坎"
    "考科克肯库拉莱兰劳勒雷里利立林琳卢鲁路伦罗洛马玛迈麦曼芒梅蒙米密敏明莫默姆穆纳娜南内尼涅纽诺努欧帕潘佩彭皮平普奇齐钱乔琼日荣茹瑞"
    "萨塞赛桑瑟森沙珊舍圣施史士斯苏索塔泰坦汤特滕提廷图托瓦万旺威韦维魏温沃乌伍西锡希夏香谢辛休许雅亚延扬耶叶伊因英尤约泽扎詹珍芝兹宗祖佐"
)


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
    candidate and as printed; `[rows, 4]`. names, values: their features, `[features, rows]`.
    """

    candidates: Candidates
    seen: Floats
    had: Floats
    names: tuple[str, ...]
    values: Floats

    @property
    def features(self) -> dict[str, Floats]:
        """Each feature of all rows."""
        return dict(zip(self.names, self.values, strict=True))

    def at(self, places: Ints) -> Weighed:
        """Those of some of the places (sorted)."""
        wanted = np.isin(self.candidates.places, places)
        rows = np.flatnonzero(wanted[self.candidates.of])
        return self._rows(rows, self.candidates.places[wanted], (np.cumsum(wanted) - 1)[self.candidates.of[rows]])

    def _rows(self, rows: Ints, places: Ints, of: Ints) -> Weighed:
        candidates = Candidates(places, of, self.candidates.chars[rows], self.candidates.rank[rows])
        return Weighed(candidates, self.seen[rows], self.had[rows], self.names, self.values[:, rows])

    def and_(self, other: Weighed) -> Weighed:
        """Both, in order of place; they share none."""
        a, b = self.candidates, other.candidates
        places, number = np.unique(np.concatenate([a.places, b.places]), return_inverse=True)
        of = number[np.concatenate([a.of, b.of + len(a.places)])]
        both = Candidates(places, of, np.concatenate([a.chars, b.chars]), np.concatenate([a.rank, b.rank]))
        seen, had = np.concatenate([self.seen, other.seen]), np.concatenate([self.had, other.had])
        joined = Weighed(both, seen, had, self.names, np.concatenate([self.values, other.values], axis=1))
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
    text: str = ""
    support: Support | None = None
    places: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    weighed: Weighed | None = None

    def still_known(self, page: PageIds, places: Ints) -> Ints:
        """Those of the places around which nothing has changed."""
        if len(self.text) != len(page.text):
            return places[:0]
        changed = np.flatnonzero(code_points(self.text) != code_points(page.text))
        # rows reach as far as `AROUND`: no change may stand between their ends
        same = changed.searchsorted(places - AROUND) == changed.searchsorted(places + AROUND, "right")
        known: Ints = places[same & np.isin(places, self.places, assume_unique=True)]
        return known


@last_answer  # the rounds of a page follow each other
def _memory(models: Models, text: str) -> Memory:
    return Memory(models.substitutions.share_of(text))


def examine(passages: Sequence[Passage], text: str, models: Models) -> Examined | None:
    """Everything up to the decision; None where nothing is doubtful."""
    tables = models.substitutions
    page, memory = PageIds(passages, text, tables), _memory(models, text)
    memory.support = Support.of(page.ids, tables, memory.support)
    places = doubtful(memory.support, tables, own=memory.share is not None)
    known = memory.still_known(page, places)
    found = weigh(page, np.setdiff1d(places, known, assume_unique=True), models, memory.share)
    if len(known) and memory.weighed is not None:
        found = memory.weighed.at(known).and_(found)
    memory.text, memory.places, memory.weighed = page.text, places, found
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
    found = features(page, models, candidates, printed, read, alike, seen, had)
    return Weighed(candidates, seen, had, tuple(found), np.stack(list(found.values())))


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
    surnames, sound = _surnames(models), _by_sound(tables)
    short = (before + after < 4) & (before < 4)
    named = short * surnames[rows[np.arange(len(rows)), middle - np.minimum(before, 4)]]
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


@last_answer
def _surnames(models: Models) -> Floats:
    return _marked(models.substitutions, "".join(s for s in models.names.surnames if len(s) == 1))


@last_answer
def _by_sound(tables: Substitutions) -> Floats:
    return _marked(tables, BY_SOUND)


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
