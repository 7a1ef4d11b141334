"""Layout + edits → articles: the texts are rendered, the article's own facts are read off its paragraphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

from pipeline.text.bylines import authors_of, credit_of, dateline_of, marker_of, markers_in
from pipeline.text.document import (
    TEXT_ROLES,
    Article,
    ArticleKind,
    CleanPage,
    Duplicate,
    Orphan,
    Page,
    Paragraph,
    Role,
)
from pipeline.text.layout import Layout, PlannedParagraph
from pipeline.text.ledger import build_ledger
from pipeline.text.models import WordList
from pipeline.text.reader import word_across
from pipeline.text.spans import Edit, Span, render, rendered_edits


def join_edits(text: str, layout: Layout, edits: Sequence[Edit], words: WordList) -> list[Edit]:
    """The spaces that a join must add: between Latin words, and between the lines of a headline.

    Where a known word lies across the seam the headline was cut inside a phrase and gets no space.
    """
    shown = rendered_edits(edits)
    begins, stops = {e.start for e in shown}, {e.end for e in shown}
    made: list[Edit] = []
    for role, before, after in _seams(layout):
        if before.end not in stops and after.start not in begins and not _may_need_space(role, text, before, after):
            continue
        left, right = render(text, [before], shown), render(text, [after], shown)
        if not left or not right:
            continue
        if _is_latin(left[-1]) and _is_latin(right[0]) and not (left[-1].isdigit() or right[0].isdigit()):
            rule = "latin_space"
        elif role == "headline" and left[-1].isalnum() and right[0].isalnum() and not word_across(words, left, right):
            rule = "headline_space"
        else:
            continue
        made.append(Edit(after.start, after.start, "", " ", "join", rule))
    return made


def _may_need_space(role: Role, text: str, before: Span, after: Span) -> bool:
    """Of spans whose ends no edit touches, which is most: do the raw characters there ask for a closer look?"""
    left, right = text[before.end - 1 : before.end], text[after.start : after.start + 1]
    return (_is_latin(left) and _is_latin(right)) or (role == "headline" and left.isalnum() and right.isalnum())


def _seams(layout: Layout) -> Iterator[tuple[Role, Span, Span]]:
    for article in layout.articles:
        for p in article:
            for before, after in zip(p.spans, p.spans[1:], strict=False):
                yield p.role, before, after


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def assemble(
    page: Page,
    layout: Layout,
    edits: Sequence[Edit],
    *,
    model_id: str | None = None,
    profile_id: str | None = None,
    notes: dict[str, int] | None = None,
    surnames: frozenset[str] = frozenset(),
) -> CleanPage:
    """The clean page. `edits`: all of them, any status; the rendered ones do not overlap. `surnames`: to tell
    （张三） at a paragraph's end from other brackets."""
    text, shown = page.text, rendered_edits(edits)
    articles = tuple(_article(page.page_id, text, plan, shown, surnames) for plan in layout.articles)
    owner = {s: a.article_id for a in articles for s in a.spans} if layout.copies else {}
    duplicates = tuple(
        Duplicate(
            duplicate_id=f"{page.page_id}@d{c.spans[0].start}",
            kind=c.kind,
            spans=c.spans,
            text=render(text, c.spans, shown),
            kept_page_id=page.page_id,
            kept_spans=c.kept_spans,
            kept_article_id=_owner_of(c.kept_spans, owner),
            similarity=c.similarity,
            residue_spans=c.residue_spans,
        )
        for c in layout.copies
    )
    orphans = tuple(
        Orphan(
            orphan_id=f"{page.page_id}@o{s.spans[0].start}",
            spans=s.spans,
            text=render(text, s.spans, shown),
            reason=s.reason,
            nearest_article_id=articles[s.near].article_id if s.near is not None else None,
        )
        for s in layout.strays
    )
    return CleanPage(
        page=page,
        articles=articles,
        edits=tuple(sorted(edits, key=attrgetter("start", "end", "rule"))),
        duplicates=duplicates,
        orphans=orphans,
        ledger=build_ledger(text, articles, duplicates, orphans),
        model_id=model_id,
        profile_id=profile_id,
        notes=notes or {},
    )


def _owner_of(spans: Sequence[Span], owner: dict[Span, str]) -> str | None:
    """The article that holds most of `spans`."""
    held: dict[str, int] = {}
    for start, end in spans:
        for own, article_id in owner.items():
            common = min(end, own.end) - max(start, own.start)
            if common > 0:
                held[article_id] = held.get(article_id, 0) + common
    return max(held, key=lambda a: held[a]) if held else None


def article_anchor(paragraphs: Sequence[PlannedParagraph] | Sequence[Paragraph]) -> int:
    """The offset that names an article: the first span of its first headline, else of its first body, caption or
    heading, else of its first paragraph."""
    for roles in (("headline",), TEXT_ROLES, None):
        for p in paragraphs:
            if roles is None or p.role in roles:
                return p.spans[0].start
    raise ValueError("an article without paragraphs has no name")


def _article(
    page_id: str, text: str, plan: Sequence[PlannedParagraph], shown: Sequence[Edit], surnames: frozenset[str]
) -> Article:
    paragraphs = tuple(Paragraph(p.role, render(text, p.spans, shown), p.spans, p.joins, p.truncation) for p in plan)

    def texts(*roles: Role) -> list[str]:
        return [p.text for p in paragraphs if p.role in roles]

    confidence = min([p.confidence for p in plan] + [j.confidence for p in plan for j in p.joins])
    article = Article(
        article_id=f"{page_id}@{article_anchor(plan)}",
        kind="news",
        paragraphs=paragraphs,
        section=" / ".join(_labels_above(paragraphs)) or None,
        kicker=" ".join(texts("kicker")) or None,
        headline=" ".join(texts("headline")) or None,
        subhead=" ".join(texts("subhead")) or None,
        text="\n".join(texts(*TEXT_ROLES)),
        truncated=any(p.truncation for p in paragraphs),
        confidence=confidence,
    )
    return _with_facts(article, surnames)


def _labels_above(paragraphs: Sequence[Paragraph]) -> list[str]:
    """Labels before the headline, or before the first body when there is no headline; a package's part labels stay
    out."""
    above: list[str] = []
    for p in paragraphs:
        if p.role == "label":
            above.append(p.text)
        elif p.role not in ("kicker", "marker"):
            break
    return above


def _with_facts(article: Article, surnames: frozenset[str]) -> Article:
    """Authors, dateline, continuation markers and kind, read off the paragraphs."""
    authors: dict[str, None] = {}
    dateline: str | None = None
    comes_from = goes_to = None
    has_credit = False
    for p in article.paragraphs:
        if p.role == "byline":
            authors.update(dict.fromkeys(authors_of(p.text, surnames)))
            dateline = dateline or dateline_of(p.text)
            for inner in markers_in(p.text):
                comes_from = comes_from or (inner.page if inner.comes_from else None)
                goes_to = goes_to or (None if inner.comes_from else inner.page)
            has_credit = has_credit or credit_of(p.text)
        elif p.role == "marker":
            marker = marker_of(p.text)
            if marker and marker.comes_from:
                comes_from = comes_from or marker.page
            elif marker:
                goes_to = goes_to or marker.page
        elif p.role in ("body", "caption"):
            authors.update(dict.fromkeys(authors_of(p.text, surnames)))
            dateline = dateline or dateline_of(p.text)
            for inner in markers_in(p.text):
                comes_from = comes_from or (inner.page if inner.comes_from else None)
                goes_to = goes_to or (None if inner.comes_from else inner.page)
    return replace(
        article,
        authors=tuple(authors),
        dateline=dateline,
        continued_from_page=comes_from,
        continued_to_page=goes_to,
        kind=_kind(article, has_credit, comes_from is not None),
    )


def _kind(article: Article, has_credit: bool, continues: bool) -> ArticleKind:
    roles = {p.role for p in article.paragraphs}
    if "caption" in roles and "body" not in roles:
        return "photo"
    if continues:
        return "continuation"
    if (article.headline or "").replace(" ", "").endswith(("公告", "启事", "声明", "公示", "通告", "讣告")):
        return "notice"
    return "news"
