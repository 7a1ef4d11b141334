"""Confusable words: two real words that look alike, told apart by the words near them, and misprints that are no word.

Real words: context-sensitive spelling correction (Golding 1995, naive Bayes over context words) with hand-written
cues: each cue near the place adds its log-odds, a prior speaks for what is printed, and what is printed is right as
soon as one cue speaks for it. Misprints: the frame itself is the evidence; a known word across the place
(自|己经|过) takes it away.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pipeline.text.models import ConfusablePair, Models
from pipeline.text.passages import Passage, propose_character, sentence_around
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit

RULE = "confusable_word"

#: How far from the word a cue counts, in characters.
NEAR = 12
#: Log-odds: for what is printed; a cue; a strong one (`!`); a decisive one (`!!`); each more when it touches the word.
PRIOR = -1.6
CUE, STRONG, DECISIVE, TOUCHING = 1.5, 3.2, 4.2, 0.6
#: With a cue for what is printed, the other word can be no more than a suggestion.
CONTESTED = 0.7
#: Confidence in a misprint whose text cuts into words much better, or somewhat better, with the meant form.
MISPRINT, MISPRINT_UNSURE = 0.96, 0.7
GAIN_APPLIED, GAIN_SUGGESTED = 4.0, 2.0
#: A real word whose text cuts better without it by this much (natural log) is no word there.
LOSS = 3.0
NUMERALS = frozenset("千万百十几")
NUMERALS_BEFORE = frozenset("0123456789一二三四五六七八九十百千万几数多余近上超约○〇两")
#: Characters on either side that are cut into words, the longest word, and the sum of the word list's counts.
CONTEXT, MAX_WORD, ALL_WORDS = 5, 4, 6e7

Side = Literal["near", "before", "after", "touching_before", "touching_after"]


@dataclass(frozen=True, slots=True)
class Cue:
    """A word that speaks for a form when it stands on the right side of it."""

    text: str
    weight: float
    side: Side

    def found(self, before: str, after: str) -> bool:
        """`before` and `after`: what stands near the form."""
        match self.side:
            case "touching_before":
                return before.endswith(self.text)
            case "touching_after":
                return after.startswith(self.text)
            case "before":
                return self.text in before
            case "after":
                return self.text in after
            case "near":
                return self.text in before or self.text in after


def parse_cue(written: str) -> Cue:
    """A cue as the lexicon writes it.

    >>> parse_cue("激情!"), parse_cue("向…").side, parse_cue("_出").side
    (Cue(text='激情', weight=3.2, side='near'), 'before', 'touching_after')
    """
    text = written.rstrip("!")
    weight = (CUE, STRONG, DECISIVE)[min(len(written) - len(text), 2)]
    if text.endswith("_"):
        return Cue(text[:-1], weight + TOUCHING, "touching_before")
    if text.startswith("_"):
        return Cue(text[1:], weight + TOUCHING, "touching_after")
    if text.endswith("…"):
        return Cue(text[:-1], weight, "before")
    if text.startswith("…"):
        return Cue(text[1:], weight, "after")
    return Cue(text, weight, "near")


@dataclass(frozen=True)
class Reading:
    """A printed form, what it may stand for, and the cues for either."""

    printed: str
    meant: str
    place: int
    kind: Literal["word", "form"]
    cues_printed: tuple[Cue, ...]
    cues_meant: tuple[Cue, ...]


@lru_cache(maxsize=4)
def readings(pairs: tuple[ConfusablePair, ...]) -> tuple[Reading, ...]:
    """Both directions of word pairs, one of misprints."""
    found = []
    for pair in pairs:
        cues_a, cues_b = tuple(map(parse_cue, pair.cues_a)), tuple(map(parse_cue, pair.cues_b))
        found.append(Reading(pair.b, pair.a, pair.place, pair.kind, cues_b, cues_a))
        if pair.kind == "word":
            found.append(Reading(pair.a, pair.b, pair.place, pair.kind, cues_a, cues_b))
    return tuple(found)


def propose(passages: Sequence[Passage], text: str, models: Models, profile: CleaningProfile) -> list[Edit]:
    """Proposals for the forms of the lexicon that stand in the passages."""
    everything = "\n".join(p.text for p in passages if p.role is not None)
    present = [r for r in readings(models.confusables) if r.printed in everything]
    found: list[Edit] = []
    for reading in present:
        for p in passages:
            if p.role is not None and reading.printed in p.text:
                found += _in_passage(reading, p, text, models)
    return found


def _in_passage(reading: Reading, passage: Passage, text: str, models: Models) -> Iterator[Edit]:
    shown = passage.text
    start = shown.find(reading.printed)
    while start >= 0:
        confidence, cues = judge(reading, shown, start, models)
        if confidence > 0:
            i = start + reading.place
            evidence = f"{reading.meant} for {reading.printed}: {cues}"
            edit = propose_character(passage, i, reading.meant[reading.place], text, RULE, confidence, evidence)
            if edit:
                yield edit
        start = shown.find(reading.printed, start + 1)


def judge(reading: Reading, shown: str, start: int, models: Models) -> tuple[float, str]:
    """How sure it is that `reading.meant` stands at `start`, and why; 0 = leave it."""
    end = start + len(reading.printed)
    first, last = sentence_around(shown, start)
    before = shown[max(first, start - NEAR) : start]
    after = shown[end : min(last, end + NEAR)]
    against = [c for c in reading.cues_printed if c.found(before, after)]
    if reading.kind == "form":
        return _judge_misprint(reading, before, after, models) if not against else (0.0, "")
    speaking = [c for c in reading.cues_meant if c.found(before, after)]
    if not speaking or _cuts_apart(reading.printed, before, after, models):
        return 0.0, ""
    odds = PRIOR + _total(speaking) - _total(against)
    confidence = 1 / (1 + math.exp(-odds))
    if against:
        confidence = min(confidence, CONTESTED)
    heard = " ".join(c.text for c in speaking)
    contrary = f", against it {' '.join(c.text for c in against)}" if against else ", nothing for the printed word"
    return confidence, f"near it {heard}{contrary}; log-odds {odds:+.1f}"


def _judge_misprint(reading: Reading, before: str, after: str, models: Models) -> tuple[float, str]:
    """A form that is no word: sure if the text cuts much better into words with the meant one."""
    if reading.printed[0] in NUMERALS and before[-1:] in NUMERALS_BEFORE:  # 3万面镜子, 近千部作品
        return 0.0, ""
    gain = reads_better(reading, before, after, models)
    if gain < GAIN_SUGGESTED:
        return 0.0, ""
    confidence = MISPRINT if gain >= GAIN_APPLIED else MISPRINT_UNSURE
    return confidence, f"no word as printed, cuts better into words by {gain:+.1f}"


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


def _cuts_apart(printed: str, before: str, after: str, models: Models) -> bool:
    """Is the printed form no word of its own here, but pieces of its neighbours (促进|发展) or of a longer word?"""
    before, after = before[-CONTEXT:], after[:CONTEXT]
    frequency = models.words.frequency
    whole = math.log(max(frequency(printed), 1) / ALL_WORDS)
    forced = best_cut(before, frequency) + whole + best_cut(after, frequency)
    return best_cut(before + printed + after, frequency) - forced > LOSS


def best_cut(text: str, frequency: Callable[[str], int]) -> float:
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
