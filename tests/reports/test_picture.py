"""The picture of a page: every raw character in its place, every edit and join where it belongs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markupsafe import Markup

from pipeline.datasets.tables import page_tables, pages_table
from pipeline.library import clean_text
from pipeline.reports.picture import Picture, draw, visible

CUT = """老街书场添新座
■ 记者 孟晓岚
城南老街的书场昨天重新开张,新添了三十个座位。开场第一段书,说的是运河上的故
事,听书的人把茶馆挤得满满当当,连门口也站满了人。
春灌用上智能闸门
本报讯（记者 周文涛）3日,清河灌区的12座智能闸门同时开启。与往年相比,浇一亩地的时间少了一半。
责任编辑：某某
"""


def rows(text: str) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    clean = clean_text(text, page_id="i/p")
    own = {name: table.to_pylist() for name, table in page_tables([clean]).items()}
    return pages_table([clean.page], None, "", "").to_pylist()[0], own


def picture(text: str) -> Picture:
    return draw(*rows(text))


def plain(html: Markup) -> str:
    return Markup(re.sub("<[^>]*>", "", str(html))).unescape()


@pytest.mark.parametrize(
    "text", [CUT, CUT.replace("\n", "\r\n"), "\n\n" + CUT, CUT.rstrip("\n"), "a\x00b\n\n中\u200b国"]
)
def test_every_raw_character_is_shown_in_its_line(text: str) -> None:
    shown = ["".join(plain(s.html) for s in line.segments) for line in picture(text).lines]
    named = [
        re.sub("[\x00\u200b]", lambda m: f"U+{ord(m[0]):04X}", line.replace("\r", "")) for line in text.split("\n")
    ]
    assert shown == named
    assert [line.number for line in picture(text).lines] == list(range(1, len(named) + 1))


def test_the_clean_text_stands_on_the_other_side() -> None:
    page, own = rows(CUT)
    made = draw(page, own)
    texts = [p["text"] for p in own["paragraphs"]]
    assert [plain(p.html).replace("⌇", "") for card in made.cards for p in card.paragraphs] == texts


def test_a_join_is_drawn_on_both_sides() -> None:
    made = picture(CUT)
    ((here, there, kind, confidence, article, _),) = made.facts["joins"]
    assert (here, there, kind, article) == (3, 4, "line", 1) and 0 < confidence <= 1
    (leaving,) = (k for s in made.lines[here - 1].segments for k in s.goes_to)
    (arriving,) = (k for s in made.lines[there - 1].segments for k in s.comes_from)
    assert (leaving.line, arriving.line) == (there, here)
    assert sum(str(p.html).count('class="join') for card in made.cards for p in card.paragraphs) == 1


def test_an_edit_is_marked_on_both_sides_and_told() -> None:
    made = picture(CUT)
    raw = "".join(str(s.html) for line in made.lines for s in line.segments)
    clean = "".join(str(p.html) for card in made.cards for p in card.paragraphs)
    told = [n for n, e in enumerate(made.facts["edits"]) if e[:2] == [",", "，"]]
    assert told
    for number in told:
        assert f'data-e="{number}" tabindex="-1">,</mark>' in raw
        assert f'data-e="{number}" tabindex="-1">，</mark>' in clean


def test_a_suggestion_is_laid_around_what_it_would_change() -> None:
    page, own = rows("春灌用上智能闸门\n本报讯 3日,清河灌区的闸门同时开启。\n")
    at = page["text"].index("清河")
    common = {"page_id": "i/p", "issue_id": "", "article_id": None, "confidence": 0.6, "evidence": "why"}
    own["edits"] += [
        {**common, "edit_id": "x", "raw_start": at - 1, "raw_end": at + 2, "before": ",清河", "after": "；青河",
         "stage": "correct", "rule": "place_name", "status": "suggested"},
        {**common, "edit_id": "y", "raw_start": at + 2, "raw_end": at + 3, "before": "灌", "after": "罐",
         "stage": "correct", "rule": "word", "status": "rejected"},
    ]  # fmt: skip
    made = draw(page, own)
    (clean,) = (str(p.html) for card in made.cards for p in card.paragraphs if p.role == "body")
    assert re.search(r'<mark class="sug"[^>]*><mark class="normalise"[^>]*>，</mark>清河</mark>', clean)
    assert re.search(r'<mark class="rej"[^>]*>灌</mark>', clean)
    assert [w["status"] for w in made.words] == ["suggested", "rejected"]


def test_what_was_withheld_is_shown_as_it_is() -> None:
    page, _ = rows(CUT)
    made = draw(page, {})
    assert "\n".join("".join(plain(s.html) for s in line.segments) for line in made.lines) == CUT
    assert not made.cards and {s.disposition for line in made.lines for s in line.segments} == {"unknown"}


def test_a_repeat_leads_to_the_copy_that_was_kept() -> None:
    body = "城南老街的书场昨天重新开张,新添了三十个座位。开场第一段书,说的是运河上的故事,听书的人把茶馆挤得满满当当。"
    page, own = rows(f"老街书场添新座\n本报讯（记者 孟晓岚）{body}\n{body}\n{body}\n")
    made = draw(page, own)
    assert made.duplicates
    for aside, row in zip(made.duplicates, own["duplicates"], strict=True):
        line = page["text"].count("\n", 0, row["kept_spans"][0]["start"]) + 1
        assert [link for what, _, link in aside.links if what == "kept"] == [f"#L{line}"]
        assert aside.lines[0] != line


def test_direction_marks_are_named_and_do_nothing() -> None:
    assert visible("中\u202e<国>") == Markup('中<span class="odd">U+202E</span>&lt;国&gt;')
