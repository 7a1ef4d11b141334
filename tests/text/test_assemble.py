"""Articles from a layout: ids, texts, facts, and the spaces that joins need."""

from __future__ import annotations

import itertools

import pytest

from pipeline.text.assemble import article_anchor, assemble, join_edits
from pipeline.text.document import Article, ArticleKind, Join, Page, Role
from pipeline.text.layout import Copy, Layout, PlannedParagraph, Stray
from pipeline.text.models import Models
from pipeline.text.spans import Edit, Span, render

SURNAMES = frozenset("张李王")


def planned(*paragraphs: tuple[Role, str]) -> tuple[str, tuple[PlannedParagraph, ...]]:
    """A page of one article, a line a paragraph; `|` breaks a line inside a paragraph."""
    text, plan = "", []
    for role, shown in paragraphs:
        spans = []
        for piece in shown.split("|"):
            spans.append(Span(len(text), len(text) + len(piece)))
            text += piece + "\n"
        joins = tuple(Join(a.end, b.start, "line", 0.9) for a, b in itertools.pairwise(spans))
        plan.append(PlannedParagraph(role, tuple(spans), joins, None, 0.8))
    return text, tuple(plan)


def article_of(*paragraphs: tuple[Role, str], edits: tuple[Edit, ...] = ()) -> Article:
    text, plan = planned(*paragraphs)
    page = assemble(Page("i/p", text), Layout((), (plan,)), edits, surnames=SURNAMES)
    return page.articles[0]


def test_an_article_is_named_after_its_headline() -> None:
    article = article_of(
        ("label", "一线故事"), ("kicker", "春耕进行时"), ("headline", "技术送到田头"), ("body", "昨日。")
    )
    assert article.article_id == "i/p@11"


@pytest.mark.parametrize(
    ("roles", "at"),
    [
        (("body", "headline"), 3),
        (("label", "body"), 3),
        (("byline", "caption"), 3),
        (("marker", "heading", "body"), 3),
        (("label", "kicker"), 0),
        (("byline",), 0),
    ],
)
def test_what_else_names_an_article(roles: tuple[Role, ...], at: int) -> None:
    _, plan = planned(*((r, "甲乙") for r in roles))
    assert article_anchor(plan) == at


def test_an_article_without_paragraphs_has_no_name() -> None:
    with pytest.raises(ValueError, match="no name"):
        article_anchor(())


def test_the_texts_of_an_article() -> None:
    article = article_of(
        ("label", "一线故事"),
        ("label", "春天里"),
        ("kicker", "春耕进行时"),
        ("headline", "技术送到田头"),
        ("subhead", "——某县侧记"),
        ("byline", "■记者 张三"),
        ("heading", "早起的人"),
        ("body", "昨日，天气回暖。"),
        ("label", "延伸阅读"),
        ("heading", "晚归的人"),
        ("caption", "图为田头。"),
        ("marker", "（下转第四版）"),
    )
    assert article.section == "一线故事 / 春天里"
    assert (article.kicker, article.headline, article.subhead) == ("春耕进行时", "技术送到田头", "——某县侧记")
    assert article.text == "早起的人\n昨日，天气回暖。\n晚归的人\n图为田头。"
    assert (article.authors, article.continued_to_page, article.continued_from_page) == (("张三",), "4", None)
    assert article.confidence == 0.8
    assert len(article.spans) == 12


def test_what_is_missing_is_none() -> None:
    article = article_of(("body", "昨日，天气回暖。"))
    facts = (article.section, article.kicker, article.headline, article.subhead, article.dateline)
    assert facts == (None,) * 5
    assert article.authors == ()


@pytest.mark.parametrize(
    ("paragraphs", "kind"),
    [
        ((("headline", "春耕"), ("body", "昨日。")), "news"),
        ((("caption", "图为田头。"), ("byline", "记者 张三 摄")), "photo"),
        ((("marker", "（上接第1版）"), ("headline", "春耕"), ("body", "昨日。")), "continuation"),
        ((("headline", "拍卖公告"), ("body", "定于明日。")), "notice"),
        ((("headline", "遗失 声明"), ("body", "作废。")), "notice"),
    ],
)
def test_kinds(paragraphs: tuple[tuple[Role, str], ...], kind: ArticleKind) -> None:
    assert article_of(*paragraphs).kind == kind


def test_authors_and_datelines_are_read_off_the_paragraphs() -> None:
    article = article_of(
        ("headline", "春耕"),
        ("body", "新华社北京12月25日电（记者 李四）昨日，天气回暖。"),
        ("body", "活动将持续到月底。（张立平）"),
        ("caption", "图为田头。"),
        ("byline", "新华社发（王五摄）"),
    )
    assert article.authors == ("李四", "张立平", "王五")
    assert article.dateline == "新华社北京12月25日电"


def test_a_dateline_in_brackets_at_the_end_counts() -> None:
    article = article_of(("headline", "春耕"), ("body", "昨日，天气回暖。"), ("byline", "（新华社北京12月25日电）"))
    assert (article.dateline, article.authors) == ("新华社北京12月25日电", ())


def test_continued_from() -> None:
    article = article_of(("marker", "（上接第一版）"), ("body", "昨日，天气回暖。"))
    assert (article.continued_from_page, article.kind) == ("1", "continuation")


def joined(models: Models, role: Role, shown: str, *edits: Edit) -> str:
    text, plan = planned((role, shown))
    layout = Layout((), (plan,))
    made = join_edits(text, layout, edits, models.words)
    assert all(e.start == e.end == plan[0].spans[1].start and (e.before, e.stage) == ("", "join") for e in made)
    return render(text, plan[0].spans, sorted([*edits, *made], key=lambda e: (e.start, e.end)))


@pytest.mark.parametrize(
    ("role", "shown", "clean"),
    [
        ("body", "使用AI|Lab的技术", "使用AI Lab的技术"),
        ("body", "产值达3|000万元", "产值达3000万元"),
        ("body", "布局，促|进协调", "布局，促进协调"),
        ("headline", "融合蝶变|同向同行", "融合蝶变 同向同行"),
        ("headline", "奔赴，|同向同行", "奔赴，同向同行"),
        ("headline", "区域协调发|展谱新篇", "区域协调发展谱新篇"),
        ("kicker", "融合蝶变|同向同行", "融合蝶变同向同行"),
    ],
)
def test_the_spaces_that_joins_need(models: Models, role: Role, shown: str, clean: str) -> None:
    assert joined(models, role, shown) == clean


def test_joins_look_at_the_normalised_text(models: Models) -> None:
    wide = Edit(2, 4, "ＡＩ", "AI", "normalise", "narrow")
    assert joined(models, "body", "使用ＡＩ|Lab", wide) == "使用AI Lab"


def test_duplicates_and_orphans_name_their_article() -> None:
    text, plan = planned(("headline", "春耕"), ("body", "昨日,天气回暖。"))
    text += "昨日,天气回暖。\n4\n"
    copy, stray = Span(12, 20), Span(21, 22)
    edit = Edit(14, 15, ",", "，", "normalise", "mark")
    layout = Layout((), (plan,), (Copy((copy,), "exact", plan[1].spans),), (Stray((stray,), "furniture", 0),))
    page = assemble(Page("i/p", text), layout, [edit], model_id="m", profile_id="f", notes={"n": 1})
    [duplicate], [orphan] = page.duplicates, page.orphans
    assert (duplicate.duplicate_id, duplicate.text, duplicate.kept_article_id) == (
        "i/p@d12",
        "昨日，天气回暖。",
        "i/p@0",
    )
    assert (orphan.orphan_id, orphan.text, orphan.nearest_article_id) == ("i/p@o21", "4", "i/p@0")
    assert (page.model_id, page.profile_id, page.notes) == ("m", "f", {"n": 1})
    assert [r.disposition for r in page.ledger] == [
        "article",
        "blank",
        "article",
        "blank",
        "duplicate",
        "blank",
        "orphan",
        "blank",
    ]
