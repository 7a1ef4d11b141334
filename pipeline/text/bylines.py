"""Bylines (署名), datelines (电头), photo credits and continuation markers (转版, 接版): how they are written, and
what they say.

The patterns bear the damage that OCR does to these forms: （ read as 《, 〈 or (, ■ as 国, 口 or 日, 记者 with a wrong
second character, a bracket missing at the line's end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_OPEN, _CLOSE = "（(《〈<［{｛", "）)》〉>］}｝"
#: Marks printed before a byline; 国, 口, 日, 目, 回 and 四 are what OCR reads for ■ and □.
BYLINE_MARKS = "■□◆◇●○◎▲△★☆▌▪▫⊙◢◤❑❏"
_MISREAD_MARKS = "国口囗日目曰回四田圈"
_REPORTER = "(?:记者|记耆|记着|记煮|纪者|讫者|记苦|记昔|记看|己者|汜者)"
_OFFICE = (
    f"(?:(?:本报|本刊|本台|本网|新华社|新华网|中新社|新华每日电讯|[{_HAN}]{{2,6}}(?:日报|晚报|晨报|早报|商报|都市报|时报|周报))"
    f"(?:驻[{_HAN}]{{1,6}}?)?)"
)
_RANK = "(?:首席|见习|实习|特约|特派|驻站|高级|资深|全媒体|融媒体|融媒|全媒|摄影|文字|视频|体育|财经|法治|新闻)"
_TITLE = (
    f"(?:{_OFFICE}?\\s*{_RANK}{{0,3}}\\s*(?:{_REPORTER}|通讯员|实习生|评论员|特约撰稿人?|撰稿人|撰稿|撰文|摄影报道|报道员)"
    f"|(?:文|图|文图|文/图|图/文|摄影|摄|整理|采写|编译|编辑整理|执笔)[/／：:])"
)
_NAME = f"(?:[{_HAN}]{{2,4}}(?:[·・.．][{_HAN}]{{1,8}}){{0,3}}|[{_HAN}]\\s{{1,2}}[{_HAN}])"
_SEPARATOR = r"(?:\s*[、，,;；]\s*|\s+)"
_NAMES = f"{_NAME}(?:{_SEPARATOR}{_NAME}){{0,9}}"
_TAIL = r"(?:摄影报道|摄影|摄|报道|文图|文/图|图/文|/文|/图|文|图)"

#: A line that is a byline and nothing else.
_BYLINE = re.compile(
    rf"^[{BYLINE_MARKS}{_MISREAD_MARKS}]{{0,2}}\s*[{_OPEN}]?\s*{_TITLE}\s*{_NAMES}"
    rf"(?:{_SEPARATOR}?{_TITLE}\s*{_NAMES}){{0,3}}\s*{_TAIL}?\s*[{_CLOSE}]?$"
)
#: Mark + names, no title: ■ 张三 李四.
_MARKED_NAMES = re.compile(rf"^[{BYLINE_MARKS}]\s*({_NAMES})\s*{_TAIL}?$")
#: Photo credits: 张三 摄; 本报记者张三摄; 新华社发（张三摄）; 资料图片.
_CREDIT = re.compile(
    rf"^[{_OPEN}]?(?:[{_HAN}]{{2,8}}(?:发|供图)[{_OPEN}]?)?\s*(?:{_TITLE}\s*)?{_NAMES}\s*(?:摄影报道|摄影|摄|/摄|供图|图)\s*[{_CLOSE}]*$"
    rf"|^[{_OPEN}]?(?:资料图片|受访者供图|视觉中国|新华社发|新华社供图|图片来源[：:].{{1,14}}|本报资料图|[{_HAN}]{{2,10}}供图)[{_CLOSE}]?$"
)
_CREDIT_WORD = re.compile(rf"摄|供图|资料图片|视觉中国|新华社发|图片来源")
#: (本报讯 | 新华社北京12月25日电 | 据…电 | 【本报讯】), at a paragraph's start.
_DATELINE = re.compile(
    rf"^【?\s*((?:据)?(?:本报|本刊|本台|本网|新华社|中新社|新华网|人民网|中央社|央视新闻|[{_HAN}]{{2,6}}(?:日报|晚报|社|网))"
    rf"(?:讯|(?:[{_HAN}]{{0,12}}?(?:\d{{1,2}}月)?\d{{1,2}}日)?(?:综合)?(?:电|讯|消息)|消息))\s*】?"
)
#: The bracket with the reporters, in a lead or at a paragraph's end.
_IN_BRACKETS = rf"[{_OPEN}]\s*((?:{_TITLE}\s*[:：]?\s*{_NAMES}{_SEPARATOR}?){{1,4}})\s*(?:{_TAIL})?\s*[{_CLOSE}]"
_LEAD_BRACKET = re.compile(rf"^.{{0,24}}?{_IN_BRACKETS}")
_LEAD_OPEN = re.compile(rf"^.{{0,24}}?[{_OPEN}]?\s*({_TITLE}\s*{_NAME})")
_LEAD_REPORTS = re.compile(rf"^\s*({_TITLE}\s*{_NAMES})\s*(?:报道|文)")
_TAIL_BRACKET = re.compile(rf"{_IN_BRACKETS}\s*$")
_TITLES_ONLY = re.compile(_TITLE)
_STRIP = re.compile(rf"[{BYLINE_MARKS}{_OPEN}{_CLOSE}]|{_TAIL}\s*[{_CLOSE}]?$")

_NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "两": 2}
_PAGE = r"[A-Za-z]?\s?\d{1,3}|[A-Za-z]?[一二三四五六七八九十]{1,3}|[\u4e00-\u9fff]{2,4}"
_MARKER = re.compile(
    rf"[{_OPEN}]?\s*(?P<way>上\s?接|紧\s?接|下\s?转|接|转)\s*(?:第\s?)?(?P<page>{_PAGE})\s*版?\s*[{_CLOSE}]?"
)
_MARKER_IN_TEXT = re.compile(rf"[{_OPEN}]\s*(?P<way>上接|紧接|下转)\s*(?:第\s?)?(?P<page>{_PAGE})\s*版\s*[{_CLOSE}]")


@dataclass(frozen=True)
class Marker:
    """（上接第1版）: `comes_from`, page "1"; （下转第四版）: goes to page "4"."""

    page: str
    comes_from: bool


def is_byline(text: str, surnames: frozenset[str] = frozenset()) -> bool:
    """Is the whole line a byline? Names without a title count after a mark only, and when they begin with a surname.

    >>> is_byline("■记者 张三"), is_byline("记者昨日从市气象台获悉")
    (True, False)
    """
    if len(text) > 60:
        return False
    if _BYLINE.match(text):
        return not re.search(r"记者(?:昨|今|从|在|获|了|就|近|日|来|走|看|见|问)", text)
    marked = _MARKED_NAMES.match(text)
    return bool(marked) and all(n[:1] in surnames or n[:2] in surnames for n in split_names(marked.group(1)))


def is_credit(text: str) -> bool:
    """Is the whole line a photo credit?

    >>> is_credit("记者 张三 摄"), is_credit("张三")
    (True, False)
    """
    return len(text) <= 40 and bool(_CREDIT.match(text))


def credit_of(text: str) -> bool:
    """Does this byline speak of photographs?"""
    return bool(_CREDIT_WORD.search(text))


def has_lead(text: str) -> bool:
    """Does the paragraph begin as a news item does: dateline, or brackets with the reporters?"""
    return bool(_DATELINE.match(text)) or bool(_LEAD_BRACKET.match(text[:60])) or bool(_LEAD_REPORTS.match(text[:40]))


def dateline_of(text: str) -> str | None:
    """The dateline at the paragraph's start, without brackets.

    >>> dateline_of("新华社北京12月25日电（记者 张三）国家统计局……")
    '新华社北京12月25日电'
    """
    found = _DATELINE.match(text)
    return found.group(1) if found else None


def ends_with_byline(text: str) -> bool:
    """Does the paragraph close with its reporters in brackets: …。（记者 张三）"""
    return bool(_TAIL_BRACKET.search(text[-60:]))


def authors_of(text: str) -> tuple[str, ...]:
    """The names in a byline, a credit, a lead or a tail; in order, without repeats.

    >>> authors_of("本报记者 张 三 通讯员 李小四、欧阳五")
    ('张三', '李小四', '欧阳五')
    >>> authors_of("本报讯（记者 王明）近日，记者李雷从市气象台获悉……")
    ('王明',)
    """
    if len(text) <= 60 and (_BYLINE.match(text) or _CREDIT.match(text) or _MARKED_NAMES.match(text)):
        stripped = _STRIP.sub(" ", re.sub(rf"^[{_MISREAD_MARKS}](?=\s*(?:本报)?{_REPORTER})", "", text.strip()))
        stripped = re.sub(rf"^[{_HAN}]{{2,8}}(?:发|供图)\s", "", stripped)
        return split_names(_TITLES_ONLY.sub(" ", stripped))
    names: dict[str, None] = {}
    dateline = _DATELINE.match(text)
    head = text[dateline.end() if dateline else 0 :][:70].lstrip("】 ")
    lead = _LEAD_BRACKET.match(text[:90]) or _LEAD_REPORTS.match(head)
    if lead is None and dateline and head[:1] and head[0] in _OPEN:
        lead = _LEAD_OPEN.match(head)  # the closing bracket was lost
    for found in (lead, _TAIL_BRACKET.search(text[-60:])):
        if found:
            names.update(dict.fromkeys(split_names(_TITLES_ONLY.sub(" ", found.group(1)))))
    return tuple(names)


def split_names(text: str) -> tuple[str, ...]:
    """Names separated by space, 、 or ，; a two-character name set with a space is one name."""
    pieces = [p for p in re.split(r"[、，,;；\s/／：:]+", text.strip()) if p]
    names: list[str] = []
    single = ""
    for piece in pieces:
        if len(piece) == 1:
            single += piece
            if len(single) == 2:
                names.append(single)
                single = ""
        elif re.fullmatch(_NAME, piece):
            names.append(piece)
            single = ""
    return tuple(dict.fromkeys(names))


def marker_of(text: str) -> Marker | None:
    """The continuation marker that this line is, if it is one; （详见3版） is a reference and none.

    >>> marker_of("（上接第1版）"), marker_of("（下转A3版）"), marker_of("（详见3版）")
    (Marker(page='1', comes_from=True), Marker(page='A3', comes_from=False), None)
    """
    found = _MARKER.fullmatch(text.strip())
    if not found or ("版" not in text and not text.strip()[0] in _OPEN):
        return None
    way = found.group("way").replace(" ", "")
    return Marker(page_number(found.group("page")), way in ("上接", "紧接", "接"))


def markers_in(text: str) -> list[Marker]:
    """Markers printed inside a paragraph, at its end or start."""
    return [
        Marker(page_number(m.group("page")), m.group("way") != "下转")
        for m in _MARKER_IN_TEXT.finditer(text)
        if m.start() <= 2 or m.end() >= len(text) - 2
    ]


def page_number(printed: str) -> str:
    """四 → 4, 十二 → 12, A四 → A4, 要闻 → 要闻, 04 → 4."""
    printed = printed.replace(" ", "")
    letter, rest = (printed[0], printed[1:]) if printed[:1].isascii() and printed[:1].isalpha() else ("", printed)
    if rest.isdigit():
        return letter + str(int(rest)) if not letter else letter + rest
    if rest and all(c in _NUMERALS for c in rest):
        tens, _, ones = rest.rpartition("十")
        value = _NUMERALS.get(rest, 0) if "十" not in rest else 10 * (_NUMERALS.get(tens, 1)) + _NUMERALS.get(ones, 0)
        return letter + str(value)
    return printed
