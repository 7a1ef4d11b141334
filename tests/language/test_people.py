"""The persons of a page and the forms of their names."""

from __future__ import annotations

from collections import Counter

import pytest

from pipeline.language.load import load_models
from pipeline.language.people import passage_of, people_of_page
from pipeline.text.document import Role
from pipeline.text.passages import Passage
from pipeline.text.person_names import mentions
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


def test_persons_are_those_whom_the_mentions_of_every_passage_tell() -> None:
    """Neighbours are put together before names are looked for: of one role, never of two."""
    models = load_models()
    parts: list[tuple[Role | None, str]] = [
        ("headline", "温嘉禾谈水"), ("byline", "周文涛 孟晓岚"), ("byline", "记者 李卫国"), ("body", TEXT),
        ("body", ""), ("body", "镇长周文涛说，水够"), (None, "局长周文涛说，水够用。"), ("body", "用。李卫国没有来。"),
        ("caption", "周文涛摄"),
    ]  # fmt: skip
    passages = [Passage(view(text, [Span(0, len(text))], []), role, n) for n, (role, text) in enumerate(parts)]
    told = Counter(m.name for m in mentions(passages, models))
    assert set(told) >= {"温嘉禾", "周文涛", "李卫国"}
    assert {p.name: p.mentions for p in people_of_page(passages, models)} == told
    assert {p.name: p.mentions for p in people_of_page([passage_of(t, r) for r, t in parts], models)} == told
