"""Pages for the tests of the correction: a line a paragraph, all text invented."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from pipeline.language.load import load_models
from pipeline.text.document import Role
from pipeline.text.models import Models
from pipeline.text.passages import Passage
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit, Span, render, rendered_edits, view

PROFILE = CleaningProfile()


@cache
def models() -> Models:
    """The shipped lexicons with an empty language model."""
    return load_models()


def passages(text: str, roles: Sequence[Role | None] = (), articles: Sequence[int] = ()) -> list[Passage]:
    """One passage a line; body text of article 0 unless said otherwise."""
    found, at = [], 0
    for n, line in enumerate(text.split("\n")):
        role: Role | None = roles[n] if n < len(roles) else "body"
        article = articles[n] if n < len(articles) else 0
        found.append(Passage(view(text, [Span(at, at + len(line))], []), role, article))
        at += len(line) + 1
    return found


def corrected(text: str, edits: Sequence[Edit]) -> str:
    """The text with the applied edits in it."""
    return render(text, [Span(0, len(text))], rendered_edits(edits))


def changes(edits: Sequence[Edit]) -> list[tuple[str, str, str]]:
    return [(e.status, e.before, e.after) for e in edits]
