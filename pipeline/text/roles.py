"""Roles: what a block can be, from its own looks and its neighbours. Candidates bear probabilities; the story decoder
decides what fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.text.bylines import has_lead, is_byline, is_credit, marker_of
from pipeline.text.document import Role
from pipeline.text.lines import SENTENCE_END, Block

Kind = Literal["body", "short", "byline", "credit", "marker_from", "marker_to", "furniture"]

_SHORT = 40
_WEEKDAY = r"星期[一二三四五六日天]"
_DATE = r"(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日"
_STAFF = (
    r"(?:责任编辑|责编|本版编辑|本版责编|编辑|美编|美术编辑|版式|版面设计|校对|制图|组版|"
    r"值班主任|值班编委|统筹|审校|监制)"
)
_DESK = r"(?:要闻|国内|国际|本市|时政|经济|社会|文化|体育|广告|综合|理论|评论|副刊)"
_CONTACT = (
    r"(?:电话|热线|传真|邮箱|电子邮箱|E-?mail|投稿邮箱|网址|邮编|地址|零售价|定价|国内统一刊号|国内统一连续出版物号|"
    r"邮发代号|本报地址|新闻热线|订阅热线|广告热线)"
)
#: Page furniture (报头, 报眉): mastheads, running heads, staff, contact lines.
_FURNITURE = (
    re.compile(rf"^[^，。]{{0,16}}{_DATE}[^，。]{{0,30}}$"),
    re.compile(rf"^{_STAFF}[：:\s/／].{{1,60}}$"),
    re.compile(rf"^.{{0,30}}{_STAFF}[：:]\s*\S+.{{0,40}}$"),
    re.compile(r"^第?\s*[A-Z]?\d{1,3}\s*版(?:\s+\S{1,8})*$"),
    re.compile(r"^[A-Z]?\d{1,3}(?:\s*[—\-·]\s*[A-Z]?\d{1,3})?$"),
    re.compile(rf"^{_DESK}?\s*[A-Z]\d{{2}}\s*{_DESK}?$"),
    re.compile(rf"^{_CONTACT}[：:\s].{{1,80}}$", re.I),
    re.compile(rf"^.{{0,12}}{_WEEKDAY}.{{0,6}}农历.{{0,16}}$"),
    re.compile(r"^(?:扫二维码|扫描二维码|扫一扫|更多内容请扫).{0,20}$"),
)
_NUMBERED = re.compile(r"^(?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）|\d{1,2}[.、．]|[①-⑳])")


@dataclass(frozen=True)
class Typed:
    """A block with what can be seen of it alone."""

    block: Block
    kind: Kind
    lead: bool
    headish: bool

    @property
    def text(self) -> str:
        return self.block.text


def type_blocks(blocks: Sequence[Block], surnames: frozenset[str]) -> list[Typed]:
    """The kind of every block. `headish`: it may be a head although it ends like a sentence (？！), or body although
    it is short."""
    typed = []
    for block in blocks:
        text = block.text
        lead = has_lead(text)
        typed.append(Typed(block, _kind(text, lead, surnames), lead, is_headish(text)))
    return typed


def _kind(text: str, lead: bool, surnames: frozenset[str]) -> Kind:
    if is_furniture(text):
        return "furniture"
    marker = marker_of(text)
    if marker:
        return "marker_from" if marker.comes_from else "marker_to"
    if is_credit(text):
        return "credit"
    if is_byline(text, surnames):
        return "byline"
    if not lead and is_short(text):
        return "short"
    return "body"


def is_furniture(text: str) -> bool:
    """Is this line part of the page's frame rather than of an article?

    >>> is_furniture("2025年12月26日 星期五 责任编辑：张三"), is_furniture("12月26日，我市召开会议")
    (True, False)
    """
    return len(text) <= 80 and any(p.match(text) for p in _FURNITURE)


def is_short(text: str) -> bool:
    """Can only be part of a head (or the rest of a broken line): short, no sentence end, no clause mark at its end.

    >>> is_short("两大数据载体落地"), is_short("他说。"), is_short("同时强调，")
    (True, False, False)
    """
    if len(text) > _SHORT or not text:
        return False
    tail = text.rstrip("”’」』）》〉】 ")
    if tail[-1:] and tail[-1] in SENTENCE_END + "，、；,;":
        return False
    return "。" not in text and text[-1] not in "，、；"


def is_headish(text: str) -> bool:
    """May be part of a head: like `is_short`, but a question or exclamation mark may close it."""
    if len(text) > _SHORT:
        return False
    return is_short(text) or (is_short(text.rstrip("？！…”’—") or text) and not text.endswith(("。", "，")))


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
