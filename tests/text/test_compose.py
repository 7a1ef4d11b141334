"""Decisions become paragraphs: roles, joins, truncations, captions, strays."""

from __future__ import annotations

import itertools

import pytest
from material.load import GoldPage, invented_pages

from pipeline.text.document import Page
from pipeline.text.layout import Layout, PlannedParagraph
from pipeline.text.models import Models
from pipeline.text.normalise import clean_characters
from pipeline.text.page import clean_page
from pipeline.text.profile import CleaningProfile
from pipeline.text.segment import lay_out, read_page

PAGES = invented_pages()
BODY = "昨日，县农业技术推广中心组织技术人员深入田间地头，为农户讲解施肥的要领。"
MORE = "技术人员说，今年雨水充足，小麦长势良好，农户要抓紧施肥除草，预防病虫害。"


def layout_of(text: str, models: Models, profile: CleaningProfile) -> Layout:
    return lay_out(text, clean_characters(text, models.script, profile), models, profile)


def paragraphs_of(text: str, models: Models, profile: CleaningProfile) -> list[tuple[str, str]]:
    layout = layout_of(text, models, profile)
    return [(p.role, "".join(text[a:b] for a, b in p.spans)) for article in layout.articles for p in article]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_fragment_stands_in_one_place(page: GoldPage, models: Models, profile: CleaningProfile) -> None:
    layout = layout_of(page.raw, models, profile)
    held = [s for a in layout.articles for p in a for s in p.spans]
    held += [s for c in layout.copies for s in c.spans] + [s for x in layout.strays for s in x.spans]
    assert [f.span for f in layout.fragments] == sorted(held)
    assert all(f.line_no == page.raw.count("\n", 0, f.span.start) for f in layout.fragments)
    assert all(a.end <= b.start for a, b in itertools.pairwise(sorted(held)))
    for x in layout.strays:
        assert x.near is None or 0 <= x.near < len(layout.articles)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_paragraphs_are_well_formed(page: GoldPage, models: Models, profile: CleaningProfile) -> None:
    head = ("label", "kicker", "headline", "subhead")
    for article in layout_of(page.raw, models, profile).articles:
        assert article
        for p in article:
            assert p.spans
            assert [(j.raw_end, j.raw_start) for j in p.joins] == [
                (a.end, b.start) for a, b in itertools.pairwise(p.spans)
            ]
            assert 0 < p.confidence <= 1
            assert all(0 <= j.confidence <= 1 for j in p.joins)
        roles = [p.role for p in article]
        before_text = list(itertools.takewhile(lambda r: r in head, roles))
        assert roles.count("headline") == before_text.count("headline") <= 1, "the head comes first, one headline"
        assert roles.count("kicker") <= 1


def test_a_plain_page(models: Models, profile: CleaningProfile) -> None:
    text = f"春耕技术送到田头\n\n■记者 张三\n\n{BODY}\n\n{MORE}\n"
    assert paragraphs_of(text, models, profile) == [
        ("headline", "春耕技术送到田头"),
        ("byline", "■记者 张三"),
        ("body", BODY),
        ("body", MORE),
    ]


def test_a_broken_line_is_joined_and_says_so(models: Models, profile: CleaningProfile) -> None:
    text = f"春耕技术送到田头\n\n■记者 张三\n\n{BODY[:20]}\n\n{BODY[20:]}\n\n{MORE}\n"
    layout = layout_of(text, models, profile)
    joined = [p for a in layout.articles for p in a if p.joins]
    assert [[j.kind for j in p.joins] for p in joined] == [["line"]]
    assert "".join(text[a:b] for a, b in joined[0].spans) == BODY


def test_a_photo_with_caption_and_credit(models: Models, profile: CleaningProfile) -> None:
    photo = "图为技术人员昨日在田间为农户讲解施肥的要领。\n\n记者 张三 摄"
    text = f"{photo}\n\n春耕技术送到田头\n\n■记者 李四\n\n{BODY}\n\n{MORE}\n"
    page = clean_page(Page("p", text), models, profile)
    assert [(a.kind, a.authors) for a in page.articles] == [("photo", ("张三",)), ("news", ("李四",))]
    assert page.articles[0].paragraphs[0].role == "caption"


def test_an_end_that_is_cut_off_is_truncated(models: Models, profile: CleaningProfile) -> None:
    text = f"春耕技术送到田头\n\n■记者 张三\n\n{MORE}\n\n{BODY[:-8]}\n"
    [article] = clean_page(Page("p", text), models, profile).articles
    assert [p.truncation for p in article.paragraphs] == [None, None, None, "tail"]
    assert article.truncated


def test_furniture_is_set_aside(models: Models, profile: CleaningProfile) -> None:
    text = f"2025年12月26日 星期五 责任编辑 王五\n\n春耕技术送到田头\n\n{BODY}\n\n{MORE}\n"
    page = clean_page(Page("p", text), models, profile)
    assert [(o.reason, o.text[:4], o.nearest_article_id) for o in page.orphans] == [
        ("furniture", "2025", page.articles[0].article_id)
    ]


def test_a_lone_marker_or_byline_is_no_article(models: Models, profile: CleaningProfile) -> None:
    for text in ("■记者 张三\n", "（上接第1版）\n", "记者 张三 摄\n\n（下转4版）\n"):
        page = clean_page(Page("p", text), models, profile)
        assert page.articles == ()
        assert {o.reason for o in page.orphans} == {"unattached"}


def test_a_threshold_that_nothing_reaches_joins_nothing(models: Models) -> None:
    strict = CleaningProfile(join_threshold=1.1, far_join_threshold=1.1)
    for page in PAGES[:4]:
        read = read_page(page.raw, clean_characters(page.raw, models.script, strict), models, strict)
        own = {s for t in read.around.typed for s in t.block.spans[1:]}
        for p in text_paragraphs(layout_of(page.raw, models, strict)):
            assert all(s in own for s in p.spans[1:]), "only the lines of one column"


def text_paragraphs(layout: Layout) -> list[PlannedParagraph]:
    return [p for a in layout.articles for p in a if p.role in ("body", "caption")]
