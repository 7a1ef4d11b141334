"""The head grammar: which lines of a head are label, kicker, headline, subhead, and which a first heading.

`label* kicker? headline subhead* heading*`, each over one or more lines. All ways to read the lines so are scored by
a log-linear model (weights `heads.*`); the best one is taken, its probability is the confidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.text.roles import is_numbered
from pipeline.text.weights import Features, Weights, dot

#: Tags of head lines; `+` = goes on the line before.
TAGS = ("label", "kicker", "kicker+", "headline", "headline+", "subhead", "subhead+", "heading")
_NEXT: dict[str, tuple[str, ...]] = {
    "": ("label", "kicker", "headline"),
    "label": ("label", "kicker", "headline"),
    "kicker": ("kicker+", "headline"),
    "kicker+": ("kicker+", "headline"),
    "headline": ("headline+", "subhead", "heading"),
    "headline+": ("headline+", "subhead", "heading"),
    "subhead": ("subhead", "subhead+", "heading"),
    "subhead+": ("subhead", "subhead+", "heading"),
    "heading": ("heading",),
}
_MOST_LINES = 8
#: How names of columns (栏目) end; general knowledge of Chinese papers.
_COLUMN_NAME = re.compile(
    r"(?:在(?:基层|一线|现场|行动|身边|路上|[\u4e00-\u9fff]{2})|进行时|观察|时评|快评|短评|锐评|视点|焦点|聚焦|关注|追踪|连线|调查|手记|札记|论坛|专栏|"
    r"在线|说法|纵横|走笔|漫笔|随笔|心语|风采|人物|故事|记忆|档案|速递|快递|简讯|要闻|新闻|发布|解读|帮问|问答|访谈|对话|专访|大家谈|"
    r"之声|之窗|广角|扫描|巡礼|特写|特稿|图解|数说|点睛|热评|观点|声音|来信|信箱|服务台|提示|资讯|动态|短波|集锦|导读|导航|话题|热点|"
    r"直通车|见闻|的报道|的报告|调研|走基层|看点|亮点|有话说|联选登|系列报道)(?:[之·]?[一二三四五六七八九十①-⑳]{1,3})?$"
)
_COLUMN_ENDING = re.compile(r"[谱横评谭谈录记眼窗苑线台坛鉴语话论察版讯栏目]$")
#: How subheads begin and end.
_SUBHEAD = re.compile(
    r"^(?:记|访|探访|回访|走访|走进|直击|写在|来自|追记|致敬|对话|专访|解读|各地|各界|本报记者|——)"
    r"|(?:侧记|纪实|见闻|综述|扫描|观察|启示|启示录|调查|解读|巡礼|述评|出席|并讲话|致辞|致贺信|小记|印象|印记|记事|追记|特写|（[上中下一二三四五]）|[①-⑳])$"
)


#: How clauses begin that set the scene for a headline: kickers (引题) are clauses, names of columns are not.
_CLAUSE = re.compile(r"^(?:聚焦|围绕|针对|面对|随着|为了|瞄准|立足|依托|在[^，]{2,12}[中下际]$)")

#: How kickers end that name the speaker or the occasion of what the headline says.
_SPEAKS = re.compile(
    r"(?:强调|指出|要求|表示|提出|宣布|认为|呼吁|透露|回应|建议|决定|通知|通报|发布|印发|致辞|时说|会见|发言人|负责人|答记者问|"
    r"(?:会议|大会|论坛|座谈会|新闻发布会|发布会|工作会)(?:召开|举行)?|委员会|办公室|组织部|总局|[部委局院]门?)[：:]?$"
)
#: Verbs of saying that want an object: a line that ends with one leads on to the headline, and is none itself.
_SAYS = re.compile(
    r"(?:强调|指出|表示|提出|宣布|认为|呼吁|透露|重申|坦言|时说|(?:通知|会议|公告|批示|意见|文件|会)要求)[：:]?$"
)
#: Whom a text is about or who speaks in it: 讲述人：…, 嘉宾：… It introduces the text below a headline.
_PERSON = re.compile(r"^[\u4e00-\u9fff]{0,6}(?:人|者|员|嘉宾|对象|主播)：[\u4e00-\u9fff·]{2,5}$")
#: How subheads end that tell of an echo, or whose work or words they are.
_ECHO = re.compile(r"(?:引发|引起|获)[^，]{0,16}(?:反响|关注|热议|好评|赞誉)$|[\u4e00-\u9fff]{2,6}谈[^，。]{2,14}$")
#: Kickers that are no more than a place or an institution.
_PLACE = re.compile(
    r"^[\u4e00-\u9fff·]{1,12}[省市县区镇乡村州旗盟港湾岛][\u4e00-\u9fff]{0,4}$|(?:社区|公司|医院|大学|学校|书院|集团)$"
)
_INTRODUCES = re.compile(r"^[^：，]{2,8}：[\u4e00-\u9fff·]{2,6}$")
_OVERLAP = 120  # characters of the body that a head line is compared with


def is_column_name(text: str) -> bool:
    """Does the text end like the name of a column (栏目)?

    >>> is_column_name("一线故事"), is_column_name("药价最高降幅达93%")
    (True, False)
    """
    return len(text) <= 16 and bool(_COLUMN_NAME.search(text))


@dataclass(frozen=True)
class HeadLine:
    """A line of a head, whether a blank line stands above it, and how often it recurs (`Reader.recurrence`)."""

    text: str
    blank_before: bool = False
    recurrence: float = 0.0


def read_head(
    lines: Sequence[HeadLine],
    weights: Mapping[str, float],
    runs_on: Callable[[str, str], float],
    body: str = "",
) -> tuple[tuple[str, ...], float]:
    """(tags, probability). `runs_on(left, right)`: evidence that a phrase goes on over the line break (0 = none).

    More lines than a head can have: the last ones are headings.
    """
    n = min(len(lines), _MOST_LINES)
    if not n:
        return (), 1.0
    best, scores = _scored(lines[:n], weights, runs_on, body)
    top = max(scores)
    probability = 1 / sum(math.exp(s - top) for s in scores)
    tags = best[scores.index(top)]
    return (*tags, *("heading",) * (len(lines) - n)), probability


def _scored(
    lines: Sequence[HeadLine], weights: Mapping[str, float], runs_on: Callable[[str, str], float], body: str
) -> tuple[list[tuple[str, ...]], list[float]]:
    readings = list(all_readings(len(lines)))
    groups = {tag: Weights.of(weights).group(f"heads.{tag}") for tag in TAGS}
    local = [
        {tag: dot(features, groups[tag]) for tag, features in line_features(lines, i, runs_on, body).items()}
        for i in range(len(lines))
    ]
    scores = [
        sum(local[i][tag] for i, tag in enumerate(reading))
        + sum(weights.get(f"heads.{a}>{b}", 0.0) for a, b in zip(("^", *reading), (*reading, "$"), strict=True))
        for reading in readings
    ]
    return readings, scores


@cache
def all_readings(n: int) -> tuple[tuple[str, ...], ...]:
    """All sequences of n tags that the grammar allows and that hold a headline."""

    def grow(prefix: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if len(prefix) == n:
            if "headline" in prefix:
                yield prefix
            return
        for tag in _NEXT[prefix[-1] if prefix else ""]:
            if tag == "headline+" and prefix.count("headline+") >= 2:
                continue
            if tag == "label" and len(prefix) >= 3:
                continue
            yield from grow((*prefix, tag))

    return tuple(grow(()))


def line_features(
    lines: Sequence[HeadLine], i: int, runs_on: Callable[[str, str], float], body: str
) -> dict[str, Features]:
    """What speaks for reading line i as each of `TAGS`."""
    text = lines[i].text
    n = len(text)
    longest = max(len(x.text) for x in lines)
    x: dict[str, float] = {
        "bias": 1.0,
        "length": min(n, 40) / 20,
        "length2": (min(n, 40) / 20) ** 2,
        "tiny": float(n <= 4),
        "label_size": float(n <= 8),
        "longest": float(n == longest),
        "first": float(i == 0),
        "last": float(i == len(lines) - 1),
        "dash": float(text.startswith(("——", "—"))),
        "ends_dash": float(text.endswith("—")),
        "ends_colon": float(text[-1] in "：:"),
        "comma": float("，" in text or "、" in text),
        "asks": float(text[-1] in "？！"),
        "space": float(" " in text.strip()),
        "quote": float("“" in text),
        "brackets": float(text[0] in "（(" and text[-1] in "）)"),
        "framed": float(text[0] in "【▌◆●■" or text[-1] == "】"),
        "digits": float(any(c.isdigit() for c in text)),
        "numbered": float(is_numbered(text)),
        "column_name": float(is_column_name(text)),
        "column_ending": float(n <= 8 and bool(_COLUMN_ENDING.search(text))),
        "subhead_like": float(bool(_SUBHEAD.search(text))),
        "clause_first": float(n >= 8 and bool(_CLAUSE.match(text))),
        "spaced_pair": float(len(set(map(len, text.split()))) == 1 and len(text.split()) > 1),
        "share_of_longest": n / longest,
        "dot": float("·" in text),
        "recurs": float(lines[i].recurrence > 0),
        "recurrence": lines[i].recurrence,
        "blank": float(lines[i].blank_before),
        "core_reading": float(text in ("核心阅读", "编者按", "导读", "内容提要", "阅读提示", "本期关注")),
        "in_body": float(len(text) >= 6 and text[:6] in body),
        "overlap": _share_of_pairs(text, body[:_OVERLAP]),
        "speaks": float(bool(_SPEAKS.search(text))),
        "says": float(bool(_SAYS.search(text))),
        "person": float(bool(_PERSON.match(text))),
        "echo": float(bool(_ECHO.search(text))),
        "place": float(n <= 16 and bool(_PLACE.search(text))),
        "introduces": float(bool(_INTRODUCES.match(text))),
        "lines": min(len(lines), 5) / 2,
    }
    if i:
        before = lines[i - 1].text
        x["longer_than_before"] = float(n > 1.3 * len(before))
        x["shorter_than_before"] = float(n < 0.77 * len(before))
        x["after_speaks"] = float(bool(_SPEAKS.search(before)))
        x["after_column"] = float(is_column_name(before) or lines[i - 1].recurrence > 0)
        x["alike_before"] = float(abs(n - len(before)) <= 3)
    if i + 1 < len(lines):
        after = lines[i + 1].text
        x["shorter_than_after"] = float(n < 0.77 * len(after))
        x["half_of_after"] = float(n < 0.55 * len(after))
        x["begins_like_after"] = float(n >= 4 and after[:3] == text[:3])
    shared = {k: v for k, v in x.items() if v}
    if not i:
        return dict.fromkeys(TAGS, shared)
    before, across = lines[i - 1].text, runs_on(lines[i - 1].text, text)
    going_on = {
        **shared,
        "runs_on": across,
        "quote_open": float(before.count("“") > before.count("”")),
        "before_ends_mark": float(before[-1] in "，、；：？！”）"),
    }
    fresh = {**shared, "not_runs_on": across}
    return {tag: going_on if tag.endswith("+") else fresh for tag in TAGS}


def _share_of_pairs(text: str, body: str) -> float:
    """Which share of the pairs of characters of a line stands in the body."""
    pairs = [text[i : i + 2] for i in range(len(text) - 1)]
    return sum(p in body for p in pairs) / len(pairs) if pairs else 0.0
