"""`clean_page`: all the steps on one screen."""

from __future__ import annotations

from pipeline.text.assemble import assemble, join_edits
from pipeline.text.correct import Passage, correct
from pipeline.text.document import CleanPage, Page
from pipeline.text.layout import Layout
from pipeline.text.models import Models
from pipeline.text.normalise import clean_characters, count_notes
from pipeline.text.profile import CleaningProfile
from pipeline.text.segment import lay_out
from pipeline.text.spans import Edit, compose, rendered_edits, view


def clean_page(page: Page, models: Models, profile: CleaningProfile) -> CleanPage:
    """Everything that happens to one page after it was decoded."""
    edits = normalise_page(page, models, profile)  # normalise, script
    layout = lay_out_page(page, edits, models, profile)  # repeats, roles, stitch, segment
    return finish_page(page, edits, layout, models, profile)  # correct, render


def normalise_page(page: Page, models: Models, profile: CleaningProfile) -> list[Edit]:
    """Step 2: marks, widths, spaces, variants; then leaked traditional characters. Applied edits, sorted by place."""
    return clean_characters(page.text, models.script, profile)


def lay_out_page(page: Page, edits: list[Edit], models: Models, profile: CleaningProfile) -> Layout:
    """Steps 3 to 6: which lines belong together, in which order, in which role."""
    return lay_out(page.text, edits, models, profile)


def finish_page(page: Page, edits: list[Edit], layout: Layout, models: Models, profile: CleaningProfile) -> CleanPage:
    """Steps 7 and 8: corrections, and the clean text rendered from it all."""
    joined = edits + join_edits(page.text, layout, edits, models.words)
    corrections = correct(passages(page.text, layout, joined), page.text, models, profile) if profile.correct else []
    applied = compose(page.text, rendered_edits(joined), rendered_edits(corrections))
    return assemble(
        page,
        layout,
        applied + [e for e in corrections if not e.rendered],
        model_id=models.model_id,
        profile_id=profile.profile_id,
        notes=count_notes(page.text),
        surnames=models.names.surnames,
    )


def passages(text: str, layout: Layout, edits: list[Edit]) -> list[Passage]:
    """The paragraphs as the correction reads them: normalised, each character with its raw offset."""
    shown = rendered_edits(edits)
    return [
        Passage(view(text, p.spans, shown), p.role, number)
        for number, article in enumerate(layout.articles)
        for p in article
    ]
