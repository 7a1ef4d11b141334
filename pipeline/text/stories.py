"""Which blocks make up which story: a beam search over the page, in the order of the file.

Every block is put somewhere: a new story, a story's head, the next paragraph of a story, or the second half of a
sentence that a story left open (`decisions`). Each decision is scored by a conditional logit over inspectable features
(weights in `language/data/weights_*.csv`, trained on gold pages), so that its probability among the alternatives is
the decision's confidence; the beam keeps the best few histories, because the right place of a block often shows later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from pipeline.text.decisions import REACH, Move, Prospects, Way
from pipeline.text.surroundings import Story, Surroundings
from pipeline.text.weights import Weights

BEAM = 3
_HOPELESS = -9.0  # log probability below which a decision is not followed
_BEHIND = 1.5  # a history this much less likely (natural log) than the best one is dropped
_COMPARED = 6  # the last stories of a history, by which it is told from another

_score = attrgetter("score")


class Placing(NamedTuple):
    """What was decided for one block. `of`: the block whose sentence it goes on with (moves `join`)."""

    block: int
    move: Move
    story: int
    confidence: float
    of: int | None = None


class _Placed(NamedTuple):
    """The placings of a history, the last one first."""

    placing: Placing
    before: _Placed | None


class _History(NamedTuple):
    score: float
    stories: tuple[Story, ...]
    current: int
    placed: _Placed | None


class _Grown(NamedTuple):
    """A history and a decision that could go on with it: the score of both, and the decision's log probability."""

    score: float
    logp: float
    history: _History
    way: Way
    story: int


def tell(around: Surroundings, weights: Mapping[str, float], beam: int = BEAM) -> list[Placing]:
    """The best history of the page: one placing a block, in the order of the file."""
    prospects = Prospects(around, Weights.of(weights))
    book = Book(around)
    histories = [_History(0.0, (), -1, None)]
    for i, typed in enumerate(around.typed):
        if typed.kind == "furniture":
            continue
        grown: list[_Grown] = []
        for history in histories:
            options = prospects.options(i, history.stories, history.current)
            scores = [way.score + option.score for option in options for way in option.ways]
            top = max(scores)
            total = top + math.log(sum([math.exp(score - top) for score in scores]))
            least = max(total + _HOPELESS, top - _BEHIND)
            grown += [
                _Grown(history.score + score - total, score - total, history, way, option.story)
                for option in options
                for way in option.ways
                if (score := way.score + option.score) >= least
            ]
        grown.sort(key=_score, reverse=True)
        histories = _step(book, i, grown, beam)
    return _trace(histories[0].placed)


def _step(book: Book, i: int, grown: Sequence[_Grown], beam: int) -> list[_History]:
    """The best histories; of those that agree in all that matters from here on, only the better."""
    kept: list[_History] = []
    seen: set[tuple[int, ...]] = set()
    for score, logp, history, way, number in grown:
        if score < grown[0].score - _BEHIND:
            break
        stories, number = book.place(history.stories, i, way, number)
        state = (number, *[s.like for s in stories[-_COMPARED:]])
        if state in seen:
            continue
        seen.add(state)
        placing = Placing(i, way.move, number, math.exp(logp), way.of)
        kept.append(_History(score, stories, number, _Placed(placing, history.placed)))
        if len(kept) == beam:
            break
    return kept


def _trace(placed: _Placed | None) -> list[Placing]:
    found: list[Placing] = []
    while placed:
        found.append(placed.placing)
        placed = placed.before
    return found[::-1]


class Book:
    """Writes stories, block by block. The same decisions make the very same `Story`, so that what is worked out for
    one history serves all."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._at = -1  # the block that is being placed
        self._written: dict[tuple[int, int, Move, int | None], Story] = {}  # with it: earlier states are dropped
        self._keys = 0
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
        if i != self._at:
            self._at, self._written = i, {}
        key = (story.key if story else -1, number, way.move, way.of)
        found = self._written.get(key)
        if found is None:
            found = self._written[key] = self._changed(story, number, i, way)
        return found

    def _changed(self, story: Story | None, number: int, i: int, way: Way) -> Story:
        around = self._around
        typed = around.typed[i]
        kind = typed.kind
        is_head = way.move in ("head", "late_head") or (way.move == "new" and kind == "short")
        is_body = way.move in ("append", "join") or (way.move == "new" and kind == "body")
        self._keys += 1
        before = story or Story(number, (), i, around.nothing)
        tails = before.tails
        if way.of is not None:
            tails = tuple([t for t in tails if t != way.of])
        if is_body and not typed.block.ended:
            tails = (*tails, i)
        heads, bodies = before.heads + is_head, before.bodies + is_body
        norm = before.norm + around.norms[i] ** 2 + 2 * before.common.item(0, i)
        state = (number, i, heads, bodies, tails, norm)
        return Story(
            number=number,
            blocks=(*before.blocks, i),
            last=i,
            common=around.common(i, before.common),
            heads=heads,
            bodies=bodies,
            tails=tails,
            byline=before.byline or kind == "byline",
            lead=before.lead or (is_body and typed.lead),
            from_marker=before.from_marker or kind == "marker_from",
            closed=before.closed or kind == "marker_to",
            photo=before.photo or (kind == "credit" and before.bodies == 1 and not before.heads),
            late_head=before.late_head or way.move == "late_head",
            head_open=is_head,
            norm=norm,
            key=self._keys,
            like=self._alike.setdefault(state, len(self._alike)),
        )
