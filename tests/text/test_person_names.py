"""Names: what is one, which forms are one name misread, and which are two people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from correction_pages import PROFILE, changes, corrected, models, passages

from pipeline.text.correct import correct
from pipeline.text.person_names import mentions, propose

STORY = (
    "市农科院研究员{0}认为，今年墒情较好。\n"
    "周桐韬强调，播种要抢时间。“土壤不缺水。”周桐韬说，这几天正合适。\n"
    "周桐韬表示，下周还会来。"
)


def names(text: str) -> set[str]:
    return {m.name for m in mentions(passages(text), models())}


def test_a_misread_name_with_a_title_is_repaired() -> None:
    text = STORY.format("周桐滔")
    edits = correct(passages(text), text, models(), PROFILE)
    assert corrected(text, edits) == STORY.format("周桐韬")
    assert edits[0].rule == "person_name"
    assert edits[0].evidence is not None
    assert "周桐韬 3 times on this page" in edits[0].evidence
    assert "研究员" in edits[0].evidence


def test_repairing_twice_changes_nothing_more() -> None:
    text = STORY.format("周桐滔")
    once = corrected(text, correct(passages(text), text, models(), PROFILE))
    assert correct(passages(once), once, models(), PROFILE) == []


def test_a_form_without_a_cue_of_its_own_is_a_suggestion() -> None:
    text = STORY.format("周桐韬") + "\n田里看周桐滔蹲下抓土。"
    assert changes(correct(passages(text), text, models(), PROFILE)) == [("suggested", "滔", "韬")]


def test_another_character_that_does_not_look_alike_is_at_most_a_suggestion() -> None:
    text = STORY.format("周桐丽")
    assert {e.status for e in correct(passages(text), text, models(), PROFILE)} <= {"suggested"}


def test_unless_the_right_name_stands_there_five_times() -> None:
    text = STORY.format("周桐丽") + "周桐韬介绍，新苗已到。周桐韬认为，今年好过去年。“先修路。”周桐韬说。"
    assert changes(correct(passages(text), text, models(), PROFILE)) == [("applied", "丽", "韬")]


def test_a_compound_surname() -> None:
    text = (
        "校长欧阳振铎说，新楼秋天启用。欧阳振铎表示，食堂也要扩建。“不涨价。”欧阳振铎说。校长欧阳振择介绍，经费已到位。"
    )
    assert changes(correct(passages(text), text, models(), PROFILE)) == [("applied", "择", "铎")]


def test_names_of_two_characters() -> None:
    text = "站长邵韬说，线路已通。邵韬表示，夜班照常。邵韬强调，安全第一。站长邵滔介绍，客流上升。"
    edits = correct(passages(text), text, models(), PROFILE)
    assert [(e.before, e.after) for e in edits] == [("滔", "韬")]


@pytest.mark.parametrize(
    "text",
    [
        # both in one list
        "村民周桐韬、周桐滔兄弟二人回乡。周桐韬说，路修好了。周桐韬表示，要种果树。周桐韬说，先试两亩。周桐滔说，我管销路。",
        # another title: another person, as long as nothing else is known
        "院长周桐韬说，门诊要延时。周桐韬表示，夜间也开。周桐韬强调，药要备足。\n电工周桐滔说，线路换新了。",
        # bylines
        "记者 周桐韬\n记者 周桐滔\n记者周桐韬报道，今天开镰。周桐韬说。周桐韬表示。",
    ],
)
def test_similar_names_of_different_people_are_left_alone(text: str) -> None:
    roles = ["byline", "byline", "body"] if text.startswith("记者 ") else []
    edits = correct(passages(text, roles), text, models(), PROFILE)  # type: ignore[arg-type]
    assert corrected(text, edits) == text


def test_forms_of_different_articles_need_the_same_title() -> None:
    text = STORY.format("周桐韬") + "\n记者周桐滔说，集市很热闹。"
    articles = [0, 0, 0, 1]
    edits = correct(passages(text, articles=articles), text, models(), PROFILE)
    assert corrected(text, edits) == text


def test_equally_frequent_forms_are_left_alone() -> None:
    text = "研究员周桐韬说。周桐韬表示。研究员周桐滔说。周桐滔表示。"
    assert correct(passages(text), text, models(), PROFILE) == []


def test_counts_from_elsewhere_make_a_majority() -> None:
    text = "研究员周桐韬说，墒情好。周桐滔表示，抢时间。"
    assert propose(passages(text), text, models(), PROFILE) == []
    known = propose(passages(text), text, replace(models(), page_counts={"周桐韬": 9}), PROFILE)
    assert [(e.before, e.after) for e in known] == [("滔", "韬")]


@pytest.mark.parametrize(
    "text",
    [
        "高新区表示，项目已落地。高新区介绍，企业超过百家。",
        "王府井说起来人人知道，马上就说到前门。",
        "于是在会上说，何时能说清楚。有关方面认为，应该支持。",
        "张家口表示欢迎，石家庄说已准备好。",
        "总书记强调以人为本，专家强调要因地制宜。",
        "记者从市政府获悉，相关负责人表示满意。",
    ],
)
def test_words_are_no_names(text: str) -> None:
    assert names(text) == set()


def test_names_and_their_titles_are_found() -> None:
    text = "记者 郝若楠\n副市长温嘉禾说，供暖提前三天。村民上官子衿告诉记者，家里很暖和。"
    found = {m.name: m.title for m in mentions(passages(text, ["byline"]), models())}
    assert found == {"郝若楠": "记者", "温嘉禾": "副市长", "上官子衿": "村民"}


def test_a_form_that_stands_on_other_pages_is_a_person() -> None:
    text = "研究员周桐韬说，墒情好。周桐韬表示，还要看天。研究员周桐韬介绍，抢时间。周桐滔表示，不急。"
    assert propose(passages(text), text, models(), PROFILE)
    others = {"周桐韬": 9, "周桐滔": 3}
    assert propose(passages(text), text, replace(models(), page_counts=others), PROFILE) == []


def test_what_was_found_on_one_page_is_not_taken_for_another_of_the_same_text() -> None:
    text = "研究员周桐韬说，墒情好。研究员周桐韬介绍，抢时间。周桐滔表示，不急。"
    first = propose(passages(text), text, models(), PROFILE)
    later = "\n" + text
    second = propose(passages(later), later, models(), PROFILE)
    assert first and [e.start + 1 for e in first] == [e.start for e in second]
