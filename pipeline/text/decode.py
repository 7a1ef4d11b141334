"""Step 1: bytes → text with its encoding, exactly reversible; or a refusal with a reason.

An encoding counts only if encoding its text gives back the same bytes. Nothing is ever ignored or replaced: a page
that cannot be read without loss is refused.

>>> decode("版面".encode("gb18030"))
Decoded(text='版面', encoding='gb18030')
>>> encode("版面", "utf-8-sig")
b'\\xef\\xbb\\xbf\\xe7\\x89\\x88\\xe9\\x9d\\xa2'
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Literal

Reason = Literal["empty", "binary", "undecodable", "not_chinese"]

#: Encodings with a byte order mark: our name -> (mark, Python's codec for the rest). `utf-16` and `utf-32` are the
#: little-endian ones, which is what Python's codecs of these names write on all common machines. UTF-32 stands first,
#: as its mark begins with that of UTF-16.
WITH_MARK: dict[str, tuple[bytes, str]] = {
    "utf-8-sig": (codecs.BOM_UTF8, "utf-8"),
    "utf-32": (codecs.BOM_UTF32_LE, "utf-32-le"),
    "utf-32-be-sig": (codecs.BOM_UTF32_BE, "utf-32-be"),
    "utf-16": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "utf-16-be-sig": (codecs.BOM_UTF16_BE, "utf-16-be"),
}
#: Encodings without a mark that are told apart by how plausible their text is; on a tie the earlier one.
GUESSED = ("gb18030", "cp950", "big5hkscs", "big5", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
#: Bytes of a character, where every character has as many.
_WIDTHS = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}

#: First bytes of files that are no text.
MAGIC = (
    b"\x89PNG", b"%PDF", b"PK\x03\x04", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xff\xd8\xff", b"GIF8", b"RIFF",
    b"II*\x00", b"MM\x00*", b"\xd0\xcf\x11\xe0", b"7z\xbc\xaf", b"Rar!", b"\x7fELF", b"PAR1", b"BZh9", b"AT&TFORM",
)  # fmt: skip
#: More than this share of control characters is no text.
CONTROL_SHARE = 0.05
#: A guessed encoding must give text at least this plausible (1 = common hanzi throughout).
PLAUSIBLE = 0.45
#: … and text as plausible as this is believed even where UTF-8 would be valid (but not Chinese).
SURE = 1.0
#: A line below `PLAUSIBLE` that is so much more plausible in another encoding was written in that.
OTHER_LINE = 0.5
#: … if it has so many characters that are not ASCII.
OTHER_LINE_CHARS = 4
#: Broken UTF-8 is still recognised as UTF-8 when this share of its high bytes forms valid sequences of hanzi.
BROKEN_UTF8_SHARE = 0.9

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_UTF8_HANZI = re.compile(rb"[\xe2-\xec\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}")
_HIGH = re.compile(rb"[\x80-\xff]")
#: Ideographs, radicals, their marks and full-width forms: what only East Asian text holds.
_CJK = re.compile(
    r"[\u2e80-\u2fdf\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe4f\uff00-\uffef"
    r"\U00020000-\U000323af]"
)


@dataclass(frozen=True)
class Decoded:
    """A page's text and the encoding that gives back its bytes (`encode`)."""

    text: str
    encoding: str


class Undecodable(ValueError):  # noqa: N818  (the word of the contract, as in `Rejects.reason`)
    """The bytes are no page: `reason` is one of the contract's words, `detail` is for people."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


def encode(text: str, encoding: str) -> bytes:
    """The bytes that `decode` read (for text and encoding as `decode` gave them)."""
    mark, codec = WITH_MARK.get(encoding, (b"", encoding))
    return mark + text.encode(codec)


def decode(data: bytes) -> Decoded:
    """The text of a page and its encoding.

    Raises:
        Undecodable: empty, binary, undecodable or not_chinese.
    """
    for magic in MAGIC:
        if data.startswith(magic):
            raise Undecodable("binary", f"begins like a binary file: {magic!r}")
    decoded = _marked(data) or _utf8(data) or _guessed(data)
    _refuse_what_is_no_page(decoded.text)
    return decoded


def _read(data: bytes, encoding: str) -> Decoded | None:
    """`data` in that encoding if it is valid and round-trips."""
    mark, codec = WITH_MARK.get(encoding, (b"", encoding))
    try:
        text = data[len(mark) :].decode(codec)
        return Decoded(text, encoding) if encode(text, encoding) == data else None
    except UnicodeError:
        return None


def _marked(data: bytes) -> Decoded | None:
    for encoding, (mark, _) in WITH_MARK.items():
        if data.startswith(mark) and (found := _read(data, encoding)):
            return found
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Undecodable("undecodable", "a UTF-16 or UTF-32 byte order mark, but broken text after it")
    return None


def _utf8(data: bytes) -> Decoded | None:
    """Strict UTF-8. Broken UTF-8 is refused here: other encodings would read it as well-formed nonsense."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if data.startswith(codecs.BOM_UTF8) or _is_broken_utf8(data, error):
            raise Undecodable("undecodable", f"broken UTF-8 at byte {error.start}: {error.reason}") from error
        return None
    if "\x00" in text:  # UTF-16 of ASCII is valid UTF-8, too
        return None
    if not text.isascii() and not _CJK.search(text):
        # A short text in GB18030 can be valid UTF-8 by chance; it is then Cyrillic, Hebrew or the like.
        other = _most_plausible(data, GUESSED[:1])
        if other and plausibility(other.text) >= SURE:
            return other
    return Decoded(text, "utf-8")


def _is_broken_utf8(data: bytes, error: UnicodeDecodeError) -> bool:
    high = len(_HIGH.findall(data))
    valid = sum(len(m) for m in _UTF8_HANZI.findall(data))
    cut_at_end = error.end == len(data) and error.reason == "unexpected end of data"
    return valid >= (0.5 if cut_at_end else BROKEN_UTF8_SHARE) * high


def _guessed(data: bytes) -> Decoded:
    found = _most_plausible(data, GUESSED)
    if found:
        if found.encoding not in _WIDTHS:
            _refuse_mixture(data, found.encoding)
        return found
    if b"\x00" in data:
        raise Undecodable("binary", "NUL bytes, and no UTF-16 or UTF-32 text")
    raise Undecodable("undecodable", "neither UTF-8, UTF-16, GB18030 nor Big5 gives plausible text")


def _refuse_mixture(data: bytes, encoding: str) -> None:
    """Files put together from several encodings: what is not in the most plausible one would become nonsense."""
    others = [e for e in ("utf-8", "gb18030", "cp950") if e != encoding and not (e == "cp950" and "big5" in encoding)]
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.isascii():
            continue
        here = _read(line, encoding)
        if here is None or sum(c > "\x7f" for c in here.text) < OTHER_LINE_CHARS:
            continue
        score = plausibility(here.text)
        for other in others if score < PLAUSIBLE else ():
            found = _read(line, other)
            if found and plausibility(found.text) > max(score + OTHER_LINE, PLAUSIBLE + OTHER_LINE):
                raise Undecodable("undecodable", f"mixed encodings: line {number} is {other}, others are {encoding}")


def _most_plausible(data: bytes, encodings: tuple[str, ...]) -> Decoded | None:
    best, best_score = None, PLAUSIBLE
    for encoding in encodings:
        if len(data) % _WIDTHS.get(encoding, 1):
            continue
        found = _read(data, encoding)
        score = plausibility(found.text) if found else 0.0
        if score > best_score:
            best, best_score = found, score
    return best


def _level_one() -> frozenset[str]:
    """The common hanzi of both standards: GB2312 level 1 (3,755) and Big5 level 1 (5,401)."""
    gb = (bytes((a, b)) for a in range(0xB0, 0xD8) for b in range(0xA1, 0xFF) if (a, b) < (0xD7, 0xFA))
    big5_trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    big5 = (bytes((a, b)) for a in range(0xA4, 0xC7) for b in big5_trails if (a, b) < (0xC6, 0x7F))
    return frozenset([p.decode("gb2312") for p in gb] + [p.decode("big5") for p in big5])


COMMON = _level_one()
#: The most frequent hanzi of newspapers in both scripts; wrong encodings hardly ever hit them.
FREQUENT = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学"
    "法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外"
    "天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很"
    "情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她"
    "手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思"
    "术极交受联什认六共权收证改清美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张"
    "信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周"
    "委素技备半办青省列习响约支般史感劳便团往历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易"
    "置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严首底液官德随病苏失尔死讲配女黄推显谈罪神艺呢席含企望"
    "這個來時們對會說國為發學過後動種麼開機還經現當進業電與間樣關體點從兩應問沒實長東見風處門話場車讓報書張記員總區權組"
    "導術統積議聯認達爭產較選華論請覺氣萬馬魚語輕連運邊讀變歲歷歡萬難類顯麗黨龍灣縣鄉際陸陳隊階隨險雖離電靈頭題願題"
)
_MARKS = frozenset("，。、；：？！“”‘’（）《》〈〉【】「」『』—…·％〇○■□◎●▲△▼◆◇★☆①②③④⑤⑥⑦⑧⑨⑩\u3000")


def plausibility(text: str) -> float:
    """How much the non-ASCII characters look like a Chinese newspaper: 1 = common hanzi throughout, below 0 = never.

    >>> plausibility("天津日报") > 0.9, plausibility("\\ue000\\uf8ff") < 0
    (True, True)
    """
    counts = Counter(text)
    total = sum(n for c, n in counts.items() if c > "\x7f")
    odd = sum(n for c, n in counts.items() if _CONTROLS.match(c))
    if not total:
        return 0.0
    return (sum(n * _weight(c) for c, n in counts.items() if c > "\x7f") - 4 * odd) / total


def _weight(char: str) -> float:
    if char in FREQUENT:
        return 1.2
    if char in COMMON or char in _MARKS:
        return 0.8
    if "\u4e00" <= char <= "\u9fff" or "\uff01" <= char <= "\uff5e":
        return -0.2
    if unicodedata.category(char) in ("Co", "Cn", "Cc", "Cs"):
        return -4.0
    return -0.5


def _refuse_what_is_no_page(text: str) -> None:
    controls = len(_CONTROLS.findall(text))
    if "\x00" in text or controls > CONTROL_SHARE * len(text):
        raise Undecodable("binary", f"{controls} control characters among {len(text)}")
    if not any(not (c.isspace() or unicodedata.category(c) in ("Cf", "Cc")) for c in text):
        raise Undecodable("empty", "no visible character")
    if not _CJK.search(text) and any(c.isalpha() for c in text):
        raise Undecodable("not_chinese", "letters, but neither hanzi nor Chinese marks")
