"""Decoding is exactly reversible, chooses the right encoding, and refuses what is no page."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.decode import Decoded, Undecodable, decode, encode

SIMPLIFIED = "本报讯（记者 王小明）昨日，全市粮食生产工作会议在市政府礼堂召开。\n会议要求，各县区要抓好春耕。\n"
TRADITIONAL = "本報訊（記者 王小明）昨日，全市糧食生產工作會議在市政府禮堂召開。\n會議要求，各縣區要抓好春耕。\n"


@pytest.mark.parametrize(
    ("text", "data", "encoding"),
    [
        (SIMPLIFIED, SIMPLIFIED.encode(), "utf-8"),
        (SIMPLIFIED, codecs.BOM_UTF8 + SIMPLIFIED.encode(), "utf-8-sig"),
        (SIMPLIFIED, codecs.BOM_UTF16_LE + SIMPLIFIED.encode("utf-16-le"), "utf-16"),
        (SIMPLIFIED, codecs.BOM_UTF16_BE + SIMPLIFIED.encode("utf-16-be"), "utf-16-be-sig"),
        (SIMPLIFIED, codecs.BOM_UTF32_LE + SIMPLIFIED.encode("utf-32-le"), "utf-32"),
        (SIMPLIFIED, codecs.BOM_UTF32_BE + SIMPLIFIED.encode("utf-32-be"), "utf-32-be-sig"),
        (SIMPLIFIED, SIMPLIFIED.encode("utf-16-le"), "utf-16-le"),
        (SIMPLIFIED, SIMPLIFIED.encode("utf-16-be"), "utf-16-be"),
        (SIMPLIFIED, SIMPLIFIED.encode("utf-32-le"), "utf-32-le"),
        (SIMPLIFIED + "𠮷", (SIMPLIFIED + "𠮷").encode("utf-32-be"), "utf-32-be"),
        (SIMPLIFIED, SIMPLIFIED.encode("gb18030"), "gb18030"),
        (SIMPLIFIED + "䶮㑇𠮷", (SIMPLIFIED + "䶮㑇𠮷").encode("gb18030"), "gb18030"),
        (TRADITIONAL, TRADITIONAL.encode("gb18030"), "gb18030"),
        (TRADITIONAL, TRADITIONAL.encode("cp950"), "cp950"),
        (TRADITIONAL + "啫喱", (TRADITIONAL + "啫喱").encode("big5hkscs"), "big5hkscs"),
        ("联通", "联通".encode("gb18030"), "gb18030"),  # its second half is valid UTF-8, too
        ("2025\n12\n", b"2025\n12\n", "utf-8"),
        ("……", "……".encode(), "utf-8"),
    ],
)
def test_encodings(text: str, data: bytes, encoding: str) -> None:
    assert decode(data) == Decoded(text, encoding)
    assert encode(text, encoding) == data


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028"])
def test_line_breaks_stay(line_break: str) -> None:
    text = f"春耕{line_break}{line_break}夏种{line_break}"
    assert decode(text.encode()).text == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t\r\n", "empty"),
        ("\u3000\u200b\n".encode(), "empty"),
        (codecs.BOM_UTF8, "empty"),
        (codecs.BOM_UTF16_LE, "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary"),
        (b"%PDF-1.7\n", "binary"),
        (b"PK\x03\x04\x14\x00", "binary"),
        (b"\x00\x00\x00\x00", "binary"),
        (SIMPLIFIED.encode() + b"\x00", "binary"),
        (b"\x01\x02\x03\x04abc", "binary"),
        (b"Plain English text without a single hanzi.", "not_chinese"),
        ("Ещё одна газета".encode(), "not_chinese"),
        ("Un café très agréable à l'été".encode("latin-1"), "undecodable"),
        (codecs.BOM_UTF16_LE + b"\x2d\x4e\x00", "undecodable"),
        (codecs.BOM_UTF8 + b"\xe4\xb8", "undecodable"),
        (SIMPLIFIED.encode()[:-3] + b"\xe5\x9d\n", "undecodable"),
        (SIMPLIFIED.encode()[:-3], "undecodable"),  # cut inside a character
        (SIMPLIFIED.encode() + b"\xff", "undecodable"),
        (SIMPLIFIED.encode() + "\ud800".encode("utf-8", "surrogatepass"), "undecodable"),
    ],
)
def test_refusals(data: bytes, reason: str) -> None:
    with pytest.raises(Undecodable) as refusal:
        decode(data)
    assert refusal.value.reason == reason
    assert refusal.value.detail


def test_the_offset_of_a_break_is_told() -> None:
    with pytest.raises(Undecodable, match="broken UTF-8 at byte 12"):
        decode("春夏秋冬".encode() + b"\xe5\x9d" + "各县区".encode() * 5)


@pytest.mark.parametrize(
    ("whole", "codec", "part", "other", "said"),
    [
        (SIMPLIFIED, "gb18030", "春灌用上智能闸门\n", "utf-8", "line 3 is utf-8, others are gb18030"),
        (SIMPLIFIED, "gb18030", TRADITIONAL.splitlines(True)[0], "cp950", "line 3 is cp950, others are gb18030"),
        (TRADITIONAL, "cp950", SIMPLIFIED.splitlines(True)[1], "gb18030", "line 3 is gb18030, others are cp950"),
    ],
)
def test_lines_of_several_encodings_are_refused(whole: str, codec: str, part: str, other: str, said: str) -> None:
    """All bytes are valid in the one encoding, and some lines nonsense."""
    mixed = whole.encode(codec) + part.encode(other) + 3 * whole.encode(codec)
    mixed.decode(codec)
    with pytest.raises(Undecodable, match=f"mixed encodings: {said}"):
        decode(mixed)


@pytest.mark.parametrize(
    "text", ["罕见字行：龘靐齉爩鱻麤龗灪吁龖厵\n", "饕餮魑魅魍魉氤氲\n", "㙓㙔㙕㙖㙗㙘㙙\n", "ＡＢＣＤ①②③\n"]
)
def test_a_line_of_rare_characters_is_no_mixture(text: str) -> None:
    whole = SIMPLIFIED + text + SIMPLIFIED
    assert decode(whole.encode("gb18030")) == Decoded(whole, "gb18030")


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("length", [2, 5, 20, len(SIMPLIFIED) - 1])
def test_truncated_utf8_is_never_read_as_something_else(cut: int, length: int) -> None:
    with pytest.raises(Undecodable):
        decode(SIMPLIFIED[:length].encode() + "津".encode()[:cut])


@given(st.binary(max_size=200))
def test_arbitrary_bytes_round_trip_or_are_refused(data: bytes) -> None:
    try:
        decoded = decode(data)
    except Undecodable as refusal:
        assert refusal.reason in ("empty", "binary", "undecodable", "not_chinese")
    else:
        assert encode(decoded.text, decoded.encoding) == data


@given(
    st.text(st.sampled_from(SIMPLIFIED + TRADITIONAL + "0123AZ ,"), min_size=20, max_size=120),
    st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-16-le", "gb18030"]),
)
def test_newspaper_text_comes_back(text: str, encoding: str) -> None:
    text = "全市" + text
    assert decode(encode(text, encoding)).text == text
