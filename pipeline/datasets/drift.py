"""Has the material changed? Rates of newspaper issues against limits, and against what was published before.

A page that breaks an invariant is withheld; what is told here is only worth a look: another scanner, another layout,
a page upside down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from pipeline.datasets.store import MissingTableError, Store, StoreError
from pipeline.text.profile import CleaningProfile

#: So many earlier pages are needed before a length or a perplexity can be called unusual.
FEWEST = 20
#: So many earlier issues are looked at, evenly spread: enough for a median, cheap for an archive.
MOST_ISSUES = 100
#: An issue of fewer articles has no share to speak of.
FEWEST_ARTICLES = 5

#: The checks, and what each asks.
CHECKS = {
    "share_of_orphans": "Does more of an issue's text than usual belong to no article?",
    "articles_without_headline": "Do more of an issue's articles than usual have no headline?",
    "suggestion_rate": "Are there more open suggestions than a person can look through?",
    "perplexity": "Is an issue's text far more surprising to the language model than that of the others?",
    "page_length": "Is a page far longer or shorter than the others?",
}


@dataclass(frozen=True)
class Rates:
    """What an issue's rows in `quality` come to. `lengths`: (page_id, characters)."""

    issue_id: str
    orphans: float
    headless: float | None
    suggestions: float
    perplexity: float | None
    lengths: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Finding:
    """Something unusual: where, and what was found against what was expected."""

    check: str
    where: str
    value: float
    limit: float
    words: str


def rates(issue_id: str, rows: Sequence[Mapping[str, Any]]) -> Rates:
    """The rates of an issue, from its rows in `quality`."""
    chars, articles = sum(r["n_chars"] for r in rows), sum(r["articles"] for r in rows)
    known = [r["perplexity"] for r in rows if r["perplexity"] is not None]
    return Rates(
        issue_id,
        sum(r["chars_orphan"] for r in rows) / chars if chars else 0.0,
        sum(r["articles_without_headline"] for r in rows) / articles if articles >= FEWEST_ARTICLES else None,
        10_000 * sum(r["suggestions"] for r in rows) / chars if chars else 0.0,
        sum(known) / len(known) if known else None,
        tuple((r["page_id"], r["n_chars"]) for r in rows),
    )


def findings(now: Iterable[Rates], before: Sequence[Rates], profile: CleaningProfile) -> list[Finding]:
    """What of the issues `now` is unusual, by the profile's limits and by the issues published `before`."""
    lengths = [n for r in before for _, n in r.lengths]
    usual_length = median(lengths) if len(lengths) >= FEWEST else None
    perplexities = [r.perplexity for r in before if r.perplexity is not None]
    usual_perplexity = median(perplexities) if perplexities and len(lengths) >= FEWEST else None
    return [f for r in now for f in _of_issue(r, usual_length, usual_perplexity, profile)]


def _of_issue(r: Rates, length: float | None, perplexity: float | None, profile: CleaningProfile) -> Iterator[Finding]:
    if r.orphans > profile.warn_orphan_share:
        words = f"{r.orphans:.0%} of its text belongs to no article"
        yield Finding("share_of_orphans", r.issue_id, r.orphans, profile.warn_orphan_share, words)
    if r.headless is not None and r.headless > profile.warn_headless_share:
        words = f"{r.headless:.0%} of its articles have no headline"
        yield Finding("articles_without_headline", r.issue_id, r.headless, profile.warn_headless_share, words)
    if r.suggestions > profile.warn_suggestion_rate:
        words = f"{r.suggestions:.0f} suggestions in 10,000 characters"
        yield Finding("suggestion_rate", r.issue_id, r.suggestions, profile.warn_suggestion_rate, words)
    if perplexity and r.perplexity is not None and r.perplexity > profile.warn_perplexity_factor * perplexity:
        words = f"a perplexity of {r.perplexity:.0f}, usual are {perplexity:.0f}"
        yield Finding("perplexity", r.issue_id, r.perplexity, profile.warn_perplexity_factor * perplexity, words)
    factor = profile.warn_length_factor
    for page_id, n in r.lengths:
        if length and (n > factor * length or n * factor < length):
            yield Finding("page_length", page_id, n, factor, f"{n:,} characters, usual are {length:,.0f}")


def published_rates(output: str, issue_ids: Iterable[str]) -> list[Rates]:
    """The rates of issues as they are published; those without a table of quality are left out."""
    store, found = Store(output), []
    for issue_id in issue_ids:
        try:
            found.append(rates(issue_id, store.read("quality", issue_id).to_pylist()))
        except (MissingTableError, StoreError):
            continue
    return found


def earlier_issues(output: str, now: Iterable[str]) -> list[str]:
    """Other issues to compare with: evenly spread over all, not more than `MOST_ISSUES`."""
    others = sorted(set(Store(output).issues("quality")) - set(now))
    step = max(1, -(-len(others) // MOST_ISSUES))
    return others[::step]
