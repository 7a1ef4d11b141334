"""Pages laid out stretch by stretch are as sound as others; short pages are not touched by it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from material.fuzz import fuzz_page
from material.load import invented_pages

from pipeline.datasets.invariants import check_page
from pipeline.datasets.lines import layouts_from_table, lines_table
from pipeline.text.document import Page
from pipeline.text.layout import Layout
from pipeline.text.models import Models
from pipeline.text.page import clean_page, finish_page, normalise_page
from pipeline.text.profile import CleaningProfile
from pipeline.text.segment import lay_out
from pipeline.text.spans import Edit
from pipeline.text.stretches import MOST_LINES, in_stretches, stretches


@pytest.mark.parametrize("text", ["", "a", "\n", "a\nb", "a\r\nb\r\nc", "\n\n\n\n", "a\u2028b\x85c\n", "a\n" * 9])
@pytest.mark.parametrize("most", [1, 2, 5])
def test_stretches_tile_the_page_at_its_line_breaks(text: str, most: int) -> None:
    parts = stretches(text, most=most)
    assert (parts[0].start, parts[-1].end) == (0, len(text))
    assert all(a.end == b.start for a, b in pairwise(parts))
    assert all(text[a.end - 1] in "\n\r\x85\u2028" and text[a.end - 1 : a.end + 1] != "\r\n" for a in parts[:-1])


def test_no_edit_is_cut() -> None:
    edit = Edit(1, 4, "\nb\n", "b", "normalise", "x")
    assert [tuple(s) for s in stretches("a\nb\nc\nd", [edit], most=1)] == [(0, 4), (4, 6), (6, 7)]


@pytest.mark.parametrize("seed", range(40))
def test_a_page_in_stretches_is_sound(seed: int, models: Models, profile: CleaningProfile) -> None:
    page = Page("i/p", fuzz_page(seed).text)
    edits = normalise_page(page, models, profile)

    def own(text: str, edits: Sequence[Edit]) -> Layout:
        return lay_out(text, edits, models, profile)

    layout = in_stretches(page.text, edits, own, most=1 + seed % 7)
    clean = finish_page(page, edits, layout, models, profile)
    assert check_page(clean) == []
    read = layouts_from_table(lines_table("i", [(page, layout)])).get("i/p", layout)
    assert finish_page(page, edits, read, models, profile) == clean


def test_a_page_of_one_stretch_is_laid_out_as_ever(models: Models, profile: CleaningProfile) -> None:
    page = invented_pages()[0]
    assert page.raw.count("\n") < MOST_LINES
    edits = normalise_page(Page("p", page.raw), models, profile)
    layout = lay_out(page.raw, edits, models, profile)
    assert finish_page(Page("p", page.raw), edits, layout, models, profile) == clean_page(
        Page("p", page.raw), models, profile
    )


def test_articles_are_found_on_both_sides_of_a_border(models: Models, profile: CleaningProfile) -> None:
    one, other = (p.raw.rstrip("\n") + "\n" for p in invented_pages("negative")[:2])
    text = one + "\n" * (MOST_LINES - one.count("\n")) + other
    assert [s.start for s in stretches(text)] == [0, len(text) - len(other)]
    clean = clean_page(Page("p", text), models, profile)
    alone = [clean_page(Page("p", t), models, profile) for t in (one, other)]
    assert [a.text for a in clean.articles] == [a.text for c in alone for a in c.articles]
    assert check_page(clean) == []
