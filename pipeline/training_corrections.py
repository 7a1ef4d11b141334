"""Learn the weights of the look-alike corrections from text whose misreadings are known.

Two sources: pairs of what an OCR engine read and what was printed (JSONL: `ocr`, `truth`), and clean text in which some
characters are replaced by look-alikes. The n-gram model is trained as in a run: on reference text and on the very
pages that are read, what each page contributed taken away. For several sizes of reference text weights are learned
apart, as counts mean something else in each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from pipeline.language.load import load_models
from pipeline.language.ngrams import text_hash, train
from pipeline.text.arbiter import SURE_UNLIKE, in_coinage
from pipeline.text.candidates import Candidates
from pipeline.text.look_alikes import (
    CALIBRATION,
    calibrated,
    calibration_features,
    choice_shares,
    examine,
    noise,
)
from pipeline.text.models import GlyphSimilarity, Models
from pipeline.text.passages import Passage, is_hanzi
from pipeline.text.person_names import mentions
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Span, view

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Sizes of reference text in characters (1, 5 and 10 MB); weights serve models of that size up to the next.
SIZES = (340_000, 1_700_000, 3_300_000)
#: One text in so many is held back, and so many of these make up a page.
HELD_BACK, TEXTS_A_PAGE = 6, 8
#: What share of a page's hanzi is replaced, and how often.
DAMAGES = ((0.0, 0.45), (1 / 1500, 0.25), (1 / 500, 0.2), (1 / 150, 0.1))
#: How far down the list of look-alikes misreadings go: (share, first, last rank); the rest is any character.
RANKS = ((0.38, 0, 0), (0.25, 1, 4), (0.17, 5, 19), (0.10, 20, 99))
#: What one place of each kind of page weighs: real misreadings tell more than made ones.
WEIGHTS = {"pair": 3.0, "made": 1.0}
CALIBRATION_WEIGHTS = {"pair": 2.0, "made": 1.0}
FOLDS, RIDGE = 5, 1.0
#: Share of the language model's text that is read at once.
MOST_READ = 0.35
#: What it costs to align characters; look-alikes cost less.
GAP, HANZI_AS_HANZI, HANZI_AS_MARK, MARK_AS_MARK = 1.0, 1.0, 1.7, 0.8


@dataclass(frozen=True)
class KnownPage:
    """A page, where it is wrong and what is right there. Pages of equal `group` are versions of one text."""

    text: str
    right: Mapping[int, str]
    kind: str
    group: int


@dataclass(frozen=True)
class Examples:
    """Candidates of many places: row i belongs to place `of[i]`.

    Of each place: kind and group of its page, number and length of the page, where it stands in the page as read, and
    whether it is free, that is not guarded by the arbiter anyway (names, coinages).
    """

    names: tuple[str, ...]
    features: Floats
    of: Ints
    right: Bools
    kinds: npt.NDArray[np.str_]
    groups: Ints
    pages: Ints
    lengths: Ints
    places: Ints
    free: Bools


# --- pages ------------------------------------------------------------------------------------------------------------


def read_pairs(path: Path, glyphs: GlyphSimilarity) -> list[KnownPage]:
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
            pages.append(KnownPage(ocr, misreadings(ocr, truth, glyphs), "pair", text_hash(truth)))
    return pages


def misreadings(read: str, printed: str, glyphs: GlyphSimilarity) -> dict[int, str]:
    """Where a hanzi was read as another: offset in `read` → what was printed."""
    found: dict[int, str] = {}
    for start, end, from_, to in _differences(read, printed):
        for i, j in _aligned(read[start:end], printed[from_:to], glyphs):
            if is_hanzi(read[start + i]) and is_hanzi(printed[from_ + j]):
                found[start + i] = printed[from_ + j]
    return found


def _differences(read: str, printed: str) -> Iterator[tuple[int, int, int, int]]:
    """Stretches in which the texts differ: start and end in both."""
    block: tuple[int, int, int, int] | None = None
    for op in Levenshtein.opcodes(read, printed):
        if op.tag == "equal":
            if block:
                yield block
            block = None
        elif block:
            block = (block[0], op.src_end, block[2], op.dest_end)
        else:
            block = (op.src_start, op.src_end, op.dest_start, op.dest_end)
    if block:
        yield block


def _aligned(read: str, printed: str, glyphs: GlyphSimilarity) -> list[tuple[int, int]]:
    """Which characters of two differing stretches face each other, at the least cost, look-alikes preferred."""

    def cost(a: str, b: str) -> float:
        if is_hanzi(a) and is_hanzi(b):
            return HANZI_AS_HANZI - 0.5 * glyphs.similarity(a, b)
        return HANZI_AS_MARK if is_hanzi(a) or is_hanzi(b) else MARK_AS_MARK

    @cache
    def best(i: int, j: int) -> tuple[float, tuple[tuple[int, int], ...]]:
        if i == len(read) or j == len(printed):
            return GAP * (len(read) - i + len(printed) - j), ()
        facing, pairs = best(i + 1, j + 1)
        options = [(facing + cost(read[i], printed[j]), ((i, j), *pairs))]
        options += [(GAP + value, pairs) for value, pairs in (best(i + 1, j), best(i, j + 1))]
        return min(options, key=lambda o: o[0])

    return list(best(0, 0)[1]) if max(len(read), len(printed)) <= 40 else []


def damaged(text: str, share: float, random: Random, glyphs: GlyphSimilarity) -> tuple[str, dict[int, str]]:
    """The text with this share of its hanzi misread, and what stood there."""
    chars = list(text)
    right = {}
    hanzi = [i for i, c in enumerate(text) if is_hanzi(c)]
    for i in hanzi:
        if random.random() < share:
            wrong = _misread(glyphs.neighbours(text[i]), random) or text[random.choice(hanzi)]
            if wrong != text[i]:
                chars[i], right[i] = wrong, text[i]
    return "".join(chars), right


def _misread(near: Sequence[tuple[str, float]], random: Random) -> str | None:
    at = random.random()
    for share, first, last in RANKS:
        if at < share:
            rank = random.randint(first, last)
            return near[rank][0] if rank < len(near) else None
        at -= share
    return None


def hold_back(texts: Sequence[str], glyphs: GlyphSimilarity, seed: int) -> tuple[list[str], list[KnownPage]]:
    """The texts that remain, and pages made of those that do not, more or less damaged."""
    random = Random(seed)
    rest: list[str] = []
    held: list[str] = []
    for text in dict.fromkeys(texts):
        (rest if text_hash(text) % HELD_BACK else held).append(text)
    random.shuffle(rest)
    random.shuffle(held)
    pages = []
    for start in range(0, len(held), TEXTS_A_PAGE):
        text = "\n".join(held[start : start + TEXTS_A_PAGE])
        share = random.choices([d for d, _ in DAMAGES], [often for _, often in DAMAGES])[0]
        pages.append(KnownPage(*damaged(text, share, random, glyphs), "made", text_hash(text)))
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
    parts = [part for n, page in enumerate(pages) if (part := _page_examples(page, n, models)) is not None]
    if not parts:
        raise ValueError("no doubtful place on any page: give more text")
    return joined(parts)


def joined(parts: Sequence[Examples]) -> Examples:
    """All parts as one."""
    before = np.cumsum([0, *(len(p.kinds) for p in parts)])
    return Examples(
        parts[0].names,
        np.concatenate([p.features for p in parts]),
        np.concatenate([p.of + n for p, n in zip(parts, before, strict=False)]),
        np.concatenate([p.right for p in parts]),
        np.concatenate([p.kinds for p in parts]),
        np.concatenate([p.groups for p in parts]),
        np.concatenate([p.pages + 1_000_000 * n for n, p in enumerate(parts)]),
        np.concatenate([p.lengths for p in parts]),
        np.concatenate([p.places for p in parts]),
        np.concatenate([p.free for p in parts]),
    )


def _page_examples(page: KnownPage, number: int, models: Models) -> Examples | None:
    passages = passages_of(page.text)
    found = examine(passages, page.text, models)
    if found is None:
        return None
    candidates = found.candidates
    named = {(id(passages[m.passage]), i) for m in mentions(passages, models) for i in range(m.start, m.end)}
    at, free = [], []
    for place in candidates.places.tolist():
        passage, i = found.page.place(place)
        at.append(passage.view.starts[i])
        free.append((id(passage), i) not in named and not in_coinage(passage.text, i))
    chars = [models.substitutions.character(c) for c in candidates.chars.tolist()]
    right = [page.right.get(at[n]) == c for n, c in zip(candidates.of.tolist(), chars, strict=True)]
    n = len(at)
    return Examples(
        tuple(found.features),
        np.stack(list(found.features.values()), axis=1),
        candidates.of,
        np.array(right, dtype=np.bool_),
        np.full(n, page.kind),
        np.full(n, page.group % (1 << 31)),
        np.full(n, number),
        np.full(n, len(found.page.text)),
        candidates.places,
        np.array(free, dtype=np.bool_),
    )


# --- learning ---------------------------------------------------------------------------------------------------------


def fit(features: Floats, of: Ints, right: Bools, weights: Floats, ridge: float = RIDGE) -> Floats:
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


def selected(found: Examples, places: Bools) -> tuple[Floats, Ints, Bools]:
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
        result[inside[found.of]] = choice_shares(learned[0] + features @ learned[1:], of)
    return result


def page_noise(found: Examples, share: Floats) -> Floats:
    """`look_alikes.noise` of every row."""
    result = np.zeros(len(share))
    edges = np.flatnonzero(np.diff(found.pages, prepend=-1, append=-1))
    for start, end in pairwise(edges.tolist()):
        low, high = found.of.searchsorted(start), found.of.searchsorted(end)
        page = Candidates(found.places[start:end], found.of[low:high] - start, np.zeros(0, np.uint16), np.zeros(0))
        result[low:high] = noise(share[low:high], page, int(found.lengths[start]))
    return result


def calibration(found: Examples, share: Floats, least: float = 0.05) -> dict[str, float]:
    """How far a share can be believed: a logistic regression over the rows that come into question at all."""
    from scipy.optimize import minimize

    asked = (share >= least) & found.free[found.of]
    unlike = found.features[:, found.names.index("unlike")]
    columns = calibration_features(share[asked], page_noise(found, share)[asked], unlike[asked])
    truth = found.right[asked].astype(np.float64)
    weights = np.array([CALIBRATION_WEIGHTS[k] for k in found.kinds])[found.of[asked]]
    usual = np.array([float(name == "odds") for name in CALIBRATION])

    def loss(w: Floats) -> tuple[float, Floats]:
        z = columns @ w
        off = w - usual
        value = (weights * (np.logaddexp(0, z) - truth * z)).sum() + 0.5 * off @ off
        return value, columns.T @ (weights * (1 / (1 + np.exp(-z)) - truth)) + off

    learned = minimize(loss, usual, jac=True, method="L-BFGS-B").x.tolist()
    return {f"calibration.{name}": w for name, w in zip(CALIBRATION, learned, strict=True)}


@dataclass(frozen=True)
class Trial:
    """What models that have not seen a page's text make of it: misreadings of the real pairs (those that were found
    as candidates at all are fewer), how many proposals at the two thresholds are right and wrong, and what they would
    change in so many characters of clean text. The arbiter's other guards are not asked; the calibration is shared."""

    misread: int
    applied: tuple[int, int]
    proposed: tuple[int, int]
    clean: int
    false: int

    def __str__(self) -> str:
        right, wrong = self.applied
        all_right, all_wrong = self.proposed
        return (
            f"unseen pairs: {self.misread} misreadings, applied {right} right {wrong} wrong "
            f"(P {right / max(1, right + wrong):.3f} R {right / max(1, self.misread):.3f}), with suggestions "
            f"{all_right} right {all_wrong} wrong "
            f"(P {all_right / max(1, all_right + all_wrong):.3f} R {all_right / max(1, self.misread):.3f}); "
            f"clean text: {self.false} applied in {self.clean:,} characters"
        )


def trial(found: Examples, share: Floats, calibrating: Mapping[str, float], pages: Sequence[KnownPage]) -> Trial:
    """How the decisions at the usual thresholds turn out."""
    profile = CleaningProfile()
    unlike = found.features[:, found.names.index("unlike")]
    sure = calibrated(share, page_noise(found, share), unlike, calibrating) * found.free[found.of]
    starts = np.flatnonzero(np.diff(found.of, prepend=-1))
    first = sure == np.maximum.reduceat(sure, starts)[found.of]
    pair = (found.kinds == "pair")[found.of]
    damaged_pages = {p.group % (1 << 31) for p in pages if p.right}
    clean = ~pair & ~np.isin(found.groups, list(damaged_pages))[found.of]

    def count(threshold: float, where: Bools) -> tuple[int, int]:
        asked = first & (sure >= threshold) & where
        if threshold == profile.apply_threshold:
            asked &= (unlike == 0) | (sure >= SURE_UNLIKE)
        return int((asked & found.right).sum()), int((asked & ~found.right).sum())

    return Trial(
        sum(len(p.right) for p in pages if p.kind == "pair"),
        count(profile.apply_threshold, pair),
        count(profile.suggest_threshold, pair),
        sum(len(p.text) for p in pages if p.kind != "pair" and not p.right),
        count(profile.apply_threshold, clean)[1],
    )


def learn_size(size: int, texts: Sequence[str], pages: Sequence[KnownPage]) -> tuple[dict[str, float], Trial]:
    """The weights for a language model of `size` characters: reference text, and pages that are read."""
    parts = []
    for read in _chunks(pages, int(size * MOST_READ)):
        n_read = sum(len(p.text) for p in read)
        reference = first(texts, size - n_read)
        parts.append(examples(read, load_models(train([*reference, *(p.text for p in read)]))))
    found = joined(parts)
    weights = np.array([WEIGHTS[k] for k in found.kinds]) * found.free
    learned = fit(found.features, found.of, found.right, weights)
    share = unseen_shares(found, weights)
    calibrating = calibration(found, share)
    return dict(zip(("bias", *found.names), learned.tolist(), strict=True)) | calibrating, trial(
        found, share, calibrating, pages
    )


def _chunks(pages: Sequence[KnownPage], size: int) -> Iterator[list[KnownPage]]:
    """The pages in groups of about so many characters; real pairs first and together, as far as it goes."""
    held: list[KnownPage] = []
    n = 0
    for page in sorted(pages, key=lambda p: p.kind != "pair"):
        held.append(page)
        n += len(page.text)
        if n >= size:
            yield held
            held, n = [], 0
    if held:
        yield held


def learn(texts: Sequence[str], pairs: Sequence[KnownPage], seed: int = 7) -> dict[int, tuple[dict[str, float], Trial]]:
    """Size of reference text → weights and how they do, for each of `SIZES` that `texts` can fill.

    Raises:
        ValueError: there is too little text even for the smallest.
    """
    rest, pages = hold_back(texts, load_models().glyphs, seed)
    columns = {}
    for size in SIZES:
        if sum(map(len, rest)) >= 0.8 * size:
            columns[size] = learn_size(size, rest, [*pairs, *pages])
    if not columns:
        raise ValueError(f"{sum(map(len, rest)):,} characters of reference text: {SIZES[0]:,} are needed at least")
    return columns


def first(texts: Iterable[str], size: int) -> Iterator[str]:
    """Texts from the beginning until they have so many characters.

    >>> list(first(["一二三", "四五", "六"], 4))
    ['一二三', '四五']
    """
    n = 0
    for text in texts:
        if n >= size:
            return
        yield text
        n += len(text)
