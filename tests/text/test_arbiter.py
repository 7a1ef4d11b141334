"""The guardrails, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from correction_pages import PROFILE, models, passages

from pipeline.text.arbiter import decide, in_coinage
from pipeline.text.passages import Passage, sentence_around
from pipeline.text.spans import Edit, View


def proposal(text: str, at: int, after: str, confidence: float = 0.95, rule: str = "look_alike") -> Edit:
    return Edit(at, at + 1, text[at], after, "correct", rule, confidence, "suggested", "because")


def statuses(text: str, *proposals: Edit) -> list[str]:
    return [e.status for e in decide(proposals, passages(text), models(), PROFILE)]


@pytest.mark.parametrize(("confidence", "expected"), [(0.95, ["applied"]), (0.7, ["suggested"]), (0.3, [])])
def test_confidence_decides(confidence: float, expected: list[str]) -> None:
    text = "天晴侯，水很凉。"
    assert statuses(text, proposal(text, 2, "候", confidence)) == expected


def test_no_proposals_no_edits() -> None:
    assert decide([], passages("今天晴。"), models(), PROFILE) == []


def test_latin_digits_and_lengths_are_never_touched() -> None:
    text = "型号A1已售罄。"
    assert statuses(text, proposal(text, 2, "B"), proposal(text, 3, "l")) == []
    long = replace(proposal(text, 4, "已"), after="已经")
    assert statuses(text, long) == []


def test_known_words_are_protected_from_rules_that_do_not_know_them() -> None:
    text = "孩子们在图书馆看书。"
    assert statuses(text, proposal(text, 5, "韦", rule="place_name")) == []


def test_names_are_protected() -> None:
    text = "局长温嘉禾说，供水正常。"
    assert statuses(text, proposal(text, 4, "木")) == []
    assert statuses(text, proposal(text, 4, "木", rule="person_name")) == ["applied"]


def test_two_candidates_close_together_are_a_suggestion_with_both_in_the_evidence() -> None:
    text = "天晴侯，水很凉。"
    (edit,) = decide([proposal(text, 2, "候", 0.95), proposal(text, 2, "俟", 0.9)], passages(text), models(), PROFILE)
    assert (edit.status, edit.after) == ("suggested", "候")
    assert edit.evidence == "because; or 俟 (0.90)"


def test_quoted_coinages_are_at_most_suggested() -> None:
    text = "推出“绿侯”计划，效果好。"
    assert statuses(text, proposal(text, 4, "候")) == ["suggested"]
    assert in_coinage("推出“绿侯”计划", 4)
    assert not in_coinage("他说：“今天已经到了，很好。”", 6)


def test_many_corrections_in_one_sentence_are_all_suggestions() -> None:
    text = "甲侯乙侯丙侯，丁。戊侯。"
    edits = [proposal(text, i, c) for i, c in ((1, "候"), (3, "俟"), (5, "俣"))]
    assert statuses(text, *edits) == ["suggested"] * 3
    assert statuses(text, *edits[:2]) == ["applied"] * 2
    assert statuses(text, *edits[:2], proposal(text, 5, "俣", 0.99)) == ["suggested", "suggested", "applied"]


def test_what_does_not_look_alike_must_be_nearly_certain() -> None:
    text = "天晴侯，水很凉。"
    assert models().glyphs.similarity("侯", "今") == 0
    assert statuses(text, proposal(text, 2, "今", 0.95)) == ["suggested"]
    assert statuses(text, proposal(text, 2, "今", 0.98)) == ["applied"]


def test_what_stands_three_times_is_no_slip() -> None:
    text = "用侯字。用侯字。用侯字。"
    assert statuses(text, proposal(text, 1, "候")) == ["suggested"]
    assert statuses(text, proposal(text, 1, "候", rule="person_name")) == ["applied"]


def test_characters_that_do_not_stand_for_one_raw_character_are_left() -> None:
    merged = Passage(View("天晴侯", [0, 1, 1], [1, 3, 3]), "body", 0)
    assert decide([Edit(1, 2, "晴", "睛", "correct", "look_alike", 0.99)], [merged], models(), PROFILE) == []


def test_duplicates_are_not_corrected() -> None:
    text = "天晴侯，水很凉。"
    assert decide([proposal(text, 2, "候")], passages(text, [None]), models(), PROFILE) == []


def test_sentences() -> None:
    assert sentence_around("甲。乙丙！丁", 3) == (2, 5)
    assert sentence_around("甲。乙丙！丁", 5) == (5, 6)
