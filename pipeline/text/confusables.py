"""Confusable words: two real words that look alike, told apart by the words near them, and misprints that are no word.

Real words: context-sensitive spelling correction (Golding 1995, naive Bayes over context words) with hand-written
cues: each cue near the place adds its log-odds, a prior speaks for what is printed (the more, the commoner it is beside
the other word), and what is printed is right as soon as one cue speaks for it. Where cues have spoken, a language
model is heard as a second witness. Misprints: the frame itself is the evidence; a known word across the place
(自|己经|过) takes it away.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from pipeline.text.forms import FormIndex
from pipeline.text.models import ConfusablePair, Models
from pipeline.text.passages import SENTENCE_ENDS, Passage, propose_character, remembered
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit

RULE = "confusable_word"

#: How far from the word a cue counts, in characters.
NEAR = 12
#: Log-odds: for what is printed; a cue; a strong one (`!`); a decisive one (`!!`); a set phrase (`!!!`); each more when
#: it touches the word.
PRIOR = -1.6
CUE, STRONG, DECISIVE, PHRASE, TOUCHING = 1.5, 3.2, 4.2, 6.0, 0.5
#: Log-odds more for what is printed, for each e-fold beyond the second or so that it is the commoner word; at most.
COMMONER, EVEN, COMMONER_AT_MOST = 0.6, 1.5, 1.5
#: With a cue for what is printed, the other word can be no more than a suggestion.
CONTESTED = 0.7
#: A cue of one character that is part of a word counted so often is that word (数字|系统 holds no 系).
KNOWN = 100
#: Confidence in a misprint whose text cuts into words much better, or somewhat better, with the meant form.
MISPRINT, MISPRINT_UNSURE = 0.96, 0.7
#: What speaks less clearly than two cues is only suggested.
TWO_CUES, ONE_CUE = 0.9, 0.85
GAIN_APPLIED, GAIN_SUGGESTED = 4.0, 2.0
#: A real word whose text cuts better without it by this much (natural log) is no word there.
LOSS = 3.0
#: The lexicon's forms are words, counted so often at least, whatever the word list says (家国, 热钱).
LEAST = 300
#: Log-odds for each e-fold that the language model finds the other word likelier; how many e-folds count at most; how
#: far an n-gram reaches; the model is not asked before it has seen so many characters.
WITNESS, MOST_GAIN, REACH, LEAST_TEXT = 0.3, 12.0, 4, 200_000
NUMERALS = frozenset("千万百十几")
NUMERALS_BEFORE = frozenset("0123456789一二三四五六七八九十百千万几数多余近上超约○〇两")
#: Characters on either side that are cut into words, the longest word, and the sum of the word list's counts.
CONTEXT, MAX_WORD, ALL_WORDS = 5, 4, 6e7

Side = Literal["near", "before", "after", "touching_before", "touching_after"]
Frequency = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Cue:
    """A word that speaks for a form when it stands on the right side of it; one that is not `asserting` speaks for
    leaving the form where it is printed, but never for reading it where the other one is."""

    text: str
    weight: float
    side: Side
    asserting: bool = True

    def found(self, before: str, after: str) -> bool:
        """`before` and `after`: what stands near the form."""
        match self.side:
            case "near":
                return self.text in before or self.text in after
            case "touching_after":
                return after.startswith(self.text)
            case "touching_before":
                return before.endswith(self.text)
            case "before":
                return self.text in before
            case "after":
                return self.text in after

    def is_word(self, before: str, after: str, form: str, frequency: Frequency) -> bool:
        """Found there, is it a word of its own? Asked only of single characters, which are parts of many words; one
        right after the form must make no commoner word with its end, either (潮|水位)."""
        if len(self.text) > 1:
            return True
        match self.side:
            case "touching_after":
                across = form[-1] + self.text
                return not _in_longer_word(after, 0, frequency) and frequency(across) < frequency(form)
            case "touching_before":
                return not _in_longer_word(before, len(before) - 1, frequency)
            case "before":
                places = ((before, i) for i, c in enumerate(before) if c == self.text)
            case "after":
                places = ((after, i) for i, c in enumerate(after) if c == self.text)
            case "near":
                places = ((part, i) for part in (before, after) for i, c in enumerate(part) if c == self.text)
        return any(not _in_longer_word(part, i, frequency) for part, i in places)


def _in_longer_word(text: str, i: int, frequency: Frequency) -> bool:
    return (i > 0 and frequency(text[i - 1 : i + 1]) >= KNOWN) or (
        i + 1 < len(text) and frequency(text[i : i + 2]) >= KNOWN
    )


def parse_cue(written: str) -> Cue:
    """A cue as the lexicon writes it.

    >>> parse_cue("激情!"), parse_cue("向…").side, parse_cue("_出").side
    (Cue(text='激情', weight=3.2, side='near', asserting=True), 'before', 'touching_after')
    """
    text = written.rstrip("!?")
    asserting = not written.endswith("?")
    weight = (CUE, STRONG, DECISIVE, PHRASE)[min(len(written) - len(text), 3)] if asserting else STRONG
    if text.endswith("_"):
        return Cue(text[:-1], weight + TOUCHING, "touching_before", asserting)
    if text.startswith("_"):
        return Cue(text[1:], weight + TOUCHING, "touching_after", asserting)
    if text.endswith("…"):
        return Cue(text[:-1], weight, "before", asserting)
    if text.startswith("…"):
        return Cue(text[1:], weight, "after", asserting)
    return Cue(text, weight, "near", asserting)


@dataclass(frozen=True)
class Reading:
    """A printed form, what it may stand for, the cues for what is printed, and those that assert the other."""

    printed: str
    meant: str
    place: int
    kind: Literal["word", "form"]
    cues_printed: tuple[Cue, ...]
    heard: tuple[Cue, ...]


@dataclass(frozen=True)
class Lexicon:
    """The readings by what is printed, and an index of all that may be printed."""

    readings: dict[str, tuple[Reading, ...]]
    index: FormIndex


class _Pairs:
    """The pairs as a key that is the same object or another one: to compare a thousand pairs costs a page's time."""

    def __init__(self, pairs: tuple[ConfusablePair, ...]) -> None:
        self.pairs = pairs

    def __hash__(self) -> int:
        return id(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pairs) and other.pairs is self.pairs


def lexicon_of(pairs: tuple[ConfusablePair, ...]) -> Lexicon:
    """Both directions of word pairs, one of misprints; made once for the same tuple."""
    return _lexicon_of(_Pairs(pairs))


@lru_cache(maxsize=4)
def _lexicon_of(key: _Pairs) -> Lexicon:
    found: dict[str, list[Reading]] = defaultdict(list)
    for pair in key.pairs:
        cues_a, cues_b = tuple(map(parse_cue, pair.cues_a)), tuple(map(parse_cue, pair.cues_b))
        found[pair.b].append(Reading(pair.b, pair.a, pair.place, pair.kind, cues_b, _asserting(cues_a)))
        if pair.kind == "word":
            found[pair.a].append(Reading(pair.a, pair.b, pair.place, pair.kind, cues_a, _asserting(cues_b)))
    return Lexicon({printed: tuple(r) for printed, r in found.items()}, FormIndex(found))


def _asserting(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    return tuple(c for c in cues if c.asserting)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How sure it is that a reading's other form stands at a place, and why.

    Of real words: `odds` in log-odds; `contested`: a cue speaks for what is printed; `local`: all cues touch the word
    or are single characters, so that an n-gram model has the same evidence and is no second witness for it.
    """

    confidence: float
    why: str
    odds: float | None = None
    contested: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A reading at a place of a passage."""

    reading: Reading
    passage: Passage
    start: int
    judgement: Judgement

    @property
    def place(self) -> int:
        """The character that differs."""
        return self.start + self.reading.place


def propose(passages: Sequence[Passage], text: str, models: Models, profile: CleaningProfile) -> list[Edit]:
    """Proposals for the forms of the lexicon that stand in the passages."""
    read = [p for p in passages if p.role is not None]
    found = (f for findings in remembered(_heard, read, text, models) for f in findings)
    return [edit for f in found if (edit := _proposed(f, text)) is not None]


def _heard(passages: Sequence[Passage], text: str, models: Models) -> list[list[Finding]]:
    """The findings of each passage, by cues and by the language model."""
    findings: dict[int, list[Finding]] = defaultdict(list)
    for f in _hear_the_language_model(list(_findings(passages, models)), text, models):
        findings[id(f.passage)].append(f)
    return [findings[id(p)] for p in passages]


def _findings(read: Sequence[Passage], models: Models) -> Iterator[Finding]:
    lexicon = lexicon_of(models.confusables)
    starts = list(accumulate((len(p.text) + 1 for p in read), initial=0))
    for at, printed in lexicon.index.find("\n".join(p.text for p in read)):
        number = bisect_right(starts, at) - 1
        passage, start = read[number], at - starts[number]
        for reading in lexicon.readings[printed]:
            judgement = judge(reading, passage.text, start, models)
            if judgement is not None:
                yield Finding(reading, passage, start, judgement)


def _proposed(f: Finding, text: str) -> Edit | None:
    after, evidence = f.reading.meant[f.reading.place], f"{f.reading.meant} for {f.reading.printed}: {f.judgement.why}"
    return propose_character(f.passage, f.place, after, text, RULE, f.judgement.confidence, evidence)


def judge(reading: Reading, shown: str, start: int, models: Models) -> Judgement | None:
    """Does `reading.meant` stand at `start`? None = nothing says so."""
    before, after = _near(shown, start, start + len(reading.printed))
    if reading.kind == "form":
        spoken_against = any(c.found(before, after) for c in reading.cues_printed)
        return None if spoken_against else _judge_misprint(reading, before, after, models)
    frequency, near = models.words.frequency, before + after
    speaking = [
        c
        for c in reading.heard
        if c.text[:1] in near and c.found(before, after) and c.is_word(before, after, reading.meant, frequency)
    ]
    heard = _total(speaking)
    if heard <= CUE + TOUCHING:  # one weak cue says nothing
        return None
    if not stands_as_word(reading.printed, before, after, models):
        return None
    against = [c for c in reading.cues_printed if c.found(before, after)]
    words = " ".join(c.text for c in speaking)
    contrary = f"against it {' '.join(c.text for c in against)}" if against else "nothing for the printed word"
    odds = prior(reading, frequency) + heard - _total(against)
    local = all(c.side.startswith("touching") or len(c.text) == 1 for c in speaking)
    return _of_odds(odds, bool(against), local, f"near it {words}, {contrary}; log-odds {odds:+.1f}")


def _of_odds(odds: float, contested: bool, local: bool, why: str) -> Judgement:
    confidence = 1 / (1 + math.exp(-odds))
    if confidence < TWO_CUES:
        confidence = min(confidence, ONE_CUE)
    return Judgement(min(confidence, CONTESTED) if contested else confidence, why, odds, contested, local)


def _hear_the_language_model(found: list[Finding], text: str, models: Models) -> list[Finding]:
    """A second witness for real words: how much likelier the sentence is with the other word, without what the page
    itself contributed to the model. It is only asked where cues have spoken, and a model that has seen little is not.
    """
    language = models.language
    asked = [f for f in found if f.judgement.odds is not None]
    if not asked or language.n_chars < LEAST_TEXT:
        return found
    windows = [w for f in asked for w in _windows(f)]
    scores = language.logprobs(language.encode("".join(windows)), language.own_counts(text))
    totals, at = [], 0
    for window in windows:
        totals.append(float(scores[at + REACH : at + len(window)].sum()))
        at += len(window)
    gains = [meant - printed for printed, meant in zip(totals[::2], totals[1::2], strict=True)]
    heard = {id(f): _with_witness(f, gain) for f, gain in zip(asked, gains, strict=True)}
    return [heard.get(id(f), f) for f in found]


def _windows(f: Finding) -> tuple[str, str]:
    """As printed and as meant: the differing character between those that an n-gram with it can hold."""
    shown, i = f.passage.text, f.place
    before = shown[max(0, i - REACH) : i].rjust(REACH, "\n")  # the paragraph's beginning is a context, too
    after = shown[i + 1 : i + 1 + REACH]
    return before + shown[i] + after, before + f.reading.meant[f.reading.place] + after


def _with_witness(f: Finding, gain: float) -> Finding:
    assert f.judgement.odds is not None
    most = 0.0 if f.judgement.contested or f.judgement.local else MOST_GAIN
    odds = f.judgement.odds + WITNESS * max(-MOST_GAIN, min(gain, most))
    why = f"{f.judgement.why}; language model {gain:+.1f}"
    return replace(f, judgement=_of_odds(odds, f.judgement.contested, f.judgement.local, why))


def _near(shown: str, start: int, end: int) -> tuple[str, str]:
    """What stands near `shown[start:end]` in the same sentence."""
    before, after = shown[max(0, start - NEAR) : start], shown[end : end + NEAR]
    for mark in SENTENCE_ENDS:
        if mark in before:
            before = before[before.rindex(mark) + 1 :]
        if mark in after:
            after = after[: after.index(mark) + 1]
    return before, after


def prior(reading: Reading, frequency: Frequency) -> float:
    """Log-odds of a misprint before any cue is heard: a common word is rarely a rare one misprinted."""
    commoner = math.log(max(frequency(reading.printed), 1) / max(frequency(reading.meant), 1))
    return PRIOR - min(max(COMMONER * (commoner - EVEN), 0.0), COMMONER_AT_MOST)


def _judge_misprint(reading: Reading, before: str, after: str, models: Models) -> Judgement | None:
    """A form that is no word: sure if the text cuts much better into words with the meant one."""
    if reading.printed[0] in NUMERALS and before[-1:] in NUMERALS_BEFORE:  # 3万面镜子, 近千部作品
        return None
    gain = reads_better(reading, before, after, models)
    if gain < GAIN_SUGGESTED:
        return None
    confidence = MISPRINT if gain >= GAIN_APPLIED else MISPRINT_UNSURE
    return Judgement(confidence, f"no word as printed, cuts better into words by {gain:+.1f}")


def _total(cues: Sequence[Cue]) -> float:
    """Log-odds of independent cues; of one that is part of another only the heavier one counts."""
    heaviest = sorted(cues, key=lambda c: -c.weight)
    counted: list[Cue] = []
    for cue in heaviest:
        if not any(cue.text in c.text or c.text in cue.text for c in counted):
            counted.append(cue)
    return sum(c.weight for c in counted)


def reads_better(reading: Reading, before: str, after: str, models: Models) -> float:
    """By how much (natural log) the text around cuts better into known words with the meant form than as printed."""
    before, after = before[-CONTEXT:], after[:CONTEXT]
    frequency = models.words.frequency
    return best_cut(before + reading.meant + after, frequency) - best_cut(before + reading.printed + after, frequency)


def stands_as_word(form: str, before: str, after: str, models: Models) -> bool:
    """Is the form a word of its own here, not pieces of its neighbours (促进|发展) or of a longer word?"""
    before, after = before[-CONTEXT:], after[:CONTEXT]
    frequency = models.words.frequency
    whole = math.log(max(frequency(form), LEAST) / ALL_WORDS)
    forced = best_cut(before, frequency) + whole + best_cut(after, frequency)
    return best_cut(before + form + after, frequency) - forced <= LOSS


def best_cut(text: str, frequency: Frequency) -> float:
    """Log-probability of the best cut into words (maximum of unigram products, by dynamic programming, as jieba)."""
    best = [0.0]
    for end in range(1, len(text) + 1):
        options = []
        for start in range(max(0, end - MAX_WORD), end):
            count = frequency(text[start:end])
            if count or start == end - 1:
                options.append(best[start] + math.log(max(count, 1) / ALL_WORDS))
        best.append(max(options))
    return best[-1]
