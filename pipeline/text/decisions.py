"""The decisions that can be made for a block, and what speaks for each.

A block opens a new story, joins a story's head, stands in it as a heading or as the next paragraph, or is the second
half of a sentence that a story left open. Features of a story (topic, distance) are shared by all ways into it; how
ready it is for each is that way's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pipeline.text.roles import is_numbered
from pipeline.text.seams import Seam, is_running
from pipeline.text.surroundings import Story, Surroundings
from pipeline.text.weights import Features, Weights, dot

Move = Literal["new", "head", "late_head", "heading", "append", "join", "byline", "marker"]

REACH = 90  # blocks: a story not touched for so long is closed
_CANDIDATES = 8
_TINY = 12  # characters: a paragraph that ends so soon is more often the rest of a broken one
#: Of the stories that wait for nothing and were left a while ago, only those most like the block are thought of.
_ALIKE = 2


@dataclass(frozen=True, slots=True)
class Way:
    """A way to put a block into a story, with all that speaks for it whatever the other stories are.

    `terms`: features under the path of their names. `score`: their sum, weighted.
    """

    move: Move
    of: int | None
    terms: tuple[tuple[str, Features], ...]
    score: float


class Choice(NamedTuple):
    """A possible decision: a way into a story (-1: a new one), and how that story stands among the others."""

    score: float
    way: Way
    story: int
    path: str
    beside: tuple[float, ...]

    @property
    def features(self) -> Features:
        """All features by their full names, for training."""
        names = _NEW_BESIDE if self.way.move == "new" else _BESIDE
        terms = (*self.way.terms, (self.path, dict(zip(names, self.beside, strict=True))))
        return {f"{path}.{k}".rstrip("."): v for path, features in terms for k, v in features.items() if v}


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


@dataclass(frozen=True, slots=True)
class _Sight:
    """What is true of a block whatever the stories are."""

    i: int
    kind: str  # as new stories are named: lead told from body
    place: str  # as places in stories are named
    group: tuple[int, ...]
    ahead: tuple[int, ...]
    state: Features
    looks: Features
    new: Way


class Prospects:
    """What can be decided for the blocks of a page, one after the other.

    What holds for a block and a state of a story is worked out once for all histories that share it.
    """

    def __init__(self, around: Surroundings, weights: Weights) -> None:
        self._around = around
        self._weights = weights
        self._sight: _Sight | None = None
        self._looks: dict[int, _Look] = {}
        self._ways: dict[tuple[int, bool], tuple[Way, ...]] = {}
        self._beside: dict[str, tuple[float, ...]] = {}
        self._states: dict[int, Features] = {}
        self._state_scores: dict[tuple[int, str], float] = {}
        self._block_scores: dict[str, float] = {}

    def choices(self, i: int, stories: Sequence[Story], current: int) -> list[Choice]:
        """Everything that can be decided for block i; the first is always a new story."""
        sight = self._see(i)
        recent = self._recent(i, stories)
        looks = [self._look(sight, s) for s in recent]
        best = second = most_ahead = most_names = 0.0
        best_story = -1
        if looks:
            similarities = [x.similarity for x in looks]
            best = max(similarities)
            at = similarities.index(best)
            best_story = recent[at].number
            second = max(similarities[:at] + similarities[at + 1 :], default=0.0)
            most_ahead = max(max([x.ahead for x in looks]), 0.0)
            most_names = max([x.names for x in looks])
        only = sum([x.names > 0 for x in looks]) == 1
        beside: tuple[float, ...] = (
            8 * best,
            math.log(max(best, 0.0) + 0.02),
            most_names,
            8 * most_ahead,
            float(current < 0),
        )
        path = f"new.{sight.kind}"
        score = sight.new.score + _weigh(self._weights_beside(path, _NEW_BESIDE), beside)
        found = [Choice(score, sight.new, -1, path, beside)]
        paths = f"place.{sight.place}.there", f"place.{sight.place}.here"
        weights = [self._weights_beside(path, _BESIDE) for path in paths]
        least = sorted(similarities)[-_ALIKE] if len(looks) > _ALIKE else -1.0
        for rank, (story, look) in enumerate(zip(recent, looks, strict=True)):
            here = story.number == current
            if rank > 1 and look.similarity < least and not here and not story.tails and story.bodies:
                continue
            ways = self._ways.get((story.key, here))
            if ways is None:
                ways = self._ways[story.key, here] = self._ways_into(sight, story, look, here)
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
            score = _weigh(weights[here], beside)
            found += [Choice(way.score + score, way, story.number, paths[here], beside) for way in ways]
        return found

    def _weights_beside(self, path: str, names: tuple[str, ...]) -> tuple[float, ...]:
        if path not in self._beside:
            group = self._weights.group(path)
            self._beside[path] = tuple(group.get(name, 0.0) for name in names)
        return self._beside[path]

    def _way(self, move: Move, of: int | None, *terms: tuple[str, Features]) -> Way:
        return Way(move, of, terms, sum([dot(features, self._weights.group(path)) for path, features in terms]))

    def _recent(self, i: int, stories: Sequence[Story]) -> list[Story]:
        """The stories that block i could go to, the last touched first."""
        around = self._around
        if around.typed[i].block.residue:  # it stands out of order, at the page's end
            return [s for s in stories if any((t, i) in around.seams for t in s.tails)][-_CANDIDATES:]
        return sorted((s for s in stories if i - s.last <= REACH), key=lambda s: -s.last)[:_CANDIDATES]

    def _see(self, i: int) -> _Sight:
        if self._sight is None or self._sight.i != i:
            self._sight = self._new_sight(i)
            self._looks, self._ways, self._block_scores = {}, {}, {}
        return self._sight

    def _new_sight(self, i: int) -> _Sight:
        around = self._around
        typed = around.typed[i]
        kind: str = typed.kind if typed.kind != "body" or not typed.lead else "lead"
        previous = around.typed[i - 1].kind if i else "start"
        after = around.after_run[i] if typed.kind == "short" else i + 1
        following: str = "end"
        if after < len(around.typed):
            following = "lead" if around.typed[after].lead else around.typed[after].kind
        state: Features = {"": 1.0, f"after_{previous}": 1.0, f"before_{following}": 1.0}
        if typed.block.blank_before and around.blanks_speak:
            state["blank"] = 1.0
        looks = _short_looks(around, i) if typed.kind == "short" else {}
        return _Sight(
            i,
            kind,
            typed.kind,
            (i, *around.follow[i]) if typed.kind in ("short", "byline", "marker_from") else (i,),
            around.ahead[i],
            state,
            looks,
            self._way("new", None, *_new_terms(around, i, kind, state, looks)),
        )

    def _look(self, sight: _Sight, story: Story) -> _Look:
        found = self._looks.get(story.key)
        if found is None:
            similarity, names = self._around.in_common(sight.group, story)
            ahead = self._around.in_common(sight.ahead, story)[0] if sight.ahead else 0.0
            found = self._looks[story.key] = _Look(similarity, ahead, names)
        return found

    def _ways_into(self, sight: _Sight, story: Story, look: _Look, here: bool) -> tuple[Way, ...]:
        """The ways to put the block into a story."""
        around, i = self._around, sight.i
        kind = around.typed[i].kind
        where = "here" if here else "there"
        common = _story_features(sight, story, look)
        into = _Into(self, sight, story, (f"place.{sight.place}.{where}", common))
        if kind in ("body", "short"):
            return self._text_ways(sight, story, into, where)
        own = {"last_is_previous": float(story.last == i - 1)}
        if kind not in ("byline", "credit"):
            return (into.way("marker", f"{kind}.{where}", own),)
        if kind == "byline" and _has_its_byline(around, i, story):
            return ()
        own["tail_byline"] = float(around.typed[i].text[:1] in "（(" and story.bodies > 0)
        own["one_body"] = float(story.bodies == 1 and not story.heads)
        own["one_body_with_head"] = float(story.bodies == 1 and story.heads > 0)
        own["many_bodies"] = float(story.bodies > 1)
        return (into.way("byline", f"{kind}.{where}", own),)

    def _text_ways(self, sight: _Sight, story: Story, into: _Into, where: str) -> tuple[Way, ...]:
        around, i = self._around, sight.i
        typed = around.typed[i]
        short = typed.kind == "short"
        ways: list[Way] = []
        for tail in story.tails:
            seam = around.seams.get((tail, i))
            if seam:
                own = _join_features(around, i, tail, seam, story)
                ways.append(into.join(tail, f"{'join_short' if short else 'join'}.{where}", own))
        if short:
            if story.head_open and (where == "here" or not story.bodies):
                ways.append(into.way("head", f"head.{where}", None, "is.short"))
            if not story.head_open and (story.bodies or story.heads) and not story.photo:
                ways.append(into.way("heading", f"heading.{where}", None, "is.short"))
            if not story.heads and not story.photo:
                ways.append(into.way("late_head", f"late_head.{where}", None, "is.short"))
        if not story.photo:  # a photo credit closes its story
            own = {"text_short": float(len(typed.text) < 60), "text_ended": float(typed.block.ended)}
            if typed.block.ended and len(typed.text) <= _TINY:
                own["tiny"] = 1.0
                last = story.blocks[-1]
                own["tiny_after_open"] = float(last == i - 1 and last in story.tails)
            if typed.lead:
                own["lead"] = 1.0
                own["lead_with_bodies"] = float(story.bodies > 0)
                own["lead_with_byline"] = float(story.byline)
            if short:
                ways.append(into.way("append", f"append_short.{where}", own, "looks.is.short"))
            else:
                ways.append(into.way("append", f"append.{where}", own))
        return tuple(ways)

    def of_story(self, story: Story, path: str) -> tuple[Features, float]:
        """How ready a state of a story is for what comes, and what that counts for a way with this path."""
        features = self._states.get(story.key)
        if features is None:
            features = self._states[story.key] = _story_state(self._around, story)
        key = story.key, path
        score = self._state_scores.get(key)
        if score is None:
            score = self._state_scores[key] = dot(features, self._weights.group(path))
        return features, score

    def of_block(self, path: str, features: Features) -> float:
        """What the block's own features count under this path."""
        score = self._block_scores.get(path)
        if score is None:
            score = self._block_scores[path] = dot(features, self._weights.group(path))
        return score

    def weighed(self, path: str, features: Features) -> float:
        return dot(features, self._weights.group(path))


class _Into:
    """Makes the ways of a block into a story, which share what holds for all of them."""

    __slots__ = ("_common", "_prospects", "_score", "_sight", "_story")

    def __init__(self, prospects: Prospects, sight: _Sight, story: Story, common: tuple[str, Features]) -> None:
        self._prospects, self._sight, self._story, self._common = prospects, sight, story, common
        self._score = prospects.weighed(*common)

    def join(self, tail: int, path: str, own: Features) -> Way:
        return Way("join", tail, (self._common, (path, own)), self._score + self._prospects.weighed(path, own))

    def way(self, move: Move, path: str, own: Features | None, looks: str = "") -> Way:
        """`own`: features of block and story together. `looks`: where the weights of a short line's looks stand."""
        prospects, sight = self._prospects, self._sight
        state, score = prospects.of_story(self._story, path)
        terms = [self._common, (path, sight.state), (path, state)]
        score += self._score + prospects.of_block(path, sight.state)
        if own:
            terms.append((path, own))
            score += prospects.weighed(path, own)
        if looks:
            path = f"{path}.{looks}"
            terms.append((path, sight.looks))
            score += prospects.of_block(path, sight.looks)
        return Way(move, None, tuple(terms), score)


def _weigh(weights: tuple[float, ...], values: tuple[float, ...]) -> float:
    return sum([w * v for w, v in zip(weights, values, strict=True)])


def _has_its_byline(around: Surroundings, i: int, story: Story) -> bool:
    """One opening byline a story: a second one belongs elsewhere, unless it stands right below the first or closes
    the text in brackets; and no byline opens in the middle of a sentence."""
    last = story.blocks[-1]
    if around.typed[last].kind == "byline" and last == i - 1:
        return False
    if last in story.tails and around.typed[last].kind == "body":
        return True
    return (story.byline or (story.lead and story.bodies > 0)) and around.typed[i].text[0] not in "（("


def _new_terms(around: Surroundings, i: int, kind: str, state: Features, looks: Features) -> list[tuple[str, Features]]:
    if kind == "short":
        alike = around.alike((i,), around.follow[i]) if around.follow[i] else 0.0
        return [("new.short", state), ("new.short", looks), ("new.short", {"follow_similarity": 8 * alike})]
    own = {
        "best_left": max(-4.0, around.best_left.get(i, -4.0)) / 4,
        "short_text": float(len(around.typed[i].text) < 60),
    }
    return [(f"new.{kind}", state), ("new.body", own)]


def _short_looks(around: Surroundings, i: int) -> Features:
    text = around.typed[i].text
    looks = {
        "length": min(len(text), 40) / 20,
        "label_like": float(len(text) <= 6),
        "numbered": float(is_numbered(text)),
        "asks": float(text[-1] in "？！…"),
        "dash": float(text.startswith(("——", "—"))),
        "ends_dash": float(text.endswith("—")),
        "quoted": float(text[0] == "“" and text[-1] == "”"),
        "colon": float(text[-1] in "：:"),
        "brackets": float(text[0] in "（(【" and text[-1] in "）)】"),
        "run": min(around.run_after[i], 4) / 2,
        "space": float(" " in text.strip()),
        "recurs": float(around.recurs[i]),
        "comma": float("，" in text or "；" in text),
        "best_left": max(-4.0, min(4.0, around.best_left.get(i, -4.0))) / 4,
        "best_right": max(-4.0, min(4.0, around.best_right.get(i, -4.0))) / 4,
        "long": float(len(text) > 30),
    }
    return {k: v for k, v in looks.items() if v}


def _story_features(sight: _Sight, story: Story, look: _Look) -> Features:
    """What holds for every way to put the block into this story."""
    x: Features = {
        "similarity": 8 * look.similarity,
        "similarity_log": math.log(max(look.similarity, 0.0) + 0.02),
        "distance": math.log1p(sight.i - story.last),
        "names": look.names,
    }
    if sight.ahead:
        x["ahead"] = 8 * look.ahead
        x["ahead_log"] = math.log(max(look.ahead, 0.0) + 0.02)
    if story.closed:
        x["closed"] = 1.0
    if story.photo:
        x["photo"] = 1.0
    return x


def _join_features(around: Surroundings, i: int, tail: int, seam: Seam, story: Story) -> Features:
    return {
        "": 1.0,
        "seam": max(-6.0, min(6.0, seam.score)) / 3,
        "rival_right": max(-4.0, min(4.0, around.best_right[tail] - seam.score)) / 2,
        "rival_left": max(-4.0, min(4.0, around.best_left[i] - seam.score)) / 2,
        "adjacent": float(tail == i - 1),
        "not_last": float(not story.blocks or story.blocks[-1] != tail),
        "running": float(is_running(around.typed[tail].text)),
        "residue": float(around.typed[i].block.residue),
    }


def _story_state(around: Surroundings, story: Story) -> Features:
    """How ready the story is for what comes."""
    last = story.blocks[-1]
    x: Features = {}
    if not story.bodies:
        x["first_body"] = 1.0
        if story.heads:
            x["waiting"] = 1.0
    if story.heads:
        x["heads"] = min(story.heads, 4) / 2
    else:
        x["headless"] = 1.0
    if story.byline:
        x["byline"] = 1.0
    if story.lead:
        x["has_lead"] = 1.0
    if story.late_head:
        x["late_head"] = 1.0
    if story.from_marker:
        x["from_marker"] = 1.0
    if story.tails:
        x["open_tails"] = min(len(story.tails), 3) / 2
        if last in story.tails:
            x["open_tail"] = 1.0
            x["tail_best_right"] = max(-4.0, min(4.0, around.best_right.get(last, -6.0))) / 2
            if is_running(around.typed[last].text):
                x["open_running_tail"] = 1.0
                x["open_running_tail.no_residue"] = float(last not in around.wanted_by_residue)
    return x
