"""Bylines (署名), datelines (电头), photo credits and continuation markers (转版, 接版): how they are written, and
what they say.

The patterns bear the damage that OCR does to these forms: （ read as 《, 〈 or (, ■ as 国, 口 or 日, 记者 with a wrong
second character, a bracket missing at the line's end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
_OPEN, _CLOSE = "（(《〈<［{｛", "）)》〉>］}｝"
#: Marks printed before a byline; 国, 口, 日, 目, 回 and 四 are what OCR reads for ■ and □.
BYLINE_MARKS = "■□◆◇●○◎▲△★☆▌▪▫⊙◢◤❑❏"
_MISREAD_MARKS = "国口囗日目曰回四田圈"
_REPORTER = r"(?:[记記]\s?[者耆着煮苦昔看]|(?:纪|讫|己|汜)者)"
_OURS = "(?:本[报報刊台网網]|新[华華]社|新华网|中新社|新华每日电讯)"
_OFFICE = (
    f"(?:(?:{_OURS}|[{_HAN}]{{1,8}}?(?:报|社|网|新闻|客户端|广播|电视台|台))"
    f"(?:[·・][{_HAN}]{{2,8}}?(?:报|网|客户端|在线))?(?:驻[{_HAN}]{{1,6}}?)?)"
)
_RANK = "(?:首席|见习|实习|特约|特派|驻站|高级|资深|全媒体|融媒体|融媒|全媒|摄影|文字|视频|体育|财经|法治|新闻)"
#: What a person is called before the name.
_TITLE = (
    rf"(?:(?:{_OFFICE}\s?)?{_RANK}{{0,3}}\s?"
    rf"(?:{_REPORTER}|通[讯訊][员員]|实习生|评论员|特约撰稿人?|撰稿人|撰稿|撰文|报道员)[：:]?)"
)
#: Who did what (文/, 摄影：), before the name.
_WORK = (
    r"(?:(?:文\s?[/／、]\s?图|图\s?[/／、]\s?文|文图|图文|摄影|摄|文|图|采写|撰文|整理|编译)\s?[/／：:]"
    r"|(?:文\s?[/／、]\s?图|图\s?[/／、]\s?文|文图|图文)(?=\s))"
)
#: The same after the name: alone at the name's end, or apart from it (张博文 and 简宏图 are names).
_DONE = (
    r"(?:\s?[/／]\s?(?:文图|图文|文|图|摄影|摄)|\s?(?:摄影[报報]道|摄影|摄|[报報]道|供图)"
    r"|\s+(?:文\s?[/／、]\s?图|图\s?[/／、]\s?文|文图|图文|文|图|整理))"
)
_NAME = (
    rf"(?:[{_HAN}]{{2,4}}?(?:[·・•‧.．][{_HAN}]{{1,8}}?){{1,3}}|[{_HAN}]{{2,4}}?|[{_HAN}]\s{{1,2}}[{_HAN}])"
    rf"(?=[\s、，,;；/／{_OPEN}{_CLOSE}]|摄|[报報]道|供图|{_TITLE}|{_WORK}|$)"
)
_SEPARATOR = r"(?:\s*[、，,;；]\s*|\s+)"
_NAMES = f"(?:{_NAME}(?:{_SEPARATOR}{_NAME}){{0,9}})"
_UNIT = rf"(?:(?:{_TITLE}|{_WORK}\s*{_TITLE}?)\s*{_NAMES}{_DONE}?)"
_AGENCY = rf"(?:新[华華]社|中新社|法新社|美联社|路透社|视觉中国|本[报報]|[{_HAN}]{{2,6}}社)"

#: A line that is a byline and nothing else: titles (or 文/) with names; the last names may bear 摄 or 文/图.
_BYLINE = re.compile(
    rf"^(?P<mark>[{BYLINE_MARKS}{_MISREAD_MARKS}]{{0,2}})\s*[{_OPEN}]?\s*"
    rf"(?P<people>{_UNIT}(?:{_SEPARATOR}?{_UNIT}){{0,3}}(?:\s+{_NAMES}{_DONE})?)\s*[{_CLOSE}]?$"
)
#: Names without a title that say who did what: 张三/文 李四/图.
_SLASHED = re.compile(
    rf"^[{_OPEN}]?(?P<people>{_NAMES}\s?[/／]\s?(?:文图|图文|文|图)"
    rf"(?:{_SEPARATOR}{_NAMES}\s?[/／]\s?(?:文图|图文|文|图|摄))*)[{_CLOSE}]?$"
)
#: Mark + names, no title: ■ 张三 李四; or names in brackets.
_MARKED_NAMES = re.compile(
    rf"^(?:[{BYLINE_MARKS}]\s*(?P<people>{_NAMES})\s?{_DONE}?|[{_OPEN}]\s*(?P<inside>{_NAMES})\s*[{_CLOSE}])$"
)
_INSTITUTION = re.compile(r"^(?:本报|本刊|新华社|人民日报)(?:特约)?(?:评论员|编辑部)$")
#: Photo credits: 张三 摄; 本报记者张三摄; 新华社发（张三摄）; 摄影：张三.
_CREDIT_LINE = (
    rf"[{_OPEN}]?\s*(?:[{_HAN}]{{2,8}}(?:发|供图)\s*[{_OPEN}]?)?\s*"
    rf"(?P<people>(?:{_TITLE}\s*)?{_NAMES}(?:\s*[/／]?\s*摄(?:影(?:[报報]道)?)?|\s?供图|\s?[/／]\s?图|\s+图))"
    rf"\s*[{_CLOSE}]*(?:\s?[{_OPEN}](?:[{_HAN}]{{2,4}}(?:中国|视觉|图片|供图)|资料图片?)[{_CLOSE}])?"
)
_CREDIT = re.compile(
    rf"^{_CREDIT_LINE}$|^[{_OPEN}]?(?:摄影?|图|图片)\s?[/／：:]\s*(?P<shown>(?:{_TITLE}\s*)?{_NAMES})[{_CLOSE}]?$"
)
#: Credits that name nobody.
_NAMELESS = re.compile(
    rf"^[{_OPEN}]?(?:(?:本报)?(?:资料图片|资料图|资料照片|资料片)"
    rf"|(?:视觉中国|新华社|中新社|东方IC|IC\s?photo)(?:发|供图|供稿)?"
    rf"|新华社\s?[/／]\s?[{_HAN}]{{2,6}}|图片?来源[：:].{{1,14}}|[{_HAN}]{{2,10}}(?:供图|提供图片|提供照片)"
    rf"|(?:图片?|照片)由[{_HAN}]{{2,12}}提供|网络图片|网络截图|视频截图)[{_CLOSE}]?$",
    re.I,
)
_CREDIT_WORD = re.compile(r"摄|供图|资料图|资料照片|视觉中国|新华社发|新华社\s?[/／]|图片|^图\s?[/／：:]|[\s/／]图$")
_DATE = r"(?:(?:\d{1,2}|[一二三四五六七八九十]{1,3})月)?(?:\d{1,2}|[一二三四五六七八九十]{1,3})日"
_SENT = r"(?:[电電](?![话話视視影力网網梯源子缆线])|[讯訊](?![息问号速员員飞])|消息(?=[，,：:\s]|$))"
#: 本报讯; 新华社北京12月25日电; 据…电. Papers and agencies that are not known by name need 讯 or a date.
_SOURCE = (
    rf"(?:据?(?:{_OURS}|中新网|人民网|中央社|央视新闻|央视|法新社|路透社|美联社)(?:[{_HAN}]{{0,12}}?{_DATE})?(?:综合)?{_SENT}"
    rf"|据?[{_HAN}]{{2,6}}?(?:日报|晚报|晨报|早报|时报|商报|都市报|社|网)"
    rf"(?:[{_HAN}]{{0,12}}?{_DATE}(?:综合)?{_SENT}|[讯訊](?![息问号速员員飞])))"
)
#: At a paragraph's start.
_DATELINE = re.compile(rf"^[【［\[〖]?\s*({_SOURCE})\s*[】］\]〗]?")
#: In brackets at its end.
_TAIL_SOURCE = re.compile(
    rf"[{_OPEN}]\s*({_SOURCE}|(?:据|综合)(?:新[华華]社|中新社|央视|人民网|新华网)(?:[电電]|[讯訊]|报道|消息)?)"
    rf"\s*[{_CLOSE}]$"
)
#: The bracket with the reporters, in a lead or at a paragraph's end.
_PEOPLE = rf"(?P<people>{_UNIT}(?:{_SEPARATOR}?{_UNIT}){{0,3}})"
_IN_BRACKETS = rf"[{_OPEN}]\s*{_PEOPLE}\s*[{_CLOSE}]"
_LEAD_BRACKET = re.compile(rf"^[^。！？]{{0,24}}?{_IN_BRACKETS}(?=\s*[^\s{_CLOSE}])")
_SAID = r"[报報]道(?![了过着的])"
_LEAD_REPORTS = re.compile(rf"^\s*(?P<people>{_TITLE}\s*{_NAMES})\s*{_SAID}")
#: The same with the closing bracket lost: the name ends at a space, or where a usual beginning of the text stands.
_LEAD_OPEN = re.compile(rf"^\s*[{_OPEN}]\s*(?P<people>{_TITLE}\s*[{_HAN}]{{2,4}}?)(?=[\s，,]|昨|今|近|日前|从|$)")
_TAIL_BRACKET = re.compile(rf"[{_OPEN}]\s*{_PEOPLE}\s*[{_CLOSE}]?\s*$")
_TAIL_NAMES = re.compile(rf"[。！？…”]\s*[{_OPEN}]\s*(?P<people>{_NAMES})\s*[{_CLOSE}]\s*$")
_TAIL_CREDIT = re.compile(rf"[。！？…”）)]\s*{_CREDIT_LINE}$")
_TITLES_ONLY = re.compile(f"{_TITLE}|{_WORK}")
_DONE_AFTER = re.compile(
    rf"(?:摄影[报報]道|摄影|摄|[报報]道|供图)(?=[\s、，,;；{_OPEN}{_CLOSE}]|$)|[/／]\s?(?:文图|图文|文|图|摄)"
)
_DONE_WORDS = frozenset(("文", "图", "文图", "图文", "整理"))
#: What stands after 记者 in labels and sentences and is nobody's name.
_NO_NAMES = frozenset(
    """
    观察 手记 札记 笔记 日记 随笔 调查 探访 走访 暗访 寻访 查访 回访 采访 见闻 连线 来信 追踪 视点 视线 在线
    述评 快评 感言 直击 现场 体验 亲历 走基层 帮忙 帮办 问答 热线 之家 大会 协会 站 会 节 培训 培训班 招聘 招募
    队伍 风采 沙龙 见证 看点 说法 连载 全文 节选 完结 江苏 安徽 云南 海南 甘肃 单位 方言 全国 全市 全省 高清
    金融 石油 高速 向导 解读 解说 解答 成语 常识 常务 评 时评 时事 时政 安全 党建 党史 连环画 成果 成就 于是
    时代 年度 乐评 影评 书评 文摘 文学 温馨提示 新闻 新闻发布 延伸阅读 本期关注 相关链接 相关新闻 新闻链接
    新闻背景 编者按 多次采访
    """.split()  # noqa: SIM905
)
_NO_NAME_BEGINS = re.compile(r"[昨今从在获了就近日走看见问采对并也还已曾将被把向正]")

_NUMERALS = {c: n for n, chars in enumerate(("〇○零", "一", "二两", *"三四五六七八九十")) for c in chars}
_PAGE = r"[A-Za-z]?\s?\d{1,3}|[A-Za-z]?[一二三四五六七八九十〇○零]{1,3}"
_AROUND = "▲▼▶►◀◄■□●→←↓➤"
_MARKER = re.compile(
    rf"[{_AROUND}]*\s*[{_OPEN}]?\s*"
    rf"(?:(?P<way>上\s?接|紧\s?接|下\s?转)\s*(?:第\s?)?(?P<page>{_PAGE}|[\u4e00-\u9fff]{{2,4}}(?=版))"
    rf"|(?P<short>接|转)\s*第?\s?(?P<number>{_PAGE})(?=\s*版))"
    rf"\s*版?(?:[·・ ][\u4e00-\u9fff]{{2,4}})?\s*[{_CLOSE}]?\s*[{_AROUND}]*"
)
_MARKER_IN_TEXT = re.compile(
    rf"[{_OPEN}]\s*(?P<way>上接|紧接|下转)\s*(?:第\s?)?(?P<page>{_PAGE}|[\u4e00-\u9fff]{{2,4}})\s*版\s*[{_CLOSE}]"
)


@dataclass(frozen=True)
class Marker:
    """（上接第1版）: `comes_from`, page "1"; （下转第四版）: goes to page "4"."""

    page: str
    comes_from: bool


def is_byline(text: str, surnames: frozenset[str] = frozenset()) -> bool:
    """Is the whole line a byline? Names without a title count after a mark or in brackets only, and when they begin
    with a surname.

    >>> is_byline("■记者 张三"), is_byline("记者昨日从市气象台获悉"), is_byline("■记者手记")
    (True, False, False)
    """
    if len(text) > 60:
        return False
    if _INSTITUTION.match(text) or _TAIL_SOURCE.fullmatch(text):
        return True
    found = _BYLINE.match(text)
    if found:
        return _are_names(_names_in(found["people"]), surnames if _could_be_words(found) else frozenset())
    slashed = _SLASHED.match(text) if "/" in text or "／" in text else None
    if slashed:
        return _are_names(_names_in(slashed["people"]), frozenset())
    marked = _MARKED_NAMES.match(text)
    return marked is not None and bool(surnames) and _are_names(_names_in(_people(marked)), surnames)


def is_credit(text: str) -> bool:
    """Is the whole line a photo credit?

    >>> is_credit("记者 张三 摄"), is_credit("张三"), is_credit("资料图片")
    (True, False, True)
    """
    if len(text) > 40:
        return False
    if _NAMELESS.match(text):
        return True
    found = _CREDIT.match(text) if _of_pictures(text) else None
    return found is not None and _are_names(_names_in(_people(found)), frozenset())


def _of_pictures(text: str) -> bool:
    """Every credit with a name has one of these; they are looked for sooner than it is."""
    return "摄" in text or "图" in text


def credit_of(text: str) -> bool:
    """Does this byline speak of photographs?"""
    return bool(_CREDIT_WORD.search(text))


def has_lead(text: str) -> bool:
    """Does the paragraph begin as a news item does: dateline, or brackets with the reporters?"""
    if _DATELINE.match(text):
        return True
    found = _LEAD_BRACKET.match(text[:90]) or _LEAD_REPORTS.match(text[:40])
    return found is not None and _are_names(_names_in(_people(found)), frozenset())


def dateline_of(text: str) -> str | None:
    """The dateline at the paragraph's start, or in brackets at its end; without brackets.

    >>> dateline_of("新华社北京12月25日电（记者 张三）国家统计局……")
    '新华社北京12月25日电'
    """
    found = _DATELINE.match(text) or _TAIL_SOURCE.search(text[-40:])
    return found.group(1) if found else None


def ends_with_byline(text: str, surnames: frozenset[str] = frozenset()) -> bool:
    """Does the paragraph close with its reporters or its source: …。（记者 张三）, …。张三 摄"""
    return bool(_TAIL_SOURCE.search(text[-40:])) or _tail_people(text, surnames) is not None


def authors_of(text: str, surnames: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The names in a byline, a credit, a lead or a tail; in order, without repeats. Names that stand in brackets
    without a title are read only where `surnames` are known.

    >>> authors_of("本报记者 张 三 通讯员 李小四、欧阳五")
    ('张三', '李小四', '欧阳五')
    >>> authors_of("本报讯（记者 王明）近日，记者李雷从市气象台获悉……")
    ('王明',)
    """
    if len(text) <= 60:
        if _INSTITUTION.match(text):
            return (text,)
        if _NAMELESS.match(text) or _TAIL_SOURCE.fullmatch(text):
            return ()
        if is_byline(text, surnames):
            return _names_in(_people(_BYLINE.match(text) or _SLASHED.match(text) or _MARKED_NAMES.match(text)))
        if is_credit(text):
            return _names_in(_people(_CREDIT.match(text)))
    names: dict[str, None] = {}
    for people in (_lead_people(text), _tail_people(text, surnames)):
        names.update(dict.fromkeys(people or ()))
    return tuple(names)


def _lead_people(text: str) -> tuple[str, ...] | None:
    """The reporters that a paragraph begins with."""
    dateline = _DATELINE.match(text)
    head = text[dateline.end() if dateline else 0 :][:70]
    found = _LEAD_BRACKET.match(text[:90]) or _LEAD_REPORTS.match(head)
    if found is None and dateline:
        found = _LEAD_OPEN.match(head)
    if found is None:
        return None
    names = _names_in(_people(found))
    return names if _are_names(names, frozenset()) else None


def _tail_people(text: str, surnames: frozenset[str]) -> tuple[str, ...] | None:
    """The reporters, or the photographer, that a paragraph ends with."""
    end = text[-60:]
    for form, known in ((_TAIL_BRACKET, frozenset[str]()), (_TAIL_CREDIT, frozenset[str]()), (_TAIL_NAMES, surnames)):
        if (form is _TAIL_NAMES and not surnames) or (form is _TAIL_CREDIT and not _of_pictures(end)):
            continue
        found = form.search(end)
        if found is None:
            continue
        if found and _are_names(names := _names_in(_people(found)), known):
            return names
    return None


def _people(found: re.Match[str] | None) -> str:
    """The part of a match that holds the names."""
    groups = found.groupdict() if found else {}
    return next((text for name, text in groups.items() if text and name != "mark"), "")


def _could_be_words(found: re.Match[str]) -> bool:
    """A lone 记者 or 通讯员, without mark, office or rank, may begin a headline: there names need a surname; so do
    names that are set right after it."""
    bare = re.match(rf"(?:{_REPORTER}|通讯员|实习生|评论员)(\s?)", found["people"])
    marked = bool(found["mark"]) and (found["mark"][0] in _MISREAD_MARKS or bool(bare and bare[1]))
    return bool(bare) and not marked


def _are_names(names: Sequence[str], surnames: frozenset[str]) -> bool:
    """Can all of these be names? `surnames`: those that they must begin with (four characters: with one of two), none
    = any."""

    def begins_so(name: str) -> bool:
        return name[:2] in surnames or (name[:1] in surnames and len(name) < 4) or "·" in name

    return bool(names) and all(
        n not in _NO_NAMES and not _NO_NAME_BEGINS.match(n) and (not surnames or begins_so(n)) for n in names
    )


def _names_in(text: str) -> tuple[str, ...]:
    """The names in what stands between titles, 文/ and 摄."""
    if not text:
        return ()
    bare = re.sub(rf"[{BYLINE_MARKS}{_OPEN}{_CLOSE}]", " ", _TITLES_ONLY.sub(" ", text))
    return split_names(_DONE_AFTER.sub(" ", bare))


def split_names(text: str) -> tuple[str, ...]:
    """Names separated by space, 、 or ，; a two-character name set with a space is one name.

    >>> split_names("张 三 李小四、王五 文/图")
    ('张三', '李小四', '王五')
    """
    pieces = [p for p in re.split(r"[、，,;；\s/／：:]+", text.strip()) if p]
    names: list[str] = []
    single = ""
    for whole in pieces:
        piece = whole[:3] if len(whole) == 4 and whole[3] in "文图" and whole[:2] not in _COMPOUND else whole
        if not single and names and piece in _DONE_WORDS:
            continue
        if len(piece) == 1:
            single += piece
            if len(single) == 2:
                names.append(single)
                single = ""
        elif _WHOLE_NAME.fullmatch(piece):
            names.append(piece)
            single = ""
    return tuple(dict.fromkeys(names))


#: 刘晓宇文 is 刘晓宇 who wrote, unless the surname has two characters.
_COMPOUND = re.findall("..", "欧阳司马上官诸葛皇甫东方尉迟公孙慕容令狐端木司徒夏侯南宫轩辕独孤宇文长孙")
_WHOLE_NAME = re.compile(rf"[{_HAN}]{{2,4}}|[{_HAN}]{{1,8}}(?:[·・•‧.．][{_HAN}]{{1,8}}){{1,3}}")


def marker_of(text: str) -> Marker | None:
    """The continuation marker that this line is, if it is one; （详见3版） is a reference and none.

    >>> marker_of("（上接第1版）"), marker_of("（下转A3版）"), marker_of("（详见3版）")
    (Marker(page='1', comes_from=True), Marker(page='A3', comes_from=False), None)
    """
    found = _MARKER.fullmatch(text.strip())
    if not found or ("版" not in text and text.strip()[0] not in _OPEN):
        return None
    way = (found["way"] or found["short"]).replace(" ", "")
    return Marker(page_number(found["page"] or found["number"]), way in ("上接", "紧接", "接"))


def markers_in(text: str) -> list[Marker]:
    """Markers printed inside a paragraph, at its end or start."""
    return [
        Marker(page_number(m.group("page")), m.group("way") != "下转")
        for m in _MARKER_IN_TEXT.finditer(text)
        if m.start() <= 2 or m.end() >= len(text) - 2
    ]


def page_number(printed: str) -> str:
    """四 → 4, 十二 → 12, 一二 → 12, A四 → A4, 要闻 → 要闻, 04 → 4."""
    printed = "".join(printed.split())
    letter, rest = (printed[0], printed[1:]) if printed[:1].isascii() and printed[:1].isalpha() else ("", printed)
    if rest.isdecimal():
        return letter + rest if letter else str(int(rest))
    if rest and all(c in _NUMERALS for c in rest):
        tens, ten, ones = rest.rpartition("十")
        if not ten:
            return letter + "".join(str(_NUMERALS[c]) for c in rest).lstrip("0")
        return letter + str(10 * _NUMERALS.get(tens, 1) + _NUMERALS.get(ones, 0))
    return printed
