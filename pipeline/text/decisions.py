"""The decisions that can be made for a block, and what speaks for each.

A block opens a new story, joins a story's head, stands in it as a heading or as the next paragraph, or is the second
half of a sentence that a story left open. Features of a story (topic, distance) are shared by all ways into it; how
ready it is for each is that way's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.text.roles import is_numbered
from pipeline.text.seams import Seam, is_running
from pipeline.text.surroundings import Story, Surroundings

Features = dict[str, float]
Move = Literal["new", "head", "late_head", "heading", "append", "join", "byline", "marker"]

_REACH = 90  # blocks: a story not touched for so long is closed
_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """A possible decision and its features."""

    move: Move
    story: int
    features: Features
    of: int | None = None


def choices(around: Surroundings, i: int, stories: Sequence[Story], current: int) -> Iterator[Choice]:
    """Everything that can be decided for block i. There is always at least a new story."""
    for _, group in groups(around, i, stories, current):
        yield from group


def groups(
    around: Surroundings, i: int, stories: Sequence[Story], current: int
) -> Iterator[tuple[tuple[object, ...], Iterator[Choice]]]:
    """The choices by story, each group (lazy) with a key of all that its features depend on."""
    typed = around.typed[i]
    if typed.block.residue:  # it stands out of order, at the page's end
        recent = [s for s in stories if any((t, i) in around.seams for t in s.tails)][-_CANDIDATES:]
    else:
        recent = sorted((s for s in stories if i - s.last <= _REACH), key=lambda s: -s.last)[:_CANDIDATES]
    context = _Context.of(around, i, recent, current)
    most = max(context.ahead.values(), default=0.0), max(context.names.values(), default=0.0)
    yield ("new", context.best, current < 0, most), iter((Choice("new", -1, _new_features(around, i, context)),))
    for rank, story in enumerate(recent):
        other = context.second if story.number == context.best_story else context.best
        best_ahead = max(context.ahead.values(), default=0.0)
        others = (rank, other, best_ahead, max(context.names.values()), sum(v > 0 for v in context.names.values()))
        key = (story.number, story.blocks, story.tails, story.number == current, others)
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
    ahead: dict[int, float]
    names: dict[int, float]
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
        ahead = {s.number: around.similarity(around.ahead[i], s) for s in recent} if around.ahead[i] else {}
        ranked = sorted(similarity.items(), key=lambda x: -x[1])
        n = len(around.typed)
        after = around.after_run[i] if typed.kind == "short" else i + 1
        kind: str = "end"
        if after < n:
            kind = "lead" if around.typed[after].lead else around.typed[after].kind
        return cls(
            current,
            similarity,
            ahead,
            {s.number: around.names_shared(group, s) for s in recent},
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
    x[f"new.{kind}.names"] = max(context.names.values(), default=0.0)
    if context.ahead:
        x[f"new.{kind}.ahead"] = 8 * max(context.ahead.values())
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
        f"{prefix}.short.recurs": float(around.recurs[i]),
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
    most = max(context.names.values())
    x["names"] = context.names[story.number]
    x["names_behind_most"] = context.names[story.number] - most
    x["names_only_here"] = float(context.names[story.number] > 0 and sum(v > 0 for v in context.names.values()) == 1)
    if context.ahead:
        best_ahead = max(context.ahead.values())
        x["ahead"] = 8 * context.ahead[story.number]
        x["ahead_log"] = math.log(max(context.ahead[story.number], 0.0) + 0.02)
        x["ahead_behind_best"] = 8 * (context.ahead[story.number] - best_ahead)
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
    if not story.photo:  # a photo credit closes its story
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
