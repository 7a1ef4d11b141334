"""Step 7: wrong characters. Proposers propose, the arbiter decides.

Each proposer has the same shape, `propose(passages, text, models, profile) -> list[Edit]`, and knows one kind of
evidence; none sees the others' proposals. Edits preserve the length: one hanzi is read as another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.text import confusables, known_names, look_alikes, person_names, places, script
from pipeline.text.arbiter import decide
from pipeline.text.models import Models
from pipeline.text.passages import Passage, forget
from pipeline.text.profile import CleaningProfile
from pipeline.text.reranking import rerank
from pipeline.text.spans import Edit, by_place
from pipeline.text.verdicts import is_ruled_out

__all__ = ["PROPOSERS", "Passage", "correct"]

Proposer = Callable[[Sequence[Passage], str, Models, CleaningProfile], list[Edit]]
PROPOSERS: tuple[Proposer, ...] = (
    person_names.propose,
    known_names.propose,
    confusables.propose,
    places.propose,
    script.propose,
    look_alikes.propose,
)

#: A correction may give evidence for another; this often the page is looked at again.
ROUNDS = 8


def correct(
    passages: Sequence[Passage], text: str, models: Models, profile: CleaningProfile, decided: Sequence[Edit] = ()
) -> list[Edit]:
    """The corrections of a page, applied and suggested, sorted by place. What a person has `decided` is not proposed.

    After corrections were applied the page is read again as corrected, until nothing new is to be applied: so what is
    rendered from the result, corrected once more, is applied nothing new.
    """
    applied: dict[int, Edit] = {}
    suggested: list[Edit] = []
    read: list[Passage] = []
    for _ in range(ROUNDS):
        read += passages
        proposals = [e for propose in PROPOSERS for e in propose(passages, text, models, profile)]
        if decided:
            proposals = [e for e in proposals if not is_ruled_out(e, decided)]
        found = decide(proposals, passages, models, profile)
        if models.reranker:  # a second opinion on the suggestions; the arbiter alone decides, as before
            proposals = rerank(proposals, found, passages, models.reranker)
            found = decide(proposals, passages, models, profile)
        new = [e for e in found if e.rendered and e.start not in applied]
        suggested = [e for e in found if not e.rendered]
        if not new:
            break
        applied.update((e.start, e) for e in new)
        passages = [_reread(p, new) for p in passages]
    forget(read)
    kept = [e for e in suggested if e.start not in applied]
    return sorted([*applied.values(), *kept], key=by_place)


def _reread(passage: Passage, edits: Sequence[Edit]) -> Passage:
    """The passage with corrections in it."""
    new = {e.start: e.after for e in edits}
    if new.keys().isdisjoint(passage.view.starts):
        return passage
    shown = list(passage.text)
    for i, start in enumerate(passage.view.starts):
        if start in new:
            shown[i] = new.pop(start)
    return replace(passage, view=replace(passage.view, text="".join(shown)))
