"""The table of rules that put a line into ordinary form (`RULES`), and the functions behind it.

Here belong pure functions from a line to substitutions in it, and what they know of characters. How they are applied
to a page and become edits is `pipeline.text.normalise`.

Rules change form, never wording: what cannot be told from the line (straight quotes, a lone dash, 一 for —) stays.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

# -- characters ------------------------------------------------------------------------------------------------------

#: What ends a line (as `str.splitlines` sees it). No edit ever touches these.
LINE_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
HANZI = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3007\U00020000-\U000323af"
#: What only Chinese (or Japanese) text holds, its marks included; not the ideographic space.
WIDE = "\u2e80-\u2fdf\u3001-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff65\U00020000-\U000323af—…·"
#: Signs that belong to the script of their line: wide in a line that holds hanzi.
SIGNS = "%％‰℃°①-⑳"
#: What a joiner or a selector may follow.
EMOJI = "\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"
#: Looked through when a mark's neighbour is asked for.
SEE_THROUGH = "()（）\\[\\]“”‘’\"' \t"

MARKS = {",": "，", ":": "：", ";": "；", "?": "？", "!": "！"}
BRACKETS = {"(": "（", ")": "）"}
SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


def _table(before: str, after: str) -> dict[str, str]:
    return dict(zip(before, after, strict=True))


#: Vertical, small and half-width forms of marks -> the ordinary form.
PRESENTATION = (
    _table("︐︑︒︓︔︕︖︗︘︙", "，、。：；！？〖〗…")
    | _table("︱︵︶︷︸︹︺︻︼︽︾︿﹀﹁﹂﹃﹄", "—（）｛｝〔〕【】《》〈〉「」『』")
    | _table("﹐﹑﹔﹕﹖﹗﹙﹚﹝﹞", "，、；：？！（）〔〕")
    | _table("｡｢｣､･", "。「」、・")
)
#: Radicals that stand for a whole ideograph when fonts or PDF tools mix them up. The supplement's side forms (⺅ ⺡ …)
#: are no ideographs and stay.
RADICALS = {chr(c): unicodedata.normalize("NFKC", chr(c)) for c in range(0x2F00, 0x2FD6)} | _table(
    "⺒⺓⺝⺟⺠⺩⺫⺬⺶⻁⻄⻅⻆⻉⻋⻑⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
    "巳幺月母民王目示羊虎西见角贝车長长门雨青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟",
)
#: Compatibility ideographs with an ordinary twin (twelve of the block are ideographs in their own right).
COMPATIBILITY = {
    chr(c): twin for c in range(0xF900, 0xFB00) if (twin := unicodedata.normalize("NFC", chr(c))) != chr(c)
}
NARROW = {chr(c + 0xFEE0): chr(c) for c in range(0x21, 0x7F) if chr(c).isalnum()}


def _is_format(code: int) -> bool:
    return unicodedata.category(chr(code)) in ("Cf", "Cc")


#: Controls and format characters: blank by contract, deleted inside lines. A joiner or a tag may be part of an emoji;
#: tabs and what ends a line are layout.
FORMAT = frozenset(chr(c) for c in [*range(0x20), *range(0x7F, 0x10000), *range(0xE0000, 0xE0080)] if _is_format(c))
INVISIBLE = frozenset(c for c in FORMAT if c not in LINE_BREAKS and c not in "\t\x1f\u200d" and c < "\U000e0000")


def is_blank(char: str) -> bool:
    """Blank by contract: needs no place in the output."""
    return char.isspace() or char in FORMAT


_HANZI = re.compile(f"[{HANZI}]")
_WIDE = re.compile(f"[{WIDE}]")
_WIDE_OR_SIGN = re.compile(f"[{WIDE}{SIGNS}]")


def wide_class(line: str) -> re.Pattern[str]:
    """What counts as wide in `line`: signs such as % go with the script of their line."""
    return _WIDE_OR_SIGN if _HANZI.search(line) else _WIDE


# -- rules -----------------------------------------------------------------------------------------------------------


class Sub(NamedTuple):
    """Read `after` for `[start, end)` of the line."""

    start: int
    end: int
    after: str


Find = Callable[[str], list[Sub]]


def _by_table(table: dict[str, str]) -> Find:
    pattern = re.compile(f"[{''.join(map(re.escape, table))}]")
    return lambda line: [Sub(m.start(), m.end(), table[m.group()]) for m in pattern.finditer(line)]


def _by_pattern(pattern: str, after: str) -> Find:
    compiled = re.compile(pattern)
    return lambda line: [Sub(m.start(), m.end(), after) for m in compiled.finditer(line)]


def narrow_signs(line: str) -> list[Sub]:
    """The percent sign after a digit and the stop between digits."""
    return [Sub(m.start(), m.end(), "%" if m.group() == "％" else ".") for m in _NARROW_SIGN.finditer(line)]


_NARROW_SIGN = re.compile("(?<=[0-9])％|(?<=[0-9])．(?=[0-9])")

_ELLIPSIS = re.compile(r"…*(?:(?<!\.)\.{3,7}(?!\.)|。{3,}|⋯+)…*")
_QUOTES = "“”‘’\"'"


def ellipses(line: str) -> list[Sub]:
    """Dots are an ellipsis beside Chinese text; leaders of eight and more are not."""
    found: list[Sub] = []
    if not ("..." in line or "。。。" in line or "⋯" in line):  # most lines with a stop have it in a number
        return found
    for m in _ELLIPSIS.finditer(line):
        before, after = line[m.start() - 1 : m.start()], line[m.end() : m.end() + 1]
        if "." not in m.group() or any(_WIDE.match(c) or c in _QUOTES for c in (before, after) if c):
            found.append(Sub(m.start(), m.end(), "……"))
    return [s for s in found if line[s.start : s.end] != s.after]


#: What dashes are made of.
STROKES = "-–—―─━"
_DASHES = re.compile(f"[{STROKES}]+")


def dashes(line: str) -> list[Sub]:
    """Two to four strokes between Chinese text are a dash. A lone - or — is not: it joins (北京—上海, 6—8月)."""
    found = []
    for m in _DASHES.finditer(line):
        run = m.group()
        if set(run) == {"—"} or (run not in ("─", "━") and not 2 <= len(run) <= 4):
            continue
        sides = [c for c in (line[m.start() - 1 : m.start()], line[m.end() : m.end() + 1]) if c]
        if all(_WIDE.match(c) or c in _QUOTES for c in sides) and any(map(_WIDE.match, sides)):
            found.append(Sub(m.start(), m.end(), "——"))
    return found


_RUN = re.compile(f"[{SEE_THROUGH}{''.join(MARKS)}]+")
#: Such a run with a mark in it.
_MARKED_RUN = re.compile(f"(?<![{SEE_THROUGH}])[{SEE_THROUGH}]*[{''.join(MARKS)}][{SEE_THROUGH}{''.join(MARKS)}]*")
_HALF_MARK = re.compile(f"[{''.join(MARKS)}]")


def _side(line: str, at: int, wide: re.Pattern[str]) -> bool:
    return 0 <= at < len(line) and wide.match(line, at) is not None


def marks(line: str) -> list[Sub]:
    """Half-width , : ; ? ! beside Chinese text; brackets, quotes, spaces and other marks are looked through.

    All marks of one run of such characters share their neighbours: what stands before and after the run. So a mark
    between digits or inside a Latin word stays. ! and ? at the end of a Chinese line go with the line.
    """
    found = []
    wide = wide_class(line)
    for run in _MARKED_RUN.finditer(line):
        start, end = run.span()
        beside = _side(line, start - 1, wide) or _side(line, end, wide)
        closes_line = wide is _WIDE_OR_SIGN and end == len(line) and not {"!", "?"}.isdisjoint(run.group())
        if not (beside or closes_line):
            continue
        if end - start == 1:  # most stand alone
            found.append(Sub(start, end, MARKS[run.group()]))
        else:
            found += [Sub(m.start(), m.end(), MARKS[m.group()]) for m in _HALF_MARK.finditer(line, start, end)]
    return found


_BRACKET = re.compile("[()（）]")


def brackets(line: str) -> list[Sub]:
    """Brackets pair by pair: full-width when Chinese text stands inside or outside, or one of the two already is."""
    wide = wide_class(line)
    inside = [m.start() for m in wide.finditer(line) if m.group() not in "（）"]
    runs = {i: run.span() for run in _RUN.finditer(line) for i in range(*run.span())}
    open_ones: list[int] = []
    widened: list[int] = []

    def outside(*places: int) -> bool:
        return any(_side(line, runs[i][0] - 1, wide) or _side(line, runs[i][1], wide) for i in places)

    for m in _BRACKET.finditer(line):
        at = m.start()
        if m.group() in "(（":
            open_ones.append(at)
        elif open_ones:
            opening = open_ones.pop()
            holds_wide = bisect_left(inside, opening) < bisect_left(inside, at)
            if holds_wide or outside(opening, at) or {line[opening], line[at]} & {"（", "）"}:
                widened += [opening, at]
        elif outside(at):
            widened.append(at)
    widened += [at for at in open_ones if outside(at)]
    return [Sub(at, at + 1, BRACKETS[line[at]]) for at in sorted(widened) if line[at] in BRACKETS]


#: A line is running text when it is long and holds the end of a sentence; in heads, lists and tables gaps are printed.
_SENTENCE_END = re.compile("[。！？；]")
RUNNING_TEXT = 30
#: Between hanzi a gap must stand in an even longer line: one-sentence announcements of titles print gaps, too.
GAP_TEXT = 45
#: Stray spaces are the exception: one in this many hanzi at most, or they are the columns of a list.
HANZI_PER_GAP = 15
_GAP = re.compile(f"(?<=[{HANZI}]) (?=[{HANZI}])")
_PAIR = re.compile(f"[{HANZI}](?=[{HANZI}])")
_OPENING, _CLOSING = "“‘《「『〈【〔（(", "”’》」』〉】〕）)"
_ENCLOSING = re.compile(f"[{_OPENING}{_CLOSING}]")
_STAFF = "记者|通讯员|实习生|摄影|摄|编辑|校对|作者|供图|制图|报道"
_BEFORE_NAME = re.compile(f"(?:{_STAFF}|讯|电|文|图)[{HANZI}、· ]{{0,24}}$")
_AFTER_NAME = re.compile(f" (?:本报)?(?:{_STAFF}|文|图)")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖"
    "贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_SPACED_NAME = re.compile(f"(?:[{_SURNAMES}] [{HANZI}])(?:[^{HANZI}]|$|[说称表认指介任当等和与、])")


def is_running_text(line: str) -> bool:
    """Prose rather than a head, a list or a table."""
    return len(line) >= RUNNING_TEXT and _SENTENCE_END.search(line) is not None


def spaces_between_hanzi(line: str) -> list[Sub]:
    """A lone space between hanzi in running text, where it is the exception or stands everywhere.

    Printed gaps stay: in heads and lists, inside quotes and titles (以“同向 同行”为主题), around names (记者 张三).
    """
    if len(line) < GAP_TEXT or not is_running_text(line):
        return []
    gaps = [m.start() for m in _GAP.finditer(line)]
    if len(gaps) > 2 * len(_PAIR.findall(line)):  # letter-spaced throughout: no gap means anything
        return [Sub(at, at + 1, "") for at in gaps]
    frames = _Frames.of(line)
    stray = [at for at in gaps if not _is_printed_gap(line, at, frames)]
    few = len(stray) * HANZI_PER_GAP <= len(_HANZI.findall(line))
    return [Sub(at, at + 1, "") for at in stray] if few else []


class _Frames(NamedTuple):
    """Where quotes, titles and brackets open and close in a line; and straight quotes, which look alike."""

    places: list[int]
    marks: str
    straight: list[int]

    @classmethod
    def of(cls, line: str) -> _Frames:
        found = list(_ENCLOSING.finditer(line))
        straight = [m.start() for m in re.finditer('"', line)]
        return cls([m.start() for m in found], "".join(m.group() for m in found), straight)

    def enclose(self, at: int) -> bool:
        """Does the mark before this blank open something, or the one after it close it?"""
        after = bisect_left(self.places, at)
        opened, closed = self.marks[max(0, after - 1) : after], self.marks[after : after + 1]
        return bool(
            (opened and opened in _OPENING) or (closed and closed in _CLOSING) or bisect_left(self.straight, at) % 2
        )


def _is_printed_gap(line: str, at: int, frames: _Frames) -> bool:
    by_name = _BEFORE_NAME.search(line, max(0, at - 40), at) or _AFTER_NAME.match(line, at)
    return bool(frames.enclose(at) or by_name or _SPACED_NAME.match(line, at - 1))


_BESIDE_MARK = re.compile(
    f"(?<=[，、；：]) (?=[^ ])|(?<=[^ ]) (?=[，。、；：？！])|(?<=[{_OPENING[:-1]}]) (?=[^ {_CLOSING}])"
    f"|(?<=[^ {_OPENING}]) (?=[{_CLOSING[:-1]}])"
)
_AFTER_SENTENCE = re.compile("(?<=[。！？]) (?=[^ ])")


def spaces_beside_marks(line: str) -> list[Sub]:
    """A lone space beside a full-width mark, on the side where its cell is empty anyway.

    Between sentences only in running text: in a head it is a printed gap (下雪了！ 快扫雪).
    """
    places = {m.start() for m in _BESIDE_MARK.finditer(line)}
    if is_running_text(line):
        gaps = [m.start() for m in _AFTER_SENTENCE.finditer(line)]
        frames = _Frames.of(line) if gaps else None
        places |= {at for at in gaps if frames and not _is_printed_gap(line, at, frames)}
    return [Sub(at, at + 1, "") for at in sorted(places)]


class Rule(NamedTuple):
    """One row of the table. `find` gives the substitutions in a line, sorted and not overlapping."""

    name: str
    description: str
    example: tuple[str, str]
    triggers: Iterable[str]  # a line without any of these is never shown to the rule
    find: Find
    knob: Literal["normalise_marks", "narrow_latin"] | None = None  # the profile's switch; None = always on


_LETTER_SPACED = "昨 日 清 晨 ， 一 旦 出 现 险 情 ， 各 村 要 立 即 组 织 群 众 撤 离 ， 确 保 安 全 。"

#: In this order; a rule sees what the earlier ones wrote.
RULES: tuple[Rule, ...] = (
    Rule(
        "invisible",
        "Zero-width and soft-hyphen characters, direction marks and controls inside a line are deleted.",
        ("中\u200b国", "中国"),
        INVISIBLE | {"\u200d"},
        _by_pattern(f"[{''.join(map(re.escape, sorted(INVISIBLE)))}]+|(?<![{EMOJI}\u200d])\u200d+", ""),
    ),
    Rule(
        "space",
        "The ideographic, the no-break and other special spaces inside a line become ordinary ones.",
        ("迎新春\u3000过大年", "迎新春 过大年"),
        SPACES,
        _by_pattern(f"[{SPACES}]", " "),
    ),
    Rule(
        "radical",
        "Radicals in the place of ideographs become the ideograph.",
        ("⼀带⼀路⻅闻", "一带一路见闻"),
        RADICALS,
        _by_table(RADICALS),
    ),
    Rule(
        "compatibility",
        "Compatibility ideographs become the ordinary ideograph; the twelve that are ideographs themselves stay.",
        ("\uf9f4业﨎", "林业﨎"),
        COMPATIBILITY,
        _by_table(COMPATIBILITY),
    ),
    Rule(
        "presentation",
        "Vertical, small and half-width forms of marks take their ordinary form.",
        ("春耕︐夏种｡", "春耕，夏种。"),
        PRESENTATION,
        _by_table(PRESENTATION),
        "normalise_marks",
    ),
    Rule(
        "narrow",
        "Full-width digits and Latin letters become half-width.",
        ("２０２５年ＡＩ", "2025年AI"),
        NARROW,
        _by_table(NARROW),
        "narrow_latin",
    ),
    Rule(
        "narrow_sign",
        "So do the percent sign after a digit and the stop between digits.",
        ("增长4．5％", "增长4.5%"),
        "％．",
        narrow_signs,
        "narrow_latin",
    ),
    Rule(
        "ellipsis",
        "Three to seven stops beside Chinese text, three 。 or more, and ⋯ become ……",
        ("等等...", "等等……"),
        ".。⋯",
        ellipses,
        "normalise_marks",
    ),
    Rule(
        "dash",
        "Two to four strokes between Chinese text become ——; a lone one joins (北京—上海) and stays.",
        ("大会--侧记", "大会——侧记"),
        "-–―─━",
        dashes,
        "normalise_marks",
    ),
    Rule(
        "middle_dot",
        "Every kind of dot between hanzi becomes ·",
        ("阿不都•热合曼", "阿不都·热合曼"),
        "•・‧．⋅∙﹒",
        _by_pattern(f"(?<=[{HANZI}])[•・‧．⋅∙﹒](?=[{HANZI}])", "·"),
        "normalise_marks",
    ),
    Rule(
        "mark",
        "Half-width , : ; ? ! beside Chinese text, brackets, quotes and spaces looked through, become full-width.",
        ("比分3:2,第2局", "比分3:2，第2局"),
        MARKS,
        marks,
        "normalise_marks",
    ),
    Rule(
        "bracket",
        "Brackets become full-width pair by pair when Chinese text stands inside or outside.",
        ("每股收益(EPS)增长", "每股收益（EPS）增长"),
        BRACKETS,
        brackets,
        "normalise_marks",
    ),
    Rule(
        "space_beside_mark",
        "A lone space beside a full-width mark is dropped.",
        ("他说： “好！ ”", "他说：“好！”"),
        " " + SPACES,
        spaces_beside_marks,
    ),
    Rule(
        "space_between_hanzi",
        "A lone space between hanzi is dropped in running text, but for names, quotes and title parts.",
        (_LETTER_SPACED, _LETTER_SPACED.replace(" ", "")),
        " " + SPACES,
        spaces_between_hanzi,
    ),
)
