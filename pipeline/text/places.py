"""Names of places: an unknown name that is one look-alike character away from exactly one known place.

A gazetteer never holds every village and brook, so an unknown name is no error by itself: without more evidence this
is a suggestion. It is applied only when the known place is printed elsewhere on the page, or when the two characters
are nearly the same and the known place is a common one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from pipeline.text.models import Models
from pipeline.text.passages import Passage, is_hanzi, longest_word_over, propose_character, remembered
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit

RULE = "place_name"

#: Last characters of the names that are checked: water, heights, administration.
NATURAL = "河江湖溪川库淀洼泊湾港岛峡山岭峰"
ADMINISTRATIVE = "省市县区州旗盟"
ENDINGS = NATURAL + ADMINISTRATIVE
LENGTHS = (5, 4, 3)
#: Districts change by the year and no list has them all, so their look-alikes must be nearer.
MIN_SIMILARITY, MIN_SIMILARITY_ADMINISTRATIVE = 0.7, 0.8
#: A character that is a word counted so often stands before a place rather than in its name (座, 对, 各).
WORD_CHARACTER = 3000
#: Two last characters that are so common a word are no end of a name (城市, 山区), nor is one that begins such a word
#: with what follows (市场, 区域).
COMMON_WORD = 300
#: With the known place printed twice elsewhere on the page, or once, this likeness is enough to apply.
ALIKE_TWICE, ALIKE_ONCE = 0.75, 0.85
#: Without, the characters must be nearly the same and the place common in general text.
NEARLY_SAME, COMMON_PLACE = 0.88, 100
#: A word counted so often that covers the doubtful character shows that it is right.
KNOWN_WORD = 5
SURE, UNSURE = 0.93, 0.65

#: Where the name begins, the known place, which character differs, and how alike the two are.
Misreading = tuple[int, str, int, float]

_ENDING = re.compile(f"[{ENDINGS}]")


def propose(passages: Sequence[Passage], text: str, models: Models, profile: CleaningProfile) -> list[Edit]:
    """Proposals for the misread place names of the passages."""
    shown = [p.text for p in passages if p.role is not None]
    times = cache(lambda form: sum(t.count(form) for t in shown))
    read = [p for p in passages if p.role is not None]
    found = (
        _proposal(p, misreading, times, text, models)
        for p, misreadings in zip(read, remembered(_misreadings, read, models), strict=True)
        for misreading in misreadings
    )
    return [e for e in found if e]


def _misreadings(passages: Sequence[Passage], models: Models) -> list[list[Misreading]]:
    """The unknown names of each passage that may be a known place."""
    return [
        [found for ending in _ENDING.finditer(p.text) if (found := misread(p.text, ending.end(), models))]
        for p in passages
    ]


def _proposal(
    passage: Passage, misreading: Misreading, times: Callable[[str], int], text: str, models: Models
) -> Edit | None:
    """`times`: how often a form stands on the page."""
    start, place, k, alike = misreading
    printed = passage.text[start : start + len(place)]
    elsewhere = times(place)
    frequency = models.words.frequency(place)
    once = times(printed) == 1
    on_page = (elsewhere >= 2 and alike >= ALIKE_TWICE) or (elsewhere and alike >= ALIKE_ONCE)
    sure = once and (on_page or (alike >= NEARLY_SAME and frequency >= COMMON_PLACE))
    facts = f"{printed} is no known place, {place} is; {printed[k]}~{place[k]} glyph {alike:.2f}"
    if elsewhere:
        facts += f", {place} {elsewhere} times on this page"
    return propose_character(passage, start + k, place[k], text, RULE, SURE if sure else UNSURE, facts)


def misread(shown: str, end: int, models: Models) -> Misreading | None:
    """The only known place that the unknown name ending at `end` may be: its start, the place, which character, and
    how alike the two are."""
    if is_common_noun(shown, end, models):
        return None
    best = None
    for length in LENGTHS:
        start = end - length
        if start < 0:
            continue
        name = shown[start:end]
        if models.gazetteer.knows(name) or models.words.frequency(name):
            return None
        if not all(map(is_hanzi, name)):
            continue
        found = _look_alikes(name, models)
        if len(found) > 1:
            return None
        if found and best is None:
            place, k, alike = found[0]
            if not longest_word_over(shown, start + k, models.words.frequency, KNOWN_WORD):
                best = (start, place, k, alike)
    return best


def is_common_noun(shown: str, end: int, models: Models) -> bool:
    """Is the ending part of a common word (城市, 山区; 市|场), and no end of a name?"""
    frequency = models.words.frequency
    if frequency(shown[max(0, end - 2) : end]) >= COMMON_WORD:
        return True
    return shown[end - 1] in ADMINISTRATIVE and frequency(shown[end - 1 : end + 1]) >= COMMON_WORD


def _look_alikes(name: str, models: Models) -> list[tuple[str, int, float]]:
    """Known places that differ in one look-alike character, not the last: place, which character, how alike."""
    found = []
    minimum = MIN_SIMILARITY_ADMINISTRATIVE if name[-1] in ADMINISTRATIVE else MIN_SIMILARITY
    for place in models.gazetteer.candidates(name):
        k = next(i for i, (x, y) in enumerate(zip(name, place, strict=True)) if x != y)
        alike = models.glyphs.similarity(name[k], place[k])
        is_word = models.words.frequency(name[k]) >= WORD_CHARACTER
        if k < len(name) - 1 and alike >= minimum and not is_word:
            found.append((place, k, alike))
    return found
