"""Which blocks make up which story: a beam search over the page, in the order of the file.

Every block is put somewhere: a new story, a story's head, the next paragraph of a story, or the second half of a
sentence that a story left open. Each decision is scored by a conditional logit over inspectable features (weights in
`language/data/weights_*.csv`, trained on gold pages), so that its probability among the alternatives is the decision's
confidence; the beam keeps the best few histories, because the right place of a block often shows later.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.text.roles import Typed, is_numbered
from pipeline.text.seams import Seam, is_running
from pipeline.text.topics import Topics

Features = dict[str, float]
Move = Literal["new", "head", "late_head", "heading", "append", "join", "byline", "marker"]

BEAM = 8
_REACH = 90  # blocks: a story not touched for so long is closed
_CANDIDATES = 12
_HOPELESS = -9.0  # log probability below which a decision is not followed


@dataclass(frozen=True, slots=True)
class Story:
    """An article in the making. `tails`: its blocks that stop in the middle of a sentence and were not continued."""

    number: int
    blocks: tuple[int, ...]
    last: int
    heads: int = 0
    bodies: int = 0
    tails: tuple[int, ...] = ()
    byline: bool = False
    lead: bool = False
    from_marker: bool = False
    closed: bool = False
    photo: bool = False
    late_head: bool = False
    head_open: bool = False
    norm: float = 0.0


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


@dataclass(frozen=True, slots=True)
class Choice:
    """A possible decision and its features."""

    move: Move
    story: int
    features: Features
    of: int | None = None


class Surroundings:
    """What a block can see of its page: neighbours, runs of heads, topics, seams."""

    def __init__(self, typed: Sequence[Typed], topics: Topics, seams: Mapping[tuple[int, int], Seam]) -> None:
        self.typed = typed
        self.topics = topics
        self.seams = seams
        n = len(typed)
        self.run_after = [0] * n  # shorts right after this block
        self.after_run = [n] * n  # the first block after them
        for i in range(n - 2, -1, -1):
            following = typed[i + 1]
            if following.kind == "short":
                self.run_after[i] = self.run_after[i + 1] + 1
                self.after_run[i] = self.after_run[i + 1]
            else:
                self.after_run[i] = i + 1
        if n:
            self.after_run[n - 1] = n
        self.follow = [self._follow(i) for i in range(n)]
        blank = sum(1 for t in typed if t.block.blank_before)
        self.blanks_speak = 0 < blank < 0.6 * n
        self.best_right: dict[int, float] = {}
        self.best_left: dict[int, float] = {}
        for (a, b), seam in seams.items():
            self.best_right[a] = max(self.best_right.get(a, -9.0), seam.score)
            self.best_left[b] = max(self.best_left.get(b, -9.0), seam.score)
        #: Blocks that a residue most likely goes on: there a paragraph may rightly stay open for now.
        self.wanted_by_residue = {
            a for (a, b), seam in seams.items() if typed[b].block.residue and seam.score >= self.best_left[b]
        }
        self._similarity: dict[tuple[int, tuple[int, ...]], float] = {}

    def _follow(self, i: int) -> tuple[int, ...]:
        """The running text below block i, up to three blocks, past its head."""
        at = i + 1
        found: list[int] = []
        while at < len(self.typed) and self.typed[at].kind in ("short", "byline", "marker_from"):
            at += 1
        while at < len(self.typed) and self.typed[at].kind == "body" and len(found) < 3:
            found.append(at)
            at += 1
        return tuple(found)

    def similarity(self, blocks: Sequence[int], story: Story) -> float:
        """Cosine between some blocks and a story."""
        total = 0.0
        norm = 0.0
        for b in blocks:
            key = (b, story.blocks)
            if key not in self._similarity:
                self._similarity[key] = self.topics.dot(b, story.blocks)
            total += self._similarity[key]
            norm += float(self.topics.norms[b])
        return total / (math.sqrt(story.norm) * norm) if story.norm > 0 and norm > 0 else 0.0

    def alike(self, blocks: Sequence[int], others: Sequence[int]) -> float:
        """Cosine between two groups of blocks."""
        total = sum(self.topics.dot(b, others) for b in blocks)
        norm = sum(float(self.topics.norms[b]) for b in blocks) * sum(float(self.topics.norms[b]) for b in others)
        return total / norm if norm > 0 else 0.0


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


_Known = dict[tuple[object, ...], list[tuple["Choice", float]]]


def _scored(
    around: Surroundings, i: int, history: _History, weights: Mapping[str, float], known: _Known
) -> Iterator[tuple[Choice, float]]:
    for key, group in _groups(around, i, history.stories, history.current):
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


def choices(around: Surroundings, i: int, stories: Sequence[Story], current: int) -> Iterator[Choice]:
    """Everything that can be decided for block i. There is always at least a new story."""
    for _, group in _groups(around, i, stories, current):
        yield from group


def _groups(
    around: Surroundings, i: int, stories: Sequence[Story], current: int
) -> Iterator[tuple[tuple[object, ...], Iterator[Choice]]]:
    """The choices by story, each group (lazy) with a key of all that its features depend on."""
    typed = around.typed[i]
    if typed.block.residue:  # it stands out of order, at the page's end
        recent = [s for s in stories if any((t, i) in around.seams for t in s.tails)][-_CANDIDATES:]
    else:
        recent = sorted((s for s in stories if i - s.last <= _REACH), key=lambda s: -s.last)[:_CANDIDATES]
    context = _Context.of(around, i, recent, current)
    yield ("new", context.best, current < 0), iter((Choice("new", -1, _new_features(around, i, context)),))
    for rank, story in enumerate(recent):
        other = context.second if story.number == context.best_story else context.best
        key = (story.number, story.blocks, story.tails, story.number == current, rank, other)
        yield key, _into(around, i, story, rank, context)


def _into(around: Surroundings, i: int, story: Story, rank: int, context: _Context) -> Iterator[Choice]:
    """The ways to put block i into a story."""
    typed = around.typed[i]
    common = _story_features(around, i, story, rank, context)
    if typed.kind in ("body", "short"):
        yield from _text_choices(around, i, story, common, context)
    elif typed.kind in ("byline", "credit"):
        if typed.kind == "credit" or not _has_its_byline(around, i, story):
            yield Choice("byline", story.number, _byline_features(around, i, story, common, context))
    else:
        yield Choice("marker", story.number, _marker_features(around, i, story, common, context))


def _has_its_byline(around: Surroundings, i: int, story: Story) -> bool:
    """One opening byline a story: a second one belongs elsewhere, unless it stands right below the first or closes
    the text in brackets; and no byline opens in the middle of a sentence."""
    last = story.blocks[-1]
    if around.typed[last].kind == "byline" and last == i - 1:
        return False
    if last in story.tails and around.typed[last].kind == "body":
        return True
    return (story.byline or (story.lead and story.bodies > 0)) and around.typed[i].text[0] not in "（("


@dataclass(frozen=True, slots=True)
class _Context:
    """What all choices of one block share."""

    current: int
    similarity: dict[int, float]
    best: float
    second: float
    best_story: int
    after: str
    previous: str

    @classmethod
    def of(cls, around: Surroundings, i: int, recent: Sequence[Story], current: int) -> _Context:
        typed = around.typed[i]
        group = (i, *around.follow[i]) if typed.kind in ("short", "byline", "marker_from") else (i,)
        similarity = {s.number: around.similarity(group, s) for s in recent}
        ranked = sorted(similarity.items(), key=lambda x: -x[1])
        n = len(around.typed)
        after = around.after_run[i] if typed.kind == "short" else i + 1
        kind: str = "end"
        if after < n:
            kind = "lead" if around.typed[after].lead else around.typed[after].kind
        return cls(
            current,
            similarity,
            ranked[0][1] if ranked else 0.0,
            ranked[1][1] if len(ranked) > 1 else 0.0,
            ranked[0][0] if ranked else -1,
            kind,
            around.typed[i - 1].kind if i else "start",
        )


def _new_features(around: Surroundings, i: int, context: _Context) -> Features:
    typed = around.typed[i]
    kind = typed.kind if typed.kind != "body" or not typed.lead else "lead"
    x: Features = {
        f"new.{kind}": 1.0,
        f"new.{kind}.after_{context.previous}": 1.0,
        f"new.{kind}.best_similarity": 8 * context.best,
        f"new.{kind}.best_similarity_log": math.log(max(context.best, 0.0) + 0.02),
        f"new.{kind}.before_{context.after}": 1.0,
    }
    if typed.block.blank_before and around.blanks_speak:
        x[f"new.{kind}.blank"] = 1.0
    if context.current < 0:
        x["new.first"] = 1.0
    if typed.kind == "short":
        x |= _short_looks(around, i, "new")
        alike = around.alike((i,), around.follow[i]) if around.follow[i] else 0.0
        x["new.short.follow_similarity"] = 8 * alike
    else:
        x["new.body.best_left"] = max(-4.0, around.best_left.get(i, -4.0)) / 4
        x["new.body.short_text"] = float(len(typed.text) < 60)
    return x


def _short_looks(around: Surroundings, i: int, prefix: str) -> Features:
    text = around.typed[i].text
    looks = {
        f"{prefix}.short.length": min(len(text), 40) / 20,
        f"{prefix}.short.label_like": float(len(text) <= 6),
        f"{prefix}.short.numbered": float(is_numbered(text)),
        f"{prefix}.short.asks": float(text[-1] in "？！…"),
        f"{prefix}.short.dash": float(text.startswith(("——", "—"))),
        f"{prefix}.short.ends_dash": float(text.endswith("—")),
        f"{prefix}.short.quoted": float(text[0] == "“" and text[-1] == "”"),
        f"{prefix}.short.colon": float(text[-1] in "：:"),
        f"{prefix}.short.brackets": float(text[0] in "（(【" and text[-1] in "）)】"),
        f"{prefix}.short.run": min(around.run_after[i], 4) / 2,
        f"{prefix}.short.space": float(" " in text.strip()),
    }
    return {k: v for k, v in looks.items() if v}


def _story_features(around: Surroundings, i: int, story: Story, rank: int, context: _Context) -> Features:
    """What holds for every way to put block i into this story."""
    similarity = context.similarity[story.number]
    other = context.second if story.number == context.best_story else context.best
    x: Features = {
        "similarity": 8 * similarity,
        "similarity_log": math.log(max(similarity, 0.0) + 0.02),
        "similarity_margin": 8 * (similarity - other),
        "similarity_share": (similarity + 0.01) / (similarity + max(other, 0.0) + 0.02),
        "distance": math.log1p(i - story.last),
        "rank": min(rank, 5) / 2,
    }
    if story.closed:
        x["closed"] = 1.0
    if story.photo:
        x["photo"] = 1.0
    return x


def _named(kind: str, move: str, here: bool, common: Mapping[str, float], own: Mapping[str, float]) -> Features:
    """Names for the features: what holds for the story is shared by all moves into it, the rest is the move's own."""
    where = "here" if here else "there"
    x = {f"place.{kind}.{where}.{k}": v for k, v in common.items() if v}
    x |= {f"{move}.{where}.{k}": v for k, v in own.items() if v}
    x[f"{move}.{where}"] = 1.0
    return x


def _text_choices(around: Surroundings, i: int, story: Story, common: Features, context: _Context) -> Iterator[Choice]:
    typed, here = around.typed[i], story.number == context.current
    short = typed.kind == "short"
    kind = "short" if short else "body"
    number = story.number
    for tail in story.tails:
        seam = around.seams.get((tail, i))
        if seam:
            own = _join_features(around, i, tail, seam, story)
            yield Choice("join", number, _named(kind, "join_short" if short else "join", here, common, own), tail)
    state = _state(around, i, story, context)
    if short:
        looks = _short_looks(around, i, "is")
        if story.head_open and (here or not story.bodies):
            yield Choice("head", number, _named(kind, "head", here, common, state | looks))
        if not story.head_open and (story.bodies or story.heads) and not story.photo:
            yield Choice("heading", number, _named(kind, "heading", here, common, state | looks))
        if not story.heads and not story.photo:
            yield Choice("late_head", number, _named(kind, "late_head", here, common, state | looks))
    if short or not story.photo or not here:
        own = dict(state)
        if typed.lead:
            own |= {"lead": 1.0, "lead_with_bodies": float(story.bodies > 0), "lead_with_byline": float(story.byline)}
        own["text_short"] = float(len(typed.text) < 60)
        own["text_ended"] = float(typed.block.ended)
        if short:
            own |= {f"looks.{k}": v for k, v in _short_looks(around, i, "is").items()}
        yield Choice("append", number, _named(kind, "append_short" if short else "append", here, common, own))


def _join_features(around: Surroundings, i: int, tail: int, seam: Seam, story: Story) -> Features:
    return {
        "seam": max(-6.0, min(6.0, seam.score)) / 3,
        "rival_right": max(-4.0, min(4.0, around.best_right[tail] - seam.score)) / 2,
        "rival_left": max(-4.0, min(4.0, around.best_left[i] - seam.score)) / 2,
        "adjacent": float(tail == i - 1),
        "not_last": float(not story.blocks or story.blocks[-1] != tail),
        "running": float(is_running(around.typed[tail].text)),
        "residue": float(around.typed[i].block.residue),
    }


def _state(around: Surroundings, i: int, story: Story, context: _Context) -> Features:
    """How ready the story is for what comes."""
    typed = around.typed[i]
    last = story.blocks[-1] if story.blocks else -1
    open_tail = bool(story.tails) and last in story.tails
    x: Features = {
        f"after_{context.previous}": 1.0,
        f"before_{context.after}": 1.0,
        "waiting": float(story.heads > 0 and not story.bodies),
        "headless": float(not story.heads),
        "first_body": float(not story.bodies),
        "open_tail": float(open_tail),
        "open_tails": min(len(story.tails), 3) / 2,
        "byline": float(story.byline),
        "has_lead": float(story.lead),
        "late_head": float(story.late_head),
        "from_marker": float(story.from_marker),
        "heads": min(story.heads, 4) / 2,
    }
    if typed.block.blank_before and around.blanks_speak:
        x["blank"] = 1.0
    if open_tail and is_running(around.typed[last].text):
        x["open_running_tail"] = 1.0
        x["open_running_tail.no_residue"] = float(last not in around.wanted_by_residue)
    if open_tail:
        best = around.best_right.get(last, -6.0)
        x["tail_best_right"] = max(-4.0, min(4.0, best)) / 2
    return x


def _byline_features(around: Surroundings, i: int, story: Story, common: Features, context: _Context) -> Features:
    typed, here = around.typed[i], story.number == context.current
    state = _state(around, i, story, context)
    state["tail_byline"] = float(typed.text[:1] in "（(" and story.bodies > 0)
    state["one_body"] = float(story.bodies == 1 and not story.heads)
    state["one_body_with_head"] = float(story.bodies == 1 and story.heads > 0)
    state["many_bodies"] = float(story.bodies > 1)
    state["last_is_previous"] = float(story.last == i - 1)
    return _named(typed.kind, typed.kind, here, common, state)


def _marker_features(around: Surroundings, i: int, story: Story, common: Features, context: _Context) -> Features:
    typed, here = around.typed[i], story.number == context.current
    state = _state(around, i, story, context)
    state["last_is_previous"] = float(story.last == i - 1)
    return _named(typed.kind, typed.kind, here, common, state)
