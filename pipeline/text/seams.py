"""The seam score: how likely does block B go on where block A stops?

A logistic model over inspectable features (RESEARCH of the project; the features are listed in `SEAM_FEATURES`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.text.lines import CLOSING, open_marks, unopened_marks
from pipeline.text.reader import Reader
from pipeline.text.roles import Typed

Features = dict[str, float]

#: B is looked for up to this many blocks after A; a residue up to this many lines away on either side.
LOOK_AHEAD = 60
_HOPELESS = -9.0  # of the 6-character LM ratio, for blocks that are no neighbours


def can_break_off(typed: Typed) -> bool:
    """May this block stop in the middle? Only running text that closes no sentence."""
    return typed.kind in ("body", "short") and not typed.block.ended and len(typed.text) >= 4


def can_go_on(typed: Typed) -> bool:
    """May this block be the second half of something?"""
    return typed.kind in ("body", "short") and not typed.lead


@dataclass(frozen=True)
class Seam:
    """A possible seam from block `left` to block `right` with its features and its score (log odds)."""

    left: int
    right: int
    features: Features
    score: float

    @property
    def probability(self) -> float:
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.score))))


def score_seams(typed: Sequence[Typed], reader: Reader, weights: Mapping[str, float]) -> dict[tuple[int, int], Seam]:
    """All seams worth a thought on a page: (left, right) → Seam."""
    lefts = [i for i, t in enumerate(typed) if can_break_off(t)]
    rights = [i for i, t in enumerate(typed) if can_go_on(t)]
    pairs = [
        (a, b)
        for a in lefts
        for b in rights
        if a != b and (_lines_apart(typed, a, b) <= LOOK_AHEAD if typed[b].block.residue else a < b <= a + LOOK_AHEAD)
    ]
    scores = reader.seam_scores([(typed[a].text, typed[b].text) for a, b in pairs])
    grams = _page_grams(typed)
    shape = {i: _Shape.of(t) for i, t in enumerate(typed)}
    seams: dict[tuple[int, int], Seam] = {}
    for (a, b), score in zip(pairs, scores, strict=True):
        if b != a + 1 and score[1] < _HOPELESS and not typed[b].block.residue:
            continue
        x = _features(typed, a, b, score, shape, grams, reader)
        seams[a, b] = Seam(a, b, x, sum(weights.get(f"seam.{k}", 0.0) * v for k, v in x.items()))
    return seams


@dataclass(frozen=True)
class _Shape:
    opened: tuple[str, ...]
    unopened: tuple[str, ...]

    @classmethod
    def of(cls, typed: Typed) -> _Shape:
        return cls(open_marks(typed.text[-400:]), unopened_marks(typed.text[:400]))


def _page_grams(typed: Sequence[Typed]) -> dict[str, int]:
    """Character 3- and 4-grams of the page, with how often they occur."""
    grams: dict[str, int] = {}
    for t in typed:
        text = t.text
        for n in (3, 4):
            for i in range(len(text) - n + 1):
                gram = text[i : i + n]
                grams[gram] = grams.get(gram, 0) + 1
    return grams


def _features(
    typed: Sequence[Typed],
    a: int,
    b: int,
    score: tuple[float, float, float, float],
    shape: Mapping[int, _Shape],
    grams: Mapping[str, int],
    reader: Reader,
) -> Features:
    left, right = typed[a], typed[b]
    short_ratio, ratio, close, start = score
    opened, unopened = shape[a].opened, shape[b].unopened
    matched = bool(opened) and bool(unopened) and opened[-1] == unopened[0]
    x: Features = {
        "bias": 1.0,
        "lm2": _clip(short_ratio, 8),
        "lm6": _clip(ratio, 14),
        "lm_end": _clip(close, 12),
        "lm_start": _clip(start / 6, 12),
        "page_grams": min(3.0, _spanning(left.text, right.text, grams)),
        "word": min(10.0, reader.crosses_word(left.text, right.text)) / 5,
        "quote_matched": float(matched),
        "quote_left_open": float(bool(opened) and not unopened),
        "quote_unopened": float(bool(unopened) and not opened),
        "quote_mismatch": float(bool(opened) and bool(unopened) and not matched),
        "closing_mark_first": float(right.text[0] in CLOSING + "，。、；：！？"),
        "comma": float(left.text[-1] in "，、；：,"),
        "left_short": float(left.kind == "short"),
        "right_short": float(right.kind == "short"),
        "right_short_ended": float(len(right.text) < 40 and right.block.ended),
        "left_length": min(len(left.text), 120) / 120,
        "left_running": float(is_running(left.text)),
        "left_phrase": float(not is_running(left.text) and "，" not in left.text),
    }
    if right.block.residue:
        apart = _lines_apart(typed, a, b)
        x |= {"residue": 1.0, "residue_near": float(apart <= 12), "residue_lm6": _clip(ratio, 14)}
        x |= {"residue_distance": math.log1p(apart), "residue_backward": float(left.block.line > right.block.line)}
    elif b == a + 1:
        x |= {"adjacent": 1.0, "adjacent_blank": float(right.block.blank_before > 0)}
        x["adjacent_lm6"] = _clip(ratio, 14)
        x["adjacent_running"] = float(is_running(left.text))
        x["adjacent_left_short"] = float(left.kind == "short")
        x["adjacent_both_short"] = float(left.kind == "short" and right.kind == "short")
    else:
        x |= {"forward": 1.0, "distance": math.log(b - a)}
        x["follows_ended"] = float(typed[b - 1].block.ended and typed[b - 1].kind == "body")
        x["follows_open"] = float(not typed[b - 1].block.ended and typed[b - 1].kind == "body")
        x["follows_head"] = float(typed[b - 1].kind in ("short", "byline", "marker_from"))
        x["before_lead"] = float(a + 1 < len(typed) and (typed[a + 1].lead or typed[a + 1].kind != "body"))
    return x


def _lines_apart(typed: Sequence[Typed], a: int, b: int) -> int:
    return abs(typed[a].block.line - typed[b].block.line)


def is_running(text: str) -> bool:
    """Surely running text, no head and no key sentence set apart (提要): it closes a sentence inside, or is long."""
    if text[-1] in "：；—":
        return False
    return "。" in text or len(text) >= 70 or "；" in text


def _clip(value: float, limit: float) -> float:
    return max(-limit, min(limit, value)) / limit * 2


def _spanning(left: str, right: str, grams: Mapping[str, int]) -> float:
    """How many of the 3- and 4-grams across the seam occur elsewhere on the page."""
    found = 0.0
    for n in (3, 4):
        for i in range(1, n):
            gram = left[-i:] + right[: n - i]
            if len(gram) == n and grams.get(gram, 0) > 0:
                found += 1
    return found
