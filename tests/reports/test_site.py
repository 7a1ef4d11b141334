"""The report: complete, escaped, and without anything from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.reports.preview import changes, escape, headlines, page_changes, top_corrections
from pipeline.run import run
from pipeline.settings import Settings
from pipeline.text.spans import Edit

PAGE = """<script>alert("标题")</script>春灌
本报讯（记者 周文涛）3日,清河灌区的<b>12</b>座智能闸门同时开启,浇一亩地的时间少了一半&amp;。
"""


class Reader(HTMLParser):
    """Collects tags, links and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.shown = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self.links += [v for k in ("href", "src") if (v := named.get(k))]
        if named.get("id"):
            self.ids.add(str(named["id"]))

    def handle_data(self, data: str) -> None:
        self.shown += data


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "in").mkdir()
    (folder / "in" / "04.txt").write_text(PAGE, encoding="utf-8")
    (folder / "in" / "<i>.txt").write_bytes(b"")
    assert run(Settings(str(folder / "in"), str(folder / "out"))).exit_code == 0
    return folder / "out" / "report"


def test_a_page_with_a_script_shows_it(report: Path) -> None:
    for path in report.rglob("*.html"):
        assert not {"script", "i", "iframe", "link", "img"} & set(read(path).tags)
    (page,) = (report / "pages").iterdir()
    assert PAGE.split("\n")[0] in read(page).shown


def test_every_link_leads_somewhere_in_the_report(report: Path) -> None:
    for path in report.rglob("*.html"):
        for link in read(path).links:
            assert not re.match(r"[a-z]+:|//", link), link
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            assert target.exists(), link
            assert not anchor or anchor in read(target).ids, link


def test_the_raw_text_stands_there_whole(report: Path) -> None:
    (page,) = (report / "pages").iterdir()
    assert "3日,清河灌区的<b>12</b>座智能闸门" in read(page).shown


def edit(before: str, after: str, stage: str = "normalise", **more: object) -> Edit:
    return Edit(0, len(before), before, after, stage, "rule", **more)  # type: ignore[arg-type]


def test_previews_strike_and_embolden() -> None:
    assert changes("勢,好", [edit("勢", "势", "script")]) == "- …~~勢~~**势**,好… · rule"
    assert "only suggested" in changes("勢,好", [edit("勢", "势", "correct", status="suggested")])
    assert changes("好", []) == page_changes([]) == "Nothing was changed."
    assert headlines([]) == "No articles."


def test_previews_show_markdown_as_text() -> None:
    assert escape("*a* <b> | `x`\n#") == r"\*a\* \<b\> \| \`x\`⏎\#"


def test_top_corrections_count_words_not_marks() -> None:
    table = top_corrections([edit(",", "，"), *[edit("勢", "势", "script")] * 3])
    assert "| 勢 | 势 | rule | applied | 3 |" in table and "，" not in table
