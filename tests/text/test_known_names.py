"""Names known from elsewhere: from the pages of the corpus (the user's own are in tests/language/test_lexicon.py)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from correction_pages import PROFILE, changes, models, passages

from pipeline.text.correct import correct

TEXT = "灌区的闸门开启。局长吕静书说，水到了地头。"


@pytest.mark.parametrize(
    ("counts", "suggested"),
    [
        ({}, []),
        ({"吕静韦": 3}, []),  # one of the three may be this page
        ({"吕静韦": 4}, [("suggested", "书", "韦")]),
        ({"吕静韦": 40, "吕静书": 2}, []),  # somebody else of whom another page speaks, too
        ({"吕静韦": 40, "吕静琳": 40}, []),  # two that it may be
        ({"吕韦": 40, "李静韦": 40}, []),
    ],
)
def test_a_name_on_no_other_page_one_look_alike_from_a_common_one_is_a_suggestion(
    counts: dict[str, int], suggested: list[tuple[str, str, str]]
) -> None:
    edits = correct(passages(TEXT), TEXT, replace(models(), page_counts=counts), PROFILE)
    assert changes(edits) == suggested
    assert all("吕静韦 stands on 3 other pages" in (e.evidence or "") for e in edits)


def test_what_a_user_says_goes_before_what_the_corpus_holds() -> None:
    knows = replace(models(), known_names=frozenset({"吕静韦"}), page_counts={"吕静书": 9, "吕静琳": 40})
    (edit,) = correct(passages(TEXT), TEXT, knows, PROFILE)
    assert (edit.after, edit.status) == ("韦", "suggested")
    assert "吕静韦 is in the lexicon" in (edit.evidence or "")
