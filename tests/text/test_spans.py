"""Spans, edits, rendering and the way back: what must hold for any text and any edits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.spans import STAGES, Edit, Span, Stage, compose, edits_within, render, rendered_edits, undo, view

#: Anything a decoder can give; astral, private and invisible characters included.
CHARACTERS = st.one_of(
    st.sampled_from("报章，。,“”\n\r\u2028\u200b\ufeff \u3000a1\ue000\ufffd😀𠮷"),
    st.characters(exclude_categories=["Cs"]),
)
TEXTS = st.text(CHARACTERS, max_size=24)


@st.composite
def edit_lists(draw: st.DrawFn, text: str, stage: Stage = "normalise", rule: str = "a") -> list[Edit]:
    """Edits without overlaps: changes, deletions, insertions (at most one a place); sorted by place."""
    edits: list[Edit] = []
    at = 0
    for n in range(draw(st.integers(0, 5))):
        start = draw(st.integers(at, len(text)))
        end = draw(st.integers(start, min(len(text), start + 4)))
        if start == end and edits and (edits[-1].start, edits[-1].end) == (start, end):
            continue
        same_length = draw(st.booleans())
        sizes = (end - start, end - start) if same_length else (0, 3)
        after = draw(st.text(CHARACTERS, min_size=sizes[0], max_size=sizes[1]))
        if after != text[start:end]:
            edits.append(Edit(start, end, text[start:end], after, stage, f"{rule}{n}"))
            at = end
    return edits


@st.composite
def edited_texts(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(TEXTS)
    return text, draw(edit_lists(text))


@st.composite
def spans_of(draw: st.DrawFn, text: str, edits: Sequence[Edit]) -> list[Span]:
    """Disjoint spans, not empty, in any order, whose borders cut no edit."""
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    cuts = [c for c in cuts if not any(e.start < c < e.end for e in edits)]
    spans = [Span(a, b) for a, b in itertools.pairwise(cuts)]
    kept = [s for s in spans if draw(st.booleans())]
    return draw(st.permutations(kept))


def plain_render(text: str, span: Span, edits: Sequence[Edit]) -> str:
    """The definition, character by character: slow and obvious."""
    shown, at = "", span.start
    while at < span.end:
        insertion = next((e for e in edits if e.start == e.end == at), None)
        shown += insertion.after if insertion else ""
        change = next((e for e in edits if e.start == at < e.end <= span.end), None)
        shown += change.after if change else text[at]
        at = change.end if change else at + 1
    return shown


@given(st.data())
def test_render_is_what_the_definition_says(data: st.DataObject) -> None:
    text, edits = data.draw(edited_texts())
    spans = data.draw(spans_of(text, edits))
    assert render(text, spans, edits) == "".join(plain_render(text, s, edits) for s in spans)


@given(st.data())
def test_edits_whose_places_are_at_hand_are_found_as_any_others(data: st.DataObject) -> None:
    text, edits = data.draw(edited_texts())
    spans = data.draw(spans_of(text, edits))
    placed = rendered_edits(reversed(edits))
    assert placed == edits
    assert [list(edits_within(s, placed)) for s in spans] == [list(edits_within(s, edits)) for s in spans]
    assert view(text, spans, placed) == view(text, spans, edits)


@given(st.data())
def test_undo_gives_the_raw_text_back(data: st.DataObject) -> None:
    text, edits = data.draw(edited_texts())
    for span in data.draw(spans_of(text, edits)):
        assert undo(render(text, [span], edits), edits, span) == text[span.start : span.end]


def test_undo_refuses_a_text_that_the_edits_did_not_make() -> None:
    edit = Edit(1, 2, ",", "，", "normalise", "mark")
    with pytest.raises(ValueError, match="cannot be undone"):
        undo("好,的", [edit], Span(0, 3))
    with pytest.raises(ValueError, match="characters left"):
        undo("好，的确", [edit], Span(0, 3))


@given(st.data())
def test_a_view_is_the_rendered_text_with_its_way_back(data: st.DataObject) -> None:
    text, edits = data.draw(edited_texts())
    spans = data.draw(spans_of(text, edits))
    seen = view(text, spans, edits)
    assert seen.text == render(text, spans, edits)
    assert len(seen) == len(seen.starts) == len(seen.ends)
    for i, char in enumerate(seen.text):
        start, end = seen.starts[i], seen.ends[i]
        assert seen.raw_span(i, i + 1) == (start, end)
        assert any(s.start <= start <= end <= s.end for s in spans)
        if not any(e.start <= start and end <= e.end for e in edits):
            assert (end, text[start]) == (start + 1, char)
    rendered = {e for s in spans for e in edits_within(s, edits)}
    deleted = {i for e in rendered if not e.after for i in range(e.start, e.end)}
    covered = {i for a, b in zip(seen.starts, seen.ends, strict=True) for i in range(a, b)}
    assert covered == {i for s in spans for i in range(*s)} - deleted


@given(st.data())
def test_a_view_of_one_span_never_goes_back(data: st.DataObject) -> None:
    text, edits = data.draw(edited_texts())
    seen = view(text, [Span(0, len(text))], edits)
    assert list(seen.starts) == sorted(seen.starts)
    assert list(seen.ends) == sorted(seen.ends)


@given(st.data())
def test_one_to_one_means_that_an_edit_of_one_character_replaces_just_it(data: st.DataObject) -> None:
    text, edits = data.draw(edited_texts())
    span = Span(0, len(text))
    seen = view(text, [span], edits)
    places = [i for i in range(len(seen)) if seen.is_one_to_one(i)]
    for i in places:
        start = seen.starts[i]
        late = Edit(start, start + 1, text[start], "新" if text[start] != "新" else "旧", "correct", "late")
        shown = render(text, [span], compose(text, edits, [late]))
        assert shown == seen.text[:i] + late.after + seen.text[i + 1 :]
    for i in set(range(len(seen))) - set(places):
        assert any(e.start <= seen.starts[i] and seen.ends[i] <= e.end for e in edits), "an unchanged character"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("ab", "xy", [1, 1]), ("ab", "x", [0]), ("a", "xy", [0, 0]), ("", "x", [0]), ("a", "x", [1])],
)
def test_which_characters_are_one_to_one(before: str, after: str, expected: list[int]) -> None:
    edit = Edit(1, 1 + len(before), before, after, "normalise", "a")
    seen = view(f"-{before}-", [Span(0, len(before) + 2)], [edit])
    assert [seen.is_one_to_one(i) for i in range(1, len(seen) - 1)] == expected
    assert seen.is_one_to_one(0)
    assert seen.is_one_to_one(len(seen) - 1)


def test_an_insertion_belongs_to_the_span_that_holds_its_character() -> None:
    space = Edit(2, 2, "", " ", "join", "headline_space")
    assert render("甲乙丙丁", [Span(0, 2)], [space]) == "甲乙"
    assert render("甲乙丙丁", [Span(2, 4)], [space]) == " 丙丁"
    assert render("甲乙丙丁", [Span(2, 4), Span(0, 2)], [space]) == " 丙丁甲乙"
    before_a_change = [space, Edit(2, 3, "丙", "柄", "correct", "b")]
    assert render("甲乙丙丁", [Span(0, 4)], before_a_change) == "甲乙 柄丁"


@st.composite
def two_lists(draw: st.DrawFn) -> tuple[str, list[Edit], list[Edit]]:
    text = draw(TEXTS)
    return text, draw(edit_lists(text)), draw(edit_lists(text, draw(st.sampled_from(STAGES)), "b"))


def overlapping(edits: Sequence[Edit]) -> bool:
    places = sorted((e.start, e.end) for e in edits)
    return any(b[0] < a[1] or a == b for a, b in itertools.pairwise(places))


@given(two_lists())
def test_composed_edits_are_edits_of_the_raw_text(lists: tuple[str, list[Edit], list[Edit]]) -> None:
    text, first, then = lists
    composed = compose(text, first, then)
    assert not overlapping(composed)
    assert all(e.before == text[e.start : e.end] != e.after for e in composed)
    assert composed == sorted(composed, key=lambda e: (e.start, e.end))
    assert compose(text, first, []) == first
    assert compose(text, [], then) == then


@given(two_lists())
def test_composing_renders_the_later_edits_over_the_earlier_ones(lists: tuple[str, list[Edit], list[Edit]]) -> None:
    """Around the later edits nothing but what the earlier ones wrote; an earlier edit of another length that is only
    partly overwritten is withdrawn."""
    text, first, then = lists
    composed = compose(text, first, then)

    def meet(a: Edit, b: Edit) -> bool:
        return (a.start, a.end) == (b.start, b.end) or (a.start < b.end and b.start < a.end)

    shown: list[Edit] = list(then)
    for e in first:
        over = [t for t in then if meet(e, t)]
        if not over:
            shown.append(e)
        elif len(e.before) == len(e.after):
            shown += [
                Edit(i, i + 1, text[i], e.after[i - e.start], e.stage, e.rule)
                for i in range(e.start, e.end)
                if not any(t.start <= i < t.end for t in over)
            ]
    shown.sort(key=lambda e: (e.start, e.end))
    assert render(text, [Span(0, len(text))], composed) == plain_render(text, Span(0, len(text)), shown)


@given(two_lists())
def test_a_composed_edit_names_all_rules_and_the_latest_stage(lists: tuple[str, list[Edit], list[Edit]]) -> None:
    text, first, then = lists
    for e in compose(text, first, then):
        rules = e.rule.split("+")
        assert len(set(rules)) == len(rules)
        makers = [x for x in [*first, *then] if x.rule in rules]
        assert {x.rule for x in makers} == set(rules)
        assert STAGES.index(e.stage) == max(STAGES.index(x.stage) for x in makers)
        late = [x for x in makers if x.rule.startswith("b")]
        if late and len(makers) > len(late):
            assert rules == [x.rule for x in makers if x.rule.startswith("a")] + [x.rule for x in late]


def test_composing_joins_rules_and_keeps_the_raw_before() -> None:
    first = [Edit(0, 1, "優", "优", "script", "simplify")]
    then = [Edit(0, 1, "优", "忧", "correct", "confusable_word", 0.93, evidence="忧心")]
    [e] = compose("優心", first, then)
    assert (e.before, e.after, e.rule, e.stage) == ("優", "忧", "simplify+confusable_word", "correct")
    assert (e.confidence, e.evidence) == (0.93, "忧心")


def test_an_edit_that_leads_back_to_the_raw_text_is_none() -> None:
    first = [Edit(0, 1, "優", "优", "script", "simplify")]
    assert compose("優心", first, [Edit(0, 1, "优", "優", "correct", "x")]) == []


def test_two_corrections_inside_one_earlier_edit_do_not_overlap() -> None:
    first = [Edit(0, 3, "數據鏈", "数据链", "script", "phrase")]
    then = [Edit(0, 1, "數", "树", "correct", "x"), Edit(2, 3, "鏈", "练", "correct", "y")]
    composed = compose("數據鏈", first, then)
    assert render("數據鏈", [Span(0, 3)], composed) == "树据练"
    assert not overlapping(composed)


def test_only_applied_and_accepted_edits_are_rendered() -> None:
    edits = [Edit(0, 0, "", "x", "join", "r", status=s) for s in ("applied", "accepted", "suggested", "rejected")]
    assert [e.rendered for e in edits] == [True, True, False, False]
