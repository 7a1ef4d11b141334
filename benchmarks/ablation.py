"""What each part of the method gives: the d* pages without it. Not in the default run.

Scored by the project's own scorer. The model learns from the reference text and from all dev pages, as a run does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from material.score import Figures, add, score_page

from benchmarks.bench import Bench
from benchmarks.gold import read_gold
from benchmarks.pages import row_of
from benchmarks.table import Table, skipped

if TYPE_CHECKING:
    from pipeline.text.document import CleanPage, Page
    from pipeline.text.models import Models

REFERENCE_MB = (0, 1, 5, 10)
COLUMNS = (
    "", "pages", "B3 F1", "exact", "headline", "byline", "joins F1", "far P", "far R", "blend", "dup P", "dup R",
    "misprints", "false", "lost", "doubled",
)  # fmt: skip


def tables(bench: Bench) -> list[Table]:
    """All of it."""
    from pipeline.datasets.reference import reference_texts
    from pipeline.language.load import load_models
    from pipeline.language.ngrams import train
    from pipeline.text.page import clean_page
    from pipeline.text.profile import CleaningProfile

    title = "ablation: d* pages, our own scorer"
    if not bench.corpus.exists() or not (bench.dev / "pages").exists():
        return [skipped(title, "../shared/dev is not there")]
    pages = [f.read_text(encoding="utf-8") for f in sorted((bench.dev / "pages").glob("*.txt"))]
    reference = list(reference_texts(str(bench.corpus)))
    whole = load_models(train([*pages, *reference]))

    def by(models: Models) -> Callable[[str], CleanPage]:
        return lambda text: clean_page(page_of(text), models, CleaningProfile())

    rows = [
        row_of("everything", scored(bench, by(whole))),
        row_of("no joint decoding (beam of 1)", scored(bench, lambda text: greedy(text, whole))),
        row_of("no page cache", scored(bench, by(without_page_cache(whole)))),
        row_of("no language model", scored(bench, by(load_models()))),
    ]
    for mb in REFERENCE_MB:
        models = load_models(train([*pages, *first(reference, mb * 1_000_000)]))
        rows.append(row_of(f"{mb} MB of reference text", scored(bench, by(models))))
    notes = (
        "no language model: with the weights trained for that case",
        "no page cache: what spans a seam is not looked for elsewhere on the page",
    )
    return [Table(title, COLUMNS, rows, notes)]


def without_page_cache(models: Models) -> Models:
    """The same, blind to n-grams across a seam that stand elsewhere on the page."""
    return replace(models, weights={k: v for k, v in models.weights.items() if k != "seam.page_grams"})


def first(texts: Iterable[str], size: int) -> Iterator[str]:
    """The first texts, together at most `size` bytes."""
    have = 0
    for text in texts:
        have += len(text.encode())
        if have > size:
            return
        yield text


def page_of(text: str) -> Page:
    """A page of that text."""
    from pipeline.text.document import Page

    return Page("p", text)


def greedy(text: str, models: Models) -> CleanPage:
    """`clean_page`, every decision taken at once."""
    from pipeline.text import page as heart
    from pipeline.text.compose import compose_layout
    from pipeline.text.profile import CleaningProfile
    from pipeline.text.segment import read_page
    from pipeline.text.stories import tell

    page, profile = page_of(text), CleaningProfile()
    edits = heart.normalise_page(page, models, profile)
    read = read_page(text, edits, models, profile)
    placings = tell(read.around, models.weights, beam=1)
    layout = compose_layout(text, read.around, placings, read.copies, read.reader, models.weights, profile)
    return heart.finish_page(page, edits, layout, models, profile)


def scored(bench: Bench, clean: Callable[[str], CleanPage]) -> Figures:
    """The figures of the d* pages."""
    gold = read_gold(bench.dev / "pages", "d")
    texts = {name: (bench.dev / "pages" / f"{name}.txt").read_bytes().decode("utf-8") for name in gold}
    return add(score_page(texts[name], g, clean(texts[name])) for name, g in gold.items())
