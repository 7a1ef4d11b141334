"""Drift: what is unusual against the profile's limits and against what was published before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.datasets.drift import CHECKS, FEWEST, Rates, earlier_issues, findings, published_rates, rates
from pipeline.datasets.store import Store
from pipeline.text.profile import CleaningProfile

PROFILE = CleaningProfile()


def page(n: int = 0, **values: Any) -> dict[str, Any]:
    usual = {
        "page_id": f"i/{n}", "n_chars": 2_000, "chars_orphan": 20, "articles": 10, "articles_without_headline": 1,
        "suggestions": 1, "perplexity": 40.0,
    }  # fmt: skip
    return {**usual, **values}


BEFORE = [rates(f"old-{n}", [page(n), page(n + 100)]) for n in range(FEWEST)]


def found(*rows: dict[str, Any], before: list[Rates] = BEFORE, profile: CleaningProfile = PROFILE) -> list[str]:
    return [f.check for f in findings([rates("new", list(rows))], before, profile)]


def test_what_is_as_ever_is_not_told() -> None:
    assert found(page(), page(1)) == []


@pytest.mark.parametrize(
    ("values", "check"),
    [
        ({"chars_orphan": 400}, "share_of_orphans"),
        ({"articles_without_headline": 5}, "articles_without_headline"),
        ({"suggestions": 9}, "suggestion_rate"),
        ({"perplexity": 90.0}, "perplexity"),
        ({"n_chars": 20_000}, "page_length"),
        ({"n_chars": 200, "chars_orphan": 0, "suggestions": 0}, "page_length"),
    ],
)
def test_each_check_tells_of_its_own(values: dict[str, Any], check: str) -> None:
    assert found(page(**values)) == [check]
    assert check in CHECKS


def test_the_limits_are_the_profile_s() -> None:
    strict = replace(PROFILE, warn_orphan_share=0.001, warn_suggestion_rate=1.0)
    assert found(page(), profile=strict) == ["share_of_orphans", "suggestion_rate"]
    assert strict.profile_id == PROFILE.profile_id  # a limit changes no text


def test_without_a_past_nothing_is_unusual_in_length_or_perplexity() -> None:
    assert found(page(n_chars=100_000, perplexity=900.0), before=BEFORE[:3]) == []


def test_few_articles_have_no_share() -> None:
    assert found(page(articles=2, articles_without_headline=2)) == []
    assert found(page(n_chars=0, chars_orphan=0, articles=0, suggestions=0, perplexity=None)) == ["page_length"]


def test_the_past_is_read_from_what_is_published(cleaned: Path) -> None:
    output = str(cleaned)
    issues = Store(output).issues("quality")
    assert earlier_issues(output, issues[:1]) == issues[1:]
    told = published_rates(output, [*issues, "not-there"])
    assert [r.issue_id for r in told] == issues
    assert sum(len(r.lengths) for r in told) == 5
