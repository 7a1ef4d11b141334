"""What the correction reads: paragraphs that remember their raw place, and how a proposal for one character is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import is_
from typing import Any, TypeVar, TypeVarTuple

from pipeline.text.document import Role
from pipeline.text.spans import Edit, View

Known = TypeVarTuple("Known")
T = TypeVar("T")

#: A mark at which a sentence ends; corrections are counted and cues are looked for inside one.
SENTENCE_ENDS = "。！？；\n"


@dataclass(frozen=True)
class Passage:
    """One paragraph, already normalised. `role` None: a duplicate or an orphan, which is never corrected."""

    view: View
    role: Role | None
    article: int
    authors: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.view.text

    @cached_property
    def found(self) -> dict[Callable[..., Any], tuple[tuple[Any, ...], Any]]:
        """What was found out about the passage: by which function, from what else."""
        return {}


def remembered(
    find: Callable[[Sequence[Passage], *Known], Sequence[T]], passages: Sequence[Passage], *known: *Known
) -> list[T]:
    """`find(passages, *known)`, one result a passage that depends on no other passage; not asked again for the very
    same passage and `known`: the rounds of a page's correction meet most of its passages again."""
    new = [p for p in passages if find not in p.found or not all(map(is_, p.found[find][0], known))]
    for passage, found in zip(new, find(new, *known) if new else (), strict=True):
        passage.found[find] = known, found
    return [p.found[find][1] for p in passages]


def remembered_together(
    find: Callable[[Sequence[Passage], *Known], T], passages: Sequence[Passage], *known: *Known
) -> T:
    """`find(passages, *known)`, not asked again for the very same passages in the same order, and `known`.

    The answer is kept with the first passage: a circle, if it refers to the passages (`forget` breaks it).
    """
    if not passages:
        return find(passages, *known)
    found, asked = passages[0].found, (*passages, *known)
    if find not in found or len(found[find][0]) != len(asked) or not all(map(is_, found[find][0], asked)):
        found[find] = asked, find(passages, *known)
    answer: T = found[find][1]
    return answer


def forget(passages: Iterable[Passage]) -> None:
    """Lets go of what was found out about the passages, and of what it was found out from."""
    for passage in passages:
        passage.found.clear()


def propose_character(
    passage: Passage, i: int, after: str, text: str, rule: str, confidence: float, evidence: str
) -> Edit | None:
    """A proposal to read `after` for character `i`; None if that is no replacement of one raw character."""
    if not passage.view.is_one_to_one(i):
        return None
    start = passage.view.starts[i]
    before = text[start : start + 1]
    if before == after:
        return None
    return Edit(start, start + 1, before, after, "correct", rule, round(confidence, 4), "suggested", evidence)


def sentence_around(text: str, i: int) -> tuple[int, int]:
    """`[start, end)` of the sentence that holds character `i` (an end mark belongs to the sentence it closes)."""
    start = max(text.rfind(mark, 0, i) for mark in SENTENCE_ENDS) + 1
    ends = [at for mark in SENTENCE_ENDS if (at := text.find(mark, i)) >= 0]
    return start, min(ends) + 1 if ends else len(text)


def is_hanzi(char: str) -> bool:
    """An ideograph of the basic block or extension A."""
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf"


def longest_word_over(text: str, i: int, frequency: Callable[[str], int], minimum: int, longest: int = 4) -> str:
    """The longest known word of two characters or more, counted at least `minimum` times, that covers `text[i]`."""
    for n in range(longest, 1, -1):
        for start in range(max(0, i - n + 1), min(i, len(text) - n) + 1):
            word = text[start : start + n]
            if frequency(word) >= minimum:
                return word
    return ""
