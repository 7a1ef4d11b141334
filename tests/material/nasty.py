"""Files that no newspaper ever sent, and that archives hold all the same: what `banmian run` must live through.

`nasty_files()` says what there is, `lay_out(root)` writes it down. Every file must end as rows of `pages` or as rows of
`rejects` with one of the reasons named here; `anything` stands for files of which only that is asked.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import os
import random
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

NEWS = (
    "春灌用上智能闸门\n本报讯（记者 周文涛）3日,清河灌区的12座智能闸门同时开启。\n“水就到了地头。”种粮大户韩立新说。\n"
)
OLD_NEWS = "春灌用上智慧閘門\n本報訊（記者 周文濤）三日，清河灌區的十二座閘門同時開啟。種糧大戶說，水就到了地頭。\n"
PAGE = "page"
#: Either a page or a reject: that nothing breaks is all that is asked.
ANYTHING = "anything"


@dataclass(frozen=True)
class Nasty:
    """A file. `path` is relative, with `/`; `ends`: what becomes of it, of each record for a JSONL."""

    path: str | bytes
    content: bytes
    ends: tuple[str, ...]

    @property
    def shown(self) -> str:
        """As tables and messages name it."""
        return os.fsencode(self.path).decode("utf-8", "backslashreplace")


def nasty_files() -> list[Nasty]:
    """All of them, the same ones every time."""
    return [
        *_encodings(),
        *_broken_encodings(),
        *_nothing_to_read(),
        *_characters(),
        *_shapes(),
        *_pasted(),
        *_packed(),
        *_records(),
        *_names(),
        *_sizes(),
    ]


def lay_out(root: Path, large: bool = False) -> dict[str, tuple[str, ...]]:
    """Writes them all below `root`, and what is no file; shown path → how it ends. `large`: those that take long, too:
    a line of 5 MB, a table of 20,000 lines, a file of 200 MB."""
    expected = {}
    base = os.fsencode(root)
    for nasty in [*nasty_files(), *(_large() if large else [])]:
        path = os.path.join(base, os.fsencode(nasty.path))  # noqa: PTH118  (names that are no Unicode)
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(nasty.content)
        expected[nasty.shown] = nasty.ends
    return {**expected, **_no_files(root)}


def _no_files(root: Path) -> dict[str, tuple[str, ...]]:
    """Links, pipes, sockets, folders with a page's name, and lists of pages that are none."""
    here = root / "no files"
    here.mkdir()
    (here / "folder.txt").mkdir()
    (here / "empty folder").mkdir()
    (here / "broken link.txt").symlink_to("nowhere")
    (here / "self.txt").symlink_to("self.txt")
    (here / "a.txt").symlink_to("b.txt")
    (here / "b.txt").symlink_to("a.txt")
    (here / "up").symlink_to("..")
    (here / "round").symlink_to("round")
    (here / "device.txt").symlink_to("/dev/zero")
    (here / "device.jsonl").symlink_to("/dev/zero")
    os.mkfifo(here / "pipe.txt")
    os.mkfifo(here / "pipe.jsonl")
    with socket.socket(socket.AF_UNIX) as listener:
        handle = os.open(here, os.O_RDONLY)  # the path of a socket may have a hundred bytes
        listener.bind(f"/proc/self/fd/{handle}/socket.txt")
        os.close(handle)
    (root / "pages.csv").write_text(
        "path,newspaper,date,page,colour\nno such page.txt,,,,\n../../etc/passwd,x,2025-01-01,1,\nshapes/html.txt,晚报,"
        '31.12.2025,1,red\nshapes/json.txt,"晚报\nshapes/xml.txt,=cmd(),2025-02-30,A1,\n',
        encoding="utf-8",
    )
    names = ("broken link.txt", "self.txt", "a.txt", "b.txt", "device.txt", "device.jsonl", "pipe.txt", "pipe.jsonl",
             "socket.txt")  # fmt: skip
    return {f"no files/{name}": ("unreadable",) for name in names}


# --- encodings ------------------------------------------------------------------------------------------------------


def _encodings() -> Iterator[Nasty]:
    for codec in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
                  "gb18030", "gbk", "gb2312"):  # fmt: skip
        yield Nasty(f"encodings/{codec}.txt", NEWS.encode(codec), (PAGE,))
    yield Nasty("encodings/utf-16-be-sig.txt", codecs.BOM_UTF16_BE + NEWS.encode("utf-16-be"), (PAGE,))
    yield Nasty("encodings/utf-32-be-sig.txt", codecs.BOM_UTF32_BE + NEWS.encode("utf-32-be"), (PAGE,))
    for codec in ("big5", "cp950", "big5hkscs"):
        yield Nasty(f"encodings/{codec}.txt", OLD_NEWS.encode(codec), (PAGE,))
    four = NEWS + "𠮷野家与㐂寿司，䶮字与𪚥字。\n"
    yield Nasty("encodings/gb18030 four bytes.txt", four.encode("gb18030"), (PAGE,))
    yield Nasty("encodings/utf-16-le astral.txt", four.encode("utf-16-le"), (PAGE,))
    yield Nasty("encodings/utf-32-be astral.txt", four.encode("utf-32-be"), (PAGE,))
    for codec in ("hz", "iso2022_jp", "utf-7"):
        text = "本日の新聞\n" if codec == "iso2022_jp" else NEWS
        yield Nasty(f"encodings/{codec}.txt", text.encode(codec), ("not_chinese", "undecodable", "binary"))
    yield Nasty("encodings/shift-jis.txt", "本日は晴天なり。新聞を読む。\n".encode("shift-jis"), (ANYTHING,))
    yield Nasty("encodings/euc-jp.txt", "本日は晴天なり。新聞を読む。\n".encode("euc-jp"), (ANYTHING,))
    yield Nasty("encodings/euc-kr.txt", "오늘의 신문입니다. 날씨가 좋습니다.\n".encode("euc-kr"), (ANYTHING,))
    for codec, text in (("latin-1", "Un café très agréable"), ("cp1251", "Ещё одна газета"), ("cp1252", "„Zeitung“")):
        yield Nasty(f"encodings/{codec}.txt", text.encode(codec) * 9, ("undecodable", "not_chinese"))
    yield Nasty("encodings/read twice.txt", NEWS.encode().decode("latin-1").encode(), ("not_chinese", "undecodable"))
    yield Nasty("encodings/ebcdic.txt", b"\xc8\x85\x93\x93\x96@\xe6\x96\x99\x93\x84" * 9, ("undecodable", "binary"))


def _broken_encodings() -> Iterator[Nasty]:
    utf8, gb = NEWS.encode(), NEWS.encode("gb18030")
    broken = {
        "cut after one byte": utf8 + "版".encode()[:1],
        "cut after two bytes": utf8 + "版".encode()[:2],
        "cut in an astral character": utf8 + "𠮷".encode()[:3],
        "begins inside a character": utf8[1:],
        "a stray continuation byte": utf8[:30] + b"\x80" + utf8[30:],
        "a byte that never occurs": utf8 + b"\xff\n",
        "overlong": utf8 + b"\xc0\xaf\xe0\x80\xaf\n",
        "surrogates": utf8 + b"\xed\xa0\x80\xed\xb0\x80\n",
        "beyond Unicode": utf8 + b"\xf4\x90\x80\x80\n",
        "latin-1 in it": utf8 + "café\n".encode("latin-1"),
        "utf-8 then gb18030": utf8 + gb,
        "gb18030 then utf-8": gb + utf8,
        "utf-8 in gb18030": gb * 20 + utf8 + gb * 20,
        "gb18030 in utf-8": utf8 * 20 + gb + utf8 * 20,
        "line by line": b"".join(b for pair in zip(utf8.splitlines(True), gb.splitlines(True), strict=True)
                                 for b in pair),
        "utf-8 then big5": utf8 + OLD_NEWS.encode("big5"),
        "utf-8 then utf-16": utf8 + NEWS.encode("utf-16"),
        "mark of utf-8 before gb18030": codecs.BOM_UTF8 + gb,
        "mark of utf-16 before utf-8": codecs.BOM_UTF16_LE + utf8 + b"\n" * (1 - len(utf8) % 2),
        "utf-16 with half a character": NEWS.encode("utf-16") + b"\x00",
        "utf-16 with a lone surrogate": NEWS.encode("utf-16") + b"\x00\xd8\n\x00",
        "utf-32 with half a character": NEWS.encode("utf-32") + b"\x00\x01",
    }  # fmt: skip
    for name, content in broken.items():
        ends = ("undecodable", "binary")
        if name in ("mark of utf-16 before utf-8",):
            ends = (ANYTHING,)
        yield Nasty(f"broken/{name}.txt", content, ends)
    yield Nasty("broken/gb18030 cut.txt", gb[:-3], (ANYTHING,))  # a lone byte may be a full stop's end
    chance = random.Random(7)
    for n in range(12):
        size = chance.choice((1, 2, 3, 50, 1000, 5000))
        yield Nasty(f"broken/random {n}.txt", chance.randbytes(size), (ANYTHING,))
    for n in range(8):  # a page with some bytes changed
        data = bytearray(NEWS.encode(("utf-8", "gb18030")[n % 2]) * 3)
        for _ in range(4):
            data[chance.randrange(len(data))] = chance.randrange(256)
        yield Nasty(f"broken/flipped {n}.txt", bytes(data), (ANYTHING,))


def _nothing_to_read() -> Iterator[Nasty]:
    for name, content in {
        "empty": b"",
        "spaces": b"   ",
        "line feeds": b"\n\n\n",
        "wide spaces": "\u3000\u3000\n\u2003".encode(),
        "zero width": "\u200b\u200c\ufeff\u2060".encode(),
        "line separators": "\u2028\u2029\u0085".encode(),
        "only a mark": codecs.BOM_UTF8,
        "only a mark of utf-16": codecs.BOM_UTF16_BE,
        "spaces in utf-16": " \n".encode("utf-16"),
        "direction marks": "\u202a\u202c\u2066\u2069".encode(),
    }.items():
        yield Nasty(f"empty/{name}.txt", content, ("empty",))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("04.txt", NEWS)
    for name, content in {
        "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
        "gif": b"GIF89a\x01\x00",
        "tiff": b"II*\x00\x08\x00",
        "pdf": b"%PDF-1.7\n1 0 obj\n",
        "zip": archive.getvalue(),
        "gzip": gzip.compress(NEWS.encode()),
        "zstd": zstandard.compress(NEWS.encode()),
        "elf": b"\x7fELF\x02\x01\x01",
        "parquet": b"PAR1\x15\x00PAR1",
        "sqlite": b"SQLite format 3\x00\x10\x00\x01\x01",
        "numpy": b"\x93NUMPY\x01\x00v\x00{'descr'",
        "word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "zeros": bytes(1000),
        "one zero": NEWS.encode() + b"\x00",
        "zeros between": NEWS.encode().replace("，".encode(), b"\x00").replace(b",", b"\x00"),
        "control characters": bytes(range(1, 32)) * 9 + "版".encode(),
    }.items():
        yield Nasty(f"binary/{name}.txt", content, ("binary", "undecodable"))
    for name, text in {
        "english": "The quick brown fox.\n",
        "russian": "Ещё одна газета\n",
        "korean": "신문\n",
        "arabic": "صحيفة\n",
        "emoji and letters": "news 😀\n",
        "html only": "<p>none</p>",
    }.items():
        yield Nasty(f"not chinese/{name}.txt", text.encode(), ("not_chinese",))


# --- characters and shapes ------------------------------------------------------------------------------------------


def _characters() -> Iterator[Nasty]:
    for name, text in {
        "extension B": "𠮷𠀀𪛖与𫝀字同登一版。",
        "extensions C to H": "𫜴𫝐𬺡𮯠𰀀𱍐三字入典。",
        "compatibility forms": "豈更車賈滑串句龜是旧字形。",
        "radicals": "⼀⼁⼂⺀⺁⻳与部首。",
        "ideographic description": "⿰氵中国的河。",
        "private use": "\ue000\uf8ff\U000f0000\U0010fffd造字之报。",
        "replacement": "天\ufffd日\ufffd\ufffd报，\ufffd。",
        "combining": "天\u0301津\u0300\u0302日\u3099报。",
        "many combining": "天" + "\u0301" * 500 + "津。",
        "begins with a combining mark": "\u0301天津日报。",
        "variation selectors": "葛\U000e0100城市\ufe00日\ufe0f报。",
        "bidirectional": "天津\u202e报日\u202c晚\u2067报\u2069讯\u200f。",
        "tags": "天津\U000e0041\U000e007f日报。",
        "non-characters": "天津\ufffe\uffff\U0001ffff\ufdd0日报。",
        "unassigned": "天津\u0378\U000e0fff日报。",
        "emoji": "天津👨‍👩‍👧‍👦🏳️‍🌈🇨🇳日报😀。",
        "zero width inside": "天\u200b津\u200d日\u2060报\ufeff。",
        "soft hyphens": "天\u00ad津\u00ad日报。",
        "C1 controls": "天津\x80\x85\x9f日报今日出版。",
        "escape sequences": "天津日报\x1b[31m红\x1b[0m今日出版，清河灌区的十二座智能闸门同时开启，种粮大户说，水到了。",
        "backspaces": "天津日报今日出版，清河灌区的智能闸门同时开启，水就到了地头种粮大户韩立新说\x08。",
        "annotations": "天\ufff9津\ufffa注\ufffb日报。",
        "half-width": "天津ｱｲｳ｡｢日報｣､ﾊﾝｶｸ。",
        "full-width": "ＡＢＣ１２３，天津日报！",
        "circled": "①②③㈠㈡㊀㊁㍿㋿日报。",
        "vertical forms": "︽天津日报︾︐︒﹁今日﹂﹃出版﹄︵上︶",
        "bopomofo": "ㄅㄆㄇ与天津日报。",
        "old poem signs": "〇〡〢〣々〻〆天津日报。",
        "mathematics": "设𝑥≥0，∑∞√π÷×与天津日报。",
        "decomposed": "café天津が\u3099日报e\u0301。",
        "traditional": "優勢互補，協調發展，乾隆年間，頭髮與發展。",
        "mixed scripts": "優勢互补，協調发展，乾隆年間，头髮与發展。",
    }.items():
        yield Nasty(f"characters/{name}.txt", f"{text}\n本报讯 {text}\n".encode(), (PAGE,))
    yield Nasty("characters/every hanzi.txt", "".join(map(chr, range(0x4E00, 0x5200))).encode(), (PAGE,))
    yield Nasty(
        "characters/every sign.txt",
        ("版" + "".join(c for c in map(chr, range(0x20, 0x3000)) if c.isprintable())).encode(),
        (PAGE,),
    )


def _shapes() -> Iterator[Nasty]:
    lines = NEWS.splitlines()
    for name, ending in {"CR": "\r", "CRLF": "\r\n", "line separator": "\u2028", "paragraph separator": "\u2029",
                         "NEL": "\x85", "VT": "\x0b", "FF": "\x0c", "FS": "\x1c", "LFCR": "\n\r"}.items():  # fmt: skip
        yield Nasty(f"shapes/lines by {name}.txt", ending.join(lines).encode(), (PAGE,))
    mixed = "".join(line + end for line, end in zip(lines * 2, ["\r", "\r\n", "\n", "\u2028", "\n\n", ""], strict=True))
    chance = random.Random(3)
    table = "\n".join("\t".join(f"{chance.uniform(1, 99):.2f}" for _ in range(6)) for _ in range(60))
    for name, text in {
        "lines by all": mixed,
        "no line break at the end": NEWS.rstrip("\n"),
        "only line breaks before": "\n" * 5000 + NEWS,
        "only line breaks after": NEWS + "\n" * 5000,
        "spaces around": "".join(f"\u3000\u3000 {line} \u3000\t\n" for line in lines),
        "one hanzi": "版",
        "one mark": "。",
        "only marks": "，。！？；：“”‘’（）《》……——\n" * 20,
        "only half-width marks": ',.!?;:"()<>\n' * 20,
        "only digits": "1234567890\n" * 20,
        "table of numbers": table,
        "table with names": "\n".join(f"{n}\t股票{n}\t{n * 1.1:.2f}\t-{n}%" for n in range(80)),
        "a line a hanzi": "\n".join("今日天津日报头版消息农田水利智能闸门全部开启" * 4),
        "the same line": "今日天津日报头版消息。\n" * 300,
        "the same character": "版" * 20_000,
        "the same long line": NEWS * 60,
        "one long line": NEWS.replace("\n", "") * 300,
        "quotes that never end": "“‘《（【「『" * 40 + "他说。",
        "quotes that never begin": "”’》）】」』" * 40 + "他说。",
        "deep brackets": "（" * 500 + "版" + "）" * 500,
        "bylines only": "■记者 周文涛\n（记者 王芳 摄）\n新华社发（李娜摄）\n本报记者 张立平\n" * 5,
        "markers only": "（下转第四版）\n（上接第1版）\n(上接A3版)\n（详见3版）\n" * 5,
        "labels only": "■要闻\n【观察】\n本期关注:\n一线故事\n" * 8,
    }.items():
        yield Nasty(f"shapes/{name}.txt", text.encode(), (PAGE,))


def _pasted() -> Iterator[Nasty]:
    for name, text in {
        "html": f"<!doctype html><html><head><script>alert(1)</script></head><body><p>{NEWS}</p>&nbsp;&#x7248;</body>",
        "json": json.dumps({"text": NEWS, "deep": [[[1]]]}, ensure_ascii=False),
        "escaped json": json.dumps({"text": NEWS}) + "版",
        "xml": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;{NEWS}</x>',
        "csv": "标题,正文\n" + ",".join(NEWS.splitlines()),
        "markdown": f"# 标题\n\n![图](http://example.com/x.png)\n\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n\n{NEWS}",
        "code": f'def f():\n    return "{NEWS.strip()}"  # 注释\n',
        "sql": "'; DROP TABLE pages; -- 天津日报",
        "template": "{{ 7*7 }}{% raw %}{# 版 #}${7*7}<%= 7 %>天津日报",
        "formula": "=cmd|' /C calc'!A0\n+1+1\n@SUM(1)\n天津日报",
        "rich markup": "[red]天津[/red][link=file:///etc/passwd]日报[/link]",
        "quotes": "<img src=x onerror=\"alert('版')\">'\"><svg/onload=alert(1)>天津日报",
        "url": "http://example.com/天津?日=报&a=b 记者 周文涛 a@example.com",
        "log": "2025-12-26T00:00:00Z ERROR 天津日报 Traceback (most recent call last):\n" * 10,
        "own rows": "page_id,issue_id\n天津/04@0,天津\n",
    }.items():
        yield Nasty(f"shapes/{name}.txt", text.encode(), (PAGE,))


# --- packed files and records ---------------------------------------------------------------------------------------


def _packed() -> Iterator[Nasty]:
    data, gz, zst = NEWS.encode(), gzip.compress(NEWS.encode()), zstandard.compress(NEWS.encode())
    wide = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=31))
    stream = wide.compressobj()
    far = stream.compress(data) + stream.flush()
    for name, content, ends in (
        ("whole.txt.gz", gz, PAGE),
        ("whole.txt.zst", zst, PAGE),
        ("in upper case.TXT.GZ", gz, PAGE),
        ("two members.txt.gz", gz + gzip.compress(OLD_NEWS.encode()), PAGE),
        ("two frames.txt.zst", zst + zstandard.compress(OLD_NEWS.encode()), PAGE),
        ("with a skippable frame.txt.zst", b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + zst, PAGE),
        ("of another encoding.txt.gz", gzip.compress(NEWS.encode("gb18030")), PAGE),
        ("cut.txt.gz", gz[:-9], "unreadable"),
        ("cut.txt.zst", zst[:-3], "unreadable"),
        ("cut to its head.txt.gz", gz[:5], "unreadable"),
        ("cut to its head.txt.zst", zst[:5], "unreadable"),
        ("wrong checksum.txt.gz", gz[:-8] + bytes(4) + gz[-4:], "unreadable"),
        ("wrong length.txt.gz", gz[:-4] + bytes(4), "unreadable"),
        ("damaged.txt.gz", gz[:20] + b"\xff" * 9 + gz[29:], "unreadable"),
        ("damaged.txt.zst", zst[:20] + b"\xff" * 9 + zst[29:], ANYTHING),
        ("with rubbish behind.txt.gz", gz + b"rubbish", "unreadable"),
        ("with rubbish behind.txt.zst", zst + b"rubbish", "unreadable"),
        ("not packed.txt.gz", data, "unreadable"),
        ("not packed.txt.zst", data, "unreadable"),
        ("zstd inside.txt.gz", zst, "unreadable"),
        ("gzip inside.txt.zst", gz, "unreadable"),
        ("gzip in gzip.txt.gz", gzip.compress(gz), "binary"),
        ("empty.txt.gz", gzip.compress(b""), "empty"),
        ("empty.txt.zst", zstandard.compress(b""), "empty"),
        ("no bytes.txt.gz", b"", "empty"),
        ("no bytes.txt.zst", b"", "empty"),
        ("a png.txt.gz", gzip.compress(b"\x89PNG\r\n\x1a\n"), "binary"),
        ("a huge window.txt.zst", far, "unreadable"),
        ("bomb.txt.gz", gzip.compress(bytes(1 << 20)) * 200, "too_large"),
        ("bomb.txt.zst", zstandard.compress(bytes(200 << 20)), "too_large"),
        ("bomb of hanzi.txt.zst", zstandard.compress("版".encode() * (40 << 20)), "too_large"),
    ):
        yield Nasty(f"packed/{name}", content, (ends,))


def _records() -> Iterator[Nasty]:
    def lines(*records: object) -> bytes:
        return b"".join(r if isinstance(r, bytes) else json.dumps(r, ensure_ascii=False).encode() + b"\n"
                        for r in records)  # fmt: skip

    good = {"text": NEWS}
    yield Nasty("records/good.jsonl", lines(good, {"text": OLD_NEWS, "id": "b"}), (PAGE,))
    yield Nasty("records/empty.jsonl", b"", ("empty",))
    yield Nasty("records/blank lines.jsonl", b"\n \n\r\n", ("empty",))
    yield Nasty(
        "records/broken.jsonl",
        lines(b'{"text": "\xe7\x89\x88\n', b"{}\n", b"[]\n", b"null\n", b"17\n", b'"text"\n', b"{'text': 'x'}\n",
              b'{"text": "x"}}\n', b"\xff\xfe\n", b'{"text": 1e999}\n', b'{"text": NaN}\n', b"text\n"),
        ("bad_record",),
    )  # fmt: skip
    yield Nasty(
        "records/wrong texts.jsonl",
        lines({"text": None}, {"text": 7}, {"text": ["版"]}, {"text": {"text": "版"}}, {"Text": "版"}, {"text": True}),
        ("bad_record",),
    )
    yield Nasty("records/nothing in it.jsonl", lines({"text": ""}, {"text": "\u3000\n"}), ("empty",))
    yield Nasty(
        "records/good between bad.jsonl", lines(b"oops\n", good, b"{\n", {"text": OLD_NEWS}), ("bad_record", PAGE)
    )
    yield Nasty("records/nested too deep.jsonl", b'{"text": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", ("bad_record",))
    yield Nasty("records/nested.jsonl", lines({**good, "more": {"a": [{"b": [None]}] * 50}}), (PAGE,))
    yield Nasty("records/the same id.jsonl", lines(*[{**good, "id": "1"}] * 5, {**good, "id": 1}), (PAGE,))
    yield Nasty("records/the same key.jsonl", b'{"text": "a", "text": "' + "版面".encode() + b'"}', (PAGE,))
    ids: list[object] = [
        "../../../etc/passwd", "/etc/passwd", "..", ".", "", "a/b/c", "a\nb", "a\x00b", "\ud800", "x" * 10_000, "😀",
        "CON", "a@0", "r1-0123456789ab", -1, 1.5, 10**300, None, True, [], {"a": 1}, "<script>", "\u202e", " a ",
        "id with space", "%2e%2e%2f", "file:///etc/passwd", "-rf",
    ]  # fmt: skip
    yield Nasty(
        "records/ids.jsonl",
        b"".join(json.dumps({"text": NEWS, "id": i}).encode() + b"\n" for i in ids),
        (PAGE,),
    )
    facts: list[object] = ["../x", "\x00", "\ud83d", "2025-12-26", "2025-02-30", "x" * 5000, 20251226, -5, [], None]
    yield Nasty(
        "records/facts.jsonl",
        b"".join(json.dumps({"text": NEWS, "newspaper": f, "date": f, "page": f}).encode() + b"\n" for f in facts),
        (PAGE,),
    )
    texts = [
        "版\x00面",
        "版\x1b面",
        "版\ud800面",
        "版\ufffe面",
        "\ufeff版面",
        "版\r面\r\n版",
        "版\u2028面",
        "\\u7248 版",
    ]
    yield Nasty(
        "records/odd texts.jsonl",
        b"".join(json.dumps({"text": t}).encode() + b"\n" for t in texts),
        ("binary", "bad_record", PAGE),
    )
    yield Nasty("records/a number too long.jsonl", b'{"text": "x", "id": ' + b"9" * 5000 + b"}", ("bad_record",))
    yield Nasty("records/with a mark.jsonl", codecs.BOM_UTF8 + lines(good), (PAGE,))
    yield Nasty("records/by CRLF.jsonl", lines(good, {"text": OLD_NEWS}).replace(b"\n", b"\r\n"), (PAGE,))
    yield Nasty("records/by CR.jsonl", lines(good, {"text": OLD_NEWS}).replace(b"\n", b"\r"), ("bad_record",))
    yield Nasty("records/no line break at the end.jsonl", lines(good).rstrip(b"\n"), (PAGE,))
    yield Nasty("records/one list.jsonl", json.dumps([good, good]).encode(), ("bad_record",))
    yield Nasty("records/printed nicely.jsonl", json.dumps(good, indent=1).encode(), ("bad_record",))
    yield Nasty("records/in utf-16.jsonl", lines(good).decode().encode("utf-16"), ("bad_record",))
    yield Nasty("records/in gb18030.jsonl", lines(good).decode().encode("gb18030"), ("bad_record",))
    yield Nasty("records/packed.jsonl", gzip.compress(lines(good)), ("bad_record",))
    yield Nasty("records/zeros.jsonl", bytes(2000), ("bad_record",))
    yield Nasty("records/IN UPPER CASE.JSONL", lines(good), (PAGE,))


# --- names and sizes ------------------------------------------------------------------------------------------------


def _names() -> Iterator[Nasty]:
    names: list[str | bytes] = [
        "with space.txt", " leading.txt", "trailing .txt", "trailing dot..txt", "quote'.txt", 'quotes"".txt',
        "new\nline.txt", "tab\t.txt", "return\r.txt", "bell\x07.txt", "escape\x1b[31m.txt", "emoji😀.txt",
        "天津日报.txt", "-rf.txt", "--help.txt", "$(reboot).txt", "`reboot`.txt", "; reboot #.txt", "*.txt", "?.txt",
        "[a].txt", "[red]markup[/red].txt", "{x}.txt", "<b>&amp;.txt", "%2e%2e%2f.txt", "back\\slash.txt",
        "c:\\con.txt", "CON.txt", "nul.txt", "a@0.txt", "a#1.txt", "#.txt", "a?b=c.txt", "::.txt", "__.txt",
        "a__b.txt", "batch-0001.txt", "a...b.txt", "~.txt", "~root.txt", "=1+1.txt", "right\u202eto left.txt",
        "zero\u200bwidth.txt", "café.txt", "cafe\u0301.txt", "ﬁ.txt", "ß.txt", "ss.txt", "İ.txt",
        "x-0123456789ab.txt", "issue.txt", "A.txt", "a.txt", "a.TXT", "a.Txt", "x.jsonl.txt", "x.txt.txt",
        "pages.csv.txt", "y" * 251 + ".txt", "版" * 83 + ".txt", b"no \xff\xfe unicode.txt", b"\xb0\xe6\xc3\xe6.txt",
        b"\xed\xa0\x80.txt",
    ]  # fmt: skip
    for name in names:
        yield Nasty(b"names/" + os.fsencode(name), NEWS.encode(), (PAGE,))
    for folder in (
        "a..b", "名", "A", "a", " ", "-", "con", "z" * 255, "版" * 85, b"\xff", "a\nb", "🏮", "`", "d/" * 60 + "deep",
        "_models", "_stages", "report", "pages", "2025-12-26", "daily/2025-12-26",
    ):  # fmt: skip
        yield Nasty(b"folders/" + os.fsencode(folder) + b"/04.txt", NEWS.encode(), (PAGE,))
    for name in ("in the root.txt", "In The Root.txt", "names.txt", "names.jsonl", "a b/names.txt"):
        content = json.dumps({"text": NEWS}).encode() if name.endswith("l") else NEWS.encode()
        yield Nasty(name, content, (PAGE,))
    for n in (1, 2):
        yield Nasty(f"twice/{n}.txt", (NEWS * 2).encode(), (PAGE,))


def _large() -> Iterator[Nasty]:
    chance = random.Random(5)
    clauses = [c for c in NEWS.replace("\n", "。").split("，") if c]
    line = "".join(f"{chance.choice(clauses)}{n}，" for n in range(30_000))
    yield Nasty("sizes/a line of 5 MB.txt", line.encode(), (PAGE,))
    table = "行情\n" + "".join(f"{chance.uniform(1, 99):.2f}\n" for _ in range(20_000))
    yield Nasty("sizes/a table of 20,000 lines.txt", table.encode(), (PAGE,))
    yield Nasty("sizes/200 MB.txt", NEWS.encode() * 1_400_000, ("too_large",))


def _sizes(limit: int = 16 << 20) -> Iterator[Nasty]:
    """More bytes than a page may have."""
    yield Nasty("sizes/over the limit.txt", "版".encode() + bytes(1) * limit, ("too_large",))
    yield Nasty("sizes/a record over the limit.jsonl", b'{"text": "' + b"x" * (limit + 1) + b'"}\n' + json.dumps(
        {"text": NEWS}).encode(), ("too_large", PAGE))  # fmt: skip
