"""The seam score: how likely does block B go on where block A stops?

A logistic model over inspectable features (RESEARCH of the project; the features are listed in `SEAM_FEATURES`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.text.lines import CLOSING, open_marks, unopened_marks
from pipeline.text.models import Floats
from pipeline.text.reader import Reader
from pipeline.text.roles import Typed
from pipeline.text.weights import Features, Weights

#: B is looked for up to this many blocks after A; a residue up to this many lines away on either side.
LOOK_AHEAD = 60
#: Of the LM ratios of 6 and of 2 characters: blocks that are no neighbours and fit less well are never joined. Of 202
#: true far seams on the development pages three lie below one of them, of the false ones two thirds.
_HOPELESS = -4.5
_UNLIKELY = -5.5

SEAM_FEATURES = (
    "bias",
    "lm2",
    "lm6",
    "lm_end",
    "lm_start",
    "page_grams",
    "word",
    "quote_matched",
    "quote_left_open",
    "quote_unopened",
    "quote_mismatch",
    "closing_mark_first",
    "comma",
    "left_short",
    "right_short",
    "right_short_ended",
    "right_tiny_ended",
    "left_length",
    "left_running",
    "left_phrase",
    # a residue, which stands out of order
    "residue",
    "residue_near",
    "residue_lm6",
    "residue_distance",
    "residue_backward",
    # neighbours
    "adjacent",
    "adjacent_blank",
    "adjacent_lm6",
    "adjacent_running",
    "adjacent_left_short",
    "adjacent_both_short",
    # all others
    "forward",
    "distance",
    "follows_ended",
    "follows_open",
    "follows_head",
    "before_lead",
)


def can_break_off(typed: Typed) -> bool:
    """May this block stop in the middle? Only running text that closes no sentence."""
    return typed.kind in ("body", "short") and not typed.block.ended and len(typed.text) >= 4


def can_go_on(typed: Typed) -> bool:
    """May this block be the second half of something?"""
    return typed.kind in ("body", "short") and not typed.lead


@dataclass(frozen=True, eq=False, slots=True)
class Seam:
    """A possible seam from block `left` to block `right`: the values of `SEAM_FEATURES`, and its score (log odds)."""

    left: int
    right: int
    values: Floats
    score: float

    @property
    def features(self) -> Features:
        """Those that are not zero, by name."""
        return {name: float(v) for name, v in zip(SEAM_FEATURES, self.values, strict=True) if v}

    @property
    def probability(self) -> float:
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.score))))


def score_seams(typed: Sequence[Typed], reader: Reader, weights: Mapping[str, float]) -> dict[tuple[int, int], Seam]:
    """All seams worth a thought on a page: (left, right) → Seam."""
    pairs, ratios = _pairs(typed, reader)
    if not pairs:
        return {}
    values = _values(typed, pairs, ratios, reader)
    group = Weights.of(weights).group("seam")
    scores = (values @ np.array([group.get(name, 0.0) for name in SEAM_FEATURES])).tolist()
    return {pair: Seam(*pair, row, score) for pair, row, score in zip(pairs, values, scores, strict=True)}


def _pairs(typed: Sequence[Typed], reader: Reader) -> tuple[list[tuple[int, int]], Floats]:
    """The pairs of blocks to look at, and what the reader says of each (`Reader.seam_scores`)."""
    lefts = [i for i, t in enumerate(typed) if can_break_off(t)]
    rights = [i for i, t in enumerate(typed) if can_go_on(t) and not t.block.residue]
    residues = [i for i, t in enumerate(typed) if can_go_on(t) and t.block.residue]
    near: list[tuple[int, int]] = []
    far: list[tuple[int, int]] = []
    at = 0
    for a in lefts:
        while at < len(rights) and rights[at] <= a:
            at += 1
        end = at
        while end < len(rights) and rights[end] <= a + LOOK_AHEAD:
            end += 1
        adjacent = at < end and rights[at] == a + 1
        near += [(a, a + 1)] * adjacent
        far += [(a, b) for b in rights[at + adjacent : end]]
        near += [(a, b) for b in residues if a != b and _lines_apart(typed, a, b) <= LOOK_AHEAD]
    ratios = reader.seam_scores([(typed[a].text, typed[b].text) for a, b in far], _UNLIKELY)
    hopeful = np.flatnonzero((ratios[:, 0] >= _UNLIKELY) & (ratios[:, 1] >= _HOPELESS))
    pairs = near + [far[n] for n in hopeful.tolist()]
    scores = np.vstack([reader.seam_scores([(typed[a].text, typed[b].text) for a, b in near]), ratios[hopeful]])
    order = sorted(range(len(pairs)), key=pairs.__getitem__)
    return [pairs[n] for n in order], scores[order]


def _values(typed: Sequence[Typed], pairs: Sequence[tuple[int, int]], ratios: Floats, reader: Reader) -> Floats:
    """A row of `SEAM_FEATURES` for each pair."""
    lefts = {a: _Left.of(typed[a]) for a, _ in pairs}
    rights = {b: _Right.of(typed[b]) for _, b in pairs}
    grams = _page_grams(typed)
    # lm2, lm6, lm_end, lm_start and lm6 again for residues and neighbours
    lm = np.clip(ratios / [8, 14, 12, 6 * 12], -1, 1) * 2
    rows = [
        _row(typed, a, b, lefts[a], rights[b], ratio, grams, reader)
        for (a, b), ratio in zip(pairs, lm.tolist(), strict=True)
    ]
    return np.array(rows)


@dataclass(frozen=True, slots=True)
class _Left:
    """What matters of the block that stops."""

    opened: str
    tail: str
    comma: float
    short: float
    length: float
    running: float
    phrase: float

    @classmethod
    def of(cls, typed: Typed) -> _Left:
        text = typed.text
        opened = open_marks(text[-400:])
        running = is_running(text)
        return cls(
            opened[-1] if opened else "",
            text[-4:],
            float(text[-1] in "，、；：,"),
            float(typed.kind == "short"),
            min(len(text), 120) / 120,
            float(running),
            float(not running and "，" not in text),
        )


@dataclass(frozen=True, slots=True)
class _Right:
    """What matters of the block that may go on."""

    unopened: str
    head: str
    closing_mark_first: float
    short: float
    short_ended: float
    tiny_ended: float

    @classmethod
    def of(cls, typed: Typed) -> _Right:
        text = typed.text
        unopened = unopened_marks(text[:400])
        return cls(
            unopened[0] if unopened else "",
            text[:4],
            float(text[0] in CLOSING + "，。、；：！？"),
            float(typed.kind == "short"),
            float(len(text) < 40 and typed.block.ended),
            float(len(text) <= 12 and typed.block.ended),
        )


_NONE_OF_RESIDUE, _NONE_OF_NEIGHBOURS, _NONE_OF_OTHERS = (0.0,) * 5, (0.0,) * 6, (0.0,) * 6


def _row(
    typed: Sequence[Typed],
    a: int,
    b: int,
    left: _Left,
    right: _Right,
    lm: Sequence[float],
    grams: Mapping[str, int],
    reader: Reader,
) -> tuple[float, ...]:
    opened, unopened = left.opened, right.unopened
    residue, neighbours, others = _NONE_OF_RESIDUE, _NONE_OF_NEIGHBOURS, _NONE_OF_OTHERS
    if typed[b].block.residue:
        apart = _lines_apart(typed, a, b)
        backward = float(typed[a].block.line > typed[b].block.line)
        residue = (1.0, float(apart <= 12), lm[1], math.log1p(apart), backward)
    elif b == a + 1:
        blank = float(typed[b].block.blank_before > 0)
        neighbours = (1.0, blank, lm[1], left.running, left.short, left.short * right.short)
    else:
        before, after = typed[b - 1], typed[a + 1]
        in_body = before.kind == "body"
        others = (
            1.0,
            math.log(b - a) if b > a else 0.0,
            float(in_body and before.block.ended),
            float(in_body and not before.block.ended),
            float(before.kind in ("short", "byline", "marker_from")),
            float(after.lead or after.kind != "body"),
        )
    return (
        1.0,
        *lm,
        min(3.0, _spanning(left.tail, right.head, grams)),
        min(10.0, reader.crosses_word(left.tail, right.head)) / 5,
        float(opened != "" and opened == unopened),
        float(opened != "" and not unopened),
        float(unopened != "" and not opened),
        float(opened != "" and unopened != "" and opened != unopened),
        right.closing_mark_first,
        left.comma,
        left.short,
        right.short,
        right.short_ended,
        right.tiny_ended,
        left.length,
        left.running,
        left.phrase,
        *residue,
        *neighbours,
        *others,
    )


def _page_grams(typed: Sequence[Typed]) -> Mapping[str, int]:
    """Character 3- and 4-grams of the page, with how often they occur."""
    grams: Counter[str] = Counter()
    for t in typed:
        text = t.text
        grams.update(map("".join, zip(text, text[1:], text[2:], strict=False)))
        grams.update(map("".join, zip(text, text[1:], text[2:], text[3:], strict=False)))
    return grams


def _lines_apart(typed: Sequence[Typed], a: int, b: int) -> int:
    return abs(typed[a].block.line - typed[b].block.line)


def is_running(text: str) -> bool:
    """Surely running text, no head and no key sentence set apart (提要): it closes a sentence inside, or is long."""
    if text[-1] in "：；—":
        return False
    return "。" in text or len(text) >= 70 or "；" in text


def _spanning(left: str, right: str, grams: Mapping[str, int]) -> float:
    """How many of the 3- and 4-grams across the seam occur elsewhere on the page."""
    return float(
        (left[-1:] + right[:2] in grams and len(right) > 1)
        + (left[-2:] + right[:1] in grams)
        + (left[-1:] + right[:3] in grams and len(right) > 2)
        + (left[-2:] + right[:2] in grams and len(right) > 1)
        + (left[-3:] + right[:1] in grams)
    )
