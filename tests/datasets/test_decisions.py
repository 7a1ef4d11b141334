"""The file of decisions: what is written is read again, hand edits too, and what cannot count is said."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets.decisions import (
    COLUMNS,
    Account,
    Decision,
    DecisionsError,
    became,
    by_issue,
    decisions_path,
    format_decisions,
    parse_decisions,
    read_decisions,
    verdicts_for,
    write_decisions,
)
from pipeline.text.document import Page

ONE = Decision("evening__2025-03-01/01", 7, 8, "揄", "榆", True, "place_name", 0.65, "known, and alike", "ab" * 32)

CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WORDS = st.text("河山榆=+-@'\t\r\n\",;，🀀", max_size=4)


@st.composite
def a_decision(draw: st.DrawFn, number: int) -> Decision:
    before, after = draw(WORDS), draw(WORDS)
    start = draw(st.integers(0, 10**9))
    return Decision(
        page_id=f"issue/{number}",
        start=start,
        end=start + len(before),
        before=before,
        after=after if after != before else after + "变",
        accepted=draw(st.sampled_from([True, False, None])),
        rule=draw(st.sampled_from(["place_name", "leaked_traditional+person_name"])),
        confidence=draw(st.integers(0, 10_000)) / 10_000,
        evidence=draw(CELLS),
        page_sha256=draw(st.sampled_from(["", "0a" * 32])),
        context=draw(CELLS),
        decided=draw(CELLS),
        more=(("note", draw(CELLS)), ("=who", draw(CELLS))),
    )


@given(st.data(), st.integers(1, 5))
def test_what_is_written_is_read_again(data: st.DataObject, n: int) -> None:
    decisions = tuple(data.draw(a_decision(number)) for number in range(n))
    assert parse_decisions(format_decisions(decisions)) == decisions


@given(st.data())
def test_no_cell_is_a_formula(data: st.DataObject) -> None:
    content = format_decisions([data.draw(a_decision(0))]).decode("utf-8-sig")
    for row in csv.reader(content.splitlines(keepends=True)):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


def rewritten(text: str) -> tuple[Decision, ...]:
    return parse_decisions(text.encode(), "mine.csv")


HEAD = "decision,page_id,raw_start,before,after\n"


def test_a_line_written_by_hand_needs_five_cells() -> None:
    (made,) = rewritten(f"{HEAD}accepted,evening/01,7,揄,榆\n")
    assert made == Decision("evening/01", 7, 8, "揄", "榆", True)
    assert (made.verdict.rule, made.verdict.confidence, made.verdict.evidence) == ("review", 1.0, None)


@pytest.mark.parametrize(
    ("word", "accepted"), [("Yes", True), ("接受", True), ("REJECTED", False), ("否", False), ("", None)]
)
def test_people_may_say_it_in_other_words(word: str, accepted: bool | None) -> None:
    (made,) = rewritten(f"{HEAD}{word},evening/01,7,揄,榆\n")
    assert made.accepted is accepted


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_a_spreadsheet_makes_of_it_is_read(encoding: str, delimiter: str) -> None:
    text = format_decisions([ONE]).decode("utf-8-sig").replace('"known, and alike"', "known").replace(",", delimiter)
    (made,) = parse_decisions(text.encode(encoding))
    assert made.key == ONE.key and made.evidence == "known"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("page_id,raw_start,before,after\n", "mine.csv, line 1: the header has no column 'decision'"),
        (f"{HEAD}perhaps,e/1,7,揄,榆\n", "mine.csv, line 2: decision is accepted, rejected or empty, not 'perhaps'"),
        (f"{HEAD}yes,e/1,seven,揄,榆\n", "line 2: raw_start is a whole number, not 'seven'"),
        (f"{HEAD}yes,e/1,-7,揄,榆\n", "line 2: raw_start is a whole number, not '-7'"),
        (f"{HEAD}yes,e/1,7,揄,揄\n", "line 2: before and after are the same, '揄'"),
        (f"{HEAD}yes,,7,揄,榆\n", "line 2: page_id is empty"),
        (f"{HEAD}\nyes,e/1,7,揄\n", "line 3: 4 cells, the header has 5"),
        (f"{HEAD}yes,e/1,7,揄,榆\nno,e/1,7,揄,榆\n", "line 3: line 2 decides the same otherwise"),
        (f'{HEAD}yes,e/1,7,"揄"x,榆\n', "line 2: no line of a CSV"),
        (f"{HEAD.strip()},raw_end\nyes,e/1,7,揄,榆,9\n", "line 2: '揄' has 1 characters, but 7 to 9 are 2"),
        (f"{HEAD.strip()},confidence\nyes,e/1,7,揄,榆,2\n", "line 2: confidence is a number from 0 to 1, not '2'"),
        (f"{HEAD.strip()},confidence\nyes,e/1,7,揄,榆,nan\n", "line 2: confidence is a number from 0 to 1"),
        (f"{HEAD.strip()},decision\n", "line 1: a column stands twice"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(DecisionsError) as refused:
        rewritten(text)
    assert message in str(refused.value)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(DecisionsError, match="neither UTF-8 nor GB18030"):
        parse_decisions(b"decision,\xff\xff")


def test_no_file_no_decisions_and_a_folder_is_none(tmp_path: Path) -> None:
    assert read_decisions(str(tmp_path / "no.csv")) == ()
    with pytest.raises(DecisionsError, match="is a folder: name a file"):
        read_decisions(str(tmp_path))


def test_it_is_written_whole_and_a_link_is_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    write_decisions(str(real), [])
    link.symlink_to(real)
    write_decisions(str(link), [ONE])
    assert link.is_symlink() and read_decisions(str(real)) == (ONE,)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.csv", "real.csv"]
    assert real.read_bytes().startswith(b"\xef\xbb\xbf" + ",".join(COLUMNS).encode())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    write_decisions(str(file), [ONE])
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OSError):
            write_decisions(str(file), [])
    finally:
        tmp_path.chmod(0o700)
    assert read_decisions(str(file)) == (ONE,)


def test_the_file_stands_beside_the_output_unless_named() -> None:
    assert decisions_path("/data/out/") == "/data/out.decisions.csv"
    assert decisions_path("s3://bucket/out") == "s3://bucket/out.decisions.csv"
    assert decisions_path("/data/out", "/home/mine.csv") == "/home/mine.csv"


# --- which of them count --------------------------------------------------------------------------------------------

PAGE = Page("evening/01", "他在揄林河边长大。", sha256="ab" * 32)


def decision(**changed: object) -> Decision:
    made = {"page_id": "evening/01", "start": 2, "end": 3, "before": "揄", "after": "榆", "accepted": True}
    return Decision(**{**made, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "objection"),
    [
        (decision(), ""),
        (decision(page_sha256="ab" * 32), ""),
        (decision(page_sha256="cd" * 32), "the page has changed since"),
        (decision(start=3, end=4), "the page says '林' there, not '揄'"),
        (decision(start=90, end=91), "the page says '' there, not '揄'"),
    ],
)
def test_a_decision_counts_for_the_text_it_was_made_of(made: Decision, objection: str) -> None:
    assert made.objection(PAGE) == objection
    assert bool(verdicts_for(PAGE, [made])) is not bool(objection)


def test_only_decisions_about_the_page_count() -> None:
    assert verdicts_for(PAGE, [decision(page_id="evening/02"), decision(accepted=None)]) == []
    assert by_issue([decision(), decision(accepted=None), decision(page_id="no issue")]).keys() == {
        "evening",
        "no issue",
    }


def test_a_page_that_is_not_there_is_named(tmp_path: Path) -> None:
    strange = [decision(page_id=name) for name in ("evening/01", "../../etc/passwd", "/etc/passwd", "", "a\0b/1")]
    account = became(str(tmp_path), strange)
    assert account.accepted == 0 and len(account.problems) == len(strange)
    assert all("there is no such page" in p for p in account.problems)
    assert became(str(tmp_path), []) == Account()
