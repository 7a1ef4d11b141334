"""What a block can see of its page: its neighbours, runs of heads, topics and names, seams; and the stories so far."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.text.models import Floats
from pipeline.text.roles import Typed
from pipeline.text.seams import Seam
from pipeline.text.topics import Topics


class Story(NamedTuple):
    """An article in the making. `tails`: its blocks that stop in the middle of a sentence and were not continued.

    `common`: what it shares with every block of the page that is still to come (`Surroundings.common`). `key` names
    this state of the story, `like` all states that are the same for what can still come.
    """

    number: int
    blocks: tuple[int, ...]
    last: int
    common: Floats
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
    key: int = -1
    like: int = -1


class Surroundings:
    """What a block can see of its page: neighbours, runs of heads, topics, seams."""

    def __init__(
        self,
        typed: Sequence[Typed],
        topics: Topics,
        names: Topics,
        seams: Mapping[tuple[int, int], Seam],
        recurs: Sequence[bool] = (),
    ) -> None:
        self.typed = typed
        self.topics = topics
        self.names = names
        self.seams = seams
        self.recurs = recurs or [False] * len(typed)  # does this short line stand alone on other pages, too?
        self.norms: list[float] = topics.norms.tolist()
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
        self.ahead = [self._ahead(i) for i in range(n)]
        blank = sum(1 for t in typed if t.block.blank_before)
        self._lines = sorted(t.block.line for t in typed)
        self.blanks_speak = 0 < blank < 0.6 * n
        self.best_right: dict[int, float] = {}
        self.best_left: dict[int, float] = {}
        for (a, b), seam in seams.items():
            self.best_right[a] = max(self.best_right.get(a, -9.0), seam.score)
            self.best_left[b] = max(self.best_left.get(b, -9.0), seam.score)
        self._products = np.stack([topics.products, names.products], axis=1)
        self.nothing: Floats = np.zeros((2, n))  # what a story without blocks shares with every block
        residues = [(a, b) for a, b in seams if typed[b].block.residue]
        #: Blocks that a residue may go on, and those that one most likely does: there a paragraph may rightly stay
        #: open for now.
        self.open_to_residue = {a for a, _ in residues}
        self.wanted_by_residue = {a for a, b in residues if seams[a, b].score >= self.best_left[b]}

    def stands_between(self, first: int, last: int) -> bool:
        """Does a block begin between two lines of the file, both left out?"""
        return bisect_right(self._lines, first) < bisect_left(self._lines, last)

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

    def _ahead(self, i: int) -> tuple[int, ...]:
        """The two blocks of running text right after block i, which most likely go where it goes."""
        found: list[int] = []
        if self.typed[i].kind != "body":
            return ()
        for j in (i + 1, i + 2):
            if j >= len(self.typed) or self.typed[j].kind != "body" or self.typed[j].lead:
                break
            found.append(j)
        return tuple(found)

    def common(self, block: int, before: Floats) -> Floats:
        """What a story shares with each block that is still to come, once `block` stands in it: dot products of topics
        (row 0) and of names (row 1), one column a block of the page; `before`: what it shared till then."""
        shared = before.copy()
        end = min(shared.shape[1], block + self._products.shape[2])
        shared[:, block + 1 : end] += self._products[block, :, 1 : end - block]
        return shared

    def likeness(self, blocks: Sequence[int], story: Story) -> float:
        """Cosine between some blocks and a story."""
        shared = norm = 0.0
        for b in blocks:
            shared += story.common.item(0, b)
            norm += self.norms[b]
        return shared / (math.sqrt(story.norm) * norm) if story.norm > 0 and norm > 0 else 0.0

    def names_shared(self, blocks: Sequence[int], story: Story) -> float:
        """How many rare names (log) some blocks and a story have in common."""
        return math.log1p(sum([story.common.item(1, b) for b in blocks]))

    def alike(self, blocks: Sequence[int], others: Sequence[int]) -> float:
        """Cosine between two groups of blocks."""
        total = sum(self.topics.dot(a, b) for a in blocks for b in others)
        norm = sum(self.norms[b] for b in blocks) * sum(self.norms[b] for b in others)
        return total / norm if norm > 0 else 0.0
