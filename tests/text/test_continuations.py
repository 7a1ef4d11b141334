"""Links between the pages of one newspaper issue."""

from __future__ import annotations

from dataclasses import replace

from pipeline.text.continuations import label_of, link_continuations
from pipeline.text.document import Article, CleanPage, Page, Paragraph
from pipeline.text.spans import Span

DAM = "青石峡水库大坝昨日封顶，坝高一百二十米，库容三亿立方米，将为下游六个县供水。"
DAM_MORE = "大坝封顶之后，青石峡水库将在明年汛期前蓄水，下游六个县的供水管网同步建设。"
FAIR = "第三届丝绸博览会在会展中心开幕，来自二十个国家的四百家企业参展。"


def page(label: str | None, name: str, *articles: Article) -> CleanPage:
    return CleanPage(Page(f"i/{name}", "", "i", page_label=label), articles, (), (), (), ())


def article(name: str, text: str, comes: str | None = None, goes: str | None = None) -> Article:
    paragraph = Paragraph("body", text, (Span(0, len(text)),))
    return Article(
        name, "news", (paragraph,), headline=text[:8], text=text, continued_from_page=comes, continued_to_page=goes
    )


def links(*pages: CleanPage) -> dict[str, str | None]:
    return {a.article_id: a.continues_article_id for p in link_continuations(pages) for a in p.articles}


def test_an_article_is_linked_to_where_it_began() -> None:
    first = page("01", "01", article("dam", DAM, goes="4"), article("fair", FAIR, goes="4"))
    last = page("04", "04", article("more", DAM_MORE, comes="1"))
    assert links(first, last) == {"dam": None, "fair": None, "more": "dam"}


def test_labels_that_disagree_link_nothing() -> None:
    first = page("02", "02", article("dam", DAM, goes="4"))
    assert links(first, page("04", "04", article("more", DAM_MORE, comes="1")))["more"] is None
    first = page("01", "01", article("dam", DAM, goes="5"))
    assert links(first, page("04", "04", article("more", DAM_MORE, comes="1")))["more"] is None


def test_without_labels_the_text_must_say_more() -> None:
    first = page(None, "a", article("dam", DAM, goes="4"), article("fair", FAIR, goes="4"))
    assert links(first, page(None, "b", article("more", DAM_MORE, comes="1")))["more"] == "dam"
    assert (
        links(first, page(None, "b", article("other", "市气象台预计周末有雨，气温下降。", comes="1")))["other"] is None
    )


def test_two_claimants_get_nothing() -> None:
    first = page("01", "01", article("dam", DAM, goes="4"))
    last = page("04", "04", article("x", DAM_MORE, comes="1"), article("y", DAM_MORE, comes="1"))
    assert links(first, last) == {"dam": None, "x": None, "y": None}


def test_nothing_to_link_changes_nothing() -> None:
    pages = [page("01", "01", article("dam", DAM))]
    assert link_continuations(pages) == pages
    assert replace(pages[0]) == pages[0]


def test_labels_are_read_as_markers_print_them() -> None:
    assert [label_of(x) for x in ("第4版", "04", "A04", "a4", "要闻", None)] == ["4", "4", "A4", "A4", "要闻", None]
