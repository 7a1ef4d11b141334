"""The report: complete, escaped, without anything from elsewhere, and drawn anew only where something changed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from pipeline.datasets.store import Store
from pipeline.engines import shared_engine
from pipeline.reports import site
from pipeline.reports.site import forget_issue, write_report
from pipeline.run import run
from pipeline.settings import Settings

PAGE = """<script>alert("标题")</script>春灌
本报讯（记者 周文涛）3日,清河灌区的<b>12</b>座智能闸门同时开启,浇一亩地的时间少了一半&amp;。
"""


class Reader(HTMLParser):
    """Collects tags, links, ids, scripts and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.attributes: set[str] = set()
        self.policy = ""
        self.inline: list[tuple[str, str]] = []
        self.shown = self.data = self.text = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self.attributes |= set(named)
        self.links += [v for k in ("href", "src") if (v := named.get(k))]
        if named.get("id"):
            self.ids.append(str(named["id"]))
        if named.get("http-equiv"):
            self.policy = str(named["content"])
        self._inside = tag if tag in ("script", "style") and named.get("type") != "application/json" else ""
        if tag == "script" and not self._inside:
            self._inside = "data"
        if named.get("id") == "text":
            self._inside = "text"

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.inline.append((self._inside, data))
        elif self._inside == "data":
            self.data += data
        else:
            self.shown += data
            self.text += data if self._inside == "text" else ""


def read(path: Path) -> Reader:
    """What stands in a file, and of a page's picture also the anchors and links that its script makes of the facts
    (tests/browser/test_report_pictures.py sees to it that it does)."""
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    if reader.data:
        facts = json.loads(reader.data)
        found: list[tuple[str, list[Any]]] = [(a[0], a[6]) for a in facts["articles"]]
        for sign, name in (("d", "duplicates"), ("o", "orphans")):
            found += [(f"{sign}{n}", row[3]) for n, row in enumerate(facts[name], 1)]
        reader.ids += [f"L{n}" for n in range(1, reader.text.count("\n") + 1)]  # HTML drops the first
        for anchor, links in found:
            reader.ids.append(anchor)
            reader.links += [link[-1] for link in links if isinstance(link[-1], str) and link[-1].startswith("../")]
            reader.links += [f"#{link[1]}" for link in links if re.fullmatch(r"a\d+", str(link[1]))]
    return reader


def write(output: str) -> site.Written:
    return write_report(shared_engine("local", 1, None), output, Store(output).issues("pages"))


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two newspaper issues: one page that is nothing but trouble, and a paper of two pages that print the same."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "in" / "晚报" / "2025-03-01").mkdir(parents=True)
    (folder / "in" / "04.txt").write_text(PAGE, encoding="utf-8")
    (folder / "in" / "<i>.txt").write_bytes(b"")
    for name in ("01", "A02"):
        (folder / "in" / "晚报" / "2025-03-01" / f"{name}.txt").write_text(
            "智能闸门开启\n" + "本报讯（记者 周文涛）3日,清河灌区的十二座智能闸门同时开启,浇一亩地的时间少了一半。" * 2,
            encoding="utf-8",
        )
    assert run(Settings(str(folder / "in"), str(folder / "out"))).exit_code == 0
    return folder / "out"


@pytest.fixture(scope="module")
def report(output: Path) -> Path:
    return output / "report"


def pages(report: Path) -> list[Path]:
    return sorted(p for p in report.glob("pages/*/*.html") if p.name != "index.html")


def test_a_page_with_a_script_shows_it(report: Path) -> None:
    for path in report.rglob("*.html"):
        found = read(path)
        assert not {"i", "iframe", "link", "img", "object", "base"} & set(found.tags), path
        assert found.tags.count("script") == len(found.inline) - 1 + found.tags.count("aside"), path
    (page,) = (p for p in pages(report) if p.parent.name == "04")
    assert PAGE.split("\n")[0] in read(page).shown


def test_the_policy_allows_what_stands_in_the_page_and_nothing_else(report: Path) -> None:
    for path in report.rglob("*.html"):
        found = read(path)
        assert found.policy.startswith("default-src 'none'"), path
        assert "unsafe" not in found.policy and "*" not in found.policy and "http" not in found.policy
        assert "style" not in found.attributes and not [a for a in found.attributes if a.startswith("on")], path
        for _, source in found.inline:
            digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in found.policy, path


def test_no_script_of_the_report_makes_markup_of_text(report: Path) -> None:
    sources = {source for path in report.rglob("*.html") for kind, source in read(path).inline if kind == "script"}
    assert len(sources) == 2
    for source in sources:
        assert "textContent" in source
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(|fetch\(", source
        )


def test_every_link_leads_somewhere_in_the_report(report: Path) -> None:
    for path in report.rglob("*.html"):
        for link in read(path).links:
            assert not re.match(r"[a-z]+:|//", link), link
            file, _, anchor = link.partition("#")
            target = (path.parent / unquote(file)).resolve() if file else path
            assert target.exists(), link
            assert not anchor or anchor in read(target).ids, link


def test_no_anchor_stands_twice(report: Path) -> None:
    for path in report.rglob("*.html"):
        ids = read(path).ids
        assert len(ids) == len(set(ids)), path


def test_the_raw_text_stands_there_whole(report: Path) -> None:
    (page,) = (p for p in pages(report) if p.parent.name == "04")
    assert "3日,清河灌区的<b>12</b>座智能闸门" in read(page).shown


def test_an_article_and_a_line_can_be_cited(output: Path, report: Path) -> None:
    for row in Store(str(output)).read("articles", "晚报__2025-03-01").to_pylist():
        page_id, _, offset = row["article_id"].rpartition("@")
        found = read(report / "pages" / "晚报__2025-03-01" / site.page_file(page_id))
        assert {f"a{offset}", "L1", "L2"} <= set(found.ids)


def test_articles_printed_twice_know_of_each_other(report: Path) -> None:
    first, second = (read(p) for p in pages(report) if p.parent.name != "04")
    assert any("A02" in unquote(x) and "#a" in x for x in first.links)
    assert any("/01.html#a" in x for x in second.links)


def test_the_search_reads_scripts_that_hold_nothing_but_data(report: Path) -> None:
    scripts = sorted(report.rglob("*.js"))
    assert {p.name for p in scripts} == {"heads-1.js", "issues.js", "texts.js"}
    for path in scripts:
        name, arguments = re.fullmatch(r"banmian\.(\w+)\((.*)\);\n", path.read_text(encoding="utf-8"), re.S).groups()  # type: ignore[union-attr]
        assert name in ("heads", "issues", "texts")
        assert json.loads(f"[{arguments}]")
    heads = (report / "search" / "heads-1.js").read_text(encoding="utf-8")
    assert "周文涛" in heads and "晚报 2025-03-01" in heads


def test_nothing_is_drawn_again_that_did_not_change(output: Path) -> None:
    before = {p: p.read_bytes() for p in (output / "report").rglob("*") if p.is_file()}
    again = write(str(output))
    assert (again.pages, again.drawn) == (3, 0)
    assert {p: p.read_bytes() for p in (output / "report").rglob("*") if p.is_file()} == before


def test_what_changed_is_drawn_and_what_is_gone_is_removed(output: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "out"
    shutil.copytree(output, copy)
    store = Store(str(copy))
    orphans = store.read("orphans", "04")
    store.write("orphans", "04", orphans.slice(0, 0) if orphans.num_rows else store.read("orphans", "晚报__2025-03-01"))
    store.write("rejects", "04", store.read("rejects", "04").slice(0, 0))
    (copy / "report" / "lists" / "articles-7.html").write_text("an older list", encoding="utf-8")
    rows = store.read("edits", "04")
    store.write("edits", "04", rows.slice(0, rows.num_rows - 1))
    assert write(str(copy)).drawn == 1
    assert not (copy / "report" / "lists" / "articles-7.html").exists()
    forget_issue(str(copy), "晚报__2025-03-01")
    assert not list((copy / "report" / "pages").glob("晚报*"))
    store.delete_issue("晚报__2025-03-01")
    assert write(str(copy)).pages == 1
    for path in (copy / "report").rglob("*"):
        assert path.is_dir() or "晚报" not in path.read_text(encoding="utf-8"), path


def test_an_issue_hands_back_sums_and_no_articles(output: Path) -> None:
    """One process holds what all issues hand back: nothing that is as long as their text may be in it."""
    for issue in ("04", "晚报__2025-03-01"):
        made = site.draw_issue(site.IssueTask(str(output), issue))
        assert made is not None and made["n_articles"] > 0 and made["n_pages"] > 0
        told = json.dumps(made, ensure_ascii=False)
        texts = Store(str(output)).read("articles", issue, ["text"]).column("text").to_pylist()
        assert all(text[:12] not in told for text in texts if text) and "headline" not in made


def test_ten_thousand_articles_are_no_giant_file(output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    copy = tmp_path / "out"
    shutil.copytree(output, copy)
    monkeypatch.setattr(site, "ROWS", 2)
    monkeypatch.setattr(site, "FOUND", 2)
    write(str(copy))
    assert sorted(p.name for p in (copy / "report" / "lists").glob("articles-*")) == [
        "articles-1.html",
        "articles-2.html",
    ]
    assert sorted(p.name for p in (copy / "report" / "search").glob("heads-*")) == ["heads-1.js", "heads-2.js"]
    leaves = read(copy / "report" / "lists" / "articles-1.html").links
    assert "articles-2.html" in leaves


def test_an_empty_output_has_a_report(tmp_path: Path) -> None:
    assert write(str(tmp_path)).pages == 0
    assert "everything in the input was read" in read(tmp_path / "report" / "index.html").shown


def test_the_report_of_an_object_store(output: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    try:
        for table in [*site.SHOWN]:
            memory.put(f"{output}/{table}/", f"/reported/{table}/", recursive=True)
        first = write("memory://reported")
        assert (first.pages, first.drawn) == (3, 3)
        assert write("memory://reported").drawn == 0
        page = memory.cat_file("/reported/report/pages/04/04.html").decode()
        assert page == (output / "report" / "pages" / "04" / "04.html").read_text(encoding="utf-8")
        forget_issue("memory://reported", "04")
        assert not memory.exists("/reported/report/pages/04/04.html")
    finally:
        memory.rm("/reported", recursive=True)
