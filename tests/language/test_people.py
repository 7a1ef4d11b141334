"""The persons of a page and the forms of their names."""

from __future__ import annotations

import pytest

from pipeline.language.load import load_models
from pipeline.language.people import people_of_page
from pipeline.text.passages import Passage
from pipeline.text.spans import Edit, Span, Status, view

TEXT = "局长温嘉禾说，水够用。温嘉木回到村里。"


@pytest.mark.parametrize(
    ("status", "variants"),
    [
        ("applied", {("温嘉木", "unified"): 1}),
        ("accepted", {("温嘉木", "unified"): 1}),
        ("suggested", {("温嘉木", "suggested"): 1}),
        ("rejected", {}),
    ],
)
def test_a_form_counts_as_what_was_made_of_it(status: Status, variants: dict[tuple[str, str], int]) -> None:
    at = TEXT.index("木")
    edit = Edit(at, at + 1, "木", "禾", "correct", "person_name", 0.7, status)
    shown = [edit] if edit.rendered else []
    passage = Passage(view(TEXT, [Span(0, len(TEXT))], shown), "body", 0)
    (person,) = (p for p in people_of_page([passage], load_models(), [edit]) if p.name == "温嘉禾")
    assert dict(person.variants) == variants
