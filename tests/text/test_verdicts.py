"""What a person decided: accepted edits are rendered, rejected ones never come back, nothing is applied elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets.invariants import check_page
from pipeline.language.load import load_models
from pipeline.text.document import CleanPage, Page
from pipeline.text.page import clean_page
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit, Span
from pipeline.text.verdicts import Verdict, is_ruled_out, settle, touches, verdicts_id

PROFILE = CleaningProfile()
TEXT = (
    "河边的一年\n本报讯 他从小在揄林河边长大,如今守着这条河,竞争优勢明显。\n"
    "清晨的谝关河畔雾气未散,居民沿着新修的步道慢\n跑,对岸的浅滩上有白鹭。\n"
)


def cleaned(*verdicts: Verdict, text: str = TEXT) -> CleanPage:
    page = clean_page(Page("page", text), load_models(), PROFILE, verdicts)
    assert check_page(page) == []
    return page


def verdict(before: str, after: str, accepted: bool, text: str = TEXT) -> Verdict:
    start = text.index(before)
    return Verdict(start, start + len(before), before, after, accepted, "place_name", 0.65, "because")


def edits(page: CleanPage, status: str) -> list[tuple[str, str]]:
    return [(e.before, e.after) for e in page.edits if e.status == status]


def body(page: CleanPage) -> str:
    return "\n".join(p.text for a in page.articles for p in a.paragraphs)


def test_without_verdicts_both_are_suggestions() -> None:
    page = cleaned()
    assert edits(page, "suggested") == [("揄", "榆"), ("谝", "偏")]
    assert page.profile_id == PROFILE.profile_id


def test_an_accepted_suggestion_is_rendered_and_no_longer_open() -> None:
    page = cleaned(verdict("揄", "榆", True))
    assert "在榆林河边" in body(page)
    assert edits(page, "accepted") == [("揄", "榆")] and edits(page, "suggested") == [("谝", "偏")]
    (edit,) = (e for e in page.edits if e.status == "accepted")
    assert (edit.rule, edit.confidence, edit.evidence) == ("place_name", 0.65, "because")


def test_a_rejected_suggestion_is_kept_as_a_record_and_not_proposed() -> None:
    page = cleaned(verdict("揄", "榆", False))
    assert "在揄林河边" in body(page)
    assert edits(page, "rejected") == [("揄", "榆")] and edits(page, "suggested") == [("谝", "偏")]


def test_another_candidate_for_a_rejected_place_may_still_be_proposed() -> None:
    assert not is_ruled_out(
        Edit(3, 4, "揄", "渝", "correct", "place_name"), [Edit(3, 4, "揄", "榆", "correct", "x", status="rejected")]
    )


def test_what_was_applied_can_be_rejected_by_hand() -> None:
    page = cleaned(verdict("勢", "势", False), verdict(",", "，", False))
    assert "竞争优勢明显。" in body(page) and "边长大,如今守着这条河，" in body(page)
    assert edits(page, "rejected") == [(",", "，"), ("勢", "势")]


def test_an_own_correction_of_another_length_is_accepted() -> None:
    page = cleaned(verdict("步道慢", "林荫步道慢", True), verdict("优勢明显", "优势非常明显", True))
    assert "林荫步道慢" in body(page) and "竞争优势非常明显。" in body(page)
    assert {"place_name", "leaked_traditional+place_name"} >= {e.rule for e in page.edits if e.status == "accepted"}


def test_an_accepted_edit_stands_for_the_applied_one_below_it() -> None:
    page = cleaned(verdict(",", "；", True))
    assert "边长大；如今" in body(page)
    assert [(e.before, e.after, e.rule) for e in page.edits if e.status == "accepted"] == [
        (",", "；", "mark+place_name")
    ]


def test_a_deletion_and_an_insertion_are_accepted() -> None:
    at = TEXT.index("步道")
    page = cleaned(verdict("新修的", "", True), Verdict(at, at, "", "石板", True))
    assert "沿着石板步道慢" in body(page)


@pytest.mark.parametrize(
    "refused",
    [
        Verdict(0, 1, "别", "的", True),  # other characters stand there
        Verdict(-1, 0, "", "的", True),
        Verdict(5, 2, "", "的", True),
        Verdict(len(TEXT), len(TEXT) + 1, "", "的", True),
        Verdict(TEXT.index("慢"), TEXT.index("跑") + 1, "慢\n跑", "慢跑", True),  # across a line
        Verdict(0, 1, "河", "江\n", True),
        Verdict(0, 1, "河", "河", True),
        Verdict(5, 5, "", "的", True),  # before the line break: in no span
    ],
)
def test_what_cannot_be_done_is_not_done(refused: Verdict) -> None:
    page, plain = cleaned(refused), cleaned()
    assert [a.text for a in page.articles] == [a.text for a in plain.articles] and page.edits == plain.edits


def test_of_two_that_overlap_the_first_counts() -> None:
    both = settle("一二三四", [Span(0, 4)], [Verdict(0, 2, "一二", "壹", True), Verdict(1, 3, "二三", "贰", True)])
    assert [e.after for e in both] == ["壹"]


def test_the_settings_of_a_page_name_its_verdicts_alone() -> None:
    one = cleaned(verdict("揄", "榆", True))
    assert one.profile_id == f"{PROFILE.profile_id}+d{verdicts_id([verdict('揄', '榆', True)])}"
    assert one.profile_id != cleaned(verdict("揄", "榆", False)).profile_id
    assert verdicts_id([]) == ""


def test_an_accepted_place_is_evidence_for_others() -> None:
    text = TEXT + "老人说起揄林河的往事,榆林河的水那时候清得见底,榆林河的鱼也多。\n"
    page = cleaned(verdict("揄", "榆", True, text), text=text)
    assert body(page).count("榆林河") >= 3


@given(st.data())
def test_any_verdicts_keep_the_invariants(data: st.DataObject) -> None:
    verdicts = []
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(TEXT)))
        end = data.draw(st.integers(start, min(len(TEXT), start + 6)))
        after = data.draw(st.text("榆偏河水，a \n", max_size=5))
        verdicts.append(Verdict(start, end, TEXT[start:end], after, data.draw(st.booleans())))
    page = cleaned(*verdicts)
    for e in page.edits:
        if e.status == "accepted" and "+" not in e.rule:
            assert any((v.start, v.end, v.after) == (e.start, e.end, e.after) and v.accepted for v in verdicts)
    shown = [e for e in page.edits if e.rendered]
    assert not any(touches(a, b) for n, a in enumerate(shown) for b in shown[n + 1 :])
