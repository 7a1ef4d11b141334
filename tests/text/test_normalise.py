"""The table of rules: its examples, cases from a file, and what must hold for any text."""

from __future__ import annotations

import itertools
import re
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.normalise import Change, _active, clean_line, count_notes, normalise, stack
from pipeline.text.normalise_rules import (
    COMPATIBILITY,
    INVISIBLE,
    LINE_BREAKS,
    PRESENTATION,
    RADICALS,
    RULES,
    Rule,
    Sub,
    is_blank,
    marks,
)
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit, Span, render, undo

PROFILE = CleaningProfile()


def clean(text: str, profile: CleaningProfile = PROFILE) -> str:
    return render(text, [Span(0, len(text))], normalise(text, profile))


def cases() -> Iterator[tuple[str, str, str]]:
    """(category, before, after) of the case file."""
    category = ""
    for line in Path(__file__).with_name("normalise_cases.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            category = line.strip("[]")
        elif line and not line.startswith("#"):
            decoded = re.sub(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})", lambda m: chr(int(m[1] or m[2], 16)), line)
            before, after = decoded.split("\t")
            yield category, before, after


@pytest.mark.parametrize(("category", "before", "after"), list(cases()))
def test_cases(category: str, before: str, after: str) -> None:
    if category == "known-failures":
        assert clean(before) != after, "a known failure that works now: move it to another section"
    else:
        assert clean(before) == after


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_every_rule_does_what_its_example_says(rule: Rule) -> None:
    before, after = rule.example
    assert clean(before) == after
    assert any(rule.name in e.rule.split("+") for e in normalise(before, PROFILE))
    assert rule.description.endswith((".", "……", "·"))


#: Newspaper-like text full of what the rules act on, and plain chaos.
_MARKED = '记者 张三 天津 人民 AI 2025 41.6% 10:30 3,000 , : ; ? ! ( ) （ ） “ ” ‘ ’ " ， 。 ！ … …… ... 。。。 ⋯'
_ODD = "-- — ━ · • ． ％ ５ Ａ ⼀ \uf9f4 ︐ ｡ ﹒ 优势 繁 體 \ufffd \ue000 𠮷 👨 \ufe0f 《 》 、 / -"
PIECES = [
    *_MARKED.split(),
    *_ODD.split(),
    *[
        " ",
        "  ",
        "\u3000",
        "\n",
        "\r\n",
        "\u2028",
        "\u200b",
        "\ufeff",
        "\u200d",
        "\u00ad",
        "\x0b",
        "\x1d",
        "\x07",
        "\t",
    ],
    "全市粮食生产工作会议在市政府礼堂召开，会议要求各县区抓好春耕备耕。",
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.text(st.sampled_from(sorted({c for p in PIECES for c in p} | INVISIBLE)), max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)


def check_edits(text: str, edits: list[Edit]) -> None:
    at = 0
    for e in edits:
        assert at <= e.start < e.end, "sorted, not overlapping, never a bare insertion"
        at = e.end
        assert e.before == text[e.start : e.end] != e.after
        assert not set(e.before + e.after) & set(LINE_BREAKS), "inside one line"
        before = re.split(f"[{LINE_BREAKS}]", text[: e.start])[-1]
        after = re.split(f"[{LINE_BREAKS}]", text[e.end :])[0]
        assert any(not is_blank(c) for c in before + e.before), "not in the blanks a line begins with"
        assert any(not is_blank(c) for c in e.before + after), "nor in those it ends with"
        assert e.confidence == 1.0
        assert e.status == "applied"


@settings(max_examples=600, deadline=None)
@given(TEXTS)
def test_edits_are_sound_and_can_be_undone(text: str) -> None:
    edits = normalise(text, PROFILE)
    check_edits(text, edits)
    whole = Span(0, len(text))
    assert undo(render(text, [whole], edits), edits, whole) == text
    assert {e.stage for e in edits} <= {"normalise"}


@settings(max_examples=1000, deadline=None)
@given(TEXTS, st.booleans(), st.booleans())
def test_normalising_twice_changes_nothing(text: str, normalise_marks: bool, narrow_latin: bool) -> None:
    profile = CleaningProfile(normalise_marks=normalise_marks, narrow_latin=narrow_latin)
    assert normalise(clean(text, profile), profile) == []


@given(TEXTS)
def test_a_line_is_normalised_by_itself(text: str) -> None:
    lines = re.split(f"([{LINE_BREAKS}])", text)
    assert clean(text) == "".join(map(clean, lines))


#: Marks between hanzi, Latin, signs and what is looked through: most lines of a page.
MARKED = st.text(st.sampled_from("报章。，a1%,,:;?!“”‘（）[]\t\n.-—─⋯\x1f"), max_size=40)


@settings(max_examples=500, deadline=None)
@given(MARKED)
def test_marks_done_for_all_lines_at_once_are_those_of_the_rule(text: str) -> None:
    expected, at = [], 0
    for line in text.split("\n"):
        if "." not in line and "-" not in line and "─" not in line and "⋯" not in line:
            start = at + len(line) - len(line.lstrip())
            expected += [(start + s.start, s.after) for s in marks(line.strip())]
        at += len(line) + 1
    found = normalise(text, PROFILE)
    assert [(e.start, e.after) for e in found if e.rule == "mark" and (e.start, e.after) in expected] == expected


@settings(max_examples=500, deadline=None)
@given(TEXTS | MARKED)
def test_no_rule_is_left_out_because_its_line_looked_easy(text: str) -> None:
    active, every = _active(PROFILE.normalise_marks, PROFILE.narrow_latin), (1 << len(RULES)) - 1

    def done(line: str) -> str:
        inside = [i for i, c in enumerate(line) if not is_blank(c)]
        if not inside:
            return line
        first, last = inside[0], inside[-1] + 1
        return line[:first] + spelt_out(line[first:last], clean_line(line[first:last], every, active)) + line[last:]

    assert clean(text) == "".join(map(done, re.split(f"([{LINE_BREAKS}])", text)))


def spelt_out(text: str, changes: list[Change]) -> str:
    edits = [Edit(c.start, c.end, text[c.start : c.end], c.after, "normalise", "x") for c in changes]
    return render(text, [Span(0, len(text))], edits)


@given(st.data())
def test_stacked_changes_equal_one_after_the_other(data: st.DataObject) -> None:
    text = "".join(chr(0x4E00 + i) for i in range(data.draw(st.integers(1, 12))))
    changes: list[Change] = []
    now = text
    for number in range(3):
        cuts = sorted(data.draw(st.sets(st.integers(0, len(now)), max_size=6)))
        afters = data.draw(st.lists(st.text("abc", max_size=3), min_size=6, max_size=6))
        subs = [Sub(a, b, s) for a, b, s in zip(cuts[::2], cuts[1::2], afters, strict=False)]
        changes = stack(changes, subs, f"r{number}")
        for sub in reversed(subs):
            now = now[: sub.start] + sub.after + now[sub.end :]
        assert spelt_out(text, changes) == now
        assert all(a.end <= b.start for a, b in itertools.pairwise(changes))


def test_rules_are_named_in_a_composed_edit() -> None:
    (edit,) = normalise("他说﹕\u3000“好”", PROFILE)[1:] or normalise("他说﹕\u3000“好”", PROFILE)
    assert edit.rule == "space+space_beside_mark"
    assert (edit.before, edit.after) == ("\u3000", "")


def test_blanks_at_the_ends_of_a_line_are_left_alone() -> None:
    assert normalise("\u3000\u3000春耕\u3000\n\ufeff夏种\u200b\r\n\u00a0", PROFILE) == []


def test_the_profile_switches_rules_off() -> None:
    assert clean("春耕,ＡＩ", CleaningProfile(normalise_marks=False)) == "春耕,AI"
    assert clean("春耕,ＡＩ", CleaningProfile(narrow_latin=False)) == "春耕，ＡＩ"


def test_a_stray_space_goes_and_a_printed_gap_stays() -> None:
    text = (
        "本次会议要求各县区把 春耕备耕放在首位，记者 张立民 从会上获悉，主题为“同心 同行”的活动也将举行，"
        "代表王 伟说，要好好干。"
    )
    assert clean(text) == text.replace("把 春", "把春")


def test_tables_of_characters_are_sound() -> None:
    assert all(unicodedata.name(twin).startswith("CJK UNIFIED") for twin in RADICALS.values())
    assert len(RADICALS) > 214
    assert not set("﨎﨏﨑﨓﨔﨟﨡﨣﨤﨧﨨﨩") & set(COMPATIBILITY)
    assert all(len(after) == 1 for after in PRESENTATION.values())


def test_notes() -> None:
    assert count_notes("“春耕‘备耕’\n夏种”\ufffd\ue000\U000f0000") == {
        "replacement_characters": 1,
        "private_use_characters": 2,
        "unpaired_quotes": 2,
    }
    assert count_notes('“it’s”\n"春"\n"')["unpaired_quotes"] == 1


@pytest.mark.parametrize("piece", ["(", ")", "!", "“", "一 ", "⋯.", "-", "。 。。", "\u200b一", "(一)", "，　", " ,"])
def test_long_lines_take_no_longer_than_their_length(piece: str) -> None:
    started = time.process_time()
    normalise("一" + piece * 20_000 + "。一", PROFILE)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("unit", ["汉字很好 的。", "（汉 字）说。", "\u200b", "汉\u200b,", '"好 的"。', "“ ", "１ ０"])
def test_a_line_without_end_takes_time_in_proportion(unit: str) -> None:
    """A line of half a million characters: what looks at the whole line for each blank would take hours."""
    line = unit * (500_000 // len(unit))
    edits = normalise(line, CleaningProfile())
    assert normalise(render(line, [Span(0, len(line))], edits), CleaningProfile()) == []
