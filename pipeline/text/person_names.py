"""Person names: who is mentioned, and which mentions are one name misread.

Entity consistency (after the rule-based name linking of newspaper OCR work; measured in RESEARCH section 4): a name
that a page prints several times with the marks of a name is taken as right; a rarer form that differs in one
look-alike character of the given name, and bears marks of its own, is the same name misread. Nothing is ever learned
from one mention, and similar names of different people (two in one list, each with a title or a byline of its own)
are left alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol, runtime_checkable

from pipeline.text.models import Models, PersonNames
from pipeline.text.passages import Passage, is_hanzi, propose_character, remembered, remembered_together
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit

RULE = "person_name"

#: A minority form must look like the majority form at least this much in the character that differs.
MIN_SIMILARITY = 0.6
#: Nearly the same character; and how often is often for a name on a page.
NEARLY_SAME, OFTEN, MANY = 0.85, 3, 5
#: What a mention scores: a title before; a mark or preposition before; a verb of speech after; another cue after.
TITLE, BEFORE, VERB, AFTER, BYLINE = 2, 1, 2, 1, 3
#: A word of the dictionary counted more often than this is a word first, and a name only where it is tagged so.
COMMON = 20
#: A word counted so often may be what follows a name.
WORD_AFTER = 500

#: What may stand before a title and makes it another one.
RANKS = frozenset("副原前总")
PREPOSITIONS = frozenset("和与对向由请给跟同等让是为在如称叫据的")
FOLLOWERS = frozenset("的在和与等对又就先还也从向将把被带有是为以说把曾正到等及则都即便却不一本刚已")
#: Never part of a given name.
NEVER = frozenset("的了是们这那吗呢吧啊和或及但被很都没你我他她它着过等对从说称与就还把让给会到个些什么怎您咱某")
#: Callings that say nothing about who it is.
VAGUE_TITLES = frozenset({"记者", "通讯员", "同志", "先生", "女士", "老师", "实习生"})
CONNECTORS = frozenset({"、", "和", "与", "及", "，", ",", " ", "　", "以及", "同"})


@runtime_checkable
class TaggedWords(Protocol):
    """A word list that also knows which of its words are names."""

    def is_person(self, word: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class NameMention:
    """One mention of a person: `[start, end)` of the passage with that index. `score` sums its cues."""

    name: str
    title: str | None
    passage: int
    start: int
    end: int
    score: int
    cues: tuple[str, ...]


class Patterns(NamedTuple):
    """The name lexicon as expressions."""

    after_title: re.Pattern[str]
    verb: re.Pattern[str]
    titles: frozenset[str]
    title_sizes: tuple[int, ...]  # the longest first
    verbs: tuple[str, ...]


@lru_cache(maxsize=4)
def _patterns(titles: tuple[str, ...], verbs: tuple[str, ...], surnames: frozenset[str]) -> Patterns:
    first = "".join(sorted({s[0] for s in surnames}))
    ends = "".join(sorted({t[-1] for t in titles}))
    return Patterns(
        re.compile(f"(?<=[{ends}])[ 　]?(?=[{first}][一-鿿])"),
        re.compile("|".join(map(re.escape, verbs))),
        frozenset(titles),
        tuple(sorted({len(t) for t in titles}, reverse=True)),
        verbs,
    )


def patterns(names: PersonNames) -> Patterns:
    return _patterns(names.titles, names.speech_verbs, names.surnames)


class PageText:
    """All passages as one text, so that a page is searched once; knows which passage a place belongs to."""

    SEPARATOR = "\n\n"

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = passages
        self.starts: list[int] = []
        parts: list[str] = []
        at = 0
        for p in passages:
            part = p.text if p.role is not None else ""
            self.starts.append(at)
            parts.append(part)
            at += len(part) + len(self.SEPARATOR)
        self.text = self.SEPARATOR.join(parts)
        self._counts: dict[str, int] = {}

    def count(self, form: str) -> int:
        """How often the form stands on the page, counted once: names are asked for at each mention."""
        if form not in self._counts:
            self._counts[form] = self.text.count(form)
        return self._counts[form]

    def place(self, i: int) -> tuple[int, int]:
        """Passage number and offset in it."""
        number = bisect_right(self.starts, i) - 1
        return number, i - self.starts[number]

    def passage(self, i: int) -> Passage:
        return self.passages[self.place(i)[0]]

    def find(self, form: str) -> Iterator[int]:
        at = self.text.find(form)
        while at >= 0:
            yield at
            at = self.text.find(form, at + 1)


class Mention(NamedTuple):
    """A mention by place in the page's text."""

    start: int
    score: int
    title: str | None
    cues: tuple[str, ...]


# --- finding names ---------------------------------------------------------------------------------------------------


def mentions(passages: Sequence[Passage], models: Models) -> list[NameMention]:
    """Every mention of every name that the passages establish, in order of place (for the `names` table)."""
    page, known = established(passages, models)
    found = []
    for name, places in known.items():
        for m in places:
            number, at = page.place(m.start)
            found.append(NameMention(name, m.title, number, at, at + len(name), m.score, m.cues))
    return sorted(found, key=lambda m: (m.passage, m.start, -m.end))


def established(passages: Sequence[Passage], models: Models) -> tuple[PageText, Mapping[str, Sequence[Mention]]]:
    """The page, and the names with a mention that scores 3 (title and mark, verb and mark, byline), each with all its
    mentions. Proposers and arbiter ask one after the other, so that the last answer is kept."""
    return remembered_together(_established, passages, models)


def _established(passages: Sequence[Passage], models: Models) -> tuple[PageText, Mapping[str, Sequence[Mention]]]:
    page = PageText(passages)
    known: dict[str, Sequence[Mention]] = {}
    for form in sorted(_forms(page, models), key=lambda f: (-len(f), f)):
        places = _mentions_of(form, page, models)
        if any(m.score >= 3 for m in places):
            known[form] = places
    return page, known


def _forms(page: PageText, models: Models) -> set[str]:
    """Forms that stand at least once where names stand."""
    found: set[str] = set(_byline_names(page, models))
    for first, anchors in zip(page.starts, remembered(_anchors, page.passages, models), strict=True):
        found.update(form for at in anchors if (form := _form_at(page, first + at, models)))
    return found


def _anchors(passages: Sequence[Passage], models: Models) -> list[list[int]]:
    """The anchored places of each passage."""
    page = PageText(passages)
    found: list[list[int]] = [[] for _ in passages]
    for start in _anchored(page.text, models):
        number, at = page.place(start)
        found[number].append(at)
    return found


def _anchored(text: str, models: Models) -> set[int]:
    """Where a surname follows a title, or stands two to four characters before a verb of speech."""
    pattern = patterns(models.names)
    found = {m.end() for m in pattern.after_title.finditer(text) if _after_title(text, m.end(), models)}
    surnames = models.names.surnames
    for m in pattern.verb.finditer(text):
        for back in (3, 2, 4):
            start = m.start() - back
            if start < 0 or not _surname_at(text, start, surnames):
                continue
            if all(is_hanzi(c) and c not in NEVER for c in text[start : m.start()]) and _stands_free(
                text, start, models
            ):
                found.add(start)
                break
    return found


def _surname_at(text: str, start: int, surnames: frozenset[str]) -> str:
    """The surname that begins here, a compound one first; empty if there is none."""
    double = text[start : start + 2]
    if len(double) == 2 and double in surnames:
        return double
    return double[:1] if double[:1] in surnames else ""


def _title_before(text: str, start: int, pattern: Patterns) -> str | None:
    """The longest title that ends right before `start` (one space may stand between)."""
    head = text[max(0, start - 8) : start]
    if head[-1:] in (" ", "　"):
        head = head[:-1]
    title = next((head[-n:] for n in pattern.title_sizes if head[-n:] in pattern.titles), None)
    if title is None:
        return None
    rank = head[: -len(title)][-1:]
    return rank + title if rank in RANKS else title


def _after_title(text: str, start: int, models: Models) -> bool:
    """Does a title end here, and no word lie across its end (电工|程)?"""
    if not _title_before(text, start, patterns(models.names)):
        return False
    return models.words.frequency(text[start - 1 : start + 1]) < 50 * COMMON


def _stands_free(text: str, start: int, models: Models) -> bool:
    """Does something that ends a word stand before: a mark, a preposition, the start?"""
    return start == 0 or not is_hanzi(text[start - 1]) or text[start - 1] in PREPOSITIONS


def _form_at(page: PageText, start: int, models: Models) -> str:
    """The name that begins here; empty if the text is no name."""
    text = page.text
    surname = _surname_at(text, start, models.names.surnames)
    n = len(surname)
    given = ""
    for c in text[start + n : start + n + 2]:
        if not is_hanzi(c) or c in NEVER:
            break
        given += c
    forms = [surname + given[:k] for k in (2, 1) if len(given) >= k]
    forms = [f for f in forms if not _is_word(f, models) and not _is_cut_from_words(f, models)]
    if not forms:
        return ""
    if len(forms) == 2 and _prefers_short(page, start, forms[1], forms[0], models):
        return forms[1]
    return forms[0]


def _prefers_short(page: PageText, start: int, short: str, full: str, models: Models) -> bool:
    """Is the last character of `full` the start of what follows a name of two characters?"""
    text, end = page.text, start + len(short)
    if _is_word(short, models):
        return False
    rest = text[end : end + 4]
    starts_verb = rest.startswith(patterns(models.names).verbs)
    n_short, n_full = page.count(short), page.count(full)
    if n_short >= 2 and n_full >= 2 and n_full >= 0.7 * n_short and not starts_verb:
        return False
    if starts_verb or rest[0] in FOLLOWERS:
        return True
    follows = rest[:2]
    follows_word = len(follows) == 2 and models.words.frequency(follows) > 200
    return (follows_word and n_full < n_short) or n_full * 2 < n_short


def _is_word(form: str, models: Models) -> bool:
    """A word of the dictionary that is no person's name, or begins one."""
    count = models.words.frequency(form)
    if 2 < count <= 15 * COMMON:
        return not (isinstance(models.words, TaggedWords) and models.words.is_person(form))
    return count > 2


def _is_cut_from_words(form: str, models: Models) -> bool:
    """Are its first two characters a common word (强调|以), or its last two a very common one (国|工作)?"""
    frequency = models.words.frequency
    if frequency(form[:2]) > 15 * COMMON and _is_word(form[:2], models):
        return True
    return len(form) == 3 and frequency(form[1:]) > 75 * COMMON and _is_word(form[1:], models)


def _byline_names(page: PageText, models: Models) -> set[str]:
    """Names of the articles' authors: given by the caller, and read in byline paragraphs."""
    surnames = models.names.surnames
    found = {a for p in page.passages for a in p.authors if 2 <= len(a) <= 4 and all(map(is_hanzi, a))}
    for p in page.passages:
        if p.role != "byline":
            continue
        for token in re.split(r"[\W_]+|记者|通讯员|实习生", p.text):
            if 2 <= len(token) <= 4 and _surname_at(token, 0, surnames) and not _is_word(token, models):
                size = len(_surname_at(token, 0, surnames))
                if 1 <= len(token) - size <= 2 and all(map(is_hanzi, token)):
                    found.add(token)
    return found


def _mentions_of(form: str, page: PageText, models: Models) -> list[Mention]:
    """All places of the form; a name of two characters must end there, or it is the head of a longer one."""
    short = len(form) == 2
    starts = (s for s in page.find(form) if not short or _short_ends(page.text, s + 2, models))
    return [_score(page, start, form, models) for start in starts]


def _short_ends(text: str, end: int, models: Models) -> bool:
    rest = text[end : end + 4]
    return _ends_here(text, end, models) or rest.startswith(patterns(models.names).verbs)


def _score(page: PageText, start: int, form: str, models: Models) -> Mention:
    """What speaks for a name here (RESEARCH section 4: title 2, mark before 1, verb after 2, other cue after 1)."""
    text, end = page.text, start + len(form)
    pattern = patterns(models.names)
    score, cues = 0, []
    title = _title_before(text, start, pattern)
    if title:
        score += TITLE
        cues.append(title)
    before = text[start - 1 : start]
    if not before or not is_hanzi(before) or before in PREPOSITIONS:
        score += BEFORE
    verb = pattern.verb.match(text, end, end + 4)
    if verb:
        score += VERB
        cues.append(verb[0])
    elif _ends_here(text, end, models):
        score += AFTER
    if page.passage(start).role == "byline":
        score = max(score, BYLINE)
        cues.append("byline")
    return Mention(start, score, title, tuple(cues))


# --- consistency -----------------------------------------------------------------------------------------------------


def _ends_here(text: str, end: int, models: Models) -> bool:
    """Does a name that stops at `end` stop where a word does: before a mark, a follower, or a common word?"""
    rest = text[end : end + 2]
    if not rest or not is_hanzi(rest[0]) or rest[0] in FOLLOWERS:
        return True
    frequency = models.words.frequency
    return len(rest) == 2 and frequency(rest) > WORD_AFTER and frequency(text[end - 1 : end + 1]) < COMMON


def is_majority(places: Sequence[Mention], outside: int = 0) -> bool:
    """Is this form established: two mentions, two in five of them clearly names, one beyond doubt (or many, two
    beyond doubt)?"""
    if len(places) + outside < 2 or not places:
        return False
    likely, sure = sum(m.score >= 2 for m in places), sum(m.score >= 3 for m in places)
    if sure >= 2 and len(places) >= MANY:
        return True
    return likely >= 0.4 * len(places) and (outside >= 2 or sure >= 1)


def propose(
    passages: Sequence[Passage],
    text: str,
    models: Models,
    profile: CleaningProfile,
) -> list[Edit]:
    """Misread forms of the page's names; what stands on other pages of the corpus is heard, too."""
    page, forms = established(passages, models)
    found: list[Edit] = []
    for name, places in forms.items():
        if is_majority(places, elsewhere(name, models)):
            found += _misread(name, places, page, text, models, forms)
    return found


def elsewhere(name: str, models: Models) -> int:
    """On how many other pages of the corpus a name stands; one of the user's lexicon counts as often.

    A page must not confirm its own errors: one page of those counted may always be this one.
    """
    return OFTEN if name in models.known_names else max(0, models.page_counts.get(name, 0) - 1)


def _misread(
    name: str,
    places: Sequence[Mention],
    page: PageText,
    text: str,
    models: Models,
    forms: Mapping[str, Sequence[Mention]],
) -> list[Edit]:
    """Proposals for the forms that differ from `name` in one character of the given name."""
    found = []
    for variant, starts in sorted(_variants(name, page, models).items()):
        if elsewhere(variant, models) >= 2 or _is_word(variant, models):
            continue
        theirs = [_score(page, s, variant, models) for s in starts]
        if 2 * len(theirs) > len(places) + elsewhere(name, models):
            continue
        if _are_two_people(name, places, variant, theirs, page):
            continue
        found += _proposals(name, places, variant, theirs, page, text, models)
    return found


def _variants(name: str, page: PageText, models: Models) -> dict[str, list[int]]:
    """Forms with the same surname and one other hanzi in the given name, and where they stand; look-alikes only when
    the name has two characters."""
    surname = _surname_at(name, 0, models.names.surnames)
    short = len(name) == 2
    found: dict[str, list[int]] = {}
    for start in page.find(surname or name[0]):
        form = page.text[start : start + len(name)]
        if len(form) < len(name) or form == name:
            continue
        different = [k for k in range(len(name)) if form[k] != name[k]]
        if len(different) != 1 or different[0] < max(1, len(surname)):
            continue
        k = different[0]
        if form[k] in NEVER or not is_hanzi(form[k]):
            continue
        if short and not _short_ends(page.text, start + 2, models):
            continue
        alike = models.glyphs.similarity(form[k], name[k]) >= MIN_SIMILARITY
        if (alike or not short) and not _is_fragment(page.text, start, len(form), models):
            found.setdefault(form, []).append(start)
    return found


def _is_fragment(text: str, start: int, length: int, models: Models) -> bool:
    """Does a word of the dictionary lie across an end of the form (提|高建国, 张建|国家), with no title before?"""
    frequency = models.words.frequency
    if _title_before(text, start, patterns(models.names)):
        return False
    end = start + length
    across_start = text[start - 1 : start + 1] if start else ""
    across_end = text[end - 1 : end + 1]
    if len(across_start) == 2 and across_start[0] not in PREPOSITIONS and frequency(across_start) > COMMON:
        return True
    if len(across_end) == 2 and across_end[1] not in FOLLOWERS and frequency(across_end) > COMMON:
        return True
    return frequency(text[start : start + 2]) > 5 * COMMON or (
        length == 3 and frequency(text[start + 1 : end]) > 100 * COMMON
    )


def _are_two_people(
    name: str, places: Sequence[Mention], variant: str, theirs: Sequence[Mention], page: PageText
) -> bool:
    """Both in one sentence, one list or in bylines: two people, whatever they look like."""
    if any(name in sentence and variant in sentence for sentence in re.split(r"[。！？；\n]", page.text)):
        return True
    if any("byline" in m.cues for m in places) and any("byline" in m.cues for m in theirs):
        return True
    authors = {a for p in page.passages for a in p.authors}
    if variant in authors and name in authors:
        return True
    starts = {m.start for m in places}
    for m in theirs:
        for s in starts:
            first, second = sorted((m.start, s))
            between = page.text[first + len(name) : second]
            if len(between) <= 2 and (between in CONNECTORS or between.strip() in CONNECTORS):
                return True
    return False


def _titles(places: Sequence[Mention]) -> set[str]:
    return {m.title for m in places if m.title and m.title not in VAGUE_TITLES}


def _same_person(name: Sequence[Mention], variant: Sequence[Mention], page: PageText) -> float:
    """How sure it is that both forms are one person, from where and how they are introduced.

    A paper introduces a person once, with a title, and calls him by name after that. Two forms with different titles
    are therefore two people until proven otherwise; a form that is introduced and one that never is are one.
    """
    titles, other_titles = _titles(name), _titles(variant)
    same_article = {page.passage(m.start).article for m in name} & {page.passage(m.start).article for m in variant}
    if titles and other_titles:
        if titles & other_titles:
            return 0.97
        return 0.6
    if not same_article:
        return 0.7
    return 0.95


def _proposals(
    name: str,
    places: Sequence[Mention],
    variant: str,
    theirs: Sequence[Mention],
    page: PageText,
    text: str,
    models: Models,
) -> list[Edit]:
    """One proposal a mention of the variant; without a cue of its own it can only be a suggestion."""
    k = next(k for k in range(len(name)) if name[k] != variant[k])
    alike = models.glyphs.similarity(name[k], variant[k])
    sure = _same_person(places, theirs, page)
    shared = _titles(places) & _titles(theirs)
    title = min(shared or _titles(theirs) or _titles(places), default=None)
    short = len(name) - len(_surname_at(name, 0, models.names.surnames)) == 1
    found = []
    if alike < MIN_SIMILARITY and (len(places) < OFTEN or len(theirs) > 1 or sure < 0.9 or theirs[0].score < 2):
        return []
    for m in theirs:
        confidence = sure if m.score >= 2 else min(sure, 0.75)
        if alike < MIN_SIMILARITY and len(places) < MANY:  # another name, or a slip of another kind than reading
            confidence = min(confidence, 0.6)
        if short and not (m.score >= 3 and (len(places) >= OFTEN or (sure > 0.96 and alike >= NEARLY_SAME))):
            confidence = min(confidence, 0.7)  # two characters: one wrong leaves too little
        facts = [f"{name} {len(places)} times on this page", f"{variant} {len(theirs)}"]
        if title:
            facts.append(f"title {title}")
        likeness = f"glyph {alike:.2f}".replace("0.", ".") if alike else "do not look alike"
        evidence = f"{', '.join(facts)}; {variant[k]}~{name[k]} {likeness}"
        number, at = page.place(m.start)
        edit = propose_character(page.passages[number], at + k, name[k], text, RULE, confidence, evidence)
        if edit:
            found.append(edit)
    return found
