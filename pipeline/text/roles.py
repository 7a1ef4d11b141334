"""Roles: what a block can be, from its own looks and its neighbours. Candidates bear probabilities; the story decoder
decides what fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.text.bylines import ends_with_byline, has_lead, is_byline, is_credit, marker_of
from pipeline.text.document import Role
from pipeline.text.lines import SENTENCE_END, Block

Kind = Literal["body", "short", "byline", "credit", "marker_from", "marker_to", "furniture"]

_SHORT = 40
#: A head without a mark of clauses (at most quotes, 《》 and a space) may be longer.
_LONG_HEAD = 56
_CLAUSE_MARK = re.compile(r"[，。；：？！,;:?!…\d％%]")
_ASKING = 30  # a head that ends in ？ or ！
_WEEKDAY = r"星期[一二三四五六日天]"
_DATE = r"(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日"
_STAFF = (
    r"(?:责任编辑|责编|本版编辑|本版责编|编辑|美编|美术编辑|版式|版面设计|校对|制图|组版|"
    r"值班主任|值班编委|统筹|审校|监制)"
)
_DESK = r"(?:要闻|国内|国际|本市|时政|经济|社会|文化|体育|广告|综合|理论|评论|副刊)"
_CONTACT = (
    r"(?:电话|热线|传真|邮箱|电子邮箱|[Ee]-?(?:mail|MAIL|Mail)|投稿邮箱|网址|邮编|地址|零售价|定价|国内统一刊号|国内统一连续出版物号|"
    r"邮发代号|本报地址|新闻热线|订阅热线|广告热线)"
)
_PAPER = "(?:日报|晚报|晨报|早报|商报|周报|时报|都市报|健康报|周刊)"
_DATE_ALONE = re.compile(rf"^{_DATE}$")
#: Page furniture (报头, 报眉): mastheads, running heads, staff, contact lines.
_FURNITURE_FORMS = (
    rf"^[^，。]{{0,16}}{_DATE}[^，。]{{0,30}}$",
    rf"^{_STAFF}[：:\s/／].{{1,60}}$",
    rf"^.{{0,30}}{_STAFF}[：:]\s*\S+.{{0,40}}$",
    r"^第?\s*[A-Z]?\d{1,3}\s*版(?:\s+\S{1,8})*$",
    r"^[A-Z]?\d{1,3}(?:\s*[—\-·]\s*[A-Z]?\d{1,3})?$",
    rf"^{_DESK}?\s*[A-Z]\d{{2}}\s*{_DESK}?$",
    rf"^{_CONTACT}[：:\s].{{1,80}}$",
    rf"^.{{0,12}}{_WEEKDAY}.{{0,6}}农历.{{0,16}}$",
    rf"^(?:{_DESK}(?:新闻)?|人物|城事|聚焦.{{0,6}})\s*[A-Z]?\d{{1,2}}$",
    rf"^\d{{1,2}}\s+{_DESK}(?:新闻|观察|周刊)?$",
    r"^[A-Z]\d{2}\s+[\u4e00-\u9fff·]{2,6}$",
    r"^(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}(?:\s.{0,30})?$",
    rf"^[\u4e00-\u9fff]{{2,8}}{_PAPER}(?:\s*[●·|｜]\s*\S{{1,8}}|\s+第\d+期.{{0,20}})?$",
    r"^(?:扫二维码|扫描二维码|扫一扫|更多内容请扫).{0,20}$",
)
_FURNITURE = re.compile("|".join(f"(?:{form})" for form in _FURNITURE_FORMS))
_NUMBERED = re.compile(r"^(?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）|\d{1,2}[.、．]|[①-⑳])")


@dataclass(frozen=True)
class Typed:
    """A block with what can be seen of it alone."""

    block: Block
    kind: Kind
    lead: bool

    @property
    def text(self) -> str:
        return self.block.text


def type_blocks(blocks: Sequence[Block], surnames: frozenset[str]) -> list[Typed]:
    """The kind of every block."""
    typed = []
    for number, block in enumerate(blocks):
        text = block.text
        lead = has_lead(text)
        kind = stands_alone(text, surnames) or _kind(text, lead, surnames)
        if kind == "furniture" and _DATE_ALONE.match(text) and 3 < number < len(blocks) - 2:
            kind = "short"  # inside the page a date alone closes a notice
        typed.append(Typed(block, kind, lead))
    return typed


def stands_alone(text: str, surnames: frozenset[str]) -> Kind | None:
    """What a line is that is neither running text nor a head."""
    if is_furniture(text):
        return "furniture"
    marker = marker_of(text)
    if marker:
        return "marker_from" if marker.comes_from else "marker_to"
    if is_credit(text):
        return "credit"
    return "byline" if is_byline(text, surnames) else None


def _kind(text: str, lead: bool, surnames: frozenset[str]) -> Kind:
    """Running text or a head."""
    return "short" if not lead and is_short(text) and not ends_with_byline(text, surnames) else "body"


def is_furniture(text: str) -> bool:
    """Is this line part of the page's frame rather than of an article?

    >>> is_furniture("2025年12月26日 星期五 责任编辑：张三"), is_furniture("12月26日，我市召开会议")
    (True, False)
    """
    return len(text) <= 80 and _FURNITURE.match(text) is not None


def is_short(text: str) -> bool:
    """Can only be part of a head (or the rest of a broken line): short, no sentence end, no clause mark at its end.

    A head may ask or call out; what is said in quotes is no head.

    >>> is_short("两大数据载体落地"), is_short("年味去哪儿了？"), is_short("他说。"), is_short("“真好！”")
    (True, True, False, False)
    """
    if len(text) > _SHORT and not (len(text) <= _LONG_HEAD and not _CLAUSE_MARK.search(text)):
        return False
    if not text or "。" in text or text[-1] in "，、；":
        return False
    if text[-1] in "？！":
        return text[0] != "“" and len(text) <= _ASKING
    tail = text.rstrip("”’」』）》〉】 ")
    return not (tail[-1:] and tail[-1] in SENTENCE_END + "，、；,;")


def is_numbered(text: str) -> bool:
    """一、 （二） 3. ④: an item or a numbered heading."""
    return bool(_NUMBERED.match(text))


def role_candidates(kind: Kind) -> tuple[tuple[Role, float], ...]:
    """What a kind of block usually turns out to be, before its surroundings are looked at (shares on the training
    pages, rounded)."""
    table: dict[Kind, tuple[tuple[Role, float], ...]] = {
        "body": (("body", 0.98), ("caption", 0.01), ("heading", 0.01)),
        "short": (
            ("headline", 0.4),
            ("heading", 0.2),
            ("kicker", 0.14),
            ("label", 0.13),
            ("body", 0.07),
            ("subhead", 0.06),
        ),
        "byline": (("byline", 1.0),),
        "credit": (("byline", 1.0),),
        "marker_from": (("marker", 1.0),),
        "marker_to": (("marker", 1.0),),
        "furniture": (),
    }
    return table[kind]
