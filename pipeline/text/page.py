"""`clean_page`: all the steps on one screen."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.text.assemble import assemble, join_edits
from pipeline.text.correct import Passage, correct
from pipeline.text.document import CleanPage, Page
from pipeline.text.layout import Layout
from pipeline.text.models import Models
from pipeline.text.normalise import clean_characters, count_notes
from pipeline.text.profile import CleaningProfile, settings_id
from pipeline.text.segment import lay_out
from pipeline.text.spans import Edit, Span, compose, rendered_edits, view
from pipeline.text.stretches import in_stretches
from pipeline.text.terms import Terms
from pipeline.text.verdicts import Verdict, is_ruled_out, settle, verdicts_id


def clean_page(page: Page, models: Models, profile: CleaningProfile, verdicts: Sequence[Verdict] = ()) -> CleanPage:
    """Everything that happens to one page after it was decoded. `verdicts`: what a person decided about its edits."""
    edits = normalise_page(page, models, profile)  # normalise, script
    layout = lay_out_page(page, edits, models, profile)  # repeats, roles, stitch, segment
    return finish_page(page, edits, layout, models, profile, verdicts)  # correct, render


def normalise_page(page: Page, models: Models, profile: CleaningProfile) -> list[Edit]:
    """Step 2: marks, widths, spaces, variants; then leaked traditional characters. Applied edits, sorted by place."""
    return models.protected.spare(clean_characters(page.text, models.script, profile), page.text)


def lay_out_page(page: Page, edits: list[Edit], models: Models, profile: CleaningProfile) -> Layout:
    """Steps 3 to 6: which lines belong together, in which order, in which role."""
    return in_stretches(page.text, edits, lambda text, own: lay_out(text, own, models, profile))


def finish_page(
    page: Page,
    edits: list[Edit],
    layout: Layout,
    models: Models,
    profile: CleaningProfile,
    verdicts: Sequence[Verdict] = (),
) -> CleanPage:
    """Steps 7 and 8: corrections, and the clean text rendered from it all. What a person accepted is read as if it
    stood there; what was rejected is kept as a record."""
    text = page.text
    decided = settle(text, _spans(layout), verdicts) if verdicts else []
    rejected = [e for e in decided if not e.rendered]
    joined = edits + join_edits(text, layout, edits, models.words)
    joined = [e for e in _spare_joined(text, layout, joined, models.protected) if not is_ruled_out(e, rejected)]
    shown = compose(text, rendered_edits(joined), rendered_edits(decided)) if decided else joined
    corrections = correct(passages(text, layout, shown), text, models, profile, decided) if profile.correct else []
    return assemble(
        page,
        layout,
        compose(text, rendered_edits(shown), rendered_edits(corrections))
        + [e for e in corrections if not e.rendered]
        + rejected,
        model_id=models.model_id,
        profile_id=settings_id(
            profile, models.knowledge_id, verdicts_id(verdicts), models.reranker.backend_id if models.reranker else ""
        ),
        notes=count_notes(text),
        surnames=models.names.surnames,
    )


def _spans(layout: Layout) -> list[Span]:
    """Every span that is rendered somewhere."""
    paragraphs = [s for article in layout.articles for p in article for s in p.spans]
    return [*paragraphs, *(s for c in layout.copies for s in c.spans), *(s for x in layout.strays for s in x.spans)]


def _spare_joined(text: str, layout: Layout, edits: list[Edit], terms: Terms) -> list[Edit]:
    """Without the edits of protected terms that were printed across a line break."""
    if not terms:
        return edits
    taken: set[int] = set()
    for article in layout.articles:
        for p in article:
            if len(p.spans) > 1:
                raw = view(text, p.spans, [])
                taken.update(raw.starts[i] for i in terms.places(raw.text))
    return [e for e in edits if taken.isdisjoint(range(e.start, e.end))]


def passages(text: str, layout: Layout, edits: list[Edit]) -> list[Passage]:
    """The paragraphs as the correction reads them: normalised, each character with its raw offset."""
    shown = rendered_edits(edits)
    return [
        Passage(view(text, p.spans, shown), p.role, number)
        for number, article in enumerate(layout.articles)
        for p in article
    ]
