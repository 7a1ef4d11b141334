"""Suggestions in their context, and which of them are one question."""

from __future__ import annotations

from pathlib import Path

import pytest
from material.review import SCRIPT, Archive, suggestion

from pipeline.datasets.store import Store
from pipeline.review.suggestions import Context, corpus_names, grouped, open_suggestions, word_form


def test_every_suggestion_of_the_tables_is_there_once(cleaned: Archive) -> None:
    rows = [r for _, t in Store(cleaned.output).read_all("edits") for r in t.to_pylist() if r["status"] == "suggested"]
    found = open_suggestions(cleaned.output)
    assert [s.key for s in found] == [(r["page_id"], r["raw_start"], r["raw_end"], r["after"]) for r in rows]
    assert len(found) == 20 and sum(len(g.members) for g in grouped(found)) == 20


def test_each_stands_in_its_sentence_with_page_and_headline(cleaned: Archive) -> None:
    first = open_suggestions(cleaned.output)[0]
    assert first.headline == "河边的一年"
    assert first.where == "riverside · 2025-03-01 · riverside/2025-03-01/<b>&'.txt"
    c = first.context
    assert (c.left, c.shown, c.right[:6]) == ("老渔民从小在", "潲", "龙河边长大，")
    assert SCRIPT in c.right and c.right.endswith("。")
    assert first.evidence and 0 < first.confidence < 1


def test_equal_ones_are_one_question_and_the_largest_come_first(cleaned: Archive) -> None:
    groups = grouped(open_suggestions(cleaned.output))
    sizes = [len(g.members) for g in groups]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == 2 and sizes[-1] == 1
    assert all((g.printed, g.meant) == ("潲龙河", "潴龙河") for g in groups if g.before == "潲")
    assert len({g.group_id for g in groups}) == len(groups)


def test_another_word_rule_or_reading_is_another_question() -> None:
    one = suggestion("01")
    others = [
        suggestion("02", around="他姓{}，"),
        suggestion("03", rule="look_alike"),
        suggestion("04", after="渝"),
    ]
    assert len(grouped([one, *others])) == 4
    assert len(grouped([one, suggestion("05", around="沿{}林河走")])) == 1


@pytest.mark.parametrize(
    ("left", "right", "form"),
    [
        ("他在", "林河畔散步", ("揄林河", "榆林河")),
        ("", "", ("揄", "榆")),
        ("他说“", "”好", ("揄", "榆")),
        ("记者钟", "说，", ("钟揄", "钟榆")),
    ],
)
def test_the_word_around_is_the_longest_known_one(left: str, right: str, form: tuple[str, str]) -> None:
    s = suggestion("01", context=Context("", left, "揄", right, ""))
    known = {"榆林", "榆林河", "钟榆"}
    assert word_form(s, known.__contains__) == form


def test_names_of_the_corpus_are_words(cleaned: Archive, tmp_path: Path) -> None:
    assert "孟晓岚" in corpus_names(cleaned.output)
    assert corpus_names(str(tmp_path)) == frozenset()
