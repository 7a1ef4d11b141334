"""Who is mentioned: names with their counts and titles, and the forms that are one name misread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from pipeline.text.document import Role
from pipeline.text.models import Models
from pipeline.text.passages import Passage, forget
from pipeline.text.person_names import RULE, NameMention, PageText, mentions
from pipeline.text.spans import Edit, View

#: The name lexicon: a line a name, with its mentions and on how many pages it stands.
NAMES_FILE = "names.csv"


@dataclass
class Person:
    """One name, counted. `variants` are other written forms: (form, unified or suggested) → how often."""

    name: str
    mentions: int = 0
    pages: int = 0
    titles: Counter[str] = field(default_factory=Counter)
    variants: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Person) -> None:
        self.mentions += other.mentions
        self.pages += other.pages
        self.titles.update(other.titles)
        self.variants.update(other.variants)


def people_of_page(passages: Sequence[Passage], models: Models, edits: Iterable[Edit] = ()) -> list[Person]:
    """The persons of one page, by name. `edits`: the page's, of which those of the name rule tell the variants; without
    them the passages need not know where they come from."""
    found: dict[str, Person] = {}
    runs = _runs(passages)
    named = mentions(runs, models)
    forget(runs)
    for m in named:
        person = found.setdefault(m.name, Person(m.name, pages=1))
        person.mentions += 1
        if m.title:
            person.titles[m.title] += 1
    for edit in edits:
        if tells_a_variant(edit):
            for name, form in _forms(edit, passages, named):
                found[name].variants[form, "unified" if edit.rendered else "suggested"] += 1
    return [found[name] for name in sorted(found)]


def tells_a_variant(edit: Edit) -> bool:
    """Is it one of the name rule that was not rejected?"""
    return RULE in edit.rule.split("+") and len(edit.after) == 1 and edit.status != "rejected"


def passage_of(text: str, role: Role | None) -> Passage:
    """Clean text of which nobody asks where it comes from."""
    return Passage(View(text, (), ()), role, 0)


def _runs(passages: Sequence[Passage]) -> list[Passage]:
    """Neighbours of one role as one passage: names are looked for in the page's text, which is the same."""
    runs = ((role, list(own)) for role, own in groupby(passages, key=lambda p: p.role))
    return [
        replace(
            passage_of(PageText.SEPARATOR.join(p.text for p in own), role),
            authors=tuple(a for p in own for a in p.authors),
        )
        for role, own in runs
    ]


def merged(people: Iterable[Person]) -> list[Person]:
    """Persons of many pages, one a name, the most mentioned first."""
    found: dict[str, Person] = {}
    for person in people:
        found.setdefault(person.name, Person(person.name)).add(person)
    return sorted(found.values(), key=lambda p: (-p.mentions, p.name))


def _forms(edit: Edit, passages: Sequence[Passage], named: Sequence[NameMention]) -> list[tuple[str, str]]:
    """(name, the form that was printed) for an edit of the name rule; nothing if its name is not mentioned."""
    names = {m.name for m in named}
    for passage in passages:
        if edit.start not in passage.view.starts:
            continue
        at = passage.view.starts.index(edit.start)
        text = passage.text[:at] + edit.after + passage.text[at + 1 :]
        for name in sorted(names, key=lambda n: (-len(n), n)):
            for offset, char in enumerate(name):
                start = at - offset
                if char == edit.after and start >= 0 and text.startswith(name, start):
                    return [(name, name[:offset] + edit.before[-1:] + name[offset + 1 :])]
    return []
