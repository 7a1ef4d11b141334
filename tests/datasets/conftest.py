"""A small clean page, made by hand, that keeps every invariant."""

from __future__ import annotations

import hashlib

import pytest

from pipeline.text.document import Article, CleanPage, Duplicate, Join, Orphan, Page, Paragraph
from pipeline.text.ledger import build_ledger
from pipeline.text.spans import Edit, Span

TEXT = "标题\n正文一,\n正文二。\n\n4\n正文一,\n"


def spans(*pairs: tuple[int, int]) -> tuple[Span, ...]:
    return tuple(Span(*p) for p in pairs)


@pytest.fixture
def clean() -> CleanPage:
    data = TEXT.encode()
    page = Page("i/p", TEXT, "i", "i/p.txt", hashlib.sha256(data).hexdigest(), len(data))
    body = Paragraph("body", "正文一，正文二。", spans((3, 7), (8, 12)), (Join(7, 8, "line", 0.5),))
    article = Article(
        "i/p@0",
        "news",
        (Paragraph("headline", "标题", spans((0, 2))), body),
        headline="标题",
        authors=("张三",),
        text=body.text,
        confidence=0.75,
    )
    duplicate = Duplicate("i/p@d16", "exact", spans((16, 20)), "正文一，", "i/p", spans((3, 7)), "i/p@0")
    orphan = Orphan("i/p@o14", spans((14, 15)), "4", "furniture", "i/p@0")
    return CleanPage(
        page=page,
        articles=(article,),
        edits=(Edit(6, 7, ",", "，", "normalise", "comma"), Edit(19, 20, ",", "，", "normalise", "comma")),
        duplicates=(duplicate,),
        orphans=(orphan,),
        ledger=build_ledger(TEXT, (article,), (duplicate,), (orphan,)),
        notes={"unpaired_quotes": 2},
    )
