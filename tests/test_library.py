"""Banmian as a library."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import clean_bytes, clean_text
from pipeline.datasets.invariants import check_page
from pipeline.datasets.schemas import SCHEMAS
from pipeline.library import Undecodable
from pipeline.text.profile import CleaningProfile

PAGE = (
    "春灌用上智能闸门\n本报讯（记者 周文涛）3日,清河灌区的12座智能闸门同时开启。\n“水就到了地头。”种粮大户韩立新说。\n"
)


def test_text_becomes_articles() -> None:
    page = clean_text(PAGE)
    (article,) = page.articles
    assert article.headline == "春灌用上智能闸门" and article.authors == ("周文涛",)
    assert [p.role for p in page.paragraphs][:2] == ["headline", "body"]
    assert check_page(page) == []


def test_the_frames_are_the_tables_of_the_contract() -> None:
    frames = clean_text(PAGE).to_frames()
    assert set(frames) == {
        "pages", "articles", "paragraphs", "edits", "duplicates", "orphans", "ledger", "quality"
    }  # fmt: skip
    for name, frame in frames.items():
        assert isinstance(frame, pd.DataFrame)
        assert list(frame.columns) == SCHEMAS[name].names
    assert frames["articles"]["headline"].tolist() == ["春灌用上智能闸门"]
    assert frames["pages"]["text"].tolist() == [PAGE]


def test_bytes_are_decoded() -> None:
    page = clean_bytes(PAGE.encode("gb18030"), page_id="04")
    assert page.page.encoding == "gb18030" and page.articles[0].article_id == "04@0"
    with pytest.raises(Undecodable):
        clean_bytes(b"")


def test_a_profile_changes_what_is_done() -> None:
    page = clean_text(PAGE, profile=CleaningProfile(normalise_marks=False))
    assert "3日,清河" in page.articles[0].text
    assert page.profile_id != clean_text(PAGE).profile_id


@pytest.mark.parametrize("text", ["", "\n\n", "a", "。", "\ud800", "甲" * 5000])
def test_any_text_is_taken(text: str) -> None:
    assert clean_text(text).page.text == text
