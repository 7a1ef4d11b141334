"""Learning the weights: gold read onto blocks, and the same weights every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from material.build import PAGES as FOLDER
from material.load import invented_pages

from pipeline.language.load import load_models
from pipeline.text.document import Page
from pipeline.text.models import Models
from pipeline.text.page import clean_page
from pipeline.text.profile import CleaningProfile
from pipeline.training import (
    GoldPage,
    break_lines,
    fit_choices,
    fit_logistic,
    gold_blocks,
    mean,
    read_all,
    read_gold,
    train_weights,
    write_weights,
)

pytest.importorskip("scipy")
PAGES = [GoldPage(p.name, p.raw, p.gold) for p in invented_pages("in_the_wild")[:3]]


def test_gold_pages_are_read_by_name() -> None:
    pages = read_gold(FOLDER / "in_the_wild", "w0")
    assert [p.name for p in pages] == sorted(p.name for p in pages)
    assert len(pages) == 9
    assert all(p.text and p.gold["articles"] for p in pages)


def test_every_block_has_its_gold(models: Models, profile: CleaningProfile) -> None:
    for page, read in read_all(PAGES, models, profile):
        gold = gold_blocks(page, read)
        assert len(gold) == len(read.around.typed)
        for block in gold:
            assert (block.article is None) == (block.role is None)
            if block.goes_on is not None:
                assert gold[block.goes_on].article == block.article
                assert gold[block.goes_on].segment == block.segment
        assert {b.article for b in gold} - {None} == set(range(len(page.gold["articles"])))


def test_broken_lines_break_the_gold_with_them() -> None:
    page = PAGES[0]
    broken = break_lines(page, 0.5, 1)
    assert broken == break_lines(page, 0.5, 1)
    assert broken.text.replace("\n", "") == page.text.replace("\n", "")
    assert broken.text.count("\n") > page.text.count("\n")

    def texts(gold_page: GoldPage) -> list[str]:
        return [
            "".join(gold_page.text[a:b] for a, b in segment["raw_spans"]).replace("\n", "")
            for article in gold_page.gold["articles"]
            for segment in article["segments"]
        ]

    assert texts(broken) == texts(page)


def test_a_small_training_is_deterministic_and_useful(profile: CleaningProfile, tmp_path: Path) -> None:
    untaught = replace(load_models(), weights={})
    weights = train_weights([(PAGES, untaught)], profile)
    assert weights == train_weights([(PAGES, untaught)], profile)
    assert {k.split(".")[0] for k in weights} >= {"seam", "new", "heads", "place"}
    for name in ("a", "b"):
        write_weights(tmp_path / name, weights, "made by a test")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_text(encoding="utf-8").startswith("# made by a test\n")
    page = clean_page(Page("p", PAGES[0].text), replace(untaught, weights=weights), profile)
    assert len(page.articles) == pytest.approx(len(PAGES[0].gold["articles"]), abs=1)


def test_choices_are_learned() -> None:
    """Two features, one of which is always right."""
    examples = [([{"good": 1.0}, {"bad": 1.0}], 0), ([{"bad": 1.0}, {"good": 1.0}], 1)] * 10
    weights = fit_choices(examples, ridge=1.0)
    assert weights["good"] > 0 > weights["bad"]
    drawn = fit_choices(examples, ridge=1e6, prior={"good": 3.0, "other": 1.0})
    assert drawn["good"] == pytest.approx(3, abs=0.01), "much ridge: the prior stays"
    assert drawn["other"] == 1.0


def test_seams_are_learned() -> None:
    examples = [({"bias": 1.0, "word": 1.0}, True), ({"bias": 1.0}, False)] * 10
    weights = fit_logistic(examples, ridge=0.1)
    assert weights["word"] > 0 > weights["bias"]


def test_the_mean_of_fits_counts_what_never_came_up_as_nothing() -> None:
    assert mean([{"a": 1.0, "b": 3.0}, {"a": 2.0}]) == {"a": 1.5, "b": 1.5}
