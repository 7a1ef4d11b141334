"""One is said as one, in the report, the plots and on the terminal."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from pipeline.reports import overview, plots
from pipeline.reports.wording import counted, form

#: "1 pages", but neither "1 is" nor "21 pages" nor "0.1 pages".
WRONG = re.compile(r"(?<![\d.,])1 (?!is\b|was\b|has\b)[a-z]+s\b")


def test_a_number_and_its_noun() -> None:
    assert [counted(n, "page") for n in (0, 1, 2, 1000)] == ["0 pages", "1 page", "2 pages", "1,000 pages"]
    assert counted(1, "entry", "entries") == "1 entry" and counted(3, "entry", "entries") == "3 entries"
    assert form(1.0, "page") == "page" and form(0.5, "page") == "pages"


def test_cards_and_plots_of_one() -> None:
    totals = Counter(dict.fromkeys(("articles", "joins", "suggestions", "n_chars", "edits_normalise"), 1))
    names = [name for name, _, _ in overview.cards(totals, 1, 1, 2)]
    assert names[:3] == ["page", "article", "join"] and "edit of marks" in names and "rejects" in names
    plot = plots.columns("Pages", "", [("a", 1.0), ("b", 2.0)], "page")
    assert [bar.said for bar in plot.bars] == ["a: 1 page", "b: 2 pages"]
    assert plot.columns == ("", "pages")


def test_no_page_of_the_report_speaks_of_one_pages(cleaned: Path) -> None:
    spoken = 0
    for path in sorted((cleaned / "report").rglob("*.html")):
        text = re.sub(r"<(style|script|pre)\b.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.S)
        text = re.sub(r"<[^>]*>", "", text)
        spoken += len(re.findall(r"\d (?:page|article|suggestion|character)s?\b", text))
        assert not WRONG.search(text), (path, WRONG.findall(text))
    assert spoken > 10
    assert WRONG.search("· 1 pages") and not WRONG.search("21 pages, 1 page")
