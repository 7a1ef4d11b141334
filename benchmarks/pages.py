"""Quality on the project's own invented pages, as written and varied, and on varied seeds. No model but the page's own
lexicons: nothing was learned from any text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from material.load import GoldPage, invented_pages
from material.score import Figures, Found, add, score_page
from material.seed_cases import seed_cases, share

from benchmarks.bench import Bench
from benchmarks.table import Table, Value, skipped

Clean = Callable[[str], Any]
UNCOUNTED = "known_failures"
COLUMNS = (
    "pages", "n", "B3 F1", "exact", "headline", "byline", "joins F1", "far P", "far R", "blend", "dup P", "dup R",
    "misprints", "false", "lost", "doubled",
)  # fmt: skip


def tables(bench: Bench, clean: Clean | None = None) -> list[Table]:
    """All of it. `clean`: raw text → a clean page; by default the library's `clean_text`."""
    clean = clean or library()
    pages = invented_pages()
    written = scores(pages, clean)
    varied = scores([p.varied(seed) for p in pages for seed in range(bench.variants)], clean)
    return [
        quality_table("pages: invented pages, as written", written),
        quality_table(f"pages: invented pages, varied with {bench.variants} seeds each", varied),
        seeds_table(bench.varied_seeds, clean),
    ]


def library() -> Clean:
    """Loaded when it is needed: `--help` stays quick."""
    from pipeline import clean_text

    return clean_text


def scores(pages: Sequence[GoldPage], clean: Clean) -> dict[str, dict[str, Figures]]:
    """Category → page → figures."""
    found: dict[str, dict[str, Figures]] = {}
    for p in pages:
        found.setdefault(p.category, {})[p.name] = score_page(p.raw, p.gold, clean(p.raw))
    return found


def quality_table(title: str, scored: Mapping[str, Mapping[str, Figures]]) -> Table:
    """A line a category, then all that count."""
    rows = [row_of(category, add(figures.values())) for category, figures in scored.items() if category != UNCOUNTED]
    counted = [f for category, figures in scored.items() if category != UNCOUNTED for f in figures.values()]
    rows.append(row_of("all of these", add(counted)))
    if UNCOUNTED in scored:
        rows.append(row_of(f"{UNCOUNTED} (not counted)", add(scored[UNCOUNTED].values())))
    return Table(title, COLUMNS, rows, faults(scored))


def row_of(name: str, f: Figures) -> tuple[Value, ...]:
    """The figures of one group of pages."""
    return (
        name, f.pages, f.b3_f1, f.exact, f.headline_exact, f.byline_exact,
        ratio(f.joins, f.joins.f1), ratio(f.far, f.far.precision), ratio(f.far, f.far.recall),
        hits(f.blends), ratio(f.duplicates, f.duplicates.precision), ratio(f.duplicates, f.duplicates.recall),
        f"{f.errors_fixed}+{f.errors_suggested}/{f.errors_gold}", f.false_edits, f.chars_lost, f.chars_doubled,
    )  # fmt: skip


def ratio(found: Found, value: float) -> float | None:
    """Nothing to find and nothing found: no figure."""
    return value if found.hits + found.false + found.missed else None


def hits(found: Found) -> str | None:
    """Found of how many."""
    return f"{found.hits}/{found.hits + found.missed}" if found.hits + found.missed else None


def faults(scored: Mapping[str, Mapping[str, Figures]]) -> list[str]:
    """The pages on which a promise broke: a right character changed, text lost or doubled."""
    found = []
    for category, figures in scored.items():
        for name, f in figures.items():
            broken = {"false edits": f.false_edits, "lost": f.chars_lost, "doubled": f.chars_doubled}
            if said := ", ".join(f"{n} {what}" for what, n in broken.items() if n):
                found.append(f"{category}/{name}: {said}")
    return found


def seeds_table(n: int, clean: Clean) -> Table:
    """On how many varied seeds each case holds."""
    from seed import GOLD, seed_page, varied_seeds

    if not GOLD.exists() or not any((GOLD.parents[2] / "seeds").glob("*.txt")):
        return skipped("pages: varied seeds", "the seed page or its gold is not at hand")
    seed = seed_page()
    on_seed = seed_cases(seed.raw, seed.gold, clean(seed.raw))
    held = [seed_cases(v.raw, v.gold, clean(v.raw)) for v in varied_seeds(n)]
    rows = [(name, "holds" if ok else "fails", sum(v[name] for v in held), len(held)) for name, ok in on_seed.items()]
    groups = {"characters": "characters of", "joins": "join", "names": "name"}
    notes = [
        f"{label}: {share({k: v for k, v in on_seed.items() if k.startswith(prefix)}, held):.1%}"
        for label, prefix in groups.items()
    ]
    notes.append(f"all cases that hold on the seed: {share(on_seed, held):.1%} (asked: 90%)")
    return Table(f"pages: {n} varied seeds", ("case", "on the seed", "variants", "of"), rows, notes)
