"""What a block can see of its page: its neighbours, runs of heads, topics and names, seams; and the stories so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.text.roles import Typed
from pipeline.text.seams import Seam
from pipeline.text.topics import Topics


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
        self._shared: dict[tuple[object, ...], float] = {}
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

    def names_shared(self, blocks: Sequence[int], story: Story) -> float:
        """How many rare names (log) some blocks have in common with a story."""
        key = (*blocks, -1, story.blocks)
        if key not in self._shared:
            self._shared[key] = math.log1p(sum(self.names.dot(b, story.blocks) for b in blocks))
        return self._shared[key]

    def alike(self, blocks: Sequence[int], others: Sequence[int]) -> float:
        """Cosine between two groups of blocks."""
        total = sum(self.topics.dot(b, others) for b in blocks)
        norm = sum(float(self.topics.norms[b]) for b in blocks) * sum(float(self.topics.norms[b]) for b in others)
        return total / norm if norm > 0 else 0.0
