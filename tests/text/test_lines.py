"""Lines and blocks: what ends a sentence, which marks are open, and columns put back together."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.text.lines import (
    LINE_BREAKS,
    Line,
    Looks,
    column_width,
    is_ended,
    open_marks,
    read_lines,
    reflow,
    unopened_marks,
)
from pipeline.text.models import Models
from pipeline.text.normalise import clean_characters
from pipeline.text.normalise_rules import is_blank
from pipeline.text.profile import CleaningProfile
from pipeline.text.segment import _looks
from pipeline.text.spans import Span, render

MARKED = st.text(st.sampled_from("报章“”‘’『』「」（）《》〈〉【】()，。"), max_size=20)


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("春耕开始了。", True),
        ("他说：“好。”", True),
        ("怎么办？", True),
        ("加油！！", True),
        ("如此而已……", True),
        ("他说：“（笑）好！”）", True),
        ("春耕开始了。 ", True),
        ("活动结束。（记者 张三）", True),
        ("（记者 张三）", True),
        ("春耕开始了", False),
        ("促，", False),
        ("推动“双城", False),
        ("他说：", False),
        ("《春耕》", False),
        ("“双城”", False),
        ("）", False),
        ("", False),
        (" ", False),
    ],
)
def test_what_ends_a_sentence(text: str, ended: bool) -> None:
    assert is_ended(text) is ended


@pytest.mark.parametrize(
    ("text", "opened", "unopened"),
    [
        ("提出“优化布局，促", "“", ""),
        ("进协调发展”，同时强调“巩固”。", "", "“"),
        ("“甲‘乙’丙", "“", ""),
        ("“甲‘乙", "“‘", ""),
        ("乙’丙”丁", "", "‘“"),
        ("（甲）《乙》【丙】", "", ""),
        ("甲）乙（丙", "（", "（"),
        ("(a)(b", "(", ""),
        ("", "", ""),
    ],
)
def test_open_and_unopened_marks(text: str, opened: str, unopened: str) -> None:
    assert open_marks(text) == tuple(opened)
    assert unopened_marks(text) == tuple(unopened)


@given(MARKED)
def test_closing_what_is_open_leaves_nothing_open(text: str) -> None:
    closed = text + "".join(
        dict(zip("“‘『「（《〈【(", "”’』」）》〉】)", strict=True))[c] for c in reversed(open_marks(text))
    )
    assert open_marks(closed) == ()
    assert open_marks(text + "报") == open_marks(text)


@given(MARKED, MARKED)
def test_a_balanced_text_changes_no_marks(text: str, other: str) -> None:
    inner = "“" + "".join(c for c in other if c in "报章，。") + "”"
    assert unopened_marks(inner + text) == unopened_marks(text)
    assert open_marks(text + inner) == open_marks(text)


# --- reading lines -------------------------------------------------------------------------------------------------

BREAKS = ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\x1c", "\n\r", "\n \n", "\r\n\r\n"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["版面", " 甲 ", "\u200b乙", "，", "", "\u3000", "😀"]), st.sampled_from(BREAKS))
    )
)
def test_lines_hold_everything_visible_once(pieces: list[tuple[str, str]]) -> None:
    text = "".join(itertools.chain.from_iterable(pieces))
    lines = read_lines(text, [])
    held = [i for x in lines for i in range(*x.span)]
    assert len(set(held)) == len(held)
    assert {i for i, c in enumerate(text) if not is_blank(c)} <= set(held)
    for x in lines:
        assert not LINE_BREAKS.search(text[x.span.start : x.span.end])
        assert not is_blank(text[x.span.start])
        assert not is_blank(text[x.span.end - 1])
        assert x.number == text.count("\n", 0, x.span.start)
        assert x.text == text[x.span.start : x.span.end]
    assert [x.span for x in lines] == sorted(x.span for x in lines)


def test_blank_lines_and_indents_are_noticed() -> None:
    lines = read_lines("\n\n标题\n\u3000\u3000首段\n\r\n  次段\n\t末段\n 一格\n", [])
    assert [(x.text, x.indent, x.blank_before, x.number) for x in lines] == [
        ("标题", False, 2, 2),
        ("首段", True, 0, 3),
        ("次段", True, 1, 5),
        ("末段", True, 0, 6),
        ("一格", False, 0, 7),
    ]


def test_lines_are_read_as_normalised(models: Models, profile: CleaningProfile) -> None:
    text = "  优勢,\u200b互补 \n"
    [line] = read_lines(text, clean_characters(text, models.script, profile))
    assert (line.text, line.span) == ("优势，互补", Span(2, 8))


# --- columns -------------------------------------------------------------------------------------------------------


def never(pairs: Sequence[tuple[str, str]]) -> list[bool]:
    return [False] * len(pairs)


def no_word(left: str, right: str) -> bool:
    return False


def text_only(text: str) -> Looks:
    return "text"


def lines_of(texts: list[str]) -> list[Line]:
    return read_lines("\n".join(texts), [])


def wrapped(paragraph: str, width: int, indent: str) -> list[str]:
    """Set in a column: an indent of two, no closing mark at a line's beginning (it hangs at the end of the last)."""
    rows: list[str] = []
    row = indent
    for char in paragraph:
        if len(row) >= width and not (char in "，。" and len(row) == width):
            rows.append(row)
            row = ""
        row += char
    return [*rows, row]


CLAUSE = st.text(
    st.sampled_from("春耕生产全面展开各地农民抢抓农时备足种子化肥技术人员深入田间"), min_size=5, max_size=11
)
SENTENCE = st.lists(CLAUSE, min_size=2, max_size=5).map(lambda c: "，".join(c) + "。")
PARAGRAPH = st.lists(SENTENCE, min_size=1, max_size=3).map("".join)


@st.composite
def columns(draw: st.DrawFn, indent: str) -> tuple[list[str], list[str], int]:
    """(paragraphs, lines, width). Nobody could tell where full lines are not the commonest, or, without indents,
    where a paragraph's last line is full."""
    width = draw(st.integers(12, 34))
    paragraphs = draw(st.lists(PARAGRAPH, min_size=4, max_size=8))
    if not indent:
        paragraphs = [p for p in paragraphs if len(wrapped(p, width, "")[-1]) < width - 2]
    rows = [row for p in paragraphs for row in wrapped(p, width, indent)]
    sizes = Counter(map(len, rows))
    assume(sizes and abs(max(sizes, key=lambda n: (sizes[n], n)) - width) <= 1)
    return paragraphs, rows, width


@given(columns("\u3000\u3000"))
def test_indented_columns_become_paragraphs(case: tuple[list[str], list[str], int]) -> None:
    paragraphs, rows, width = case
    lines = lines_of(rows)
    if column_width(lines) is None:
        assert len(rows) < 3 * len(paragraphs) or len(rows) < 10, "columns were not noticed"
        return
    assert abs((column_width(lines) or 0) - width) <= 1
    assert [b.text for b in reflow(lines, never, text_only, no_word)] == paragraphs


@given(columns(""))
def test_columns_without_indents_become_paragraphs_where_a_last_line_is_short(
    case: tuple[list[str], list[str], int],
) -> None:
    paragraphs, rows, _ = case
    lines = lines_of(rows)
    if column_width(lines) is not None:
        assert [b.text for b in reflow(lines, never, text_only, no_word)] == paragraphs


@given(st.one_of(columns(""), columns("\u3000\u3000")), st.booleans())
def test_reflow_keeps_every_line_in_order(case: tuple[list[str], list[str], int], objects: bool) -> None:
    _, rows, _ = case
    lines = lines_of(rows)
    blocks = reflow(lines, lambda pairs: [objects] * len(pairs), _looks, no_word)
    assert [s for b in blocks for s in b.spans] == [x.span for x in lines]
    text = "\n".join(rows)
    for b in blocks:
        assert b.text == render(text, b.spans, [])
        assert (b.line, b.last_line) == (text.count("\n", 0, b.spans[0].start), text.count("\n", 0, b.spans[-1].start))


BODY = ["春耕生产全面展开各地农民抢抓农", "时备足种子化肥，技术人员深入田", "间地头开展指导，确保粮食丰收。"]


def column_page(*extra: str) -> list[str]:
    return [*BODY * 4, *extra, *BODY]


@pytest.mark.parametrize(
    "stranger", ["■记者 张三", "（下转第四版）", "本报讯（记者 张三）昨日春耕全面", "记者 张三 摄"]
)
def test_a_byline_or_lead_never_goes_on_a_column(stranger: str) -> None:
    blocks = reflow(lines_of(column_page(BODY[0], stranger)), never, _looks, no_word)
    assert any(b.text.startswith(stranger) for b in blocks)


@pytest.mark.parametrize("splits", [False, True])
def test_a_headline_as_wide_as_the_column_goes_on_where_the_break_splits_a_word(splits: bool) -> None:
    page = lines_of([*BODY * 4, "", "春耕新气象良种良机齐上阵丰收", "在望", "", *BODY])
    asked: list[tuple[str, str]] = []

    def splits_word(left: str, right: str) -> bool:
        asked.append((left, right))
        return splits

    texts = [b.text for b in reflow(page, never, text_only, splits_word)]
    assert ("春耕新气象良种良机齐上阵丰收在望" in texts) == splits
    assert ("春耕新气象良种良机齐上阵丰收", "在望") in asked


def test_a_blank_line_ends_a_paragraph() -> None:
    blocks = reflow(lines_of([*BODY * 4, BODY[0], "", BODY[1], BODY[2]]), never, text_only, no_word)
    assert blocks[-1].text == BODY[1] + BODY[2]
    assert blocks[-1].blank_before == 1


def test_the_model_may_object_to_a_full_last_line() -> None:
    page = lines_of(column_page())
    once = len(reflow(page, never, text_only, no_word))
    split = reflow(page, lambda pairs: [a.endswith("。") for a, _ in pairs], text_only, no_word)
    assert once == 1
    assert [b.text for b in split] == ["".join(BODY)] * 5


def test_latin_words_are_kept_apart() -> None:
    rows = [
        *BODY * 3,
        "各地农民使用大数据平台 AI Lab",
        "Center 提供的种子化肥技术人员深",
        "入田间地头开展指导确保粮食丰。",
    ]
    joined = reflow(lines_of(rows), never, text_only, no_word)[-1].text
    assert "AI Lab Center" in joined


@pytest.mark.parametrize("width", range(12, 35))
def test_every_width_is_found(width: int) -> None:
    long = "春耕生产全面展开各地农民抢抓农时备足种子化肥" * 8
    rows = [row for n in range(5) for row in wrapped(long[: 5 * width + n] + "。", width, "\u3000\u3000")]
    assert column_width(lines_of(rows)) == width


@pytest.mark.parametrize(
    "rows",
    [
        ["春耕生产全面展开。" * n for n in (3, 9, 6, 12, 5, 8, 14, 20, 11)],
        ["春耕"] * 20,
        ["春" * 60] * 20,
        BODY,
        [],
    ],
    ids=["paragraphs", "heads", "too wide", "too few", "none"],
)
def test_a_page_without_columns_keeps_its_lines(rows: list[str]) -> None:
    lines = lines_of(rows)
    assert column_width(lines) is None
    assert [b.spans for b in reflow(lines, never, text_only, no_word)] == [(x.span,) for x in lines]


def test_half_filled_lines_stand_alone() -> None:
    """A poem beside the columns: its lines are no paragraph."""
    poem = ["春风又绿江南岸", "明月何时照我还"]
    blocks = reflow(lines_of([*BODY * 4, "确保粮食丰收。", *poem, *BODY]), never, text_only, no_word)
    assert [b.text for b in blocks][1:3] == poem
