"""The desk: one question at a time, saved at once, all of it undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from material.review import SHA, suggestion

from pipeline.datasets.decisions import Decision, DecisionsError, read_decisions, write_decisions
from pipeline.review.desk import Desk, StaleError, file_is_writable
from pipeline.review.suggestions import grouped

RIVERS = [suggestion("01"), suggestion("02"), suggestion("03", "谝", "偏", "去{}关河看雪")]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "mine.csv")


def desk(path: str) -> Desk:
    return Desk(grouped(RIVERS), path, now=lambda: "2025-03-01T08:00:00+00:00")


def current(state: dict[str, object]) -> str:
    group = state["group"]
    assert isinstance(group, dict)
    return str(group["id"])


def said(path: str) -> list[tuple[str, bool | None]]:
    return [(d.page_id, d.accepted) for d in read_decisions(path)]


def test_one_decision_serves_all_equal_places(path: str) -> None:
    d = desk(path)
    first = d.state()
    assert (first["total"], first["questions"]) == (3, 2) and not first["can_undo"]
    after = d.decide(current(first), accepted=True)
    assert (after["accepted"], after["open"], after["questions"]) == (2, 1, 1)
    assert said(path) == [("issue/01", True), ("issue/02", True)]
    (made, _) = read_decisions(path)
    assert (made.page_sha256, made.rule, made.confidence, made.evidence) == (SHA, "place_name", 0.65, "because")
    assert made.context == "…在[揄→榆]林河边…" and made.decided == "2025-03-01T08:00:00+00:00"
    last = d.decide(current(after), accepted=False)
    assert last["group"] is None and (last["accepted"], last["rejected"], last["open"]) == (2, 1, 0)


def test_one_place_can_be_decided_alone(path: str) -> None:
    d = desk(path)
    state = d.decide(current(d.state()), accepted=False, only=RIVERS[1].key)
    assert said(path) == [("issue/02", False)]
    assert state["group"]["n_places"] == 1 and state["group"]["places"][0]["where"] == "01.txt"
    with pytest.raises(StaleError):
        d.decide(current(state), accepted=True, only=RIVERS[1].key)


def test_skipping_puts_it_last_and_decides_nothing(path: str) -> None:
    d = desk(path)
    first = current(d.state())
    second = current(d.skip(first))
    assert second != first and current(d.skip(second)) == first
    assert not Path(path).exists()


def test_undo_takes_back_decisions_and_skips_one_by_one(path: str) -> None:
    d = desk(path)
    first = current(d.state())
    second = current(d.decide(first, accepted=True))
    d.skip(second)
    d.decide(second, accepted=False)
    assert d.state()["group"] is None
    assert current(d.undo()) == second and len(said(path)) == 2
    d.undo()
    assert current(d.undo()) == first and said(path) == []
    with pytest.raises(StaleError, match="nothing to undo"):
        d.undo()


def test_a_decision_for_another_question_is_refused(path: str) -> None:
    d = desk(path)
    first = current(d.state())
    d.decide(first, accepted=True)
    with pytest.raises(StaleError):
        d.decide(first, accepted=False)
    with pytest.raises(StaleError):
        d.skip("no such group")


def test_the_next_review_goes_on_where_this_one_ended(path: str) -> None:
    one = desk(path)
    one.decide(current(one.state()), accepted=True)
    other = desk(path)
    assert (other.state()["accepted"], other.state()["open"]) == (2, 1) and not other.state()["can_undo"]


def test_what_others_wrote_into_the_file_stays(path: str) -> None:
    elsewhere = Decision("other/01", 1, 2, "甲", "乙", True, more=(("note", "mine"),))
    waiting = Decision(*RIVERS[0].key[:3], "揄", "榆", None, more=(("note", "ask Li"),))
    d = desk(path)
    write_decisions(path, [elsewhere, waiting])  # by hand, while the review is open
    d.decide(current(d.state()), accepted=True)
    rows = read_decisions(path)
    assert rows[0] == elsewhere
    assert (rows[1].key, rows[1].accepted, rows[1].more) == (waiting.key, True, (("note", "ask Li"),))
    d.undo()
    assert read_decisions(path) == (elsewhere, waiting)


def test_decisions_made_by_hand_meanwhile_count(path: str) -> None:
    d = desk(path)
    first = current(d.state())
    write_decisions(path, [Decision(*RIVERS[2].key[:3], "谝", "偏", True)])
    assert d.decide(first, accepted=True)["open"] == 0


def test_a_decision_about_an_older_text_leaves_the_place_open(path: str) -> None:
    old = Decision(*RIVERS[0].key[:3], "揄", "榆", True, page_sha256="cd" * 32)
    write_decisions(path, [old])
    d = desk(path)
    assert d.state()["open"] == 3
    d.decide(current(d.state()), accepted=False)
    assert said(path) == [("issue/01", False), ("issue/02", False)]
    d.undo()
    assert read_decisions(path) == (old,)


def test_a_file_broken_meanwhile_is_not_overwritten(path: str) -> None:
    d = desk(path)
    Path(path).write_text("decision,page_id,raw_start,before,after\nmaybe,e/1,1,a,b\n")
    with pytest.raises(DecisionsError, match=r"mine.csv, line 2"):
        d.decide(current(d.state()), accepted=True)
    assert d.state()["open"] == 3 and not d.state()["can_undo"]
    assert "maybe" in Path(path).read_text()


def test_where_it_cannot_be_saved_is_known_before(tmp_path: Path) -> None:
    assert file_is_writable(str(tmp_path / "mine.csv")) == "" and not list(tmp_path.iterdir())
    assert "does not exist" in file_is_writable(str(tmp_path / "no" / "mine.csv"))


def test_a_great_many_places_are_counted_and_some_shown(path: str) -> None:
    many = [suggestion(f"{n:03d}") for n in range(100)]
    state = Desk(grouped(many), path).state()
    assert state["group"]["n_places"] == 100 and len(state["group"]["places"]) == 40
