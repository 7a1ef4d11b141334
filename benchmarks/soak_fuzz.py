"""Fuzzing: page after page nobody wrote, each cleaned and proved, until the time is up."""

from __future__ import annotations

import hashlib
import itertools
import random
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from material.fuzz import FuzzPage, fuzz_page
from material.load import invented_pages

from benchmarks.table import Table
from pipeline.datasets import invariants, tables
from pipeline.datasets.lines import layouts_from_table, lines_table
from pipeline.datasets.normalised import edits_from_table, normalised_table
from pipeline.datasets.schemas import REASONS
from pipeline.language.load import load_models
from pipeline.language.ngrams import train
from pipeline.language.weights import load_weights
from pipeline.text import page as heart
from pipeline.text.continuations import link_continuations
from pipeline.text.decode import Undecodable, decode, encode
from pipeline.text.document import CleanPage, Page
from pipeline.text.models import Models
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import render, rendered_edits

#: Pages that are handed to a worker at once.
BATCH = 200
#: Every so many pages are also taken through the stage tables, cleaned twice, and put together as an issue.
THROUGH_TABLES, TWICE, ISSUE = 10, 25, 20
#: More seconds than this for a page of some hundred characters are worth a look.
SLOW = 5.0
MOST_FAULTS = 20


@dataclass
class Tally:
    """What was tried, and what broke: (seed, what)."""

    pages: int = 0
    characters: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    decoded: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, 0)
    faults: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.pages += other.pages
        self.characters += other.characters
        self.kinds += other.kinds
        self.decoded += other.decoded
        self.found += other.found
        self.slowest = max(self.slowest, other.slowest)
        self.faults += other.faults


def fuzz(seed: int, seconds: float, workers: int = 1, most: int = 10**9) -> Tally:
    """Pages with the seeds from `seed` on, until `seconds` are over or `most` were tried."""
    until, whole = time.monotonic() + seconds, Tally()
    batches = itertools.takewhile(lambda _: time.monotonic() < until, range(seed, seed + most, BATCH))
    if workers == 1:
        done: Iterator[Tally] = map(partial(batch, most=seed + most), batches)
    else:
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        done = _spread(pool, batches, seed + most, workers)
    for tally in done:
        whole.add(tally)
        if len(whole.faults) >= MOST_FAULTS:
            break
    return whole


def _spread(pool: ProcessPoolExecutor, batches: Iterator[int], end: int, workers: int) -> Iterator[Tally]:
    with pool:
        waiting = [pool.submit(batch, first, end) for first in itertools.islice(batches, workers)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(batch, first, end) for first in itertools.islice(batches, 1)]


def batch(first: int, most: int) -> Tally:
    """The pages of one batch of seeds."""
    tally = Tally()
    issue: list[CleanPage] = []
    for seed in range(first, min(first + BATCH, most)):
        began = time.process_time()
        try:
            clean, faults = trial(fuzz_page(seed), tally)
        except Exception:
            clean, faults = None, [traceback.format_exc(limit=-3)]
        tally.slowest = max(tally.slowest, (time.process_time() - began, seed))
        tally.pages += 1
        tally.faults += [(seed, fault) for fault in faults]
        issue += [clean] if clean else []
        if len(issue) == ISSUE:
            kept, rejects = invariants.publishable(link_continuations(issue))
            tally.faults += [(seed, f"as an issue: {reject.detail}") for reject in rejects]
            tables.page_tables(kept, "soak", issue_id="soak")
            issue = []
    return tally


@cache
def models(taught: bool) -> Models:
    """Models that have learned nothing, or the invented pages and the weights for much text."""
    if not taught:
        return load_models()
    learned = load_models(train([p.raw for p in invented_pages()]))
    return replace(learned, weights=load_weights("large"))


def trial(page: FuzzPage, tally: Tally) -> tuple[CleanPage, list[str]]:
    """One page, cleaned; and what is wrong with it."""
    text, data, encoding = page.text, page.text.encode("utf-8"), "utf-8"
    tally.kinds[page.kind] += 1
    try:
        decoded = decode(page.data)
        text, data, encoding = decoded.text, page.data, decoded.encoding
        tally.decoded[encoding] += 1
        faults = [] if encode(text, encoding) == data else ["decode: the text does not give back its bytes"]
    except Undecodable as refused:  # its text is cleaned all the same
        tally.decoded[refused.reason] += 1
        faults = [] if refused.reason in REASONS and refused.detail else [f"decode: {refused}"]
    raw = Page(
        f"soak/{page.seed}", text, "soak", f"{page.seed}.txt", hashlib.sha256(data).hexdigest(), len(data), encoding
    )
    own, profile = models(page.seed % 3 == 0), profile_of(page.seed)
    clean = heart.clean_page(raw, own, profile)
    tally.characters += len(text)
    tally.found.update(articles=len(clean.articles), edits=len(clean.edits), duplicates=len(clean.duplicates),
                       orphans=len(clean.orphans))  # fmt: skip
    faults += [*invariants.check_page(clean), *unsound(clean)]
    if page.seed % THROUGH_TABLES == 0:
        faults += through_tables(raw, clean, own, profile)
    if page.seed % TWICE == 0 and heart.clean_page(raw, own, profile) != clean:
        faults.append("cleaned again, the page is another")
    return clean, faults


def profile_of(seed: int) -> CleaningProfile:
    """The default knobs, and now and then others."""
    if seed % 8:
        return CleaningProfile()
    chance = random.Random(f"profile {seed}")
    return CleaningProfile(
        simplify_traditional_text=chance.random() < 0.5,
        normalise_marks=chance.random() < 0.5,
        correct=chance.random() < 0.5,
        join_threshold=chance.choice((0.0, 0.5, 1.0)),
        repeat_min_chars=chance.choice((8, 40)),
    )


def unsound(clean: CleanPage) -> list[str]:
    """The promises in plain words, beside the pipeline's own check."""
    text, held = clean.page.text, Counter[int]()
    for a in clean.articles:
        for p in a.paragraphs:
            held.update(i for s in p.spans for i in range(*s))
    for spans in [*(d.spans for d in clean.duplicates), *(o.spans for o in clean.orphans)]:
        held.update(i for s in spans for i in range(*s))
    faults = [
        f"{c!r} at {i} stands {held[i]} times"
        for i, c in enumerate(text)
        if held[i] != 1 and not invariants.is_blank(c)
    ]
    edits = rendered_edits(clean.edits)
    for a in clean.articles:
        faults += [f"{p.text!r} is not rendered" for p in a.paragraphs if p.text != render(text, p.spans, edits)]
    faults += [f"overlap at {b.start}" for a, b in itertools.pairwise(edits) if a.end > b.start]
    faults += [f"edit at {e.start} says {e.before!r}" for e in clean.edits if text[e.start : e.end] != e.before]
    return faults[:5]


def through_tables(raw: Page, clean: CleanPage, own: Models, profile: CleaningProfile) -> list[str]:
    """The page as the steps of a run make it, its parts written to stage tables and read again."""
    edits = heart.normalise_page(raw, own, profile)
    read = edits_from_table(normalised_table("soak", [(raw, edits)])).get(raw.page_id, [])
    layout = heart.lay_out_page(raw, read, own, profile)
    laid = layouts_from_table(lines_table("soak", [(raw, layout)])).get(raw.page_id) or layout
    if heart.finish_page(raw, read, laid, own, profile) != clean:
        return ["through the stage tables, the page becomes another"]
    made = tables.page_tables([clean], "soak", issue_id="soak")
    lost = made["quality"].column("chars_lost").to_pylist()
    return [] if lost == [0] else [f"quality says {lost} characters are lost"]


def smallest(seed: int, budget: float = 60.0) -> str:
    """The page of a seed without the lines that the fault does not need."""
    page, until = fuzz_page(seed), time.monotonic() + budget

    def breaks(lines: Sequence[str]) -> bool:
        text = "".join(lines)
        try:
            return bool(trial(FuzzPage(seed, page.kind, text, text.encode()), Tally())[1])
        except Exception:
            return True

    lines = page.text.splitlines(keepends=True)
    if not breaks(lines):
        return page.text
    at = 0
    while at < len(lines) and time.monotonic() < until:
        fewer = lines[:at] + lines[at + 1 :]
        lines, at = (fewer, at) if breaks(fewer) else (lines, at + 1)
    return "".join(lines)


def keep(faults: Sequence[tuple[int, str]], folder: Path) -> list[Path]:
    """Writes the pages that broke something down, to be committed: `tests/text/test_kept_pages.py` tries them for
    ever."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for seed in sorted({seed for seed, _ in faults})[:MOST_FAULTS]:
        path = folder / f"seed_{seed}.txt"
        path.write_bytes(smallest(seed).encode())
        written.append(path)
    return written


def fuzz_table(tally: Tally, seed: int, seconds: float) -> Table:
    """The figures of a run."""
    rows = [
        ("first seed", seed), ("pages", tally.pages), ("characters", tally.characters),
        ("pages that broke an invariant", len({s for s, _ in tally.faults})),
        *((f"pages, {kind}", n) for kind, n in tally.kinds.most_common()),
        *((f"bytes read as {how}", n) for how, n in tally.decoded.most_common()),
        *((f"{what} found", n) for what, n in tally.found.items()),
        ("seconds", seconds), ("slowest page, seconds of CPU", tally.slowest[0]), ("… its seed", tally.slowest[1]),
    ]  # fmt: skip
    notes = [f"seed {seed}: {fault.strip().splitlines()[-1][:200]}" for seed, fault in tally.faults[:MOST_FAULTS]]
    return Table("fuzzing", ("", ""), rows, notes)
