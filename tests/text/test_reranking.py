"""Second opinions: what they may move, and what they may not. The back-end here is a plain function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle

import pytest
from correction_pages import PROFILE, corrected, models, passages
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.correct import correct
from pipeline.text.models import ConfusablePair, Models
from pipeline.text.reranking import CEILING, LOWER, RAISE, Question, Reranker, has_opinion, rerank
from pipeline.text.spans import Edit
from pipeline.text.terms import Terms

#: One cue near is a suggestion of .83, two are applied.
PAIR = ConfusablePair("迸发", "进发", ("活力!", "激情!"), ("目标!",))
TEXT, SURE = "活力在这里进发", "活力和激情在这里进发"


def known(reranker: Reranker | None = None) -> Models:
    return replace(models(), confusables=(PAIR,), reranker=reranker)


@dataclass
class Oracle:
    """A back-end that answers as told and remembers what it was asked."""

    answer: Callable[[Question], str | None]
    asked: list[Question] = field(default_factory=list)
    name: str = "oracle"
    backend_id: str = "0123abcd"

    def choose(self, questions: Sequence[Question]) -> list[str | None]:
        self.asked += questions
        return [self.answer(q) for q in questions]


def first(q: Question) -> str:
    return q.candidates[0]


def found(text: str, reranker: Reranker | None = None) -> list[Edit]:
    return correct(passages(text), text, known(reranker), PROFILE)


def test_only_places_with_a_suggestion_are_asked_about() -> None:
    oracle = Oracle(first)
    assert [e.status for e in found(SURE, oracle)] == ["applied"]
    assert oracle.asked == []
    found(f"{SURE}。{TEXT}，很好。别的话。", oracle)
    assert oracle.asked == [Question("活力在这里", "进", "发，很好。", ("迸",))]


def test_a_choice_lifts_a_likely_suggestion_over_the_threshold_and_says_who_chose() -> None:
    (before,) = found(TEXT)
    oracle = Oracle(first)
    (after,) = found(TEXT, oracle)
    assert (before.status, after.status) == ("suggested", "applied")
    assert after.confidence == pytest.approx(min(before.confidence + RAISE, CEILING), abs=1e-3)
    assert after.evidence == f"{before.evidence}; oracle chooses 迸"
    assert has_opinion(after, oracle) and not has_opinion(before, oracle)


def test_keeping_what_is_printed_lowers_it() -> None:
    (before,), oracle = found(TEXT), Oracle(lambda q: q.printed)
    (after,) = found(TEXT, oracle)
    assert after.status == "suggested" and after.confidence == pytest.approx(before.confidence - LOWER, abs=1e-3)
    assert has_opinion(after, oracle)


@pytest.mark.parametrize("answer", [None, "", "删", "删除", "\n"])
def test_no_answer_and_an_invented_one_change_nothing(answer: str | None) -> None:
    oracle = Oracle(lambda q: answer)
    assert found(TEXT, oracle) == found(TEXT)
    assert oracle.asked


def edit(after: str, confidence: float, rule: str = "confusable_word") -> Edit:
    return Edit(2, 3, "进", after, "correct", rule, confidence, "suggested", "because")


def test_nobodys_word_applies_what_we_hold_for_unlikely() -> None:
    text = "竞相进发"
    oracle = Oracle(first)
    for confidence in (0.5, 0.6, 0.649):
        (moved,) = rerank([edit("迸", confidence)], [edit("迸", confidence)], passages(text), oracle)
        assert confidence < moved.confidence < PROFILE.apply_threshold


def test_the_others_at_the_place_are_lowered_and_other_places_are_not_touched() -> None:
    text, elsewhere = "竞相进发", Edit(0, 1, "竞", "竟", "correct", "confusable_word", 0.95, "applied", "sure")
    proposals = [edit("迸", 0.7), edit("逃", 0.8), elsewhere]
    moved = rerank(proposals, [edit("逃", 0.8), elsewhere], passages(text), Oracle(lambda q: "迸"))
    assert [e.confidence for e in moved] == [0.91, 0.5, 0.95]
    assert moved[2] is elsewhere
    assert [e.evidence for e in moved[:2]] == ["because; oracle chooses 迸", "because; oracle prefers 迸"]


def test_names_are_not_asked_about() -> None:
    oracle = Oracle(first)
    name = edit("迸", 0.7, "person_name")
    assert rerank([name], [name], passages("竞相进发"), oracle) == [name]
    assert oracle.asked == []


def test_the_guardrails_hold_whatever_is_chosen() -> None:
    oracle = Oracle(first)
    assert [e.status for e in found("活力在这里‘进发’", oracle)] == ["suggested"]  # a quoted coinage
    assert {e.status for e in found("\n".join([TEXT] * 3), oracle)} == {"suggested"}  # printed so three times
    assert oracle.asked
    text = "活力在这里进发"
    protected = replace(known(oracle), protected=Terms(["在这里进发"]))
    assert correct(passages(text), text, protected, PROFILE) == []


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([TEXT, SURE, "平常的一句话", "向目标进发，活力十足"]), max_size=6),
    st.lists(st.sampled_from(["迸", "进", "删", None]), min_size=1, max_size=9),
)
def test_corrections_stay_ours_and_final_whatever_it_answers(lines: list[str], answers: list[str | None]) -> None:
    text, told = "\n".join(lines), cycle(answers)
    corrections = found(text, Oracle(lambda q: next(told)))
    assert [e.start for e in corrections] == sorted({e.start for e in corrections})
    assert {(e.start, e.after) for e in corrections} <= {(e.start, e.after) for e in found(text)}
    once = corrected(text, found(text, Oracle(first)))
    assert [e for e in found(once, Oracle(first)) if e.rendered] == []
