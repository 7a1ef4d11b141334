"""The arbiter: the one place where it is decided what becomes of a proposal. Proposers only propose.

A wrong correction costs more than a missed one, so every guardrail (RESEARCH section 4) can only lower a proposal: from
applied to suggested, from suggested to dropped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from pipeline.text.models import Models
from pipeline.text.passages import Passage, is_hanzi, longest_word_over, sentence_around
from pipeline.text.person_names import mentions
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit, Status, by_place

#: The best candidate must lead the next by this much to be applied.
MARGIN = 0.15
#: What is as sure as this is right in whatever sentence it stands.
SURE = 0.98
#: One hanzi for another that does not look like it: only what is as sure as this.
SURE_UNLIKE = 0.97
#: A form printed this often on a page is meant that way.
REPEATED = 3
#: A short text in quotes is a name or a coinage, printed as its author wants it.
COINAGE = 6
#: Words of the dictionary counted this often are not touched by rules that do not know the word.
KNOWN_WORD = 10
#: Rules that look at the word itself and may therefore change a known one.
WORD_RULES = frozenset({"confusable_word", "person_name", "leaked_traditional", "look_alike"})
QUOTES = {"“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "〈": "〉"}


#: Stands in no text.
_APART = "\udfff"

Place = tuple[int, int]  # passage number, character


def decide(
    proposals: Sequence[Edit], passages: Sequence[Passage], models: Models, profile: CleaningProfile
) -> list[Edit]:
    """Applied and suggested edits, sorted by place, at most one a place."""
    if not proposals:
        return []
    best: dict[int, float] = {}
    for e in proposals:
        best[e.start] = max(best.get(e.start, 0.0), e.confidence)
    proposals = [e for e in proposals if best[e.start] >= profile.suggest_threshold]  # before what is dear
    if not proposals:
        return []
    places = _places(proposals, passages)
    kept = [e for e in proposals if e.start in places and _is_plain(e)]
    kept = _protect_terms(kept, places, passages, models)
    kept = _protect_names(kept, places, passages, models)
    kept = [e for e in kept if not _changes_known_word(e, places[e.start], passages, models)]
    chosen = [_choose(group, profile) for group in _by_start(kept)]
    chosen = [e for e in chosen if e.confidence >= profile.suggest_threshold]
    chosen = [_lower_unlike(e, models) for e in chosen]
    chosen = _cap_sentences(chosen, places, passages, profile)
    chosen = [_lower_coinage(e, places[e.start], passages) for e in chosen]
    return sorted(_lower_repeated(chosen, places, passages), key=by_place)


def _places(edits: Sequence[Edit], passages: Sequence[Passage]) -> dict[int, Place]:
    """Raw offset → where the character stands; without those that may not be replaced at all."""
    wanted = {e.start for e in edits}
    found: dict[int, Place] = {}
    for number, p in enumerate(passages):
        if p.role is None or not len(p.view) or wanted.isdisjoint(p.view.starts):
            continue
        for i, start in enumerate(p.view.starts):
            if start in wanted:
                found.setdefault(start, (number, i))
    return {start: (n, i) for start, (n, i) in found.items() if passages[n].view.is_one_to_one(i)}


def _is_plain(edit: Edit) -> bool:
    """One hanzi for another: Latin, digits and marks are never touched, nor is the length changed."""
    return len(edit.before) == len(edit.after) == 1 and is_hanzi(edit.before) and is_hanzi(edit.after)


def _protect_terms(
    edits: Sequence[Edit], places: dict[int, Place], passages: Sequence[Passage], models: Models
) -> list[Edit]:
    """What the user's lexicon holds is right as printed, whoever says otherwise, also inside words."""
    if not models.protected:
        return list(edits)
    taken = {n: models.protected.places(passages[n].text) for n in {places[e.start][0] for e in edits}}

    def is_free(e: Edit) -> bool:
        number, i = places[e.start]
        return taken[number].isdisjoint(range(i, i + len(e.before)))

    return [e for e in edits if is_free(e)]


def _protect_names(
    edits: Sequence[Edit], places: dict[int, Place], passages: Sequence[Passage], models: Models
) -> list[Edit]:
    """Only the rule that knows names may change one."""
    if all(e.rule == "person_name" for e in edits):
        return list(edits)
    taken = {(m.passage, i) for m in mentions(passages, models) for i in range(m.start, m.end)}
    return [e for e in edits if e.rule == "person_name" or places[e.start] not in taken]


def _changes_known_word(edit: Edit, place: Place, passages: Sequence[Passage], models: Models) -> bool:
    if edit.rule in WORD_RULES:
        return False
    return bool(longest_word_over(passages[place[0]].text, place[1], models.words.frequency, KNOWN_WORD))


def _by_start(edits: Sequence[Edit]) -> list[list[Edit]]:
    groups: dict[int, list[Edit]] = defaultdict(list)
    for e in edits:
        groups[e.start].append(e)
    return list(groups.values())


def _choose(group: Sequence[Edit], profile: CleaningProfile) -> Edit:
    """The best of the proposals for one place; the others are named in its evidence."""
    best: dict[str, Edit] = {}
    for e in sorted(group, key=lambda e: (-e.confidence, e.after, e.rule)):
        best.setdefault(e.after, e)
    first, *others = best.values()
    clear = not others or first.confidence - others[0].confidence >= MARGIN
    applied = first.confidence >= profile.apply_threshold and clear
    alternatives = "".join(f"; or {o.after} ({o.confidence:.2f})" for o in others)
    return replace(first, status="applied" if applied else "suggested", evidence=f"{first.evidence}{alternatives}")


def _lower(edit: Edit, reason: str) -> Edit:
    if edit.status != "applied":
        return edit
    suggested: Status = "suggested"
    return replace(edit, status=suggested, evidence=f"{edit.evidence}; only suggested: {reason}")


def _lower_unlike(edit: Edit, models: Models) -> Edit:
    """What fits better and does not look alike is a rarer word in clean text more often than a misreading."""
    if edit.rule != "look_alike" or edit.confidence >= SURE_UNLIKE or models.glyphs.similarity(edit.before, edit.after):
        return edit
    return _lower(edit, "they do not look alike")


def _lower_coinage(edit: Edit, place: Place, passages: Sequence[Passage]) -> Edit:
    """Inside a short quotation without punctuation nothing is changed silently."""
    if edit.rule == "person_name":
        return edit
    return _lower(edit, "a quoted coinage") if in_coinage(passages[place[0]].text, place[1]) else edit


def in_coinage(text: str, i: int) -> bool:
    """Does character `i` stand in quotes that hold at most six characters, hanzi or Latin alone?

    >>> in_coinage("发布‘添秤’计划", 3), in_coinage("他说“今天已经到了。”", 4)
    (True, False)
    """
    for opening, closing in QUOTES.items():
        start = text.rfind(opening, max(0, i - COINAGE), i)
        end = text.find(closing, i + 1, i + COINAGE + 1)
        if start >= 0 and end >= 0 and end - start - 1 <= COINAGE and text[start + 1 : end].isalnum():
            return True
    return False


def _lower_repeated(edits: Sequence[Edit], places: dict[int, Place], passages: Sequence[Passage]) -> list[Edit]:
    """What stands on the page three times is no slip, unless names say otherwise."""

    def forms(e: Edit) -> tuple[tuple[str, str], tuple[str, str]]:
        number, i = places[e.start]
        text = passages[number].text
        return (e.after, text[max(0, i - 1) : i + 1]), (e.after, text[i : i + 2])

    proposed = Counter(form for e in edits for form in forms(e))
    page = _APART.join(p.text for p in passages if p.role is not None)

    def repeated(e: Edit) -> bool:
        if any(proposed[form] >= REPEATED for form in forms(e)):
            return True
        number, i = places[e.start]
        window = passages[number].text[max(0, i - 1) : i + 2]
        return page.count(window) >= REPEATED

    return [
        _lower(e, "printed so three times or more") if e.rule != "person_name" and repeated(e) else e for e in edits
    ]


def _cap_sentences(
    edits: Sequence[Edit], places: dict[int, Place], passages: Sequence[Passage], profile: CleaningProfile
) -> list[Edit]:
    """A sentence with many corrections is one that was not understood; only what is sure by itself stays applied."""

    def sentence(e: Edit) -> Place:
        number, i = places[e.start]
        return number, sentence_around(passages[number].text, i)[0]

    applied = Counter(sentence(e) for e in edits if e.status == "applied")
    many = profile.corrections_per_sentence
    return [
        _lower(e, f"more than {many} in the sentence") if applied[sentence(e)] > many and e.confidence < SURE else e
        for e in edits
    ]
