"""Look-alike words: every line of the table in both directions, and the machinery."""

from __future__ import annotations

import pytest
from correction_pages import PROFILE, changes, corrected, models, passages

from pipeline.language.confusables import ConfusableRow, read_rows
from pipeline.text.confusables import best_cut, parse_cue, propose
from pipeline.text.correct import correct

ROWS = list(read_rows())
ALL_EXAMPLES = [(row, sentence) for row in ROWS for sentence in (*row.examples_a, *row.examples_b)]
#: A right sentence, the form in it, and the look-alike that a misprint puts in its place.
MISPRINTS = [(s, row.pair.a, row.pair.b) for row in ROWS for s in row.examples_a] + [
    (s, row.pair.b, row.pair.a) for row in ROWS if row.pair.kind == "word" for s in row.examples_b
]


@pytest.mark.parametrize(("row", "sentence"), ALL_EXAMPLES, ids=[s for _, s in ALL_EXAMPLES])
def test_right_sentences_are_not_touched(row: ConfusableRow, sentence: str) -> None:
    edits = correct(passages(sentence), sentence, models(), PROFILE)
    assert corrected(sentence, edits) == sentence
    if row.pair.kind == "word":
        assert edits == []


@pytest.mark.parametrize(("sentence", "right", "wrong"), MISPRINTS, ids=[s for s, _, _ in MISPRINTS])
def test_misprints_are_repaired_or_suggested(sentence: str, right: str, wrong: str) -> None:
    printed = sentence.replace(right, wrong, 1)
    place = next(i for i, (x, y) in enumerate(zip(sentence, printed, strict=True)) if x != y)
    edits = [e for e in correct(passages(printed), printed, models(), PROFILE) if e.start == place]
    assert [e.after for e in edits] == [sentence[place]]


def test_most_misprints_are_repaired() -> None:
    repaired = 0
    for sentence, right, wrong in MISPRINTS:
        printed = sentence.replace(right, wrong, 1)
        repaired += corrected(printed, correct(passages(printed), printed, models(), PROFILE)) == sentence
    assert repaired >= 0.85 * len(MISPRINTS)


@pytest.mark.parametrize(
    "sentence",
    [
        "队伍继续进发，天黑前到达营地。",
        "车队再次向新征程进发，带着创新的劲头。",
        "促进发展、改进发言制度，都要靠大家。",
        "他自己经营一家小店，生意不错。",
        "三万面彩旗插满河堤，上千部图书送到学校。",
        "近日，两校签署协议；13日前完成搬迁。",
    ],
)
def test_words_across_the_place_and_cues_for_what_is_printed_protect_it(sentence: str) -> None:
    assert correct(passages(sentence), sentence, models(), PROFILE) == []


@pytest.mark.parametrize(
    "sentence",
    ["老厂凭着持续进发的创造力走出困境。", "年轻人进发出的活力感染了观众。", "掌声和激情在赛场上进发。"],
)
def test_the_class_of_the_object_decides_between_two_verbs(sentence: str) -> None:
    edits = correct(passages(sentence), sentence, models(), PROFILE)
    assert changes(edits) == [("applied", "进", "迸")]
    assert edits[0].evidence is not None
    assert "near it" in edits[0].evidence


def test_one_cue_for_what_is_printed_is_enough_to_leave_it_to_the_reader() -> None:
    sentence = "队伍带着激情进发。"
    assert [e.status for e in correct(passages(sentence), sentence, models(), PROFILE)] in ([], ["suggested"])


def test_cues_know_their_side() -> None:
    assert parse_cue("向…").found("车队向", "")
    assert not parse_cue("向…").found("", "向北")
    assert parse_cue("_出").found("", "出来")
    assert not parse_cue("_出").found("", "来出")
    assert parse_cue("活力!!").weight > parse_cue("活力!").weight > parse_cue("活力").weight


def test_best_cut_prefers_known_words() -> None:
    frequency = models().words.frequency
    assert best_cut("自己经过", frequency) > best_cut("白己经过", frequency)


def test_paragraphs_without_a_role_are_not_read() -> None:
    sentence = "工程己经完工三天"
    assert propose(passages(sentence, [None]), sentence, models(), PROFILE) == []
    assert len(propose(passages(sentence), sentence, models(), PROFILE)) == 1
