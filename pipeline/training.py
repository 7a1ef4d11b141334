"""Learn the weights of seams, stories and heads from gold pages.

A gold page is `<page>.txt` beside `<page>.gold.json` (articles → segments of role, text, raw_spans; see
`tests/pages`). What is learned is a few hundred weights of three log-linear models, written as a text file: feature,
weight. The n-gram model that the pages are read with must be of the size the weights are meant for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.language.load import load_models
from pipeline.language.ngrams import NgramModel, train
from pipeline.language.weights import load_weights
from pipeline.simulator import CleanArticle, articles_of_gold, simulated_pages
from pipeline.text.compose import LINE_CONFIDENCE
from pipeline.text.decisions import Choice, Prospects
from pipeline.text.heads import HeadLine, all_readings, line_features
from pipeline.text.models import Models
from pipeline.text.normalise import clean_characters
from pipeline.text.profile import CleaningProfile
from pipeline.text.reader import LEAST_TEXT
from pipeline.text.segment import Read, lay_out, read_page
from pipeline.text.stories import Book
from pipeline.text.surroundings import Story, Surroundings
from pipeline.text.weights import Features, Weights

#: Share of the body spans that get one more line break in the copies of the gold pages.
BROKEN = 0.1
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GoldPage:
    name: str
    text: str
    gold: dict[str, Any]


@dataclass(frozen=True)
class GoldBlock:
    """What the gold says of one block: its article (None: furniture or a copy), role, and the block that it goes on
    with when it begins inside a paragraph."""

    article: int | None
    role: str | None
    goes_on: int | None
    segment: int | None


def read_gold(folder: Path, prefix: str = "") -> list[GoldPage]:
    """The gold pages of a folder, by name."""
    pages = []
    for path in sorted(folder.glob(f"{prefix}*.gold.json")):
        name = path.name.removesuffix(".gold.json")
        text = (path.parent / f"{name}.txt").read_bytes().decode("utf-8")
        pages.append(GoldPage(name, text, json.loads(path.read_text(encoding="utf-8"))))
    return pages


def read_all(pages: Sequence[GoldPage], models: Models, profile: CleaningProfile) -> list[tuple[GoldPage, Read]]:
    """Every page read up to the decisions that are to be learned."""
    done = []
    for page in pages:
        edits = clean_characters(page.text, models.script, profile)
        done.append((page, read_page(page.text, edits, models, profile)))
    return done


def gold_blocks(page: GoldPage, read: Read) -> list[GoldBlock]:
    """The gold of every block."""
    n = len(page.text)
    article = np.full(n, -1)
    segment = np.full(n, -1)
    order = np.full(n, -1)
    roles: list[str] = []
    for a, art in enumerate(page.gold["articles"]):
        for seg in art["segments"]:
            at = 0
            for start, end in seg["raw_spans"]:
                article[start:end], segment[start:end] = a, len(roles)
                order[start:end] = np.arange(at, at + end - start)
                at += end - start
            roles.append(seg["role"])
    place_of: dict[tuple[int, int], int] = {}
    typed = read.around.typed
    for i, t in enumerate(typed):
        for start, end in t.block.spans:
            for j in range(start, end):
                if segment[j] >= 0:
                    place_of[int(segment[j]), int(order[j])] = i
    result = []
    for i, t in enumerate(typed):
        where = [j for s, e in t.block.spans for j in range(s, e) if not page.text[j].isspace()]
        owned = Counter(int(article[j]) for j in where)
        best = owned.most_common(1)[0][0] if owned else -1
        if best < 0:
            result.append(GoldBlock(None, None, None, None))
            continue
        first = next(j for j in where if article[j] == best)
        goes_on = None
        if order[first] > 0:
            back = int(order[first]) - 1
            while back >= 0 and (int(segment[first]), back) not in place_of:
                back -= 1
            goes_on = place_of.get((int(segment[first]), back)) if back >= 0 else None
            if goes_on == i:
                goes_on = None
        result.append(GoldBlock(best, roles[segment[first]], goes_on, int(segment[first])))
    return result


def break_lines(page: GoldPage, share: float, seed: int) -> GoldPage:
    """The page with some paragraphs broken inside a sentence, as real dumps do: more of them than the simulator made.

    `share` of the body spans of 30 characters or more get a line break (with the page's usual blank line) at a random
    place inside a clause.
    """
    random = Random(f"{page.name}/{seed}")
    gap = "\n\n" if page.text.count("\n\n") > 0.3 * page.text.count("\n") else "\n"
    cuts = sorted(
        random.randrange(start + 8, end - 4)
        for article in page.gold["articles"]
        for segment in article["segments"]
        if segment["role"] == "body"
        for start, end in segment["raw_spans"]
        if end - start >= 30 and random.random() < share
    )
    cuts = [c for c in cuts if page.text[c - 1] not in "。！？\n" and page.text[c] not in "。，、；：！？”\n"]

    def moved(offset: int, at_end: bool) -> int:
        return offset + len(gap) * sum(c < offset or (c == offset and not at_end) for c in cuts)

    def split(span: Sequence[int]) -> list[list[int]]:
        edges = [span[0], *[c for c in cuts if span[0] < c < span[1]], span[1]]
        return [[moved(a, False), moved(b, True)] for a, b in pairwise(edges)]

    def respan(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: respan(v, k) for k, v in value.items()}
        if key in ("raw_spans", "peer_spans", "residue_spans", "from_blend"):
            return [piece for span in value or [] for piece in split(span)]
        return [respan(v) for v in value] if isinstance(value, list) else value

    pieces, at = [], 0
    for c in cuts:
        pieces += [page.text[at:c], gap]
        at = c
    return GoldPage(page.name + "b", "".join([*pieces, page.text[at:]]), respan(page.gold))


# ---- seams -------------------------------------------------------------------------------------------------------


def seam_examples(read: Read, gold: Sequence[GoldBlock]) -> Iterator[tuple[Features, bool]]:
    for (a, b), seam in read.around.seams.items():
        if gold[a].article is None or gold[b].article is None:
            continue
        yield seam.features, gold[b].goes_on == a


def fit_logistic(examples: Sequence[tuple[Features, bool]], ridge: float, weight_true: float = 1.0) -> dict[str, float]:
    """Ridge logistic regression over sparse features."""
    names, matrix = _matrix([x for x, _ in examples])
    y = np.array([t for _, t in examples], dtype=float)
    sample = np.where(y > 0, weight_true, 1.0)

    def loss(w: Floats) -> tuple[float, Floats]:
        z = matrix @ w
        p = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
        value = -(sample * (y * np.log(p + 1e-12) + (1 - y) * np.log(1 - p + 1e-12))).sum() + ridge / 2 * (w @ w)
        return value, matrix.T @ (sample * (p - y)) + ridge * w

    return dict(zip(names, _minimise(loss, len(names)), strict=True))


def _matrix(rows: Sequence[Features]) -> tuple[list[str], Any]:
    from scipy.sparse import csr_matrix

    names = sorted({k for x in rows for k in x})
    index = {k: i for i, k in enumerate(names)}
    data, columns, starts = [], [], [0]
    for x in rows:
        for k, v in x.items():
            columns.append(index[k])
            data.append(v)
        starts.append(len(columns))
    return names, csr_matrix((data, columns, starts), shape=(len(rows), len(names)))


def _minimise(loss: Callable[[Floats], tuple[float, Floats]], n: int) -> Floats:
    from scipy.optimize import minimize

    return minimize(loss, np.zeros(n), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x  # type: ignore[no-any-return]


# ---- stories -----------------------------------------------------------------------------------------------------


def story_examples(around: Surroundings, gold: Sequence[GoldBlock]) -> Iterator[tuple[list[Features], int]]:
    """Every decision of a page along the true history: the features of its choices, and which one is right."""
    stories: tuple[Story, ...] = ()
    current = -1
    number_of: dict[int, int] = {}
    prospects, book = Prospects(around, Weights({})), Book(around)
    for i, typed in enumerate(around.typed):
        if typed.kind == "furniture" or gold[i].article is None:
            continue
        found = prospects.choices(i, stories, current)
        right = right_choice(found, gold[i], number_of)
        missing = gold[i].goes_on is not None and right is not None and found[right].way.move == "append"
        if right is not None and not missing and len(found) > 1:
            yield [c.features for c in found], right
        chosen = found[right or 0]
        stories, current = book.place(stories, i, chosen.way, chosen.story)
        article = gold[i].article
        assert article is not None
        if chosen.way.move == "new":
            number_of.setdefault(article, current)


def right_choice(found: Sequence[Choice], gold: GoldBlock, number_of: Mapping[int, int]) -> int | None:
    """Which of the choices the gold asks for; None when it is not among them."""
    assert gold.article is not None
    story = number_of.get(gold.article)
    if story is None:
        return 0
    here = [n for n, c in enumerate(found) if c.story == story and c.way.move != "new"]
    if not here:
        return None
    by_move: dict[tuple[str, int | None], int] = {(found[n].way.move, found[n].way.of): n for n in here}
    if gold.goes_on is not None and gold.role in ("body", "caption", "heading"):
        if ("join", gold.goes_on) in by_move:
            return by_move["join", gold.goes_on]
        return by_move.get(("append", None))
    wanted = {
        "label": ("head", "late_head", "heading"),
        "kicker": ("head", "late_head", "heading"),
        "headline": ("head", "late_head", "heading"),
        "subhead": ("head", "late_head", "heading"),
        "heading": ("heading", "head", "append"),
        "body": ("append",),
        "caption": ("append",),
        "byline": ("byline", "append", "head"),
        "marker": ("marker", "append"),
    }[gold.role or "body"]
    for move in wanted:
        if (move, None) in by_move:
            return by_move[move, None]
    return here[0]


def fit_choices(
    examples: Sequence[tuple[list[Features], int]], ridge: float, prior: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Ridge conditional logit (McFadden 1974): P(choice) ∝ exp(w·x), the weights drawn to `prior` (else to 0)."""
    prior = prior or {}
    rows = [{k: v for k, v in x.items() if v} for found, _ in examples for x in found]
    counts = Counter(k for x in rows for k in x)
    rows = [{k: v for k, v in x.items() if counts[k] >= 5} for x in rows]
    names, matrix = _matrix(rows)
    sizes = np.array([len(found) for found, _ in examples])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    group = np.repeat(np.arange(len(sizes)), sizes)
    right = starts + np.array([r for _, r in examples])
    mean = np.array([prior.get(name, 0.0) for name in names])

    def loss(w: Floats) -> tuple[float, Floats]:
        z = matrix @ w
        top = np.maximum.reduceat(z, starts)
        e = np.exp(z - top[group])
        total = np.add.reduceat(e, starts)
        p = e / total[group]
        off = w - mean
        value = -(z[right] - top - np.log(total)).sum() + ridge / 2 * (off @ off)
        p[right] -= 1
        return value, matrix.T @ p + ridge * off

    return {**prior, **dict(zip(names, _minimise(loss, len(names)), strict=True))}


# ---- heads -------------------------------------------------------------------------------------------------------


def head_examples(
    page: GoldPage, read: Read, gold: Sequence[GoldBlock]
) -> Iterator[tuple[list[HeadLine], tuple[str, ...], str]]:
    """(lines, tags, beginning of the body) of every head whose lines the gold can name."""
    typed = read.around.typed
    for number in range(len(page.gold["articles"])):
        mine = [i for i, g in enumerate(gold) if g.article == number]
        first_body = next((i for i in mine if gold[i].role in ("body", "caption")), None)
        head_at = next((i for i in mine if typed[i].kind == "short" and gold[i].role != "body"), None)
        if head_at is None:
            continue
        lines: list[HeadLine] = []
        tags: list[str] = []
        segment = None
        for i in [x for x in mine if x >= head_at]:
            role = gold[i].role
            if role not in ("label", "kicker", "headline", "subhead", "heading") or typed[i].kind != "short":
                break
            same = gold[i].segment == segment and role in ("kicker", "headline", "subhead")
            text = typed[i].text
            lines.append(HeadLine(text, typed[i].block.blank_before > 0, read.reader.recurrence(text)))
            tags.append(f"{role}+" if same else role or "")
            segment = gold[i].segment
        body = typed[first_body].text if first_body is not None else ""
        if lines and tuple(tags) in set(all_readings(len(lines)) if len(lines) <= 8 else ()):
            yield lines, tuple(tags), body


def fit_heads(
    examples: Sequence[tuple[list[HeadLine], tuple[str, ...], str]],
    runs_on: Callable[[str, str], float],
    ridge: float,
    prior: Mapping[str, float],
) -> dict[str, float]:
    """The log-linear model over whole readings."""
    rows: list[tuple[list[Features], int]] = []
    for lines, tags, body in examples:
        local = [line_features(lines, i, runs_on, body) for i in range(len(lines))]
        readings = all_readings(len(lines))
        found = []
        for reading in readings:
            x: Features = {}
            for i, tag in enumerate(reading):
                for k, v in local[i][tag].items():
                    x[f"{tag}.{k}"] = x.get(f"{tag}.{k}", 0.0) + v
            for a, b in zip(("^", *reading), (*reading, "$"), strict=True):
                x[f"{a}>{b}"] = x.get(f"{a}>{b}", 0.0) + 1
            found.append(x)
        rows.append((found, readings.index(tags)))
    return fit_choices(rows, ridge, prior)


# ---- all together ------------------------------------------------------------------------------------------------


def train_weights(groups: Sequence[tuple[Sequence[GoldPage], Models]], profile: CleaningProfile) -> dict[str, float]:
    """All weights, from groups of gold pages, each read with its own models (their weights may be empty).

    Pages of which other versions are in a language model's training text must be read with a model without them: it
    cannot know what they contributed.
    """
    reads = [read for pages, models in groups for read in read_all(pages, models, profile)]
    golds = [gold_blocks(page, read) for page, read in reads]
    examples = [x for (_, read), gold in zip(reads, golds, strict=True) for x in seam_examples(read, gold)]
    seam = {f"seam.{k}": w for k, w in fit_logistic(examples, ridge=1.0).items()}
    decisions: list[tuple[list[Features], int]] = []
    for (_, read), gold in zip(reads, golds, strict=True):
        rescored = {
            k: s._replace(score=sum(seam.get(f"seam.{n}", 0.0) * v for n, v in s.features.items()))
            for k, s in read.around.seams.items()
        }
        around = Surroundings(read.around.typed, read.around.topics, read.around.names, rescored, read.around.recurs)
        decisions += story_examples(around, gold)
    story = fit_choices(decisions, ridge=0.5)
    runs_on = reads[0][1].reader.runs_on
    heads = [x for (page, read), gold in zip(reads, golds, strict=True) for x in head_examples(page, read, gold)]
    prior = {k.removeprefix("heads."): v for k, v in load_weights("prior").items()}
    head = {f"heads.{k}": w for k, w in fit_heads(heads, runs_on, 1.0, prior).items()}
    return {**seam, **story, **head}


def fit_calibration(
    pages: Sequence[GoldPage], models: Models, profile: CleaningProfile, ridge: float = 1.0
) -> dict[str, float]:
    """How far a join's confidence can be believed, by kind of join (Platt 1999): slope and shift of its log odds.

    `models.weights` are the trained ones, without a calibration; `pages` should not be those they were trained on.
    """
    said: dict[str, list[tuple[float, bool]]] = {}
    open_profile = replace(profile, join_threshold=0.0, far_join_threshold=0.0)
    for page in pages:
        edits = clean_characters(page.text, models.script, profile)
        true = {
            (a[1], b[0])
            for article in page.gold["articles"]
            for segment in article["segments"]
            for a, b in zip(segment["raw_spans"], segment["raw_spans"][1:], strict=False)
        }
        for story in lay_out(page.text, edits, models, open_profile).articles:
            for join in (j for p in story if p.role in ("body", "caption") for j in p.joins):
                if join.confidence != LINE_CONFIDENCE:  # not decided here
                    said.setdefault(join.kind, []).append((join.confidence, (join.raw_end, join.raw_start) in true))
    found: dict[str, float] = {}
    for kind, pairs in said.items():
        odds = np.array([np.log(max(c, 1e-4) / max(1 - c, 1e-4)) for c, _ in pairs])
        right = np.array([float(r) for _, r in pairs])

        def loss(w: Floats, odds: Floats = odds, right: Floats = right) -> tuple[float, Floats]:
            p = 1 / (1 + np.exp(-np.clip(w[0] * odds + w[1], -30, 30)))
            off = w - np.array([1.0, 0.0])
            value = -(right * np.log(p + 1e-12) + (1 - right) * np.log(1 - p + 1e-12)).sum() + ridge / 2 * (off @ off)
            return value, np.array([((p - right) * odds).sum(), (p - right).sum()]) + ridge * off

        slope, shift = _minimise(loss, 2)
        found |= {f"calibration.{kind}.slope": float(slope), f"calibration.{kind}.shift": float(shift)}
    return found


def learn(
    folders: Sequence[Path],
    reference: Sequence[str],
    profile: CleaningProfile,
    *,
    articles: Sequence[CleanArticle] = (),
    n_simulated: int = 150,
    fits: int = 1,
    seed: int = 11,
) -> dict[str, float]:
    """All weights, calibration included, from folders of gold pages (a folder named twice weighs twice).

    Beside the pages as they are, the same pages with more broken lines are read, and `n_simulated` new layouts of each
    folder's articles and of `articles`. All this is done `fits` times with other layouts, and the mean of the weights
    taken: what one set of layouts happened to teach averages out (bagging, Breiman 1996). `reference` is the clean
    text of the language model; with less than `LEAST_TEXT` characters of it the weights are those for a small model.

    Raises:
        ValueError: no gold page in a folder.
    """
    distinct = list(dict.fromkeys(folders))
    pages = {folder: read_gold(folder) for folder in distinct}
    for folder, found in pages.items():
        if not found:
            raise ValueError(f"{folder}: no <page>.gold.json beside a <page>.txt")
    own = [page for found in pages.values() for page in found]
    large = sum(map(len, reference)) >= LEAST_TEXT
    alone = untrained(train(reference) if large else None)
    among = untrained(train([*reference, *(p.text for p in own)])) if large else alone
    again = [page for n, folder in enumerate(folders) if folder in folders[:n] for page in pages[folder]]
    sources = [[a for page in pages[f] for a in articles_of_gold(page.gold)] for f in distinct] + [list(articles)]

    def layouts(n: int, seed: int) -> list[GoldPage]:
        return [page for k, source in enumerate(sources) for page in _layouts(source, n, seed + k, alone)]

    def fit(number: int) -> dict[str, float]:
        broken = [break_lines(p, BROKEN, 100 * number + n) for n, f in enumerate(folders) for p in pages[f]]
        new = layouts(n_simulated, seed + 100 * number)
        return train_weights([(own, among), ([*broken, *again, *new], alone)], profile)

    weights = mean([fit(number) for number in range(fits)])
    fresh = layouts(n_simulated // 2, seed + 50)
    return weights | fit_calibration(fresh, replace(alone, weights=weights), profile)


def mean(fits: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of several sets of weights; where a feature never came up its weight is 0."""
    return {name: sum(w.get(name, 0.0) for w in fits) / len(fits) for name in sorted({k for w in fits for k in w})}


def untrained(language: NgramModel | None) -> Models:
    """The models with which gold pages are read: everything but the weights."""
    return replace(load_models(language), weights={})


def _layouts(source: Sequence[CleanArticle], n: int, seed: int, models: Models) -> list[GoldPage]:
    def look_alike(char: str, random: Random) -> str | None:
        near = models.glyphs.neighbours(char)[:6]
        return near[random.randrange(len(near))][0] if near else None

    found = simulated_pages(source, n, seed, None, look_alike) if source else []
    return [GoldPage(name, text, gold) for name, text, gold in found]


def write_weights(path: Path, weights: Mapping[str, float], made_by: str) -> None:
    """One `feature,weight` a line under a comment that says how they came about."""
    rows = [f"{k},{v:.4f}" for k, v in sorted(weights.items()) if abs(v) >= 0.00005]
    path.write_text("\n".join([f"# {made_by}", *rows]) + "\n", encoding="utf-8")
