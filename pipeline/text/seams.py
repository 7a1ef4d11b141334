"""The seam score: how likely does block B go on where block A stops?

A logistic model over inspectable features (RESEARCH of the project; the features are listed in `SEAM_FEATURES`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.text.lines import CLOSING, open_marks, unopened_marks
from pipeline.text.models import Floats, Points
from pipeline.text.points import code_points
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


class Seam(NamedTuple):
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
    texts = [t.text for t in typed]
    left, right, ratios = _pairs(typed, texts, reader)
    if not len(left):
        return {}
    values = _values(typed, texts, left, right, ratios, reader)
    group = Weights.of(weights).group("seam")
    scores = values @ np.array([group.get(name, 0.0) for name in SEAM_FEATURES])
    found = zip(left.tolist(), right.tolist(), values, scores.tolist(), strict=True)
    return {(a, b): Seam(a, b, row, score) for a, b, row, score in found}


def _pairs(typed: Sequence[Typed], texts: Sequence[str], reader: Reader) -> tuple[Points, Points, Floats]:
    """The pairs of blocks to look at, in order: left, right, and the reader's word on each (`Reader.seam_scores`)."""
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
    left, right = np.array(near + far, dtype=np.int64).reshape(-1, 2).T
    is_far = np.arange(len(left)) >= len(near)
    ratios = reader.seams_between(texts, left, right, least=np.where(is_far, _UNLIKELY, -math.inf))
    hopeless = is_far & ((ratios[:, 0] < _UNLIKELY) | (ratios[:, 1] < _HOPELESS))
    order = np.lexsort((right, left))
    order = order[~hopeless[order]]
    return left[order], right[order], ratios[order]


def _values(
    typed: Sequence[Typed], texts: Sequence[str], a: Points, b: Points, ratios: Floats, reader: Reader
) -> Floats:
    """A row of `SEAM_FEATURES` for each pair of blocks (a, b), made column by column."""
    left, right = _of_each(_of_left, typed, a), _of_each(_of_right, typed, b)
    between = _of_each(_before_right, typed, b - 1) | _of_each(_after_left, typed, np.minimum(a + 1, len(typed) - 1))
    opened, unopened = left["opened"], right["unopened"]
    lm2, lm6, lm_end, lm_start = (np.clip(ratios / [8, 14, 12, 6 * 12], -1, 1) * 2).T
    line = np.array([t.block.line for t in typed])
    apart = np.abs(line[a] - line[b])
    residue = right["is_residue"] > 0
    adjacent = ~residue & (b == a + 1)
    other = ~residue & ~adjacent
    columns = {
        "bias": np.ones(len(a)),
        "lm2": lm2,
        "lm6": lm6,
        "lm_end": lm_end,
        "lm_start": lm_start,
        "page_grams": np.minimum(3, _spanning(texts, a, b)),
        "word": np.minimum(10.0, reader.words_across(texts, a, b)) / 5,
        "quote_matched": (opened > 0) & (opened == unopened),
        "quote_left_open": (opened > 0) & (unopened == 0),
        "quote_unopened": (opened == 0) & (unopened > 0),
        "quote_mismatch": (opened > 0) & (unopened > 0) & (opened != unopened),
        **left,
        **right,
        "residue": residue,
        "residue_near": residue & (apart <= 12),
        "residue_lm6": residue * lm6,
        "residue_distance": residue * np.log1p(apart),
        "residue_backward": residue & (line[a] > line[b]),
        "adjacent": adjacent,
        "adjacent_blank": adjacent * right["blank_before"],
        "adjacent_lm6": adjacent * lm6,
        "adjacent_running": adjacent * left["left_running"],
        "adjacent_left_short": adjacent * left["left_short"],
        "adjacent_both_short": adjacent * left["left_short"] * right["right_short"],
        "forward": other,
        "distance": other * np.log(np.maximum(b - a, 1)),
        **{name: other * values for name, values in between.items()},
    }
    return np.column_stack([columns[name] for name in SEAM_FEATURES])


def _of_each(look: Callable[[Typed], Features], typed: Sequence[Typed], at: Points) -> dict[str, Floats]:
    """What `look` says of single blocks, by name, for every block in `at`."""
    blocks, where = np.unique(at, return_inverse=True)
    seen = [look(typed[i]) for i in blocks.tolist()]
    table = np.array([list(x.values()) for x in seen])
    return dict(zip(seen[0], table[where].T, strict=True))


def _of_left(typed: Typed) -> Features:
    """What matters of the block that stops."""
    text = typed.text
    opened = open_marks(text[-400:])
    running = is_running(text)
    return {
        "opened": float(ord(opened[-1]) if opened else 0),
        "comma": float(text[-1] in "，、；：,"),
        "left_short": float(typed.kind == "short"),
        "left_length": min(len(text), 120) / 120,
        "left_running": float(running),
        "left_phrase": float(not running and "，" not in text),
    }


def _of_right(typed: Typed) -> Features:
    """What matters of the block that may go on."""
    text, ended = typed.text, typed.block.ended
    unopened = unopened_marks(text[:400])
    return {
        "unopened": float(ord(unopened[0]) if unopened else 0),
        "closing_mark_first": float(text[0] in CLOSING + "，。、；：！？"),
        "right_short": float(typed.kind == "short"),
        "right_short_ended": float(len(text) < 40 and ended),
        "right_tiny_ended": float(len(text) <= 12 and ended),
        "is_residue": float(typed.block.residue),
        "blank_before": float(typed.block.blank_before > 0),
    }


def _before_right(typed: Typed) -> Features:
    """What matters of the block before the one that may go on, where it is not the one that stops."""
    return {
        "follows_ended": float(typed.kind == "body" and typed.block.ended),
        "follows_open": float(typed.kind == "body" and not typed.block.ended),
        "follows_head": float(typed.kind in ("short", "byline", "marker_from")),
    }


def _after_left(typed: Typed) -> Features:
    """What matters of the block after the one that stops."""
    return {"before_lead": float(typed.lead or typed.kind != "body")}


def _spanning(texts: Sequence[str], a: Points, b: Points) -> Points:
    """How many of the 3- and 4-grams of characters across each seam occur elsewhere on the page."""
    page = code_points("\n".join(texts)).astype(np.int64)
    ends = code_points("".join([text[-3:].rjust(3, "\0") for text in texts])).reshape(-1, 3).astype(np.int64)
    beginnings = code_points("".join([text[:3].ljust(3, "\0") for text in texts])).reshape(-1, 3).astype(np.int64)
    across = np.hstack([ends[a], beginnings[b]])
    found = np.zeros(len(a), dtype=np.int64)
    for size in (3, 4):
        known = np.sort(_grams(page, size))
        asked = _grams(across, size)[:, 4 - size : 3]  # those that begin left of the seam and end right of it
        if len(known):
            at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
            found += (known[at] == asked).sum(axis=1)
    return found


def _grams(points: Points, size: int) -> npt.NDArray[np.uint64]:
    """A number for each run of `size` characters along the last axis; no two in the BMP have the same."""
    n = points.shape[-1] - size + 1
    value = np.zeros((*points.shape[:-1], max(n, 0)), dtype=np.uint64)
    for at in range(size):
        value = value * np.uint64(0x110000) + points[..., at : at + n].astype(np.uint64)
    return value


def _lines_apart(typed: Sequence[Typed], a: int, b: int) -> int:
    return abs(typed[a].block.line - typed[b].block.line)


def is_running(text: str) -> bool:
    """Surely running text, no head and no key sentence set apart (提要): it closes a sentence inside, or is long."""
    if text[-1] in "：；—":
        return False
    return "。" in text or len(text) >= 70 or "；" in text
