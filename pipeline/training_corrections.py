"""Learn the weights of the look-alike corrections from text whose misreadings are known.

Two sources: pairs of what an OCR engine read and what was printed (JSONL: `ocr`, `truth`), and clean text in which some
characters are replaced by look-alikes. The n-gram model is trained as in a run: on reference text and on the very
pages that are read, what each page contributed taken away. For several sizes of reference text weights are learned
apart, as counts mean something else in each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from pipeline.language.load import load_models
from pipeline.language.ngrams import text_hash, train
from pipeline.text.look_alikes import examine
from pipeline.text.models import GlyphSimilarity, Models
from pipeline.text.passages import Passage, is_hanzi
from pipeline.text.spans import Span, view

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Sizes of reference text in characters (1, 5 and 10 MB); weights serve models of that size up to the next.
SIZES = (340_000, 1_700_000, 3_300_000)
#: One text in so many is held back and read as a page.
HELD_BACK = 8
#: Share of the hanzi that is replaced in every other page held back, and how far down the list of look-alikes OCR
#: goes: (share, first, last rank); the rest is any character.
DAMAGE = 1 / 200
RANKS = ((0.38, 0, 0), (0.25, 1, 4), (0.17, 5, 19), (0.10, 20, 99))
#: What one place of each kind of page weighs: real misreadings tell more than made ones.
WEIGHTS = {"pair": 3.0, "damaged": 1.0, "clean": 1.0}
#: For the calibration, where text is as clean as most is.
CALIBRATION_WEIGHTS = {"pair": 1.0, "damaged": 0.5, "clean": 2.0}
FOLDS, RIDGE = 5, 1.0


@dataclass(frozen=True)
class KnownPage:
    """A page, where it is wrong and what is right there. Pages of equal `group` are versions of one text."""

    text: str
    right: Mapping[int, str]
    kind: str
    group: int


@dataclass(frozen=True)
class Examples:
    """Candidates of many places: row i belongs to place `of[i]`. Of each place its kind and group."""

    names: tuple[str, ...]
    features: Floats
    of: Ints
    right: npt.NDArray[np.bool_]
    kinds: npt.NDArray[np.str_]
    groups: Ints


# --- pages ------------------------------------------------------------------------------------------------------------


def read_pairs(path: Path) -> list[KnownPage]:
    """The pairs of a JSONL.

    Raises:
        ValueError: a line is no such record; the message names file and line.
    """
    pages = []
    with path.open(encoding="utf-8") as lines:
        for n, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                ocr, truth = str(row["ocr"]), str(row["truth"])
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}, line {n}: no JSON object with the fields `ocr` and `truth`") from error
            pages.append(KnownPage(ocr, misreadings(ocr, truth), "pair", text_hash(truth)))
    return pages


def misreadings(read: str, printed: str) -> dict[int, str]:
    """Where a hanzi was read as another: offset in `read` → what was printed.

    >>> misreadings("活动国绕春节", "活动围绕春节展开")
    {2: '围'}
    """
    found = {}
    for op in Levenshtein.opcodes(read, printed):
        if op.tag == "replace":
            pairs = zip(range(op.src_start, op.src_end), range(op.dest_start, op.dest_end), strict=True)
            found.update({i: printed[j] for i, j in pairs if is_hanzi(read[i]) and is_hanzi(printed[j])})
    return found


def damage(text: str, random: Random, glyphs: GlyphSimilarity, any_hanzi: str) -> tuple[str, dict[int, str]]:
    """The text with some hanzi misread, and what stood there; `any_hanzi`: what the rest is misread as."""
    chars = list(text)
    right = {}
    for i, c in enumerate(text):
        if not is_hanzi(c) or random.random() >= DAMAGE:
            continue
        wrong = _misread(glyphs.neighbours(c), random) or random.choice(any_hanzi)
        if wrong != c:
            chars[i], right[i] = wrong, c
    return "".join(chars), right


def _misread(near: Sequence[tuple[str, float]], random: Random) -> str | None:
    at = random.random()
    for share, first, last in RANKS:
        if at < share:
            rank = random.randint(first, last)
            return near[rank][0] if rank < len(near) else None
        at -= share
    return None


def held_back(texts: Sequence[str], glyphs: GlyphSimilarity, seed: int) -> tuple[list[str], list[KnownPage]]:
    """The texts that remain, and pages of those that do not: every other one damaged."""
    random = Random(seed)
    rest, pages = [], []
    for text in dict.fromkeys(texts):
        number = text_hash(text)
        if number % HELD_BACK:
            rest.append(text)
        elif (number // HELD_BACK) % 2:
            pages.append(KnownPage(text, {}, "clean", number))
        else:
            hanzi = "".join(filter(is_hanzi, text)) or "的"
            pages.append(KnownPage(*damage(text, random, glyphs, hanzi), "damaged", number))
    return rest, pages


# --- examples ---------------------------------------------------------------------------------------------------------


def passages_of(text: str) -> list[Passage]:
    """A body paragraph a line."""
    found, at = [], 0
    for line in text.split("\n"):
        if line:
            found.append(Passage(view(text, [Span(at, at + len(line))], []), "body", 0))
        at += len(line) + 1
    return found


def examples(pages: Sequence[KnownPage], models: Models) -> Examples:
    """All candidates on the pages.

    Raises:
        ValueError: there are none.
    """
    parts = [part for page in pages if (part := _page_examples(page, models)) is not None]
    if not parts:
        raise ValueError("no doubtful place on any page: give more text")
    before = np.cumsum([0, *(len(p.kinds) for p in parts)])
    return Examples(
        parts[0].names,
        np.concatenate([p.features for p in parts]),
        np.concatenate([p.of + n for p, n in zip(parts, before, strict=False)]),
        np.concatenate([p.right for p in parts]),
        np.concatenate([p.kinds for p in parts]),
        np.concatenate([p.groups for p in parts]),
    )


def _page_examples(page: KnownPage, models: Models) -> Examples | None:
    found = examine(passages_of(page.text), page.text, models)
    if found is None:
        return None
    candidates = found.candidates
    places = []
    for at in candidates.places.tolist():
        passage, i = found.page.place(at)
        places.append(passage.view.starts[i])
    chars = [models.substitutions.character(c) for c in candidates.chars.tolist()]
    right = [page.right.get(places[n]) == c for n, c in zip(candidates.of.tolist(), chars, strict=True)]
    names = tuple(found.features)
    return Examples(
        names,
        np.stack([found.features[name] for name in names], axis=1),
        candidates.of,
        np.array(right, dtype=np.bool_),
        np.full(len(places), page.kind),
        np.full(len(places), page.group % (1 << 31)),
    )


# --- learning ---------------------------------------------------------------------------------------------------------


def fit(features: Floats, of: Ints, right: npt.NDArray[np.bool_], weights: Floats, ridge: float = RIDGE) -> Floats:
    """Ridge conditional logit with the choice of leaving a place alone, whose score is 0; the bias comes first.

    of: place of each row, 0, 1, … in order; weights: of the places.
    """
    from scipy.optimize import minimize

    rows = np.column_stack([np.ones(len(features)), features])
    starts = np.flatnonzero(np.diff(of, prepend=-1))
    chosen = np.flatnonzero(right)

    def loss(w: Floats) -> tuple[float, Floats]:
        score = rows @ w
        top = np.maximum(np.maximum.reduceat(score, starts), 0.0)
        odds = np.exp(score - top[of])
        total = np.add.reduceat(odds, starts) + np.exp(-top)
        said = np.zeros(len(starts))
        said[of[chosen]] = score[chosen]
        shrink = np.append(0.0, w[1:])
        value = -(weights * (said - top - np.log(total))).sum() + ridge / 2 * shrink @ shrink
        return value, rows.T @ (weights[of] * (odds / total[of] - right)) + ridge * shrink

    found: Floats = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return found


def shares(features: Floats, of: Ints, weights: Floats) -> Floats:
    """The probability of each row, before the calibration."""
    score = weights[0] + features @ weights[1:]
    starts = np.flatnonzero(np.diff(of, prepend=-1))
    top = np.maximum(np.maximum.reduceat(score, starts), 0.0)
    odds = np.exp(score - top[of])
    result: Floats = odds / (np.add.reduceat(odds, starts) + np.exp(-top))[of]
    return result


def selected(found: Examples, places: npt.NDArray[np.bool_]) -> tuple[Floats, Ints, npt.NDArray[np.bool_]]:
    """Features, places from 0 on, and truth of the rows of some places."""
    rows = places[found.of]
    number = np.cumsum(places) - 1
    return found.features[rows], number[found.of[rows]], found.right[rows]


def unseen_shares(found: Examples, weights: Floats) -> Floats:
    """What models that have not seen a row's text say of it."""
    result = np.zeros(len(found.of))
    for fold in range(FOLDS):
        inside = found.groups % FOLDS == fold
        if inside.all() or not inside.any():
            continue
        learned = fit(*selected(found, ~inside), weights[~inside])
        features, of, _ = selected(found, inside)
        result[inside[found.of]] = shares(features, of, learned)
    return result


def calibration(share: Floats, right: npt.NDArray[np.bool_], weights: Floats) -> tuple[float, float]:
    """Slope and shift of the log odds (Platt 1999), of rows that come into question at all."""
    from scipy.optimize import minimize

    asked = share >= 0.05
    odds = np.log(share[asked] / np.maximum(1 - share[asked], 1e-9))
    truth, weight = right[asked].astype(np.float64), weights[asked]

    def loss(w: Floats) -> tuple[float, Floats]:
        z = w[0] * odds + w[1]
        value = (weight * (np.logaddexp(0, z) - truth * z)).sum() + 0.5 * ((w[0] - 1) ** 2 + w[1] ** 2)
        off = weight * (1 / (1 + np.exp(-z)) - truth)
        return value, np.array([off @ odds + w[0] - 1, off.sum() + w[1]])

    slope, shift = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
    return float(slope), float(shift)


def learn_size(reference: Sequence[str], pages: Sequence[KnownPage]) -> dict[str, float]:
    """The weights for a language model of this reference text and the pages."""
    models = load_models(train([*reference, *(p.text for p in pages)]))
    found = examples(pages, models)
    by_kind = np.array([WEIGHTS[k] for k in found.kinds])
    learned = fit(found.features, found.of, found.right, by_kind)
    share = unseen_shares(found, by_kind)
    slope, shift = calibration(share, found.right, np.array([CALIBRATION_WEIGHTS[k] for k in found.kinds])[found.of])
    weights = dict(zip(("bias", *found.names), learned.tolist(), strict=True))
    return {**weights, "calibration.slope": slope, "calibration.shift": shift}


def learn(texts: Sequence[str], pairs: Sequence[KnownPage], seed: int = 7) -> dict[int, dict[str, float]]:
    """Size of reference text → weights, for each of `SIZES` that `texts` can fill.

    Raises:
        ValueError: there is too little text even for the smallest.
    """
    models = load_models()
    rest, pages = held_back(texts, models.glyphs, seed)
    Random(seed).shuffle(rest)
    columns = {}
    for size in SIZES:
        part = list(_first(rest, size))
        if sum(map(len, part)) >= 0.8 * size:
            columns[size] = learn_size(part, [*pages, *pairs])
    if not columns:
        raise ValueError(f"{sum(map(len, rest)):,} characters of reference text: {SIZES[0]:,} are needed at least")
    return columns


def _first(texts: Sequence[str], size: int) -> Iterator[str]:
    """Texts from the beginning until they have so many characters."""
    n = 0
    for text in texts:
        if n >= size:
            return
        yield text
        n += len(text)
