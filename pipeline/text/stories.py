"""Which blocks make up which story: a beam search over the page, in the order of the file.

Every block is put somewhere: a new story, a story's head, the next paragraph of a story, or the second half of a
sentence that a story left open (`decisions`). Each decision is scored by a conditional logit over inspectable features
(weights in `language/data/weights_*.csv`, trained on gold pages), so that its probability among the alternatives is
the decision's confidence; the beam keeps the best few histories, because the right place of a block often shows later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.text.decisions import REACH, Move, Prospects, Way
from pipeline.text.surroundings import Story, Surroundings
from pipeline.text.weights import Weights

BEAM = 3
_HOPELESS = -9.0  # log probability below which a decision is not followed
_BEHIND = 1.5  # a history this much less likely (natural log) than the best one is dropped
_COMPARED = 6  # the last stories of a history, by which it is told from another


@dataclass(frozen=True, slots=True)
class Placing:
    """What was decided for one block. `of`: the block whose sentence it goes on with (moves `join`)."""

    block: int
    move: Move
    story: int
    confidence: float
    of: int | None = None


@dataclass(frozen=True, slots=True)
class _History:
    score: float
    stories: tuple[Story, ...]
    current: int
    placing: Placing | None
    before: _History | None


def tell(around: Surroundings, weights: Mapping[str, float], beam: int = BEAM) -> list[Placing]:
    """The best history of the page: one placing a block, in the order of the file."""
    prospects = Prospects(around, Weights.of(weights))
    book = Book(around)
    histories = [_History(0.0, (), -1, None, None)]
    for i, typed in enumerate(around.typed):
        if typed.kind == "furniture":
            continue
        grown: list[tuple[float, float, _History, Way, int]] = []
        for history in histories:
            found = prospects.choices(i, history.stories, history.current)
            top = max([choice.score for choice in found])
            total = top + math.log(sum([math.exp(choice.score - top) for choice in found]))
            grown += [
                (history.score + choice.score - total, choice.score - total, history, choice.way, choice.story)
                for choice in found
                if choice.score - total > _HOPELESS
            ]
        grown.sort(key=lambda g: -g[0])
        histories = _step(book, i, grown, beam)
    return _trace(histories[0])


def _step(book: Book, i: int, grown: Sequence[tuple[float, float, _History, Way, int]], beam: int) -> list[_History]:
    """The best histories; of those that agree in all that matters from here on, only the better."""
    kept: list[_History] = []
    seen: set[tuple[int, ...]] = set()
    for score, logp, history, way, number in grown:
        if score < grown[0][0] - _BEHIND:
            break
        stories, number = book.place(history.stories, i, way, number)
        state = (number, *[s.like for s in stories[-_COMPARED:]])
        if state in seen:
            continue
        seen.add(state)
        placing = Placing(i, way.move, number, math.exp(logp), way.of)
        kept.append(_History(score, stories, number, placing, history))
        if len(kept) == beam:
            break
    return kept


def _trace(history: _History | None) -> list[Placing]:
    placed: list[Placing] = []
    while history and history.placing:
        placed.append(history.placing)
        history = history.before
    return placed[::-1]


class Book:
    """Writes stories, block by block. The same decisions make the very same `Story`, so that what is worked out for
    one history serves all."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._written: dict[tuple[int, int, int, Move, int | None], Story] = {}
        self._alike: dict[tuple[object, ...], int] = {}

    def place(self, stories: tuple[Story, ...], i: int, way: Way, number: int) -> tuple[tuple[Story, ...], int]:
        """The stories that are still open after this decision, and the number of the one that block i went to."""
        open_to_residue = self._around.open_to_residue
        if number < 0:
            number = stories[-1].number + 1 if stories else 0
            changed = self._write(None, number, i, way)
            others = [
                s for s in stories if i - s.last < REACH or s is stories[-1] or not open_to_residue.isdisjoint(s.tails)
            ]
            return (*others, changed), number
        at = next(n for n, s in enumerate(stories) if s.number == number)
        return (*stories[:at], self._write(stories[at], number, i, way), *stories[at + 1 :]), number

    def _write(self, story: Story | None, number: int, i: int, way: Way) -> Story:
        key = (story.key if story else -1, number, i, way.move, way.of)
        if key not in self._written:
            changed = self._changed(story or Story(number, (), i), i, way)
            state = (number, changed.last, changed.heads, changed.bodies, changed.tails, changed.norm)
            like = self._alike.setdefault(state, len(self._alike))
            self._written[key] = replace(changed, key=len(self._written), like=like)
        return self._written[key]

    def _changed(self, story: Story, i: int, way: Way) -> Story:
        around = self._around
        typed = around.typed[i]
        is_head = way.move in ("head", "late_head") or (way.move == "new" and typed.kind == "short")
        is_body = way.move in ("append", "join") or (way.move == "new" and typed.kind == "body")
        tails = story.tails
        if way.of is not None:
            tails = tuple(t for t in tails if t != way.of)
        if is_body and not typed.block.ended:
            tails = (*tails, i)
        return replace(
            story,
            blocks=(*story.blocks, i),
            last=i,
            heads=story.heads + is_head,
            bodies=story.bodies + is_body,
            tails=tails,
            byline=story.byline or typed.kind == "byline",
            lead=story.lead or (is_body and typed.lead),
            from_marker=story.from_marker or typed.kind == "marker_from",
            closed=story.closed or typed.kind == "marker_to",
            photo=story.photo or (typed.kind == "credit" and story.bodies == 1 and not story.heads),
            late_head=story.late_head or way.move == "late_head",
            head_open=is_head,
            norm=story.norm + around.norms[i] ** 2 + 2 * around.topics.dot(i, story.blocks),
        )
