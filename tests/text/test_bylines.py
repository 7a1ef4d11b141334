"""Bylines, leads, tails, credits and markers: the forms of NEWSPAPER_STYLES, from a table; and what may never hang."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from material.load import invented_pages

from pipeline.language.names import load_names
from pipeline.text.bylines import (
    Marker,
    authors_of,
    credit_of,
    dateline_of,
    ends_with_byline,
    has_lead,
    is_byline,
    is_credit,
    marker_of,
    markers_in,
    page_number,
    split_names,
)

SURNAMES = load_names().surnames


class Case(NamedTuple):
    category: str
    text: str
    what: str
    authors: tuple[str, ...]
    dateline: str | None
    marker: Marker | None


def cases() -> Iterator[Case]:
    category = ""
    for line in Path(__file__).with_name("byline_cases.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            category = line.strip("[]")
        elif line and not line.startswith("#"):
            text, what, authors, dateline, marker = (*line.split("\t"), "", "", "")[:5]
            way, _, page = marker.partition(" ")
            names = tuple(authors.split("、")) if authors else ()
            yield Case(category, text, what, names, dateline or None, Marker(page, way == "from") if page else None)


def reading(text: str) -> Case:
    """What the module says of a line, in the order in which `roles` asks."""
    marker = marker_of(text)
    if marker:
        what = "marker"
    elif is_credit(text):
        what = "credit"
    elif is_byline(text, SURNAMES):
        what = "byline"
    elif has_lead(text):
        what = "lead"
    else:
        what = "tail" if ends_with_byline(text, SURNAMES) else "text"
    return Case("", text, what, authors_of(text, SURNAMES), dateline_of(text), marker)


@pytest.mark.parametrize("case", list(cases()), ids=lambda c: f"{c.category}:{c.text[-24:]}")
def test_printed_forms(case: Case) -> None:
    found = reading(case.text)._replace(category=case.category)
    if case.category == "known-failures":
        assert found != case, "a known failure that works now: move it to another section"
    else:
        assert found == case


def test_the_table_is_large_enough() -> None:
    assert sum(c.category == "in-the-wild" for c in cases()) >= 80


@pytest.mark.parametrize("mark", "■□◆◇●○◎▲△★")
@pytest.mark.parametrize("form", ["记者 张三", "本报记者 张三 李四", " 本报记者 张三", "见习记者张三"])
def test_any_mark_may_stand_before_a_byline(mark: str, form: str) -> None:
    assert is_byline(mark + form, SURNAMES)
    assert authors_of(mark + form, SURNAMES)[0] == "张三"


GOLD_BYLINES = [
    (segment["text"], tuple(article["authors"]))
    for page in invented_pages("in_the_wild", "synthetic", "negative")
    for article in page.gold["articles"]
    for segment in article["segments"]
    if segment["role"] == "byline" and len(segment["text"]) > 5
]


@pytest.mark.parametrize(("text", "authors"), sorted(set(GOLD_BYLINES)), ids=lambda x: str(x)[:16])
def test_the_bylines_of_the_invented_pages(text: str, authors: tuple[str, ...]) -> None:
    assert is_byline(text, SURNAMES) or is_credit(text)
    assert set(authors_of(text, SURNAMES)) <= set(authors)
    assert authors_of(text, SURNAMES)


def test_bodies_of_the_invented_pages_are_no_bylines() -> None:
    for page in invented_pages():
        for article in page.gold["articles"]:
            for segment in article["segments"]:
                source = segment["text"] == "（综合新华社电）"  # a line of its own: the gold calls it body, we byline
                if segment["role"] not in ("byline", "marker"):
                    assert source or not is_byline(segment["text"], SURNAMES), segment["text"]
                    assert not is_credit(segment["text"]), segment["text"]


def test_credits_speak_of_photographs() -> None:
    assert all(credit_of(c.text) for c in cases() if c.what == "credit")
    assert not any(credit_of(t) for t in ("■记者 张三", "本报记者 张三 通讯员 李四"))


@pytest.mark.parametrize(
    ("printed", "page"),
    [("四", "4"), ("十", "10"), ("十二", "12"), ("二十", "20"), ("三十一", "31"), ("一二", "12"), ("〇四", "4"),
     ("04", "4"), ("A03", "A03"), ("A四", "A4"), ("A 3", "A3"), ("要闻", "要闻")],
)  # fmt: skip
def test_page_numbers(printed: str, page: str) -> None:
    assert page_number(printed) == page


def test_markers_inside_a_paragraph_count_at_its_ends_only() -> None:
    assert markers_in("（上接第1版）会议指出，要抓好春耕。") == [Marker("1", True)]
    assert markers_in("会议指出，要抓好春耕。（下转A3版）") == [Marker("A3", False)]
    assert markers_in("会议指出（上接第1版）要抓好春耕生产。") == []


NAMES = st.sampled_from(["张三", "李小四", "欧阳雨桐", "阿不都·热合曼", "王文", "简宏图", "张 三"])
TITLES = st.sampled_from(["记者", "本报记者", "通讯员", "见习记者", "新华社记者", "首席记者"])


LISTS = st.lists(NAMES, min_size=1, max_size=5, unique_by=lambda n: n.replace(" ", ""))


@given(TITLES, LISTS, st.sampled_from([" ", "、", "，"]))
def test_names_come_out_as_they_went_in(title: str, names: list[str], separator: str) -> None:
    line = f"■{title} {separator.join(names)}"
    assert is_byline(line, SURNAMES)
    assert authors_of(line, SURNAMES) == tuple(n.replace(" ", "") for n in names)
    assert split_names(separator.join(names)) == authors_of(line)


PIECES = st.sampled_from("记者张三摄报道文图本报讯（）／、 ·■第版接转电新华社月日1")


@given(st.text(st.one_of(PIECES, PIECES, st.characters(exclude_categories=["Cs"])), max_size=70))
def test_any_line_can_be_asked(text: str) -> None:
    reading(text)
    assert all(len(n) >= 2 for n in authors_of(text, SURNAMES))


@pytest.mark.parametrize(
    "text",
    ["记者 " + "张 三 " * 14 + "!", "本报" * 29, "张三、" * 20, "（" * 60, "记者" * 30,
     "本报记者 " + "张三李四 " * 11 + "。", "报" * 60, "本报讯（" + "记者 张三 " * 9, "新华社" * 20 + "日"],
    ids=range(9),
)  # fmt: skip
def test_no_line_takes_long(text: str) -> None:
    begun = time.perf_counter()
    reading(text)
    assert time.perf_counter() - begun < 0.2
