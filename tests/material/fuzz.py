"""Pages nobody wrote: `fuzz_page(seed)` makes one, newspaper-like or not, always the same for the same seed.

They are drawn fast (hypothesis shrinks better, but takes longer than the pipeline): lines of the invented pages and
forms of the trade, cut, doubled, blended and put in columns, with odd characters and line breaks between them; and text
of any characters at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from .load import invented_pages

NAMES = ["张立平", "李 娜", "欧阳雨桐", "阿不都·热合曼", "王芳", "吕静韦", "吕静书", "周文涛", "周文滔"]
CLAUSES = [
    "昨日,全市春耕工作会议在县里召开", "记者张立平从市气象台获悉", "他说:“今天天气很好!”", "优势互补，协同发展",
    "優化區域經濟佈局，促進協調發展", "記憶體和伺服器--數據鏈條⋯⋯連接着兩岸", "产值达3,000万元,同比增长4.5%",
    "这项技术由AI Lab研发", "“优化区域经济布局,促", "进区域协调发展”", "《人民的城市》（上）正式出版",
    "到二○二五年底……", "一、加强领导；二、落实责任", "据新华社北京12月25日电", "溢阳河畔,持续进发的科技创新力",
    "竞争优勢明显", "①②③",
    "电话:022-12345678", "“‘双引号’里的单引号”", "CAR-T疗法0.5毫秒", "（据《晚报》报道）", "——题记",
]  # fmt: skip
HEADS = [
    "天气回暖", "四中全会精神在基层", "协同创新,让数据跑起来", "——某市春耕侧记", "本期关注:", "一线故事", "【观察】",
    "■要闻",     "“她力量”崛起 谁在领跑？", "公告", "A+Space", "安全生产 警钟长鸣", "简讯", "专题·特别报道",
]  # fmt: skip
BYLINES = [
    "■记者 {}", "本报记者 {} 通讯员 {}", "记者 {} 摄", "（记者 {}）", "文/本报记者 {}", "新华社发（{}摄）", "国记耆 {}",
    "{}/文", "□ {} {}", "本报讯（记者 {}）", "图片由{}提供", "责编 {} 校对 {}",
]  # fmt: skip
MARKERS = [
    "（下转第四版）", "（上接第1版）", "(上接A3版)", "（详见3版）", "图为春耕现场。", "资料图片", "4", "第4版",
    "2025年12月26日 星期五",     "下转A2版", "↓", "※", "* * *", "-----", "●", "广告",
]  # fmt: skip
ODD = [
    "\u3000\u3000", "\u200b", "\x00", "\x1f", "\u180e", "😀", "\ue000", "\ufffd", "𠮷", ",", "”", "（", "\u0301", "…",
    "\u202e", "\U000e0100", "\ufeff", "\u00ad", "\u3099", "\x1b[0m", "\U0010ffff", "ﷺ", "ﬁ", "\u2028",
    "A" * 40, "，" * 30,
]  # fmt: skip
BREAKS = [
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\u2028",
    "\u2029",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x85",
    "\n \n",
    "\n\u3000\u3000",
    "",
    " ",
]
#: Stretches of Unicode that are drawn from.
BLOCKS = [
    (0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x600), (0x2000, 0x2070), (0x2460, 0x2600), (0x2E80, 0x3130),
    (0x3100, 0x33FF), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0x4E00, 0x5200), (0xE000, 0xF900), (0xF900, 0xFB00),
    (0xFE00, 0xFE70), (0xFF00, 0xFFF0), (0x1F300, 0x1F700), (0x20000, 0x2A6DF), (0x30000, 0x323B0), (0xE0000, 0xE01F0),
    (0x0, 0x20), (0x0, 0xD800), (0xE000, 0x110000),
]  # fmt: skip
ENCODINGS = ["utf-8", "utf-8", "utf-8", "utf-8-sig", "gb18030", "gb18030", "utf-16", "utf-16-le", "utf-32", "big5"]


@dataclass(frozen=True)
class FuzzPage:
    """A page's text and how it is written down."""

    seed: int
    kind: str
    text: str
    data: bytes


def fuzz_page(seed: int) -> FuzzPage:
    """The page of that seed."""
    chance = random.Random(f"page {seed}")
    kind, make = chance.choices(KINDS, WEIGHTS)[0]
    text = make(chance)
    return FuzzPage(seed, kind, text, _written(text, chance))


def _written(text: str, chance: random.Random) -> bytes:
    """Its bytes, now and then damaged."""
    try:
        data = text.encode(chance.choice(ENCODINGS))
    except UnicodeEncodeError:
        data = text.encode("utf-8")
    if chance.random() < 0.05 and data:
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        data = bytes(damaged)
    if chance.random() < 0.03:
        data = data[: chance.randrange(len(data) + 1)]
    return data


@cache
def _lines() -> Sequence[str]:
    """The lines of the invented pages."""
    return [line for page in invented_pages() for line in page.raw.splitlines() if line.strip()]


@cache
def _pages() -> Sequence[str]:
    return [page.raw for page in invented_pages()]


# --- kinds of pages -------------------------------------------------------------------------------------------------


def _newspaper(chance: random.Random) -> str:
    """Lines of all kinds; some come again, whole, in part or blended; perhaps in columns."""
    lines = [_line(chance) for _ in range(chance.randint(1, 18))]
    for _ in range(chance.choice((0, 0, 1, 2, 3))):
        again = chance.choice(sorted(lines, key=len)[-4:])
        cut = chance.randint(min(len(again), 26), len(again))
        tail = chance.choice((again[cut:], "", chance.choice(lines)[-40:], _body(chance)))
        lines.insert(chance.randint(0, len(lines)), again[:cut] + tail)
    if chance.random() < 0.3:
        lines = _columns(lines, chance.randint(8, 34))
    if chance.random() < 0.2:
        chance.shuffle(lines)
    return _joined(lines, chance)


def _shuffled_page(chance: random.Random) -> str:
    """A stretch of an invented page, its lines cut, swapped, left out and doubled."""
    lines = chance.choice(_pages()).splitlines()
    first = chance.randrange(len(lines))
    lines = lines[first : first + chance.randint(3, 40)]
    for _ in range(chance.randint(0, 6)):
        at = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                lines.insert(chance.randint(0, len(lines)), lines[at])
            case 1 if len(lines) > 1:
                del lines[at]
            case 2:
                cut = chance.randint(0, len(lines[at]))
                lines[at : at + 1] = [lines[at][:cut], lines[at][cut:]]
            case 3:
                other = chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                lines[at] = _scribbled(lines[at], chance)
    return _joined(lines, chance)


def _any_text(chance: random.Random) -> str:
    """Characters of a few stretches of Unicode, mixed or one after the other."""
    blocks = chance.sample(BLOCKS, chance.randint(1, 4))
    text = "".join(_char(chance.choice(blocks), chance) for _ in range(chance.randint(0, 300)))
    return "".join(c if chance.random() > 0.05 else chance.choice(BREAKS) for c in text)


def _characters(chance: random.Random) -> str:
    """A handful of characters, again and again."""
    few = [_char(chance.choice(BLOCKS), chance) for _ in range(chance.randint(1, 3))] + [chance.choice("版，。\n“（①")]
    return "".join(chance.choices(few, k=chance.randint(1, 400)))


def _table(chance: random.Random) -> str:
    """Numbers in columns."""
    gap = chance.choice(("\t", " ", "  ", "\u3000", "|", ","))
    width = chance.randint(1, 6)
    cells = [f"{chance.uniform(-99, 9999):.{chance.randint(0, 3)}f}" for _ in range(chance.randint(1, 60))]
    names = chance.random() < 0.5
    rows = [gap.join(([f"股票{n}"] if names else []) + cells[n : n + width]) for n in range(0, len(cells), width)]
    return "行情\n" + "\n".join(rows) + "\n"


def _short_lines(chance: random.Random) -> str:
    """Heads, bylines and markers without any text."""
    makers = [
        lambda: chance.choice(HEADS),
        lambda: _byline(chance),
        lambda: chance.choice(MARKERS),
        lambda: chance.choice(ODD),
    ]
    return _joined([chance.choice(makers)() for _ in range(chance.randint(1, 40))], chance)


def _repeats(chance: random.Random) -> str:
    """The same few paragraphs, whole, cut and blended."""
    own = [_body(chance) for _ in range(chance.randint(1, 3))]
    lines = []
    for _ in range(chance.randint(2, 10)):
        one, other = chance.choice(own), chance.choice(own)
        cut, from_ = chance.randint(0, len(one)), chance.randint(0, len(other))
        lines.append(chance.choice((one, one[:cut], one[cut:], one[:cut] + other[from_:], _scribbled(one, chance))))
    return _joined(lines, chance)


KINDS: list[tuple[str, Callable[[random.Random], str]]] = [
    ("newspaper", _newspaper), ("invented, shuffled", _shuffled_page), ("any characters", _any_text),
    ("few characters", _characters), ("table", _table), ("short lines", _short_lines), ("repeats", _repeats),
]  # fmt: skip
WEIGHTS = [8, 4, 4, 1, 1, 1, 2]


# --- pieces ---------------------------------------------------------------------------------------------------------


def _line(chance: random.Random) -> str:
    match chance.randrange(12):
        case 0 | 1 | 2 | 3:
            return _body(chance)
        case 4 | 5:
            return chance.choice(HEADS)
        case 6:
            return _byline(chance)
        case 7:
            return chance.choice(MARKERS)
        case 8:
            return chance.choice(ODD)
        case 9:
            return "".join(_char(chance.choice(BLOCKS), chance) for _ in range(chance.randint(0, 12)))
        case _:
            return chance.choice(_lines())


def _body(chance: random.Random) -> str:
    lead = chance.choice(("", "", "", "本报讯（记者 张立平）", "新华社北京12月25日电 ", "图为"))
    text = chance.choice(("，", "，", ",", "")).join(chance.choices(CLAUSES, k=chance.randint(1, 6)))
    return lead + text + chance.choice(("。", "。", "。", "！”", "", "，", "（记者 王芳）"))


def _byline(chance: random.Random) -> str:
    return chance.choice(BYLINES).format(chance.choice(NAMES), chance.choice(NAMES))


def _scribbled(line: str, chance: random.Random) -> str:
    """Some characters exchanged, left out or put in."""
    made = []
    for char in line:
        roll = chance.random()
        if roll < 0.03:
            continue
        made.append(_char(chance.choice(BLOCKS), chance) if roll < 0.06 else char)
        if roll > 0.98:
            made.append(chance.choice(ODD))
    return "".join(made)


def _char(block: tuple[int, int], chance: random.Random) -> str:
    code = chance.randrange(*block)
    return "版" if 0xD800 <= code < 0xE000 else chr(code)


def _columns(lines: Sequence[str], width: int) -> list[str]:
    return [line[i : i + width] for line in lines for i in range(0, max(1, len(line)), width)]


def _joined(lines: Sequence[str], chance: random.Random) -> str:
    usual = chance.choice(("\n", "\n", "\n\n", "\r\n"))
    made = [chance.choice(("", "", "", "\n\n", "\ufeff"))]
    for line in lines:
        odd = chance.choice(ODD) if chance.random() < 0.06 else ""
        made += [odd, line, chance.choice(BREAKS) if chance.random() < 0.08 else usual]
    return "".join(made)
