"""Within one newspaper issue: which article goes on where（下转第4版 … 上接第1版）.

An article that says it comes from page 1 is linked to an article on page 1 that says it goes on here. The page labels
must agree where they are known, and the two must speak of the same thing; when two could be meant, none is linked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.text.bylines import page_number
from pipeline.text.document import Article, CleanPage

_ALIKE = 0.12  # of what is said, when the page labels agree on both sides …
_ALIKE_UNLABELLED = 0.3  # … and when a label is not known
_MARGIN = 0.05


@dataclass(frozen=True)
class _Place:
    article: Article
    page_id: str
    label: str | None


def link_continuations(pages: Sequence[CleanPage]) -> list[CleanPage]:
    """The pages of one newspaper issue, with `continues_article_id` set where it can be told."""
    labels = [label_of(p.page.page_label) for p in pages]
    places = [_Place(a, p.page.page_id, own) for p, own in zip(pages, labels, strict=True) for a in p.articles]
    leaving = [x for x in places if x.article.continued_to_page]
    links = {x.article.article_id: _source(x, leaving) for x in places if x.article.continued_from_page}
    taken = Counter(s for s in links.values() if s)
    links = {a: s for a, s in links.items() if s and taken[s] == 1}
    if not links:
        return list(pages)
    return [
        replace(p, articles=tuple(replace(a, continues_article_id=links.get(a.article_id)) for a in p.articles))
        for p in pages
    ]


def label_of(printed: str | None) -> str | None:
    """第04版 → 4, 04 → 4, A04 → A4: as the markers print it.

    >>> label_of("第04版"), label_of("A04"), label_of(None)
    ('4', 'A4', None)
    """
    if not printed:
        return None
    label = page_number(re.sub(r"^第|版$", "", printed.strip()))
    return re.sub(r"^([A-Za-z])0+(?=\d)", r"\1", label).upper()


def _source(here: _Place, leaving: Sequence[_Place]) -> str | None:
    scored = []
    for there in leaving:
        if there.page_id == here.page_id:
            continue
        agreed = (
            _agree(here.article.continued_from_page, there.label),
            _agree(there.article.continued_to_page, here.label),
        )
        if False in agreed:
            continue
        alike = likeness(here.article, there.article)
        if alike >= (_ALIKE if all(agreed) else _ALIKE_UNLABELLED):
            scored.append((alike, there.article.article_id))
    scored.sort(reverse=True)
    if not scored or (len(scored) > 1 and scored[0][0] - scored[1][0] < _MARGIN):
        return None
    return scored[0][1]


def _agree(said: str | None, label: str | None) -> bool | None:
    """Does the marker name this page? None = the page's label is not known."""
    if not said or not label:
        return None
    return label_of(said) == label


def likeness(a: Article, b: Article) -> float:
    """Share of the pairs of hanzi in the shorter of two articles (heads count double) that the other has too, 0..1."""
    pairs = [Counter(_pairs(x.text)) + Counter(_pairs(f"{x.headline or ''} {x.kicker or ''}" * 2)) for x in (a, b)]
    small, large = sorted(pairs, key=lambda p: p.total())
    return sum(min(n, large[k]) for k, n in small.items()) / small.total() if small else 0.0


def _pairs(text: str) -> list[str]:
    hanzi = re.sub(r"[^\u3400-\u9fff]+", " ", text)
    return [hanzi[i : i + 2] for i in range(len(hanzi) - 1) if " " not in hanzi[i : i + 2]]
