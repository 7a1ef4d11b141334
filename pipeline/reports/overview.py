"""The report's first page: what all issues come to, as cards, plots and short lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.reports import plots
from pipeline.reports.digest import BINS
from pipeline.reports.plots import Plot
from pipeline.reports.wording import form

Row = dict[str, Any]

#: Rows of the plots that rank.
RANKED = 12
#: Rows of each kind in the list of what is worth a look.
LOOKS = 8
#: What became of edits that were not made, and how their bars are drawn.
NOT_MADE = {"suggested": "sug", "rejected": "rej"}
#: More points in time than this are put together.
POINTS = 62


def cards(totals: Mapping[str, int], n_pages: int, n_withheld: int, n_rejects: int) -> list[tuple[str, int, str]]:
    """(name, number, what it means)."""
    corrections = totals["edits_correct"] + totals["edits_script"]
    told = [
        ("page", "pages", n_pages, "pages that could be read"),
        ("article", "articles", totals["articles"], "articles put together"),
        ("join", "joins", totals["joins"], f"fragments put together, {totals['joins_far']:,} of them over other text"),
        ("correction", "corrections", corrections, "words and traditional forms put right"),
        ("suggestion", "suggestions", totals["suggestions"], "changes that wait for a person"),
        ("edit of marks", "edits of marks", totals["edits_normalise"],
         "marks, widths and spaces put into ordinary form"),
        ("repeat", "repeats", totals["duplicates"], "paragraphs printed again and taken out"),
        ("orphan", "orphans", totals["orphans"], "pieces that belong to no article"),
        ("character", "characters", totals["n_chars"], "of raw text"),
        ("character lost", "characters lost", totals["chars_lost"],
         "visible characters that stand nowhere: the ledger proves it"),
        ("withheld", "withheld", n_withheld, "pages that broke an invariant and were not published"),
        ("reject", "rejects", n_rejects, "inputs that could not be read"),
    ]  # fmt: skip
    return [(form(n, name, many), n, what) for name, many, n, what in told]


def charts(digests: Sequence[Row], unified: Mapping[tuple[str, str], int]) -> list[Plot]:
    """The plots over the issues' outlines, those without anything to show left out. `unified`: (form, name) → how often
    it was put right."""
    if not digests:
        return []
    return [*_over_time(digests), *_confidence(digests), *edit_charts(digests, unified)]


def _over_time(digests: Sequence[Row]) -> Iterator[Plot]:
    unit, groups = in_time(digests)
    when = f"by {unit}"

    def sums(name: str) -> list[tuple[str, float]]:
        return [(label, float(sum(d["totals"][name] for d in group))) for label, group in groups]

    def rates(name: str, among: str) -> list[tuple[str, float | None]]:
        return [
            (label, s / n if (n := sum(d["totals"][among] for d in group)) else None)
            for (label, group), (_, s) in zip(groups, sums(name), strict=True)
        ]

    pages = [(label, float(sum(d["n_pages"] for d in group))) for label, group in groups]
    yield plots.columns("Pages", f"Pages read, {when}.", pages, "page", kind="a")
    yield plots.columns("Articles", f"Articles put together, {when}.", sums("articles"), "article", kind="b")
    if len(groups) > 1:
        orphans = rates("chars_orphan", "n_chars")
        yield plots.line("Orphans", f"Share of the text that belongs to no article, {when}.", orphans, "", share=True)
        headless = rates("articles_without_headline", "articles")
        yield plots.line("Without headline", f"Share of articles without one, {when}.", headless, "", share=True)
        perplexity = [(label, _mean(d["perplexity"] for d in group)) for label, group in groups]
        if any(v is not None for _, v in perplexity):
            text = (
                f"How surprising the language model finds the clean text, a character, {when}; a jump is worth a look."
            )
            yield plots.line("Perplexity", text, perplexity, "")


def _confidence(digests: Sequence[Row]) -> Iterator[Plot]:
    for what, name, text in (
        ("articles", "article_bins", "How sure the weakest decision of each article is, 0 to 1."),
        ("joins", "join_bins", "How sure each join is, 0 to 1."),
    ):
        counts = [sum(d[name][i] for d in digests) for i in range(BINS)]
        if any(counts):
            yield plots.histogram(f"Confidence of {what}", text, counts, what.removesuffix("s"))


def edit_charts(digests: Sequence[Row], unified: Mapping[tuple[str, str], int]) -> Iterator[Plot]:
    """Edits by their rules, apart by what became of them: made, suggested, rejected; names put right."""
    rules: Counter[tuple[str, str, str]] = Counter()
    for d in digests:
        for stage, rule, status, n in d["rules"]:
            rules[stage, rule, status if status in NOT_MADE else ""] += n
    if rules:
        rows = [
            (f"{rule} ({status})" if status else rule, float(n), NOT_MADE.get(status, stage))
            for (stage, rule, status), n in _commonest(rules)
        ]
        text = "Every change has a rule; these are the commonest. Dashed: only suggested, or rejected."
        yield plots.ranked("Edits by rule", text, rows, "edit")
    if unified:
        rows = [(f"{form} → {name}", float(n), "correct") for (form, name), n in _commonest(Counter(unified))]
        yield plots.ranked("Corrected names", "Names put right most often.", rows, "time")


def _commonest(counted: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:RANKED]


def top_words(digests: Iterable[Row], limit: int = 40) -> list[Row]:
    """The commonest corrections and suggestions, with a link to a place."""
    counted: dict[tuple[str, ...], list[Any]] = {}
    for d in digests:
        for before, after, rule, status, n, *place in d["words"]:
            counted.setdefault((before, after, rule, status), [0, *place])[0] += n
    ranked = sorted(counted.items(), key=lambda item: (-item[1][0], item[0]))[:limit]
    names = ("before", "after", "rule", "status", "n", "link", "left", "right")
    return [dict(zip(names, (*key, *rest), strict=True)) for key, rest in ranked]


def worth_a_look(digests: Iterable[Row]) -> list[Row]:
    """What is least sure in all issues, a few of each kind, the worst first."""
    kinds: dict[str, list[Row]] = {}
    for d in digests:
        for find in d["finds"]:
            kinds.setdefault(find["kind"], []).append(find)
        for finds in kinds.values():  # no more is held than can be shown
            finds[:] = sorted(finds, key=lambda f: (-f["weight"], f["link"]))[:LOOKS]
    return [f for _, finds in sorted(kinds.items()) for f in finds]


def in_time(digests: Sequence[Row]) -> tuple[str, list[tuple[str, list[Row]]]]:
    """The issues by day, month or year, whichever gives a plot that can be read; by issue if they bear no dates."""
    dated = sorted((d for d in digests if d["date"]), key=lambda d: (d["date"], d["issue_id"]))
    if len(dated) * 2 < len(digests):
        return "issue, in the order of their names", _chunked(sorted(digests, key=lambda d: d["issue_id"]))
    for unit, length in (("day", 10), ("month", 7), ("year", 4)):
        groups: dict[str, list[Row]] = {}
        for d in dated:
            groups.setdefault(d["date"][:length], []).append(d)
        if len(groups) <= POINTS or unit == "year":
            break
    return unit, list(groups.items())


def _chunked(digests: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    size = -(-len(digests) // POINTS)
    groups = [list(digests[at : at + size]) for at in range(0, len(digests), size)]
    return [(str(n * size + 1), group) for n, group in enumerate(groups)]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None
