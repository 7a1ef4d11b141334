"""The open suggestions of an output folder, each in its context, equal ones together."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipeline.datasets.store import Store, StoreError
from pipeline.datasets.tables import edits_from_rows
from pipeline.language.gazetteer import load_gazetteer
from pipeline.language.words import load_words
from pipeline.text.passages import is_hanzi, sentence_around
from pipeline.text.spans import Edit, Span, rendered_edits, view

#: The longest word, name or place that is looked for around a suggestion.
LONGEST = 6
#: So much is shown of the sentences before and after, and of a very long one.
BESIDE = 60
AROUND = 120

Row = Mapping[str, Any]


class Context(NamedTuple):
    """The clean text around a place: the sentence is `left + shown + right`, `lead` and `tail` stand beside it."""

    lead: str
    left: str
    shown: str
    right: str
    tail: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One row of `edits`, and where a reader finds it."""

    page_id: str
    page_sha256: str
    where: str
    headline: str
    start: int
    end: int
    before: str
    after: str
    rule: str
    confidence: float
    evidence: str
    context: Context

    @property
    def key(self) -> tuple[str, int, int, str]:
        """As `Decision.key`."""
        return self.page_id, self.start, self.end, self.after


@dataclass(frozen=True)
class Group:
    """Suggestions that are one question: the same change, by the same rule, in the same word."""

    printed: str
    meant: str
    before: str
    after: str
    rule: str
    members: tuple[Suggestion, ...]

    @property
    def group_id(self) -> str:
        said = "\0".join((self.printed, self.meant, self.before, self.after, self.rule))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def confidence(self) -> float:
        return max(s.confidence for s in self.members)


def open_suggestions(output: str) -> list[Suggestion]:
    """Every suggestion of the published tables, in the order of issues and pages."""
    store = Store(output)
    return [s for issue_id in store.issues("edits") for s in _of_issue(store, issue_id)]


def grouped(suggestions: Iterable[Suggestion], names: frozenset[str] = frozenset()) -> list[Group]:
    """The groups: those with most places first, of these the surest first. `names`: persons of the corpus."""
    words, places = load_words(), load_gazetteer()

    def knows(word: str) -> bool:
        return word in names or places.knows(word) or words.frequency(word) > 0

    found: dict[tuple[str, str, str, str, str], list[Suggestion]] = defaultdict(list)
    for s in suggestions:
        printed, meant = word_form(s, knows)
        found[printed, meant, s.before, s.after, s.rule].append(s)
    groups = [Group(*key, tuple(members)) for key, members in found.items()]
    return sorted(groups, key=lambda g: (-len(g.members), -g.confidence, g.members[0].key))


def corpus_names(output: str) -> frozenset[str]:
    """The persons of the table `names`; none if it is not there."""
    try:
        return frozenset(Store(output).read_corpus("names", ["name"]).column("name").to_pylist())
    except StoreError:
        return frozenset()


def word_form(s: Suggestion, knows: Callable[[str], bool]) -> tuple[str, str]:
    """The word the place stands in, as it is shown and as it would be: the longest known one, else the neighbours."""
    left, right = s.context.left[-LONGEST:], s.context.right[:LONGEST]
    meant, size = left + s.after + right, len(s.after)
    at = len(left)
    for n in range(LONGEST, size, -1):
        for start in range(max(0, at + size - n), min(at, len(meant) - n) + 1):
            word = meant[start : start + n]
            if knows(word):
                before, behind = word[: at - start], word[at - start + size :]
                return before + s.context.shown + behind, word
    before = left[-1:] if left and is_hanzi(left[-1]) else ""
    behind = right[:1] if right and is_hanzi(right[0]) else ""
    return before + s.context.shown + behind, before + s.after + behind


# --- reading --------------------------------------------------------------------------------------------------------


def _of_issue(store: Store, issue_id: str) -> Iterator[Suggestion]:
    edits = store.read("edits", issue_id)
    if "suggested" not in edits.column("status").unique().to_pylist():
        return
    pages = {r["page_id"]: r for r in store.read("pages", issue_id).to_pylist()}
    columns = ["page_id", "article_id", "role", "raw_spans"]
    paragraphs = _by_page(store.read("paragraphs", issue_id, columns).to_pylist())
    heads = store.read("articles", issue_id, ["article_id", "headline", "text"]).to_pylist()
    headlines = {a["article_id"]: a["headline"] or a["text"][:30] for a in heads}
    for page_id, rows in _by_page(edits.to_pylist()).items():
        own = edits_from_rows(rows)
        shown = rendered_edits(own)
        for row, edit in zip(rows, own, strict=True):
            if edit.status == "suggested":
                page = pages[page_id]
                yield Suggestion(
                    page_id=page_id,
                    page_sha256=page["sha256"],
                    where=_where(page),
                    headline=headlines.get(row["article_id"], ""),
                    start=edit.start,
                    end=edit.end,
                    before=edit.before,
                    after=edit.after,
                    rule=edit.rule,
                    confidence=round(edit.confidence, 4),
                    evidence=edit.evidence or "",
                    context=_context(page["text"], edit, paragraphs.get(page_id, []), shown),
                )


def _by_page(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for r in rows:
        found[r["page_id"]].append(r)
    return found


def _where(page: Row) -> str:
    day = page["issue_date"].isoformat() if page["issue_date"] else None
    return " · ".join(str(part) for part in (page["newspaper"], day, page["page_label"], page["source"]) if part)


def _context(text: str, edit: Edit, paragraphs: Sequence[Row], shown: Sequence[Edit]) -> Context:
    """Out of the paragraph that holds the place; of a place outside every paragraph, out of its raw line."""
    for p in paragraphs:
        spans = [Span(s["start"], s["end"]) for s in p["raw_spans"]]
        if any(s.start <= edit.start and edit.end <= s.end for s in spans):
            read = view(text, spans, shown)
            inside = [i for i in range(len(read)) if edit.start <= read.starts[i] and read.ends[i] <= edit.end]
            if inside:
                return _cut(read.text, inside[0], inside[-1] + 1)
    start = text.rfind("\n", 0, edit.start) + 1
    end = text.find("\n", edit.end)
    return _cut(text[start : end if end >= 0 else len(text)], edit.start - start, edit.end - start)


def _cut(text: str, start: int, end: int) -> Context:
    first, last = sentence_around(text, start)[0], sentence_around(text, max(start, end - 1))[1]
    first, last = max(first, start - AROUND), min(last, end + AROUND)
    return Context(
        text[max(0, first - BESIDE) : first],
        text[first:start],
        text[start:end],
        text[end:last],
        text[last : last + BESIDE],
    )
