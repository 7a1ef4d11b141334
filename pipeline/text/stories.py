"""Which blocks make up which story: a beam search over the page, in the order of the file.

Every block is put somewhere: a new story, a story's head, the next paragraph of a story, or the second half of a
sentence that a story left open (`decisions`). Each decision is scored by a conditional logit over inspectable features
(weights in `language/data/weights_*.csv`, trained on gold pages), so that its probability among the alternatives is
the decision's confidence; the beam keeps the best few histories, because the right place of a block often shows later.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.text.decisions import Choice, Move, groups
from pipeline.text.surroundings import Story, Surroundings

BEAM = 5
_HOPELESS = -9.0  # log probability below which a decision is not followed


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
    histories = [_History(0.0, (), -1, None, None)]
    for i, typed in enumerate(around.typed):
        if typed.kind == "furniture":
            continue
        known: _Known = {}  # histories share most of their stories: each is looked at once
        grown: list[tuple[float, _History, Choice]] = []
        for history in histories:
            found = list(_scored(around, i, history, weights, known))
            top = max(score for _, score in found)
            total = top + math.log(sum(math.exp(score - top) for _, score in found))
            for choice, score in found:
                if score - total > _HOPELESS:
                    grown.append((score - total, history, choice))
        grown.sort(key=lambda g: -(g[1].score + g[0]))
        histories = _distinct((_step(around, h, i, choice, logp) for logp, h, choice in grown), beam)
    return _trace(histories[0])


_Known = dict[tuple[object, ...], list[tuple[Choice, float]]]


def _scored(
    around: Surroundings, i: int, history: _History, weights: Mapping[str, float], known: _Known
) -> Iterator[tuple[Choice, float]]:
    for key, group in groups(around, i, history.stories, history.current):
        if key not in known:
            known[key] = [(c, sum(weights.get(k, 0.0) * v for k, v in c.features.items())) for c in group]
        yield from known[key]


def _distinct(grown: Iterable[_History], beam: int) -> list[_History]:
    """The best histories; of those that agree in all that matters from here on, only the better."""
    kept: list[_History] = []
    seen: set[tuple[object, ...]] = set()
    for history in grown:
        state = (history.current, tuple((s.last, s.heads, s.bodies, s.tails, s.norm) for s in history.stories[-6:]))
        if state in seen:
            continue
        seen.add(state)
        kept.append(history)
        if len(kept) == beam:
            break
    return kept


def _trace(history: _History | None) -> list[Placing]:
    placed: list[Placing] = []
    while history and history.placing:
        placed.append(history.placing)
        history = history.before
    return placed[::-1]


def _step(around: Surroundings, history: _History, i: int, choice: Choice, logp: float) -> _History:
    stories, number = place(around, history.stories, i, choice)
    placing = Placing(i, choice.move, number, math.exp(logp), choice.of)
    return _History(history.score + logp, stories, number, placing, history)


def place(around: Surroundings, stories: tuple[Story, ...], i: int, choice: Choice) -> tuple[tuple[Story, ...], int]:
    """The stories after this decision, and which of them block i went to."""
    typed = around.typed[i]
    norm = float(around.topics.norms[i]) ** 2
    if choice.move == "new":
        story = Story(len(stories), (), i)
        stories = (*stories, story)
        number = story.number
    else:
        number = choice.story
        story = stories[number]
    is_head = choice.move in ("head", "late_head") or (choice.move == "new" and typed.kind == "short")
    is_body = choice.move in ("append", "join") or (choice.move == "new" and typed.kind == "body")
    tails = story.tails
    if choice.of is not None:
        tails = tuple(t for t in tails if t != choice.of)
    if is_body and not typed.block.ended:
        tails = (*tails, i)
    changed = replace(
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
        late_head=story.late_head or choice.move == "late_head",
        head_open=is_head,
        norm=story.norm + norm + 2 * around.topics.dot(i, story.blocks),
    )
    return (*stories[:number], changed, *stories[number + 1 :]), number
