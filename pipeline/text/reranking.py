"""A second opinion on unsure corrections: a back-end is shown a place and our candidates, and chooses or keeps.

It never invents: an answer is one of the candidates or what is printed, anything else is no answer. It moves our own
confidence within bounds, and the arbiter decides as always, so every guardrail holds. Without a back-end, and where it
gives no answer, everything stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pipeline.text.passages import Passage, sentence_around
from pipeline.text.spans import Edit

#: By how much a choice raises the chosen candidate, and lowers the others; nothing is raised beyond `CEILING`.
#: So a candidate that we ourselves hold for less likely than .65 is applied on nobody's word.
RAISE, LOWER, CEILING = 0.21, 0.3, 0.95
#: Characters of the sentence that are shown on either side.
SHOWN = 60
#: Rules whose evidence stands elsewhere on the page, where the back-end does not see it.
NOT_ASKED = frozenset({"person_name"})


@dataclass(frozen=True, slots=True)
class Question:
    """Which of `candidates` belongs between `before` and `after`, if it is not `printed`?"""

    before: str
    printed: str
    after: str
    candidates: tuple[str, ...]


class Reranker(Protocol):
    """Answers questions; never raises."""

    @property
    def name(self) -> str:
        """What it is called in the evidence."""

    @property
    def backend_id(self) -> str:
        """Eight hex digits: what pages record of it."""

    def choose(self, questions: Sequence[Question]) -> Sequence[str | None]:
        """For each question a candidate, what is printed (keep), or None: no answer."""


def rerank(
    proposals: Sequence[Edit], found: Sequence[Edit], passages: Sequence[Passage], reranker: Reranker
) -> list[Edit]:
    """The proposals, with the confidence of those moved that compete where the arbiter `found` only a suggestion."""
    unsure = sorted({e.start for e in found if e.status == "suggested" and e.rule not in NOT_ASKED})
    competing = {start: [e for e in proposals if e.start == start and len(e.after) == 1] for start in unsure}
    asked = [(start, q) for start in unsure if (q := _question(start, competing[start], passages)) is not None]
    if not asked:
        return list(proposals)
    choices = reranker.choose([q for _, q in asked])
    answers = {
        start: choice
        for (start, q), choice in zip(asked, choices, strict=True)
        if choice is not None and choice in (q.printed, *q.candidates)
    }
    return [_moved(e, answers[e.start], reranker.name) if e.start in answers else e for e in proposals]


def has_opinion(edit: Edit, reranker: Reranker) -> bool:
    """Does the evidence say what `reranker` thinks of it?"""
    return any(f"; {reranker.name} {verb} " in (edit.evidence or "") for verb in ("chooses", "keeps", "prefers"))


def _question(start: int, edits: Sequence[Edit], passages: Sequence[Passage]) -> Question | None:
    candidates = tuple(dict.fromkeys(e.after for e in sorted(edits, key=lambda e: (-e.confidence, e.after))))
    for p in passages:
        if p.role is None or start not in p.view.starts:
            continue
        i = p.view.starts.index(start)
        first, last = sentence_around(p.text, i)
        before, after = p.text[max(first, i - SHOWN) : i], p.text[i + 1 : min(last, i + 1 + SHOWN)]
        return Question(before, p.text[i], after, candidates) if candidates else None
    return None


def _moved(edit: Edit, choice: str, name: str) -> Edit:
    if edit.rule in NOT_ASKED:
        return edit
    if edit.after == choice:
        confidence = max(edit.confidence, min(edit.confidence + RAISE, CEILING))
        opinion = f"{name} chooses {choice}"
    else:
        confidence = max(edit.confidence - LOWER, 0.0)
        opinion = f"{name} keeps {choice}" if choice == edit.before else f"{name} prefers {choice}"
    return replace(edit, confidence=round(confidence, 4), evidence=f"{edit.evidence or ''}; {opinion}")
