"""The step as a whole: what it promises for any text."""

from __future__ import annotations

from correction_pages import PROFILE, corrected, models, passages
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.language.confusables import read_rows
from pipeline.text.correct import correct
from pipeline.text.document import Page
from pipeline.text.page import normalise_page
from pipeline.text.passages import Passage
from pipeline.text.spans import Span, view

SENTENCES = [s for row in read_rows() for s in (*row.examples_a, *row.examples_b)]
WRONG = [s.replace(row.pair.a, row.pair.b, 1) for row in read_rows() for s in row.examples_a]
NAMED = ["研究员周桐韬说，好。", "周桐韬表示，再来。", "研究员周桐滔认为，对。", "滹沱河来水。", "滹沦河边，人多。"]
pages = st.lists(st.sampled_from(SENTENCES + WRONG + NAMED), min_size=1, max_size=12).map("。\n".join)
anything = st.text(
    alphabet=st.sampled_from("己已经自过进发迸创新力活，。“”A1 \n周桐韬滔说研究员滹沱沦河侯候等"), max_size=80
)


@settings(max_examples=150)
@given(st.one_of(pages, anything))
def test_correcting_the_result_applies_nothing_new(text: str) -> None:
    once = corrected(text, correct(passages(text), text, models(), PROFILE))
    again = correct(passages(once), once, models(), PROFILE)
    assert corrected(once, again) == once


@settings(max_examples=150)
@given(st.one_of(pages, anything))
def test_edits_are_well_formed(text: str) -> None:
    edits = correct(passages(text), text, models(), PROFILE)
    assert [e.start for e in edits] == sorted({e.start for e in edits})
    for e in edits:
        assert e.end == e.start + 1
        assert e.before == text[e.start : e.end] != e.after
        assert len(e.after) == 1
        assert e.stage == "correct"
        assert e.status in ("applied", "suggested")
        assert e.rule in ("person_name", "confusable_word", "place_name", "look_alike")
        assert 0 <= e.confidence <= 1
        assert e.evidence


def test_the_same_text_gives_the_same_edits() -> None:
    text = "。\n".join(WRONG[:40] + NAMED)
    assert correct(passages(text), text, models(), PROFILE) == correct(passages(text), text, models(), PROFILE)


def test_raw_places_survive_joins_and_reordered_spans() -> None:
    raw = "完工三天。\n工程己经"
    joined = Passage(view(raw, [Span(6, 10), Span(0, 5)], []), "body", 0)
    (edit,) = correct([joined], raw, models(), PROFILE)
    assert (edit.start, edit.before, edit.after, edit.status) == (8, "己", "已", "applied")


def test_more_than_two_in_a_sentence_are_left_to_the_reader() -> None:
    text = "工程己经完工，工人早己回家，双方业己结清，旅客等侯上车，冶炼改成治炼。"
    edits = correct(passages(text), text, models(), PROFILE)
    assert len(edits) == 5
    assert {e.status for e in edits} == {"suggested"}


def test_an_empty_page() -> None:
    assert correct([], "", models(), PROFILE) == []


def test_a_leaked_character_is_simplified_by_its_words_and_else_suggested() -> None:
    text = "当地优勢产业平稳发展。\n附近的老屋倒場了三间。\n产品经过检査。\n" + "今天全市的粮食生产工作会议召开。" * 12
    assert [(e.before, e.after) for e in normalise_page(Page("p", text), models(), PROFILE)] == [("勢", "势")]
    found = {e.before: (e.after, e.status, e.stage) for e in correct(passages(text), text, models(), PROFILE)}
    assert found["場"] == ("场", "suggested", "script")  # perhaps 塌 misread
    assert found["査"] == ("查", "suggested", "script")  # a form of print
