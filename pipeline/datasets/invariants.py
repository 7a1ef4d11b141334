"""The promises, proved page by page: nothing is lost, everything can be undone, all tables agree.

Every function returns what it found wrong, in words; nothing found means that the invariant holds.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from pipeline.datasets.inputs import Reject
from pipeline.datasets.schemas import VALUES
from pipeline.text.decode import encode
from pipeline.text.document import TEXT_ROLES, Article, CleanPage, Page, Paragraph
from pipeline.text.spans import Edit, Span, by_place, edits_within, render, rendered_edits, undo

#: So many breaches are named in a reject; one fault often breaks hundreds of rows.
MOST_NAMED = 5


class Claim(NamedTuple):
    """A span that one of the tables says is its own."""

    start: int
    end: int
    disposition: str
    owner_id: str | None
    role: str | None = None
    paragraph_seq: int | None = None


_place = itemgetter(0, 1)
#: An id, and the number of the paragraph in an article.
_Owner = tuple[str, int | None]


class Facts:
    """A page, and what several proofs want to know of it."""

    def __init__(self, clean: CleanPage) -> None:
        self.clean, self.text = clean, clean.page.text
        #: The spans of all paragraphs, duplicates and orphans; and those that are not empty, sorted by place.
        self.claims = list(claims(clean))
        self.held = sorted((c for c in self.claims if c.start < c.end), key=_place)
        self.texts = list(_texts(clean))
        self.edits = rendered_edits(clean.edits)


def check_page(clean: CleanPage) -> list[str]:
    """All breaches on one page."""
    facts = Facts(clean)
    found = offsets_in_range(facts)
    return found or [breach for check in CHECKS for breach in check(facts)]


def publishable(pages: Sequence[CleanPage]) -> tuple[list[CleanPage], list[Reject]]:
    """The pages of one issue that keep every invariant, and a reject for each that does not.

    A link to an article of a withheld page is cleared; a duplicate whose kept copy is withheld is withheld, too.
    """
    breaches = {id(c): check_page(c) for c in pages}
    repeated = [i for i, n in Counter(c.page.page_id for c in pages).items() if n > 1]
    for c in pages:
        breaches[id(c)] += [f"I5: page_id {c.page.page_id} is repeated"] * (c.page.page_id in repeated)
    kept = [c for c in pages if not breaches[id(c)]]
    while True:
        keys = _Keys(kept)
        dangling = {id(c): found for c in kept if (found := keys.dangling(c))}
        if not dangling:
            break
        breaches.update(dangling)
        kept = [c for c in kept if id(c) not in dangling]
    rejects = [reject_for(c.page, breaches[id(c)]) for c in pages if breaches[id(c)]]
    return [keys.without_dead_links(c) for c in kept], rejects


def reject_for(page: Page, breaches: Sequence[str]) -> Reject:
    """The row of `rejects` for a page that is withheld."""
    more = f"; and {len(breaches) - MOST_NAMED} more" if len(breaches) > MOST_NAMED else ""
    detail = "; ".join(breaches[:MOST_NAMED]) + more
    return Reject(page.issue_id, page.source, page.sha256 or None, page.n_bytes, "invariant_failed", detail)


class _Keys:
    """The ids that rows of other pages of the issue may name."""

    def __init__(self, pages: Iterable[CleanPage]) -> None:
        self.pages = {c.page.page_id for c in pages}
        self.articles = {a.article_id for c in pages for a in c.articles}

    def dangling(self, clean: CleanPage) -> list[str]:
        return [
            f"I5: {d.duplicate_id} names a page or article that is not published"
            for d in clean.duplicates
            if d.kept_page_id not in self.pages or (d.kept_article_id and d.kept_article_id not in self.articles)
        ]

    def without_dead_links(self, clean: CleanPage) -> CleanPage:
        dead = {a.continues_article_id for a in clean.articles} - self.articles - {None}
        if not dead:
            return clean
        articles = (
            replace(a, continues_article_id=None) if a.continues_article_id in dead else a for a in clean.articles
        )
        return replace(clean, articles=tuple(articles))


# --- the five invariants --------------------------------------------------------------------------------------------


def offsets_in_range(facts: Facts) -> list[str]:
    """Every offset lies on the page; without that nothing else can be said."""
    clean, n = facts.clean, len(facts.text)
    found = [("span", c.start, c.end) for c in facts.claims if not 0 <= c.start <= c.end <= n]
    found += [("edit", e.start, e.end) for e in clean.edits if not 0 <= e.start <= e.end <= n]
    found += [("ledger row", r.start, r.end) for r in clean.ledger if not 0 <= r.start <= r.end <= n]
    kept = [s for d in clean.duplicates if d.kept_page_id == clean.page.page_id for s in d.kept_spans]
    residue = [s for d in clean.duplicates for s in d.residue_spans]
    found += [
        (what, s, e)
        for what, spans in (("kept span", kept), ("residue span", residue))
        for s, e in spans
        if not 0 <= s <= e <= n
    ]
    return [f"I1: {what} [{s}, {e}) is not on a page of {n} characters" for what, s, e in found]


def i1_ledger_tiles(facts: Facts) -> list[str]:
    """The ledger tiles `[0, n_chars)` in order, and its line numbers are right."""
    text, found, at, line, counted = facts.text, [], 0, 0, 0
    for r in facts.clean.ledger:
        if r.start != at:
            found.append(f"I1: the ledger {'leaves out' if r.start > at else 'doubles'} {_range(at, r.start)}")
        if r.start >= r.end:
            found.append(f"I1: a ledger row is empty at {r.start}")
        if r.start >= counted:
            line, counted = line + text.count("\n", counted, r.start), r.start
            if r.line_no != line:
                found.append(f"I1: line_no {r.line_no} at {r.start}, {line} expected")
        at = max(at, r.end)
    if at != len(text):
        found.append(f"I1: the ledger leaves out {_range(at, len(text))}")
    return found


def i2_one_disposition(facts: Facts) -> list[str]:
    """Every visible character has exactly one place, and the ledger says the same as the other tables."""
    text, ledger = facts.text, facts.clean.ledger
    found, at = [], 0
    for c in facts.held:
        if c.start < at and not is_blank(text[c.start : min(at, c.end)]):
            found.append(f"I2: {_range(c.start, min(at, c.end))} stands twice, in {c.owner_id} too")
        at = max(at, c.end)
    found += [
        f"I2: {_visible(text, *gap)} stands nowhere"
        for gap in _gaps(facts.held, len(text))
        if not is_blank(text[slice(*gap)])
    ]
    rows = [
        (r.start, r.end, r.disposition, r.owner_id, r.role, r.paragraph_seq) for r in ledger if r.disposition != "blank"
    ]
    if rows != facts.held:  # in another order, or really others
        wanted, told = Counter(facts.held), Counter(map(Claim._make, rows))
        found += [f"I2: the ledger does not know {c}" for c in (wanted - told)]
        found += [f"I2: only the ledger knows {c}" for c in (told - wanted)]
    found += [
        f"I2: the ledger takes {_range(r.start, r.end)} for blank"
        for r in ledger
        if r.disposition == "blank" and not is_blank(text[r.start : r.end])
    ]
    return found


def i3_texts_are_rendered(facts: Facts) -> list[str]:
    """Every clean text is its raw spans with the rendered edits."""
    return [
        f"I3: the text of {_named(owner)} is not what its spans and edits give"
        for owner, spans, shown in facts.texts
        if render(facts.text, spans, facts.edits) != shown
    ]


def i4_can_be_undone(facts: Facts) -> list[str]:
    """Undoing the edits in the clean texts gives the raw text, and encoding that gives the page's bytes."""
    text = facts.text
    found = [
        f"I4: edit {e.rule} at {e.start} says {e.before!r}, the raw text {text[e.start : e.end]!r}"
        for e in facts.clean.edits
        if text[e.start : e.end] != e.before
    ]
    for owner, spans, shown in facts.texts:
        try:
            raw = _undone(shown, spans, facts.edits)
        except ValueError as error:
            found.append(f"I4: {_named(owner)}: {error}")
            continue
        if raw != [text[s:e] for s, e in spans]:
            found.append(f"I4: undoing the edits in {_named(owner)} does not give its raw text")
    return found + _bytes_again(facts.clean.page)


def i5_keys_hold(facts: Facts) -> list[str]:
    """Ids are unique and point to something, and rendered edits neither overlap nor cross a span's border."""
    clean = facts.clean
    articles = [a.article_id for a in clean.articles]
    ids = articles + [d.duplicate_id for d in clean.duplicates] + [o.orphan_id for o in clean.orphans]
    found = [f"I5: {i} is repeated" for i, n in Counter(ids).items() if n > 1]
    named = [o.nearest_article_id for o in clean.orphans]
    named += [d.kept_article_id for d in clean.duplicates if d.kept_page_id == clean.page.page_id]
    found += [f"I5: there is no article {i}" for i in named if i is not None and i not in articles]
    return found + _edit_overlaps(facts) + _edit_crossings(facts)


# --- what else the contract says ------------------------------------------------------------------------------------


def spans_are_sound(facts: Facts) -> list[str]:
    """No span is empty or crosses a line break, and nothing is without spans."""
    text = facts.text
    found = [f"span {_range(c.start, c.end)} of {c.owner_id} is empty" for c in facts.claims if c.start == c.end]
    found += [
        f"span {_range(c.start, c.end)} of {c.owner_id} crosses a line break"
        for c in facts.claims
        if text.find("\n", c.start, c.end) >= 0
    ]
    return found + [f"{_named(owner)} has no spans" for owner, spans, _ in facts.texts if not spans]


def joins_are_recorded(facts: Facts) -> list[str]:
    """One record for every seam between two spans of a paragraph, in their order."""
    return [
        f"the joins of paragraph {seq} of {a.article_id} are not the seams between its spans"
        for a in facts.clean.articles
        for seq, p in enumerate(a.paragraphs)
        if [(j.raw_end, j.raw_start) for j in p.joins] != _seams(p)
    ]


def articles_agree(facts: Facts) -> list[str]:
    """An article's id, text and heads are those of its paragraphs."""
    page_id = facts.clean.page.page_id
    return [breach for a in facts.clean.articles for breach in _article_breaches(page_id, a)]


def values_are_known(facts: Facts) -> list[str]:
    """Enumerated columns hold enumerated values, confidences are shares."""
    clean = facts.clean
    found = [
        f"{table}.{column}: {value!r} is no known value"
        for (table, column), values in _enumerated(clean).items()
        for value in values - {None} - set(VALUES[table, column])
    ]
    shares = [e.confidence for e in clean.edits] + [a.confidence for a in clean.articles]
    shares += [j.confidence for a in clean.articles for p in a.paragraphs for j in p.joins]
    shares += [d.similarity for d in clean.duplicates]
    return found + [f"a confidence is {share}" for share in shares if not 0 <= share <= 1]


CHECKS: tuple[Callable[[Facts], list[str]], ...] = (
    i1_ledger_tiles,
    i2_one_disposition,
    i3_texts_are_rendered,
    i4_can_be_undone,
    i5_keys_hold,
    spans_are_sound,
    joins_are_recorded,
    articles_agree,
    values_are_known,
)

# --- pieces ---------------------------------------------------------------------------------------------------------


def claims(clean: CleanPage) -> Iterator[Claim]:
    """The spans of all paragraphs, duplicates and orphans."""
    for a in clean.articles:
        for seq, p in enumerate(a.paragraphs):
            for s in p.spans:
                yield Claim(s[0], s[1], "article", a.article_id, p.role, seq)
    for d in clean.duplicates:
        for s in d.spans:
            yield Claim(s[0], s[1], "duplicate", d.duplicate_id)
    for o in clean.orphans:
        for s in o.spans:
            yield Claim(s[0], s[1], "orphan", o.orphan_id)


def is_blank(text: str) -> bool:
    """White space and invisible format characters only.

    >>> is_blank(" \\u3000\\u200b\\n"), is_blank("版")
    (True, False)
    """
    return not text or text.isspace() or all(c.isspace() or unicodedata.category(c) in ("Cf", "Cc") for c in text)


def lost_characters(clean: CleanPage) -> int:
    """Visible characters that no article, duplicate or orphan holds."""
    text = clean.page.text
    spans = [s for a in clean.articles for p in a.paragraphs for s in p.spans]
    spans += [s for d in clean.duplicates for s in d.spans]
    spans += [s for o in clean.orphans for s in o.spans]
    left = "".join([text[s:e] for s, e in _gaps(sorted([s for s in spans if s[0] < s[1]]), len(text))])
    return 0 if is_blank(left) else sum(not is_blank(c) for c in left)


def _gaps(own: Iterable[Span | Claim], n: int) -> Iterator[tuple[int, int]]:
    """What lies between spans or claims (sorted)."""
    at = 0
    for c in own:
        if c[0] > at:
            yield at, c[0]
        at = max(at, c[1])
    if at < n:
        yield at, n


def _texts(clean: CleanPage) -> Iterator[tuple[_Owner, Sequence[Span], str]]:
    """Owner, spans and clean text of everything that has text."""
    for a in clean.articles:
        for seq, p in enumerate(a.paragraphs):
            yield (a.article_id, seq), p.spans, p.text
    for d in clean.duplicates:
        yield (d.duplicate_id, None), d.spans, d.text
    for o in clean.orphans:
        yield (o.orphan_id, None), o.spans, o.text


def _named(owner: _Owner) -> str:
    own_id, seq = owner
    return own_id if seq is None else f"paragraph {seq} of {own_id}"


def _undone(shown: str, spans: Sequence[Span], edits: Sequence[Edit]) -> list[str]:
    """The raw text of each span, won back from the clean text alone."""
    raw, at = [], 0
    for span in spans:
        n, inside = span[1] - span[0], edits_within(span, edits)
        for e in inside:
            n += len(e.after) - len(e.before)
        raw.append(undo(shown[at : at + n], inside, span) if inside else shown[at : at + n])
        at += n
    if at != len(shown):
        raise ValueError(f"{len(shown) - at} characters are left over")
    return raw


def _bytes_again(page: Page) -> list[str]:
    """A page that never was bytes (the library's `clean_text`) has no hash."""
    if not page.sha256:
        return []
    try:
        data = encode(page.text, page.encoding)
    except (UnicodeError, LookupError) as error:
        return [f"I4: the text cannot be encoded as {page.encoding}: {error}"]
    if hashlib.sha256(data).hexdigest() != page.sha256 or len(data) != page.n_bytes:
        return [f"I4: the text encoded as {page.encoding} is not the page's bytes"]
    return []


def _edit_overlaps(facts: Facts) -> list[str]:
    """Among rendered edits, and among suggestions; a suggestion may lie over a rendered edit."""
    edits = facts.clean.edits
    found = [f"I5: edit {e.rule} at {e.start} changes nothing" for e in edits if e.before == e.after]
    suggested = sorted((e for e in edits if e.status == "suggested"), key=by_place)
    for what, own in (("edits", facts.edits), ("suggestions", suggested)):
        for a, b in pairwise(own):
            if b.start < a.end or (a.start, a.end) == (b.start, b.end):
                found.append(f"I5: {what} {a.rule} and {b.rule} overlap at {b.start}")
    return found


def _edit_crossings(facts: Facts) -> list[str]:
    """Both lists are sorted, so one pass over the spans is enough."""
    own = sorted([(c.start, c.end) for c in facts.claims])
    found, at = [], 0
    for e in facts.edits:
        while at < len(own) and own[at][1] <= e.start:
            at += 1
        if at < len(own) and own[at][0] < e.end and not (own[at][0] <= e.start and e.end <= own[at][1]):
            found.append(f"I5: edit {e.rule} {_range(e.start, e.end)} crosses the border of span {_range(*own[at])}")
    return found


def _seams(p: Paragraph) -> list[tuple[int, int]]:
    return [(a[1], b[0]) for a, b in pairwise(p.spans)]


def _article_breaches(page_id: str, a: Article) -> Iterator[str]:
    if not a.paragraphs or not all(p.spans for p in a.paragraphs):
        yield f"{a.article_id} has no paragraphs, or one without spans"
        return
    if a.article_id != f"{page_id}@{_anchor(a.paragraphs)}":
        yield f"{a.article_id} should be called {page_id}@{_anchor(a.paragraphs)}"
    if a.text != "\n".join(p.text for p in a.paragraphs if p.role in TEXT_ROLES):
        yield f"the text of {a.article_id} is not that of its paragraphs"
    for role, shown in (("kicker", a.kicker), ("headline", a.headline), ("subhead", a.subhead)):
        if _letters(shown or "") != _letters("".join(p.text for p in a.paragraphs if p.role == role)):
            yield f"the {role} of {a.article_id} is not that of its paragraphs"


def _anchor(paragraphs: Sequence[Paragraph]) -> int:
    for roles in (("headline",), TEXT_ROLES, None):
        for p in paragraphs:
            if roles is None or p.role in roles:
                return p.spans[0][0]
    raise ValueError("no paragraph")


def _letters(text: str) -> str:
    return "".join(text.split())


def _enumerated(clean: CleanPage) -> dict[tuple[str, str], set[str | None]]:
    paragraphs = [p for a in clean.articles for p in a.paragraphs]
    return {
        ("articles", "kind"): {a.kind for a in clean.articles},
        ("paragraphs", "role"): {p.role for p in paragraphs},
        ("paragraphs", "joins.kind"): {j.kind for p in paragraphs for j in p.joins},
        ("paragraphs", "truncation"): {p.truncation for p in paragraphs},
        ("edits", "stage"): {e.stage for e in clean.edits},
        ("edits", "status"): {e.status for e in clean.edits},
        ("duplicates", "kind"): {d.kind for d in clean.duplicates},
        ("ledger", "disposition"): {r.disposition for r in clean.ledger},
        ("ledger", "role"): {r.role for r in clean.ledger},
    }


def _visible(text: str, start: int, end: int) -> str:
    """The range without the white space around it."""
    shown = text[start:end]
    return _range(end - len(shown.lstrip()), start + len(shown.rstrip()))


def _range(start: int, end: int) -> str:
    return f"[{start}, {end})"
