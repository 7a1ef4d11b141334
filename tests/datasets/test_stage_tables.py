"""The stage tables give back exactly what was put in."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets.lines import PLAN_COLUMNS, layouts_from_table, lines_table
from pipeline.datasets.normalised import edits_from_table, normalised_table
from pipeline.text.document import ROLES, Join, Page
from pipeline.text.layout import Copy, Fragment, Layout, PlannedParagraph, Stray
from pipeline.text.spans import Edit, Span

SPANS = st.builds(lambda a, n: Span(a, a + n), st.integers(0, 90), st.integers(0, 9))
SOME = st.lists(SPANS, min_size=1, max_size=3).map(tuple)
SHARE = st.floats(0, 1)
JOINS = st.builds(Join, st.integers(0, 99), st.integers(0, 99), st.sampled_from(["line", "column", "blend"]), SHARE)
PARAGRAPHS = st.builds(
    PlannedParagraph,
    st.sampled_from(ROLES),
    SOME,
    st.lists(JOINS, max_size=2).map(tuple),
    st.sampled_from([None, "head", "tail", "both"]),
    SHARE,
)
ROLE_SCORES = st.lists(st.tuples(st.sampled_from(ROLES), SHARE), max_size=3).map(tuple)
LAYOUTS = st.builds(
    Layout,
    st.lists(st.builds(Fragment, SPANS, st.integers(0, 50), ROLE_SCORES), max_size=4).map(tuple),
    st.lists(st.lists(PARAGRAPHS, min_size=1, max_size=3).map(tuple), max_size=3).map(tuple),
    st.lists(
        st.builds(Copy, SOME, st.sampled_from(["exact", "near", "contained", "blend"]), SOME, SHARE, SOME), max_size=2
    ).map(tuple),
    st.lists(st.builds(Stray, SOME, st.just("furniture"), st.none() | st.integers(0, 3)), max_size=2).map(tuple),
)


@settings(deadline=None, max_examples=50)
@given(LAYOUTS, LAYOUTS)
def test_a_layout_comes_back_as_it_was(first: Layout, second: Layout) -> None:
    pages = {"i/1": first, "i/2": second}
    table = lines_table("i", [(Page(page_id, "字" * 100), layout) for page_id, layout in pages.items()])
    assert layouts_from_table(table) == {k: v for k, v in pages.items() if v != Layout((), ())}
    plans = {page_id: replace(layout, fragments=()) for page_id, layout in pages.items()}
    assert layouts_from_table(table.select(PLAN_COLUMNS)) == {k: v for k, v in plans.items() if v != Layout((), ())}


EDITS = st.builds(
    Edit,
    st.integers(0, 9),
    st.integers(9, 20),
    st.text(max_size=3),
    st.text(max_size=3),
    st.sampled_from(["normalise", "script"]),
    st.just("rule"),
    st.integers(0, 100).map(lambda n: n / 100),
    st.sampled_from(["applied", "suggested"]),
    st.none() | st.text(max_size=5),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(EDITS, min_size=1, max_size=4), st.lists(EDITS, min_size=1, max_size=4))
def test_edits_come_back_as_they_were(first: list[Edit], second: list[Edit]) -> None:
    table = normalised_table("i", [(Page("i/1", ""), first), (Page("i/2", ""), second)])
    assert edits_from_table(table) == {"i/1": first, "i/2": second}
