"""Names that a user says are right: a name on the page that is one look-alike away from exactly one of them.

There are more people than any list has, so without other evidence this is a suggestion. Where the known name stands on
the page, too, `person_names` knows more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from pipeline.text.models import Models
from pipeline.text.passages import Passage, propose_character
from pipeline.text.person_names import MIN_SIMILARITY, OFTEN, RULE, NameMention, mentions
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit

#: Never enough to be applied.
CONFIDENCE = 0.75


def propose(passages: Sequence[Passage], text: str, models: Models, profile: CleaningProfile) -> list[Edit]:
    """Suggestions for the page's names that the user does not know."""
    if not models.known_names:
        return []
    named = mentions(passages, models)
    counts = Counter(m.name for m in named)
    unknown = [m for m in named if m.name not in models.known_names and counts[m.name] < OFTEN]
    page = "\n".join(p.text for p in passages if p.role is not None) if unknown else ""
    found = (_proposal(m, passages[m.passage], page, text, models) for m in unknown)
    return [e for e in found if e]


def _proposal(mention: NameMention, passage: Passage, page: str, text: str, models: Models) -> Edit | None:
    alike = [
        (k, known)
        for k in range(1, len(mention.name))
        for known in _by_pattern(models.known_names).get((k, mention.name[:k] + mention.name[k + 1 :]), ())
        if models.glyphs.similarity(mention.name[k], known[k]) >= MIN_SIMILARITY
    ]
    if len(alike) != 1:
        return None
    ((k, known),) = alike
    if known in page:
        return None
    likeness = models.glyphs.similarity(mention.name[k], known[k])
    evidence = f"{known} is in the lexicon, {mention.name} is not; {mention.name[k]}~{known[k]} glyph {likeness:.2f}"
    return propose_character(passage, mention.start + k, known[k], text, RULE, CONFIDENCE, evidence)


@lru_cache(maxsize=4)
def _by_pattern(names: frozenset[str]) -> Mapping[tuple[int, str], tuple[str, ...]]:
    """(which character is left out, the others) → the names; the surname's first character is never left out."""
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    for name in sorted(names):
        for k in range(1, len(name)):
            found[k, name[:k] + name[k + 1 :]].append(name)
    return {pattern: tuple(same) for pattern, same in found.items()}
