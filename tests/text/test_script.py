"""Leaked traditional characters, traditional text, and both character steps together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.language.script import load_script
from pipeline.text.normalise import clean_characters
from pipeline.text.normalise_rules import LINE_BREAKS
from pipeline.text.profile import CleaningProfile
from pipeline.text.script import simplify
from pipeline.text.spans import Span, render, undo

TABLES = load_script()
PROFILE = CleaningProfile()
CONVERT = CleaningProfile(simplify_traditional_text=True)
TRADITIONAL = "這是一張舊報紙，記者報導了當時的情況，乾隆年間的書畫頭髮乾燥。"
SIMPLIFIED = "这是一张旧报纸，记者报道了当时的情况，全市粮食生产工作会议召开。"


def clean(text: str, profile: CleaningProfile = PROFILE) -> str:
    return render(text, [Span(0, len(text))], clean_characters(text, TABLES, profile))


def cases() -> Iterator[tuple[str, str, str]]:
    """(category, before, after) of the case file."""
    category = ""
    for line in Path(__file__).with_name("script_cases.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            category = line.strip("[]")
        elif line and not line.startswith("#"):
            decoded = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), line).replace("⏎", "\n")
            before, after = decoded.split("\t")
            yield category, before, after


@pytest.mark.parametrize(("category", "before", "after"), list(cases()))
def test_cases(category: str, before: str, after: str) -> None:
    if category == "known-failures":
        assert clean(before) != after, "a known failure that works now: move it to another section"
    else:
        assert clean(before) == after


def test_a_leak_is_an_edit_of_one_character() -> None:
    (edit,) = simplify("算力优勢", TABLES, PROFILE)
    assert (edit.start, edit.end, edit.before, edit.after) == (3, 4, "勢", "势")
    assert (edit.stage, edit.rule, edit.confidence) == ("script", "leaked_traditional", 1.0)


def test_composed_edits_name_all_rules_and_the_later_stage() -> None:
    (edit,) = clean_characters("⾞辆", TABLES, PROFILE)
    assert (edit.before, edit.after, edit.stage) == ("⾞", "车", "script")
    assert edit.rule == "radical+leaked_traditional"


def test_a_short_line_with_a_leak_is_not_traditional() -> None:
    assert clean("優势\n" + SIMPLIFIED) == "优势\n" + SIMPLIFIED
    assert clean("優势\n" + SIMPLIFIED, CONVERT) == "优势\n" + SIMPLIFIED


def test_traditional_text_stays_as_printed_unless_asked() -> None:
    page = "\n".join([SIMPLIFIED, TRADITIONAL, "優势不减", SIMPLIFIED])
    assert clean(page) == page.replace("優势", "优势")
    simple = "这是一张旧报纸，记者报导了当时的情况，乾隆年间的书画头发干燥。"
    assert clean(page, CONVERT) == page.replace(TRADITIONAL, simple).replace("優势", "优势")
    assert {e.rule for e in clean_characters(TRADITIONAL, TABLES, CONVERT)} == {"traditional_text"}


def test_a_short_line_of_a_traditional_page_stays_with_the_page() -> None:
    page = "\n".join([TRADITIONAL] * 5 + ["市長", "王國"])
    assert clean(page) == page


def test_the_switches_work() -> None:
    assert simplify("算力优勢", TABLES, CleaningProfile(simplify=False)) == []
    page = f"{TRADITIONAL}\n优勢"
    only_whole = CleaningProfile(simplify=False, simplify_traditional_text=True)
    assert {e.rule for e in simplify(page, TABLES, only_whole)} == {"traditional_text"}


@dataclass(frozen=True)
class OddTables:
    """Tables whose conversion changes lengths."""

    characters: Mapping[str, str] = field(default_factory=dict)
    traditional_only: frozenset[str] = frozenset("甲乙丙")

    def convert(self, text: str) -> str:
        return text.replace("甲乙", "子").replace("丙", "丑寅")


def test_a_conversion_that_changes_lengths_is_logged_by_what_differs() -> None:
    text = "天甲乙丙丙地"
    edits = simplify(text, OddTables(), CONVERT)
    assert render(text, [Span(0, len(text))], edits) == "天子丑寅丑寅地"
    assert all(e.before == text[e.start : e.end] for e in edits)


PIECES = [
    SIMPLIFIED,
    TRADITIONAL,
    "優",
    "势",
    "乾隆",
    "於",
    "苧",
    "麼",
    "⾞",
    "⼀",
    "\u200b",
    " ",
    "\n",
    ",",
    "!",
    "(",
    ")",
]
TEXTS = st.one_of(
    st.lists(st.sampled_from([*PIECES, "記者", "报道", "藉口", "重覆", "\u2028", "𠮷", "ａ"]), max_size=25).map(
        "".join
    ),
    st.text(st.sampled_from(sorted(TABLES.traditional_only)[::40] + list("的是在，, \n。")), max_size=60),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
PROFILES = st.builds(
    CleaningProfile, simplify=st.booleans(), simplify_traditional_text=st.booleans(), normalise_marks=st.booleans()
)


@settings(max_examples=500, deadline=None)
@given(TEXTS, PROFILES)
def test_both_steps_together(text: str, profile: CleaningProfile) -> None:
    """Sound, reversible, and done: a second run finds nothing."""
    edits = clean_characters(text, TABLES, profile)
    at = 0
    for e in edits:
        assert at <= e.start < e.end
        at = e.end
        assert e.before == text[e.start : e.end] != e.after
        assert not set(e.before + e.after) & set(LINE_BREAKS)
        assert (e.stage == "script") == ("traditional" in e.rule)
    whole = Span(0, len(text))
    after = render(text, [whole], edits)
    assert undo(after, edits, whole) == text
    assert clean_characters(after, TABLES, profile) == []
