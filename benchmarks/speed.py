"""How fast a page is cleaned, step by step and by size; the correction; the language model."""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, TypeVar

from material.load import GoldPage

from benchmarks import pycorrector_peer
from benchmarks.bench import Bench, measured
from benchmarks.table import Table, Value

if TYPE_CHECKING:
    from pipeline.text.models import Models
    from pipeline.text.passages import Passage

R = TypeVar("R")
PAGE_BYTES = 24_000
JOINED = 12  # pages made of invented ones
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)  # bytes
BUDGET = 60.0  # seconds: a page that would take longer is not tried
MEDIAN_LIMIT = 40.0  # ms a page of 24 KB on one core
TRAIN_LIMITS = (40.0, 1500.0)  # seconds and MB for 25 MB of text
SCORE_LIMIT = 1e6  # characters a second
_HANZI = re.compile("[\u4e00-\u9fff]")


def tables(bench: Bench) -> list[Table]:
    """All of it."""
    from pipeline.language.load import load_models
    from pipeline.language.ngrams import NgramModel

    folder = bench.scratch / "model"
    folder.mkdir(parents=True, exist_ok=True)
    language = language_table(bench, folder)
    models = load_models(NgramModel.load(folder))
    pages = {"invented pages, joined to 24 KB": joined_pages(bench.invented, PAGE_BYTES, JOINED)}
    real = dev_pages(bench)
    if real:
        pages["d* pages as they are"] = [text for name, text in real.items() if name.startswith("d")]
    nearest = list(pages)[-1]
    return [
        page_table(pages, models),
        step_table(nearest, pages[nearest], models),
        size_table(size_sources(bench, list(real.values())), models),
        correction_table(bench, models),
        language,
    ]


# --- the texts ------------------------------------------------------------------------------------------------------


def dev_pages(bench: Bench) -> dict[str, str]:
    """The dev pages' texts, by name."""
    return {f.stem: f.read_text(encoding="utf-8") for f in sorted((bench.dev / "pages").glob("*.txt"))}


def joined_pages(sources: Sequence[GoldPage], size: int, n: int) -> list[str]:
    """`n` pages of about `size` bytes, each made of other pages, one below the other."""
    return [cut(stream(sources, seed), size) for seed in range(n)]


def stream(sources: Sequence[GoldPage], seed: int) -> Iterator[str]:
    """Page after page, in random order, without end. From the second round on a third of the hanzi are others of the
    same page: else every article would be found as a copy and taken out."""
    chance = random.Random(seed)
    for turn in range(10_000):
        for page in chance.sample(list(sources), len(sources)):
            text = page.varied(chance.randrange(1000)).raw
            yield scrambled(text, chance) if turn else text


def scrambled(text: str, chance: random.Random, share: float = 0.33) -> str:
    """Some of the hanzi replaced by others of the text."""
    hanzi = _HANZI.findall(text) or [""]
    return _HANZI.sub(lambda m: chance.choice(hanzi) if chance.random() < share else m[0], text)


def cut(texts: Iterable[str], size: int) -> str:
    """Texts, one below the other, until they have `size` bytes; cut there at a line's end if there is one."""
    parts: list[str] = []
    have = 0
    for text in texts:
        parts.append(text.rstrip("\n"))
        have += len(parts[-1].encode()) + 1
        if have >= size:
            break
    whole = "\n".join(parts)
    kept = whole.encode()[:size].decode("utf-8", "ignore")
    return (kept[: kept.rfind("\n")] if "\n" in kept[size // 10 :] else kept) + "\n"


def size_sources(bench: Bench, real: Sequence[str]) -> dict[str, Callable[[int], str]]:
    """What pages of any size can be made of."""
    sources = {"invented": lambda size: cut(stream(bench.invented, 0), size)}
    if real and sum(len(t.encode()) for t in real) >= SIZES[-1]:
        sources["dev pages"] = lambda size: cut(real, size)
    return sources


# --- pages and steps ------------------------------------------------------------------------------------------------


def seconds(fn: Callable[[], object]) -> float:
    """CPU time of one call: other programs on the machine do not count."""
    began = time.process_time()
    fn()
    return time.process_time() - began


def clean(text: str, models: Models) -> object:
    """One page from raw text to articles, the proofs not counted."""
    from pipeline.text.document import Page
    from pipeline.text.page import clean_page
    from pipeline.text.profile import CleaningProfile

    return clean_page(Page("p", text), models, CleaningProfile())


def spread(values: Sequence[float]) -> tuple[float, float, float, float]:
    """Median, 10th and 90th of 100, maximum."""
    tenths = quantiles(values, n=10) if len(values) > 1 else [values[0]] * 9
    return median(values), tenths[0], tenths[8], max(values)


def page_table(pages: dict[str, list[str]], models: Models) -> Table:
    """Milliseconds a page: as it is, and per 24 KB."""
    rows: list[tuple[Value, ...]] = []
    for name, texts in pages.items():
        clean(texts[0], models)
        times = [1e3 * seconds(lambda t=text: clean(t, models)) for text in texts]
        sizes = [len(t.encode()) for t in texts]
        per = [PAGE_BYTES * t / n for t, n in zip(times, sizes, strict=True)]
        rows.append((name, len(texts), median(sizes) / 1e3, *spread(times), median(per)))
    return Table(
        f"speed: clean_page, CPU time, models loaded ({models.language.n_chars:,} characters learned)",
        ("pages", "n", "KB (median)", "ms median", "p10", "p90", "worst", "median ms / 24 KB"),
        rows,
        (
            f"asked: median at most {MEDIAN_LIMIT:.0f} ms a page of 24 KB",
            "a joined page has many more, and shorter, articles than a printed one; the model has seen the d* pages",
        ),
    )


class Watch:
    """Times the steps of a page."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}

    def __call__(self, name: str, fn: Callable[[], R]) -> R:
        began = time.process_time()
        result = fn()
        self.times[name] = self.times.get(name, 0.0) + time.process_time() - began
        return result


def steps(text: str, models: Models) -> dict[str, float]:
    """Step → seconds, for one page; together they are `clean_page`."""
    from pipeline.text import page as heart
    from pipeline.text.assemble import assemble, join_edits
    from pipeline.text.compose import compose_layout
    from pipeline.text.correct import correct
    from pipeline.text.document import Page
    from pipeline.text.profile import CleaningProfile
    from pipeline.text.segment import read_page
    from pipeline.text.spans import compose, rendered_edits
    from pipeline.text.stories import tell

    page, profile, watch = Page("p", text), CleaningProfile(), Watch()
    edits = watch("normalise, script", lambda: heart.normalise_page(page, models, profile))
    read = watch("lines, repeats, roles, seams", lambda: read_page(text, edits, models, profile))
    placings = watch("stories (beam)", lambda: tell(read.around, models.weights))
    layout = watch(
        "heads, layout",
        lambda: compose_layout(text, read.around, placings, read.copies, read.reader, models.weights, profile),
    )
    joined = watch("join edits", lambda: edits + join_edits(text, layout, edits, models.words))
    passages = watch("passages", lambda: heart.passages(text, layout, joined))
    corrections = watch("correct", lambda: correct(passages, text, models, profile))
    applied = watch("render, assemble", lambda: compose(text, rendered_edits(joined), rendered_edits(corrections)))
    watch("render, assemble", lambda: assemble(page, layout, applied, surnames=models.names.surnames))
    return watch.times


def step_table(name: str, texts: Sequence[str], models: Models) -> Table:
    """Median milliseconds of each step, and its share."""
    measured_steps = [steps(text, models) for text in texts]
    whole = sum(sum(m.values()) for m in measured_steps)
    rows = [
        (step, 1e3 * median(m[step] for m in measured_steps), 100 * sum(m[step] for m in measured_steps) / whole)
        for step in measured_steps[0]
    ]
    rows.append(("all", 1e3 * median(sum(m.values()) for m in measured_steps), 100.0))
    return Table(f"speed: steps of a page, CPU time, {name} ({len(texts)})", ("step", "ms median", "% of time"), rows)


def size_table(
    sources: dict[str, Callable[[int], str]], models: Models, sizes: Sequence[int] = SIZES, budget: float = BUDGET
) -> Table:
    """Seconds by size of the page; a constant last column is linear growth."""
    rows: list[tuple[Value, ...]] = []
    notes = []
    for name, make in sources.items():
        rate = 0.0  # seconds a byte, of the size before
        for size in sizes:
            if rate * size > budget:
                notes.append(f"skipped: {name}, {size / 1e3:.0f} KB: would take about {rate * size:.0f} s")
                continue
            text = make(size)
            took = min(seconds(lambda t=text: clean(t, models)) for _ in range(1 if size >= 100_000 else 2))
            rate = took / len(text.encode())
            rows.append((name, len(text.encode()) / 1e3, took, 1e6 * rate))
    return Table("speed: by size of the page, CPU time", ("made of", "KB", "seconds", "ms a KB"), rows, notes)


# --- correction -----------------------------------------------------------------------------------------------------


def correction_table(bench: Bench, models: Models) -> Table:
    """The correction alone, on text without errors."""
    from pipeline.text.correct import correct
    from pipeline.text.profile import CleaningProfile

    file = bench.dev / "clean" / "dev.jsonl"
    if file.exists():
        lines = file.read_text(encoding="utf-8").splitlines()
        name, paragraphs = "../shared/dev/clean", [json.loads(line)["truth"] for line in lines]
    else:
        name, paragraphs = "texts of the invented pages' gold", gold_texts(bench.invented)
    profile, n, took = CleaningProfile(), 0, 0.0
    applied = suggested = 0
    pages = [(text, passages_of(text, models)) for text in grouped(paragraphs, 8_000)]
    correct(pages[0][1], pages[0][0], models, profile)  # what is loaded on demand
    for text, passages in pages:
        began = time.process_time()
        found = correct(passages, text, models, profile)
        took += time.process_time() - began
        n += len(text)
        applied += sum(e.rendered for e in found)
        suggested += sum(not e.rendered for e in found)
    rows: list[tuple[Value, ...]] = [("ours", name, n, n / took, applied, suggested)]
    notes = ["every edit here changes text that is right; asked: 400,000 characters a second"]
    if peer := pycorrector_peer.beside(models.language, "\n".join(paragraphs), bench.scratch):
        characters, seconds_taken, edits = peer
        rows.append(("pycorrector, n-gram", name, characters, characters / seconds_taken, edits, None))
    else:
        notes.append("pycorrector is not installed: BANMIAN_BENCH_PYCORRECTOR names a Python that has it and kenlm")
    return Table(
        "speed: correction of clean text, pages of 8,000 characters",
        ("what", "text", "characters", "characters a second", "edits applied", "suggested"),
        rows,
        tuple(notes),
    )


def gold_texts(pages: Sequence[GoldPage]) -> list[str]:
    """The true texts of all body paragraphs."""
    return [s["text"] for p in pages for a in p.gold["articles"] for s in a["segments"] if s["role"] == "body"]


def grouped(paragraphs: Iterable[str], size: int) -> Iterator[str]:
    """Paragraphs as the lines of pages of about `size` characters."""
    held: list[str] = []
    for p in paragraphs:
        held.append(p)
        if sum(map(len, held)) >= size:
            yield "\n".join(held)
            held = []
    if held:
        yield "\n".join(held)


def passages_of(text: str, models: Models) -> list[Passage]:
    """Every line as a body paragraph of an article of its own."""
    from pipeline.text.document import Page
    from pipeline.text.page import normalise_page
    from pipeline.text.passages import Passage
    from pipeline.text.profile import CleaningProfile
    from pipeline.text.spans import Span, rendered_edits, view

    edits = rendered_edits(normalise_page(Page("p", text), models, CleaningProfile()))
    spans = [Span(m.start(), m.end()) for m in re.finditer(r"[^\n]+", text)]
    return [Passage(view(text, [span], edits), "body", n) for n, span in enumerate(spans)]


# --- language model -------------------------------------------------------------------------------------------------


def language_table(bench: Bench, folder: Path) -> Table:
    """Learning (in a process of its own) and scoring."""
    reference = [str(path) for path in (bench.corpus, bench.dev / "pages") if path.exists()]
    usage = measured([sys.executable, "-m", "benchmarks.language", str(folder), *reference])
    said = json.loads((folder / "timing.json").read_text(encoding="utf-8"))
    mb = said["bytes"] / 1e6
    rows: list[tuple[Value, ...]] = [
        ("text, MB", mb, None),
        ("characters counted", int(said["n_chars"]), None),
        ("learning, s", said["train_seconds"], None),
        ("learning, s for 25 MB at that rate", 25 * said["train_seconds"] / mb, TRAIN_LIMITS[0]),
        ("peak memory of the learning process, MB", usage.peak_mb, TRAIN_LIMITS[1]),
        ("model on disk, MB", said["model_mb"], None),
        ("scoring, characters a second", said["scored_per_second"], SCORE_LIMIT),
    ]
    name = "../shared/dev, corpus and pages" if reference else "the invented pages, varied"
    return Table(
        f"speed: language model, learned from {name}",
        ("", "", "asked"),
        rows,
        ("asked: 25 MB in at most 40 s and 1.5 GB; scoring at least 1 M characters a second",),
    )
