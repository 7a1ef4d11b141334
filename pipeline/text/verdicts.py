"""What a person decided about places of a page: accepted edits are made, rejected ones never proposed again.

A verdict speaks of one place of one raw text. Whether it still does is asked before it gets here (`holds`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.text.normalise_rules import LINE_BREAKS
from pipeline.text.spans import Edit, Span, Status, by_place

#: The rule of an edit that a person made without a proposal.
RULE = "review"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes or no to reading `after` for `before` at `[start, end)`. Rule, confidence and evidence are the proposal's."""

    start: int
    end: int
    before: str
    after: str
    accepted: bool
    rule: str = RULE
    confidence: float = 1.0
    evidence: str | None = None

    def holds(self, text: str) -> bool:
        """Does the raw text still say `before` there?"""
        return 0 <= self.start <= self.end <= len(text) and text[self.start : self.end] == self.before

    @property
    def edit(self) -> Edit:
        """As it stands in the table `edits`."""
        status: Status = "accepted" if self.accepted else "rejected"
        return Edit(
            self.start, self.end, self.before, self.after, "correct", self.rule, self.confidence, status, self.evidence
        )


def verdicts_id(verdicts: Iterable[Verdict]) -> str:
    """Eight hex digits that change when any verdict does; empty without verdicts."""
    said = sorted(repr(v) for v in verdicts)
    return hashlib.sha256("\n".join(said).encode("utf-8", "surrogatepass")).hexdigest()[:8] if said else ""


def settle(text: str, spans: Iterable[Span], verdicts: Iterable[Verdict]) -> list[Edit]:
    """The verdicts as edits, sorted by place: accepted ones that can be rendered, and rejected ones.

    Left out is what cannot be done: places outside every span or across its border, texts with a line break, no
    change at all, and what overlaps an accepted edit before it.
    """
    edits = sorted((v.edit for v in verdicts if v.holds(text) and v.before != v.after), key=by_place)
    rejected = [e for e in edits if not e.rendered]
    accepted: list[Edit] = []
    for e in _inside(spans, [e for e in edits if e.rendered and not set(e.after) & set(LINE_BREAKS)]):
        if not accepted or not touches(accepted[-1], e):
            accepted.append(e)
    return sorted([*accepted, *rejected], key=by_place)


def _inside(spans: Iterable[Span], edits: Sequence[Edit]) -> list[Edit]:
    """The edits that one span holds whole; an insertion needs the character after it."""
    held = []
    own = sorted(spans)
    at = 0
    for e in edits:
        while at < len(own) and own[at].end <= e.start:
            at += 1
        if at < len(own) and own[at].start <= e.start and e.end <= own[at].end:
            held.append(e)
    return held


def touches(a: Edit, b: Edit) -> bool:
    """Do two edits speak of the same place?"""
    if (a.start, a.end) == (b.start, b.end):
        return True
    return a.start < b.end and b.start < a.end


def is_ruled_out(proposal: Edit, decided: Sequence[Edit]) -> bool:
    """Has a person decided about this: refused it, or accepted something for the same place?"""
    return any(
        touches(d, proposal)
        if d.rendered
        else (d.start, d.end, d.after) == (proposal.start, proposal.end, proposal.after)
        for d in decided
    )
