"""Names that are known from elsewhere: a name on the page that is one look-alike away from exactly one of them.

A user says that they are right, or they stand on several other pages of the corpus, and the page's own form on none.
There are more people than any list has, so without other evidence this is a suggestion. Where the known name stands on
the page, too, `person_names` knows more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from pipeline.text.models import Models
from pipeline.text.passages import Passage, propose_character
from pipeline.text.person_names import MIN_SIMILARITY, OFTEN, RULE, NameMention, elsewhere, mentions
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit

#: Never enough to be applied: known to the user, known from the corpus.
CONFIDENCE, CONFIDENCE_CORPUS = 0.75, 0.6


def propose(passages: Sequence[Passage], text: str, models: Models, profile: CleaningProfile) -> list[Edit]:
    """Suggestions for the page's names that nobody knows from elsewhere. What the user says goes before what the
    corpus holds."""
    if not models.known_names and not models.page_counts:
        return []
    named = mentions(passages, models)
    counts = Counter(m.name for m in named)
    unknown = [m for m in named if m.name not in models.known_names and counts[m.name] < OFTEN]
    page = "\n".join(p.text for p in passages if p.role is not None) if unknown else ""
    found = (_proposal(m, passages[m.passage], page, text, models) for m in unknown)
    return [e for e in found if e]


def _proposal(mention: NameMention, passage: Passage, page: str, text: str, models: Models) -> Edit | None:
    alike = _alike(mention.name, models.known_names, models)
    if not alike and not elsewhere(mention.name, models):
        alike = _alike(mention.name, models.common_names, models)
    if len(alike) != 1:
        return None
    ((k, known),) = alike
    if known in page:
        return None
    likeness = models.glyphs.similarity(mention.name[k], known[k])
    if known in models.known_names:
        where, confidence = "is in the lexicon", CONFIDENCE
    else:
        where, confidence = f"stands on {elsewhere(known, models)} other pages", CONFIDENCE_CORPUS
    evidence = f"{known} {where}, {mention.name} is not; {mention.name[k]}~{known[k]} glyph {likeness:.2f}"
    return propose_character(passage, mention.start + k, known[k], text, RULE, confidence, evidence)


def _alike(name: str, known: frozenset[str], models: Models) -> list[tuple[int, str]]:
    """The known names one look-alike away: which character, and the name."""
    return [
        (k, other)
        for k in range(1, len(name))
        for other in _by_pattern(known).get((k, name[:k] + name[k + 1 :]), ())
        if models.glyphs.similarity(name[k], other[k]) >= MIN_SIMILARITY
    ]


@lru_cache(maxsize=4)
def _by_pattern(names: frozenset[str]) -> Mapping[tuple[int, str], tuple[str, ...]]:
    """(which character is left out, the others) → the names; the surname's first character is never left out."""
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    for name in sorted(names):
        for k in range(1, len(name)):
            found[k, name[:k] + name[k + 1 :]].append(name)
    return {pattern: tuple(same) for pattern, same in found.items()}
