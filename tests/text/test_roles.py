"""What a block can be, by its looks alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from material.load import invented_pages

from pipeline.text.lines import Block
from pipeline.text.models import Models
from pipeline.text.roles import Kind, is_furniture, is_numbered, is_short, role_candidates, type_blocks
from pipeline.text.spans import Span

KINDS: tuple[Kind, ...] = ("body", "short", "byline", "credit", "marker_from", "marker_to", "furniture")


def block(text: str) -> Block:
    return Block((Span(0, len(text)),), text, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("两大数据载体落地", "short"),
        ("——城市公园侧记", "short"),
        ("本期关注：", "short"),
        ("【观察】", "short"),
        ("“她力量”崛起", "short"),
        ("春耕开始了。", "body"),
        ("同时强调，", "body"),
        ("他说：“好。”", "body"),
        ("谁在领跑？", "short"),
        ("春" * 41 + "，春耕", "body"),
        ("春" * 41, "short"),
        ("春" * 57, "body"),
        ("本报讯 昨日天气回暖", "body"),
        ("■记者 张三", "byline"),
        ("（记者 张三）", "byline"),
        ("记者 张三 摄", "credit"),
        ("资料图片", "credit"),
        ("（上接第1版）", "marker_from"),
        ("（下转第四版）", "marker_to"),
        ("责任编辑 张三", "furniture"),
        ("2025年12月26日 星期五", "furniture"),
        ("第4版 要闻", "furniture"),
        ("A04", "furniture"),
        ("4", "furniture"),
        ("投稿邮箱：news@example.com", "furniture"),
        ("扫二维码看视频", "furniture"),
    ],
)
def test_kinds(text: str, kind: Kind, models: Models) -> None:
    [typed] = type_blocks([block(text)], models.names.surnames)
    assert typed.kind == kind
    assert typed.text == text


@pytest.mark.parametrize(
    "text", ["12月26日，我市召开会议", "2025年12月26日，我市召开会议。", "编辑部的故事", "地址变了", "电话响了。"]
)
def test_what_is_no_furniture(text: str) -> None:
    assert not is_furniture(text)


@pytest.mark.parametrize("text", ["一、加强领导", "（二）落实责任", "3.加强监督", "12、总结", "④附则"])
def test_numbered_items(text: str) -> None:
    assert is_numbered(text)
    assert not is_numbered(text[2:])


def test_a_question_may_be_a_head() -> None:
    assert is_short("谁在领跑？")
    assert is_short("加油！")
    assert not is_short("“加油！”")
    assert not is_short("春" * 39 + "？？")


def test_lines_of_heads_and_bodies_of_the_invented_pages(models: Models) -> None:
    """Every line of a head may be one; nothing long or ended is taken for a byline or furniture."""
    for page in invented_pages("in_the_wild", "synthetic"):
        for article in page.gold["articles"]:
            for segment in article["segments"]:
                [typed] = type_blocks([block(segment["text"])], models.names.surnames)
                if segment["role"] == "byline" and len(segment["text"]) > 5:
                    assert typed.kind in ("byline", "credit"), segment["text"]
                if segment["role"] == "body" and len(segment["text"]) > 40:
                    assert typed.kind == "body", segment["text"]
                if segment["role"] == "headline":
                    assert typed.kind in ("short", "body"), segment["text"]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda t: bool(t.strip())))
def test_any_text_has_a_kind(text: str) -> None:
    [typed] = type_blocks([block(text)], frozenset("张王李"))
    assert typed.kind in KINDS
    assert typed.kind != "short" or is_short(text)
    assert not typed.lead or typed.kind != "short"


def test_candidates_are_shares() -> None:
    for kind in KINDS:
        shares = [p for _, p in role_candidates(kind)]
        assert shares == sorted(shares, reverse=True) or kind == "short"
        assert not shares or math.isclose(sum(shares), 1)
