"""Look-alike words: every pair in both directions, and the machinery.

`data/confusable_sentences.csv` holds two invented sentences for either word of a pair, `data/confusable_neutral.txt`
sentences in which both could stand.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from correction_pages import PROFILE, changes, corrected, models, passages

from pipeline.language.confusables import ConfusableRow, read_rows
from pipeline.language.ngrams import train
from pipeline.text.confusables import best_cut, parse_cue, propose
from pipeline.text.correct import correct
from pipeline.text.models import ConfusablePair

DATA = Path(__file__).parent / "data"
ROWS = list(read_rows())
WORDS = {f"{row.pair.a}/{row.pair.b}": row for row in ROWS if row.pair.kind == "word"}


def read_sentences() -> dict[str, list[tuple[str, str]]]:
    """Pair -> (right, wrong) sentences."""
    lines = [n for n in (DATA / "confusable_sentences.csv").read_text("utf-8").splitlines() if not n.startswith("#")]
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in csv.DictReader(lines):
        found[row["pair"]].append((row["right"], row["wrong"]))
    return found


SENTENCES = read_sentences()
NEUTRAL = [
    line.split("\t")
    for line in (DATA / "confusable_neutral.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
#: Nothing in them tells one word from another.
FRAMES = ("他又说起{}。", "标题里有{}二字。", "第三行写着{}。")
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


def repaired(right: str, wrong: str) -> str:
    """What becomes of a misprint: applied, suggested, or nothing."""
    place = next(i for i, (x, y) in enumerate(zip(right, wrong, strict=True)) if x != y)
    edits = [e for e in correct(passages(wrong), wrong, models(), PROFILE) if e.start == place]
    return next((e.status for e in edits if e.after == right[place]), "nothing")


def test_there_are_two_hundred_word_pairs_each_with_sentences_for_both_words() -> None:
    assert len(WORDS) >= 200
    assert not set(SENTENCES) - set(WORDS)
    for name, row in WORDS.items():
        right = [r for r, _ in SENTENCES[name]] + [*row.examples_a, *row.examples_b]
        for word in (row.pair.a, row.pair.b):
            assert any(word in r for r in right), f"{name}: no sentence with {word}"
        for r, w in SENTENCES[name]:
            differing = [i for i, (x, y) in enumerate(zip(r, w, strict=True)) if x != y]
            assert len(differing) == 1, r
            assert (row.pair.a in r and row.pair.b in w) or (row.pair.b in r and row.pair.a in w), r


@pytest.mark.parametrize("pair", WORDS)
def test_the_right_word_stays_and_its_misprint_is_repaired_in_both_directions(pair: str) -> None:
    row, results = WORDS[pair].pair, defaultdict(set)
    written = [
        (right, right.replace(word, other, 1))
        for word, other, examples in ((row.a, row.b, WORDS[pair].examples_a), (row.b, row.a, WORDS[pair].examples_b))
        for right in examples
    ]
    for right, wrong in [*SENTENCES[pair], *written]:
        assert correct(passages(right), right, models(), PROFILE) == []
        start = next(i for i, (x, y) in enumerate(zip(right, wrong, strict=True)) if x != y) - row.place
        results[right[start : start + len(row.a)]].add(repaired(right, wrong))
    assert set(results) == {row.a, row.b}
    for word, found in results.items():
        assert "applied" in found, word


def test_half_of_the_misprints_are_repaired_and_nine_of_ten_offered() -> None:
    """One cue makes a suggestion, two make a correction; the language model, which may be the second, is empty here."""
    found = [repaired(right, wrong) for sentences in SENTENCES.values() for right, wrong in sentences]
    assert found.count("applied") >= 0.5 * len(found)
    assert found.count("nothing") <= 0.1 * len(found)


@pytest.mark.parametrize("pair", WORDS)
def test_either_word_stays_where_nothing_speaks_for_one(pair: str) -> None:
    for word in (WORDS[pair].pair.a, WORDS[pair].pair.b):
        text = "\n".join(frame.format(word) for frame in FRAMES)
        assert correct(passages(text), text, models(), PROFILE) == []


@pytest.mark.parametrize(("pair", "sentence"), NEUTRAL, ids=[s for _, s in NEUTRAL])
def test_either_word_stays_where_both_could_stand(pair: str, sentence: str) -> None:
    for word in (WORDS[pair].pair.a, WORDS[pair].pair.b):
        text = sentence.replace("◯", word)
        assert [e for e in correct(passages(text), text, models(), PROFILE) if e.rendered] == []


def test_what_protects_never_asserts() -> None:
    assert not parse_cue("_结果?").asserting
    assert parse_cue("_结果?").found("", "结果报告")
    assert parse_cue("_小用!!!").weight > parse_cue("_小用!!").weight


def test_a_single_character_is_a_cue_only_as_a_word_of_its_own() -> None:
    frequency = models().words.frequency
    cue = parse_cue("_系!!")
    assert cue.is_word("", "系主任", "数学", frequency) is not cue.is_word("", "系统", "数学", frequency)
    assert not parse_cue("题!").is_word("", "等问题", "分数", frequency)


def test_a_thousand_passages_are_read_in_one_pass() -> None:
    lines = [right for sentences in SENTENCES.values() for right, _ in sentences]
    lines[500] = "工程己经完工三天"
    text = "\n".join(lines)
    (edit,) = [e for e in propose(passages(text), text, models(), PROFILE) if e.confidence >= PROFILE.suggest_threshold]
    assert text[edit.start - 2 : edit.end + 1] == "工程己经"


def test_no_form_goes_over_the_border_of_two_passages() -> None:
    assert propose(passages("工程己\n经完工三天"), "工程己\n经完工三天", models(), PROFILE) == []


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


# --- the language model as a second witness --------------------------------------------------------------------------

#: One cue near is a suggestion.
PAIR = ConfusablePair("迸发", "进发", ("活力!",), ("目标!",))
UNSURE = "老街的活力在灯会上进发出来。"
#: Invented text that says nothing of either word.
FILLER = [f"第{n}天，镇上的人照常开门，买菜，喝茶，说说天气和收成。" for n in range(8000)]


def confidence(told: list[str]) -> float:
    """Of the unsure correction, with a model that was trained on `told` and much else."""
    known = replace(models(), confusables=(PAIR,), language=train([*FILLER, *told]))
    (edit,) = propose(passages(UNSURE), UNSURE, known, PROFILE)
    return edit.confidence


@pytest.fixture(scope="module")
def alone() -> float:
    """Confidence of the unsure correction without a model."""
    (edit,) = correct(passages(UNSURE), UNSURE, replace(models(), confusables=(PAIR,)), PROFILE)
    assert edit.status == "suggested"
    return edit.confidence


def test_a_model_that_knows_the_phrase_turns_a_suggestion_into_a_correction(alone: float) -> None:
    assert confidence([f"火光在灯会上迸发出来，第{n}次了。" for n in range(9)]) >= PROFILE.apply_threshold > alone


def test_a_model_that_knows_what_is_printed_lowers_it(alone: float) -> None:
    assert confidence([f"大家在灯会上进发，第{n}次了。" for n in range(3)]) < alone


def test_a_page_does_not_speak_for_its_own_misprint() -> None:
    words = "老街的火光在灯会上迸发出来，第九次了。"
    assert confidence([words, UNSURE]) == pytest.approx(confidence([words]), abs=0.002)
    assert confidence([words, UNSURE.replace("老街", "新街")]) < confidence([words]) - 0.02


def test_a_model_that_has_seen_little_is_not_asked(alone: float) -> None:
    known = replace(
        models(), confusables=(PAIR,), language=train([f"火光在灯会上迸发出来，第{n}次。" for n in range(9)])
    )
    (edit,) = correct(passages(UNSURE), UNSURE, known, PROFILE)
    assert edit.confidence == alone


def test_a_model_cannot_settle_what_cues_dispute() -> None:
    text = "活力在灯会上进发出来，目标不变。"
    known = replace(models(), confusables=(PAIR,))
    told = [f"火光在灯会上迸发出来，第{n}次了。" for n in range(9)]
    without = propose(passages(text), text, known, PROFILE)
    with_model = propose(passages(text), text, replace(known, language=train([*FILLER, *told])), PROFILE)
    assert [e.confidence for e in with_model] == [e.confidence for e in without]
