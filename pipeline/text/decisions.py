"""The decisions that can be made for a block, and what speaks for each.

A block opens a new story, joins a story's head, stands in it as a heading or as the next paragraph, or is the second
half of a sentence that a story left open. Features of a story (topic, distance) are shared by all ways into it; how
ready it is for each is that way's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal, NamedTuple

from pipeline.text.roles import Kind, Typed, is_numbered
from pipeline.text.seams import Seam, is_running
from pipeline.text.surroundings import Story, Surroundings
from pipeline.text.weights import Criteria, Features, Names, Values, Weights

Move = Literal["new", "head", "late_head", "heading", "append", "join", "byline", "marker"]

_last = attrgetter("last")
REACH = 90  # blocks: a story not touched for so long is closed
_CANDIDATES = 8
_TINY = 12  # characters: a paragraph that ends so soon is more often the rest of a broken one
#: Of the stories that wait for nothing and were left a while ago, only those most like the block are thought of.
_ALIKE = 2

#: Some features, and how they are weighed.
Term = tuple[Criteria, Values]


class Way(NamedTuple):
    """A way to put a block into a story, with all that speaks for it whatever the other stories are.

    `terms`: the features, and how they are weighed. `score`: their sum, weighted.
    """

    move: Move
    of: int | None
    terms: tuple[Term, ...]
    score: float


class Choice(NamedTuple):
    """A possible decision: a way into a story (-1: a new one), and how that story stands among the others."""

    score: float
    way: Way
    story: int
    beside: Term

    @property
    def features(self) -> Features:
        """All features by their full names, for training."""
        found: Features = {}
        for criteria, values in (*self.way.terms, self.beside):
            found |= criteria.features(values)
        return found


class Option(NamedTuple):
    """A story that a block could go to (-1: a new one), the ways into it, and how it stands among the others: features
    (`beside`) and their score."""

    story: int
    ways: tuple[Way, ...]
    score: float
    beside: Term


#: How a story stands among the others that a block could go to; and what the best of them says of a new one.
_BESIDE = (
    "similarity_margin", "similarity_share", "rank", "names_behind_most", "names_only_here", "ahead_behind_best",
)  # fmt: skip
_NEW_BESIDE = ("best_similarity", "best_similarity_log", "names", "ahead", "first")


class _Look(NamedTuple):
    """What a block has in common with a story: topic, topic of what follows it, rare names."""

    similarity: float
    ahead: float
    names: float


class _Move(NamedTuple):
    """What is weighed for a move of a kind of block: what stands before and after the block (`between`), its text, the
    looks of a short line; how ready the story is, and what block and story have to do with each other (`own`)."""

    between: Criteria
    text: Criteria
    looks: Criteria
    state: Criteria
    own: Criteria


class _Place(NamedTuple):
    """What is weighed for a kind of block in the story where the last block went, or in another one."""

    common: Criteria
    beside: Criteria
    join: Criteria
    by_move: Mapping[Move, _Move]


class _Entry(NamedTuple):
    """A move of one block: all that is true of the block alone, with its score; what is weighed for the story."""

    terms: tuple[Term, ...]
    score: float
    state: Criteria
    own: Criteria


@dataclass(slots=True)
class _Sight:
    """What is true of a block whatever the stories are; and what was worked out for the stories that it met."""

    i: int
    kind: Kind
    group: tuple[int, ...]
    ahead: tuple[int, ...]
    looks: Values
    text: Values
    new: tuple[Way]
    new_beside: Criteria
    places: tuple[_Place, _Place]  # there: stories where the last block did not go; here: the one where it went
    entries: dict[tuple[Move, bool], _Entry] = field(default_factory=dict)
    met: dict[int, _Look] = field(default_factory=dict)
    ways: dict[tuple[int, bool], tuple[Way, ...]] = field(default_factory=dict)
    joins: dict[tuple[int, bool, bool], tuple[Term, float]] = field(default_factory=dict)


class Prospects:
    """What can be decided for the blocks of a page, one after the other.

    What holds for a block and a state of a story is worked out once for all histories that share it.
    """

    def __init__(self, around: Surroundings, weights: Weights) -> None:
        self._around = around
        self._weights = weights
        self._sight: _Sight | None = None
        self._places: dict[tuple[Kind, Names], tuple[_Place, _Place]] = {}
        self._states: dict[int, tuple[Values, dict[str, float]]] = {}

    def choices(self, i: int, stories: Sequence[Story], current: int) -> list[Choice]:
        """Everything that can be decided for block i; the first is always a new story."""
        return [
            Choice(way.score + option.score, way, option.story, option.beside)
            for option in self.options(i, stories, current)
            for way in option.ways
        ]

    def options(self, i: int, stories: Sequence[Story], current: int) -> list[Option]:
        """The same, by story."""
        sight = self._see(i)
        recent = self._recent(i, stories)
        looks = [sight.met.get(s.key) or self._look(sight, s) for s in recent]
        best = second = most_ahead = most_names = 0.0
        best_story, least = -1, -1.0
        if looks:
            similarities = [x.similarity for x in looks]
            ranked = sorted(similarities, reverse=True)
            best, second = (*ranked, 0.0)[:2]
            best_story = recent[similarities.index(best)].number
            least = ranked[_ALIKE - 1] if len(looks) > _ALIKE else least
            most_ahead = max(max([x.ahead for x in looks]), 0.0)
            most_names = max([x.names for x in looks])
        only = sum([x.names > 0 for x in looks]) == 1
        beside: Values = (
            8 * best,
            math.log(max(best, 0.0) + 0.02),
            most_names,
            8 * most_ahead,
            float(current < 0),
        )
        found = [Option(-1, sight.new, sight.new_beside.weigh(beside), (sight.new_beside, beside))]
        for rank, (story, look) in enumerate(zip(recent, looks, strict=True)):
            here = story.number == current
            if rank > 1 and look.similarity < least and not here and not story.tails and story.bodies:
                continue
            ways = sight.ways.get((story.key, here))
            if ways is None:
                ways = sight.ways[story.key, here] = self._ways_into(sight, story, look, here)
            if not ways:
                continue
            other = second if story.number == best_story else best
            beside = (
                8 * (look.similarity - other),
                (look.similarity + 0.01) / (look.similarity + max(other, 0.0) + 0.02),
                min(rank, 5) / 2,
                look.names - most_names,
                float(only and look.names > 0),
                8 * (look.ahead - most_ahead),
            )
            criteria = sight.places[here].beside
            found.append(Option(story.number, ways, criteria.weigh(beside), (criteria, beside)))
        return found

    def _recent(self, i: int, stories: Sequence[Story]) -> list[Story]:
        """The stories that block i could go to, the last touched first."""
        around = self._around
        if around.typed[i].block.residue:  # it stands out of order, at the page's end
            return [s for s in stories if any((t, i) in around.seams for t in s.tails)][-_CANDIDATES:]
        return sorted([s for s in stories if i - s.last <= REACH], key=_last, reverse=True)[:_CANDIDATES]

    def _see(self, i: int) -> _Sight:
        if self._sight is None or self._sight.i != i:
            self._sight = self._new_sight(i)
        return self._sight

    def _new_sight(self, i: int) -> _Sight:
        around, criteria = self._around, self._weights.criteria
        typed = around.typed[i]
        kind = typed.kind
        named: str = kind if kind != "body" or not typed.lead else "lead"
        between, looks = _between(around, i), _short_looks(around, i) if kind == "short" else ()
        terms = [(criteria(f"new.{named}", between), (1.0,) * len(between))]
        if kind == "short":
            terms += [(criteria("new.short", _LOOKS), looks), (criteria("new.short", _HEAD), _new_head(around, i))]
        else:
            terms.append((criteria("new.body", _NEW_TEXT), _new_text(around, i)))
        return _Sight(
            i,
            kind,
            (i, *around.follow[i]) if kind in ("short", "byline", "marker_from") else (i,),
            around.ahead[i],
            looks,
            _text(around, i),
            (Way("new", None, tuple(terms), sum([c.weigh(values) for c, values in terms])),),
            criteria(f"new.{named}", _NEW_BESIDE),
            self._places_of(kind, between),
        )

    def _places_of(self, kind: Kind, between: Names) -> tuple[_Place, _Place]:
        found = self._places.get((kind, between))
        if found is None:
            there, here = (_place(self._weights, kind, between, where) for where in ("there", "here"))
            found = self._places[kind, between] = there, here
        return found

    def _look(self, sight: _Sight, story: Story) -> _Look:
        around = self._around
        similarity, ahead = around.likeness(sight.group, story), around.likeness(sight.ahead, story)
        found = sight.met[story.key] = _Look(similarity, ahead, around.names_shared(sight.group, story))
        return found

    def _ways_into(self, sight: _Sight, story: Story, look: _Look, here: bool) -> tuple[Way, ...]:
        """The ways to put the block into a story. All share what the block has in common with it."""
        around, i = self._around, sight.i
        place = sight.places[here]
        values = _common(sight, story, look)
        common, shared = (place.common, values), place.common.weigh(values)
        ways: list[Way] = []
        for tail in story.tails:
            seam = around.seams.get((tail, i))
            if seam:
                key = tail, here, tail == story.last
                term, score = sight.joins.get(key) or self._join(sight, seam, *key)
                ways.append(Way("join", tail, (common, term), shared + score))
        state, readiness = self._states.get(story.key) or self._state(story)
        for move, own in _moves(around, i, story, here):
            entry = sight.entries.get((move, here)) or self._entry(sight, move, here)
            ready = readiness.get(entry.state.path)
            if ready is None:
                ready = readiness[entry.state.path] = entry.state.weigh(state)
            score, terms = ready + (shared + entry.score), (common, *entry.terms, (entry.state, state))
            if own:
                score, terms = score + entry.own.weigh(own), (*terms, (entry.own, own))
            ways.append(Way(move, None, terms, score))
        return tuple(ways)

    def _join(self, sight: _Sight, seam: Seam, tail: int, here: bool, is_last: bool) -> tuple[Term, float]:
        criteria, values = sight.places[here].join, _joining(self._around, sight.i, tail, seam, is_last)
        found = sight.joins[tail, here, is_last] = (criteria, values), criteria.weigh(values)
        return found

    def _entry(self, sight: _Sight, move: Move, here: bool) -> _Entry:
        weighed = sight.places[here].by_move[move]
        terms = [(weighed.between, (1.0,) * len(weighed.between.names))]
        if weighed.text.names:
            terms.append((weighed.text, sight.text))
        if weighed.looks.names:
            terms.append((weighed.looks, sight.looks))
        score = sum([criteria.weigh(values) for criteria, values in terms])
        found = sight.entries[move, here] = _Entry(tuple(terms), score, weighed.state, weighed.own)
        return found

    def _state(self, story: Story) -> tuple[Values, dict[str, float]]:
        """How ready a state of a story is, and what that counts for a move (filled in when it is asked for)."""
        found = self._states[story.key] = _story_state(self._around, story), {}
        return found


def _place(weights: Weights, kind: Kind, between: Names, where: str) -> _Place:
    """Where the weights for a kind of block stand. A short line that is appended goes by another name."""
    short = kind == "short"
    moves: tuple[Move, ...] = ("append", "head", "heading", "late_head") if short else ("append", "byline", "marker")
    by_move = {}
    for move in moves:
        name = {"append": "append_short" if short else "append", "byline": kind, "marker": kind}.get(move, move)
        path = f"{name}.{where}"
        by_move[move] = _Move(
            weights.criteria(path, between),
            weights.criteria(path, _TEXT if move == "append" else ()),
            weights.criteria(f"{path}.looks.is.short" if move == "append" else f"{path}.is.short", _LOOKS * short),
            weights.criteria(path, _STATE),
            weights.criteria(path, _OWN.get(move, ())),
        )
    return _Place(
        weights.criteria(f"place.{kind}.{where}", _COMMON),
        weights.criteria(f"place.{kind}.{where}", _BESIDE),
        weights.criteria(f"{'join_short' if short else 'join'}.{where}", _JOIN),
        by_move,
    )


def _moves(around: Surroundings, i: int, story: Story, here: bool) -> list[tuple[Move, Values]]:
    """What can be done with block i in a story, apart from joins, with the values of `_OWN`."""
    kind = around.typed[i].kind
    if kind in ("marker_from", "marker_to"):
        return [("marker", (float(story.last == i - 1),))]
    if kind in ("byline", "credit"):
        return [] if kind == "byline" and _has_its_byline(around, i, story) else [("byline", _byline(around, i, story))]
    found: list[tuple[Move, Values]] = []
    if kind == "short":
        if story.head_open and (here or not story.bodies):
            found.append(("head", ()))
        if not story.head_open and (story.bodies or story.heads) and not story.photo:
            found.append(("heading", ()))
        if not story.heads and not story.photo:
            found.append(("late_head", ()))
    if not story.photo:  # a photo credit closes its story
        found.append(("append", _appended(around, i, story)))
    return found


def _has_its_byline(around: Surroundings, i: int, story: Story) -> bool:
    """One opening byline a story: a second one belongs elsewhere, unless it stands right below the first or closes
    the text in brackets; and no byline opens in the middle of a sentence."""
    last = story.blocks[-1]
    if around.typed[last].kind == "byline" and last == i - 1:
        return False
    if last in story.tails and around.typed[last].kind == "body":
        return True
    return (story.byline or (story.lead and story.bodies > 0)) and around.typed[i].text[0] not in "（("


def _between(around: Surroundings, i: int) -> Names:
    """Between what the block stands, as the names of features that are 1; the empty one stands for any block."""
    typed = around.typed
    previous: str = typed[i - 1].kind if i else "start"
    after = around.after_run[i] if typed[i].kind == "short" else i + 1
    following: str = "end"
    if after < len(typed):
        following = "lead" if typed[after].lead else typed[after].kind
    names = ("", f"after_{previous}", f"before_{following}")
    return (*names, "blank") if typed[i].block.blank_before and around.blanks_speak else names


#: What speaks for a new story that begins with text.
_NEW_TEXT = ("best_left", "short_text")


def _new_text(around: Surroundings, i: int) -> Values:
    """The values of `_NEW_TEXT`."""
    return max(-4.0, around.best_left.get(i, -4.0)) / 4, float(len(around.typed[i].text) < 60)


#: What speaks for a new story that begins with a head.
_HEAD = ("follow_similarity",)


def _new_head(around: Surroundings, i: int) -> Values:
    """The values of `_HEAD`."""
    return (8 * around.alike((i,), around.follow[i]) if around.follow[i] else 0.0,)


#: The looks of a short line.
_LOOKS = (
    "length", "label_like", "numbered", "asks", "dash", "ends_dash", "quoted", "colon", "brackets", "run", "space",
    "recurs", "comma", "best_left", "best_right", "long",
)  # fmt: skip


def _short_looks(around: Surroundings, i: int) -> Values:
    """The values of `_LOOKS`."""
    text = around.typed[i].text
    return (
        min(len(text), 40) / 20,
        float(len(text) <= 6),
        float(is_numbered(text)),
        float(text[-1] in "？！…"),
        float(text.startswith(("——", "—"))),
        float(text.endswith("—")),
        float(text[0] == "“" and text[-1] == "”"),
        float(text[-1] in "：:"),
        float(text[0] in "（(【" and text[-1] in "）)】"),
        min(around.run_after[i], 4) / 2,
        float(" " in text.strip()),
        float(around.recurs[i]),
        float("，" in text or "；" in text),
        max(-4.0, min(4.0, around.best_left.get(i, -4.0))) / 4,
        max(-4.0, min(4.0, around.best_right.get(i, -4.0))) / 4,
        float(len(text) > 30),
    )


#: What holds for every way to put a block into a story.
_COMMON = ("similarity", "similarity_log", "distance", "names", "ahead", "ahead_log", "closed", "photo")


def _common(sight: _Sight, story: Story, look: _Look) -> Values:
    """The values of `_COMMON`."""
    return (
        8 * look.similarity,
        math.log(max(look.similarity, 0.0) + 0.02),
        math.log1p(sight.i - story.last),
        look.names,
        8 * look.ahead,
        math.log(max(look.ahead, 0.0) + 0.02) if sight.ahead else 0.0,
        float(story.closed),
        float(story.photo),
    )


#: A sentence that goes on.
_JOIN = ("", "seam", "rival_right", "rival_left", "adjacent", "not_last", "running", "residue")


def _joining(around: Surroundings, i: int, tail: int, seam: Seam, is_last: bool) -> Values:
    """The values of `_JOIN`."""
    score = seam.score
    return (
        1.0,
        max(-6.0, min(6.0, score)) / 3,
        max(-4.0, min(4.0, around.best_right[tail] - score)) / 2,
        max(-4.0, min(4.0, around.best_left[i] - score)) / 2,
        float(tail == i - 1),
        float(not is_last),
        float(is_running(around.typed[tail].text)),
        float(around.typed[i].block.residue),
    )


#: The text of a block that is appended.
_TEXT = ("text_short", "text_ended", "tiny", "lead")


def _text(around: Surroundings, i: int) -> Values:
    """The values of `_TEXT`."""
    typed = around.typed[i]
    return float(len(typed.text) < 60), float(typed.block.ended), float(_is_tiny(typed)), float(typed.lead)


def _is_tiny(typed: Typed) -> bool:
    return typed.block.ended and len(typed.text) <= _TINY


#: What a block that is put into a story has to do with it, by move.
_OWN: dict[Move, Names] = {
    "append": ("tiny_after_open", "lead_with_bodies", "lead_with_byline"),
    "byline": ("last_is_previous", "tail_byline", "one_body", "one_body_with_head", "many_bodies"),
    "marker": ("last_is_previous",),
}


def _appended(around: Surroundings, i: int, story: Story) -> Values:
    """The values of `_OWN["append"]`; none when they are all zero."""
    typed = around.typed[i]
    if not typed.lead and not _is_tiny(typed):
        return ()
    return (
        float(_is_tiny(typed) and story.last == i - 1 and story.last in story.tails),
        float(typed.lead and story.bodies > 0),
        float(typed.lead and story.byline),
    )


def _byline(around: Surroundings, i: int, story: Story) -> Values:
    """The values of `_OWN["byline"]`."""
    return (
        float(story.last == i - 1),
        float(around.typed[i].text[:1] in "（(" and story.bodies > 0),
        float(story.bodies == 1 and not story.heads),
        float(story.bodies == 1 and story.heads > 0),
        float(story.bodies > 1),
    )


#: How ready a story is for what comes.
_STATE = (
    "first_body", "waiting", "heads", "headless", "byline", "has_lead", "late_head", "from_marker", "open_tails",
    "open_tail", "tail_best_right", "open_running_tail", "open_running_tail.no_residue",
)  # fmt: skip


def _story_state(around: Surroundings, story: Story) -> Values:
    """The values of `_STATE`."""
    last = story.last
    is_open = last in story.tails
    runs = is_open and is_running(around.typed[last].text)
    return (
        float(not story.bodies),
        float(not story.bodies and story.heads > 0),
        min(story.heads, 4) / 2,
        float(not story.heads),
        float(story.byline),
        float(story.lead),
        float(story.late_head),
        float(story.from_marker),
        min(len(story.tails), 3) / 2,
        float(is_open),
        max(-4.0, min(4.0, around.best_right.get(last, -6.0))) / 2 if is_open else 0.0,
        float(runs),
        float(runs and last not in around.wanted_by_residue),
    )
