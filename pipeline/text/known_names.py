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
#: Other pages of the corpus on which a name must stand.
PAGES = 3


def propose(passages: Sequence[Passage], text: str, models: Models, profile: CleaningProfile) -> list[Edit]:
    """Suggestions for the page's names that nobody knows from elsewhere."""
    if not models.known_names and not models.page_counts:
        return []
    named = mentions(passages, models)
    counts = Counter(m.name for m in named)
    unknown = [m for m in named if not elsewhere(m.name, models) and counts[m.name] < OFTEN]
    page = "\n".join(p.text for p in passages if p.role is not None) if unknown else ""
    found = (_proposal(m, passages[m.passage], page, text, models) for m in unknown)
    return [e for e in found if e]


def _proposal(mention: NameMention, passage: Passage, page: str, text: str, models: Models) -> Edit | None:
    alike = [
        (k, known)
        for k in range(1, len(mention.name))
        for known in _known(models).get((k, mention.name[:k] + mention.name[k + 1 :]), ())
        if models.glyphs.similarity(mention.name[k], known[k]) >= MIN_SIMILARITY
    ]
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


def _known(models: Models) -> Mapping[tuple[int, str], tuple[str, ...]]:
    return _by_pattern(models.known_names, _Counts(models.page_counts))


class _Counts:
    """A mapping as a key of a cache: the very same one, not an equal one, which would have to be compared."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts

    def __hash__(self) -> int:
        return id(self.counts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Counts) and other.counts is self.counts


@lru_cache(maxsize=4)
def _by_pattern(own: frozenset[str], corpus: _Counts) -> Mapping[tuple[int, str], tuple[str, ...]]:
    """(which character is left out, the others) → the names; the surname's first character is never left out."""
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    often = (name for name, pages in corpus.counts.items() if pages > PAGES and len(name) > 2)
    for name in sorted(own.union(often)):
        for k in range(1, len(name)):
            found[k, name[:k] + name[k + 1 :]].append(name)
    return {pattern: tuple(same) for pattern, same in found.items()}
