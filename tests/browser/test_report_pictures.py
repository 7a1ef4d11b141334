"""The picture of a page as a browser draws it: every raw character in its place, edits and joins where they belong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from material.columns import CUT
from playwright.sync_api import Browser, Page

from pipeline.datasets.schemas import SCHEMAS
from pipeline.datasets.store import Store
from pipeline.datasets.tables import page_tables, pages_table
from pipeline.engines import LocalEngine
from pipeline.library import clean_text
from pipeline.reports.site import write_report

BODY = "城南老街的书场昨天重新开张,新添了三十个座位。开场第一段书,说的是运河上的故事,听书的人把茶馆挤得满满当当。"
SUGGESTED = "春灌用上智能闸门\n本报讯 3日,清河灌区的闸门同时开启。\n"
TEXTS = {
    "cut": CUT,
    "crlf": CUT.replace("\n", "\r\n"),
    "led": "\n\n" + CUT,
    "torn": CUT.rstrip("\n"),
    "odd": "a\x00b\n\n中\u200b国\u202e<b>\n",
    "far": CUT.replace("书", "𠮷"),
    "hostile": "<script>alert(1)</script>&amp;\n</pre><i>本报讯（记者 周文涛）3日,清河灌区的<b>12</b>座闸门开启。\n",
    "twice": f"老街书场添新座\n本报讯（记者 孟晓岚）{BODY}\n{BODY}\n{BODY}\n",
    "suggested": SUGGESTED,
    "joins": CUT.replace(
        "故\n", "故事" + ",说的是运河上的故\n事,听书的人把茶馆挤得满满当当,连门口也站满了人" * 8 + "\n"
    ),
    "withheld": CUT,
}


@dataclass(frozen=True)
class Published:
    """A report over TEXTS, and the rows it was made of, by table and page."""

    report: Path
    rows: dict[str, dict[str, list[dict[str, Any]]]]

    def of(self, table: str, name: str) -> list[dict[str, Any]]:
        return self.rows[table].get(f"i/{name}", [])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    output = str(tmp_path_factory.mktemp("pictures"))
    clean = [clean_text(text, page_id=f"i/{name}") for name, text in TEXTS.items()]
    tables = {
        "pages": pages_table([c.page for c in clean], None, "", ""),
        **page_tables([c for c in clean if c.page.page_id != "i/withheld"]),
        "rejects": SCHEMAS["rejects"].empty_table(),
    }
    rows = [{**page, "issue_id": "i"} for page in tables["pages"].to_pylist()]
    tables["pages"] = pa.Table.from_pylist(rows, schema=tables["pages"].schema)
    tables["edits"] = pa.concat_tables([tables["edits"], _verdicts()])
    for name, table in tables.items():
        Store(output).write(name, "i", table)
    write_report(LocalEngine(), output, ["i"])
    found: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in tables}
    for name, table in tables.items():
        for row in table.to_pylist():
            found[name].setdefault(row.get("page_id", ""), []).append(row)
    return Published(Path(output) / "report", found)


def _verdicts() -> pa.Table:
    """A suggestion around an edit of a mark, and one that was rejected."""
    at = SUGGESTED.index("清河")
    common = {"page_id": "i/suggested", "issue_id": "i", "article_id": None, "confidence": 0.6, "evidence": "<why>"}
    rows = [
        {**common, "edit_id": "x", "raw_start": at - 1, "raw_end": at + 2, "before": ",清河", "after": "；青河",
         "stage": "correct", "rule": "place_name", "status": "suggested"},
        {**common, "edit_id": "y", "raw_start": at + 2, "raw_end": at + 3, "before": "灌", "after": "罐",
         "stage": "correct", "rule": "word", "status": "rejected"},
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCHEMAS["edits"])


@pytest.fixture
def shown(tab: Page, published: Published) -> Any:
    def show(name: str) -> Page:
        tab.goto((published.report / "pages" / "i" / f"{name}.html").as_uri())
        return tab

    return show


#: The text of each line without what the picture adds: numbers of articles, arrows of joins.
LINES = """[...document.querySelectorAll(".l")].map((line) => {
  const text = line.querySelector(".t").cloneNode(true);
  for (const added of text.querySelectorAll(".chip, .go")) added.remove();
  return [line.id, text.textContent];
})"""
#: The paragraphs of the articles without the signs of joins.
PARAGRAPHS = """[...document.querySelectorAll("article.story:not(.aside) > p:not(.foot)")].map((paragraph) => {
  const text = paragraph.cloneNode(true);
  for (const added of text.querySelectorAll(".join, .cut")) added.remove();
  return [paragraph.closest("article").id, paragraph.className, text.textContent];
})"""


def visible(text: str) -> str:
    named = re.sub("[\x00\u200b\u202e]", lambda m: f"U+{ord(m[0]):04X}", text)
    return named.replace("\r", "") if named != text else text


@pytest.mark.parametrize("name", TEXTS)
def test_every_raw_character_is_shown_in_its_line(
    name: str, shown: Any, published: Published, complaints: list[str]
) -> None:
    tab = shown(name)
    lines = TEXTS[name].split("\n")
    drawn = tab.evaluate(LINES)
    assert [i for i, _ in drawn] == [f"L{n}" for n in range(1, len(lines) + 1)]
    assert [text.replace("\r", "") for _, text in drawn] == [visible(line).replace("\r", "") for line in lines]
    assert tab.locator("main :is(script, i, b)").count() == 0
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map((x) => x.id)")
    assert len(ids) == len(set(ids))
    assert complaints == []


@pytest.mark.parametrize("name", TEXTS)
def test_the_clean_text_stands_on_the_other_side(name: str, shown: Any, published: Published) -> None:
    tab = shown(name)
    order = {a["article_id"]: int(a["position"]) for a in published.of("articles", name)}
    rows = sorted(published.of("paragraphs", name), key=lambda p: (order[p["article_id"]], p["seq"]))
    wanted = [[f"a{p['article_id'].rpartition('@')[2]}", p["role"], visible(p["text"])] for p in rows]
    assert tab.evaluate(PARAGRAPHS) == wanted
    asides = tab.locator("article.aside > p:first-of-type").all_text_contents()
    assert asides == [r["text"] for table in ("duplicates", "orphans") for r in published.of(table, name)]


def test_a_join_is_drawn_on_both_sides(shown: Any) -> None:
    tab = shown("cut")
    assert tab.locator("#L3 .go").get_attribute("href") == "#L4"
    assert tab.locator("#L4 .go").get_attribute("href") == "#L3"
    join = tab.locator("a.join")
    assert join.count() == 1 and join.get_attribute("href") == "#L4"
    assert tab.locator("svg.arcs path").count() == 1
    join.hover()
    assert "line 3 goes on in line 4" in tab.locator("#why").inner_text()
    assert tab.locator("#L3 .go.lit").count() == 1


def test_an_edit_is_marked_on_both_sides_and_told(shown: Any, published: Published) -> None:
    tab = shown("cut")
    edits = published.of("edits", "cut")
    raw, clean = (
        tab.evaluate(f"[...document.querySelectorAll('{side} mark')].map((m) => [m.dataset.e, m.textContent])")
        for side in ("#raw-side", "#read-side")
    )
    assert [text for _, text in raw] == [
        e["before"] for e in sorted(edits, key=lambda e: (e["raw_start"], e["raw_end"]))
    ]
    assert {n for n, _ in clean} <= {n for n, _ in raw}
    afters = dict(clean)
    assert {(before, afters[n]) for n, before in raw if n in afters} >= {(",", "，")}
    tab.locator("#read-side mark.normalise").first.hover()
    note = tab.locator("#why").inner_text()
    assert "normalise" in note and "confidence" in note
    lit = tab.locator("mark.lit").evaluate_all("(all) => all.map((m) => m.dataset.e)")
    assert len(lit) == 2 and lit[0] == lit[1]


def test_a_suggestion_is_laid_around_what_it_would_change(shown: Any) -> None:
    tab = shown("suggested")
    body = tab.locator("article.story > p.body")
    assert body.locator("mark.sug").inner_text() == "，清河"
    assert body.locator("mark.sug mark.normalise").inner_text() == "，"
    assert body.locator("mark.rej").inner_text() == "灌"
    assert tab.locator("#raw-side mark.sug").inner_text() == ",清河"
    table = tab.locator("#stories table").inner_text()
    assert "suggested" in table and "rejected" in table and "<why>" in table


def test_what_was_withheld_is_shown_as_it_is(shown: Any) -> None:
    tab = shown("withheld")
    assert "Withheld." in tab.locator("#read-side .notice").inner_text()
    assert tab.locator("article.story").count() == 0
    assert tab.locator(".s").count() == tab.locator(".s.unknown").count() > 0


def test_a_repeat_leads_to_the_copy_that_was_kept(shown: Any, published: Published) -> None:
    tab = shown("twice")
    rows = published.of("duplicates", "twice")
    assert rows
    for number, row in enumerate(rows, 1):
        line = TEXTS["twice"].count("\n", 0, row["kept_spans"][0]["start"]) + 1
        assert tab.locator(f"#d{number} .foot a").first.get_attribute("href") == f"#L{line}"
        assert tab.locator(f"#raw-side .s.duplicate[data-a=d{number}]").count() > 0


def test_an_anchor_in_the_address_is_gone_to(tab: Page, published: Published) -> None:
    page = published.report / "pages" / "i" / "cut.html"
    anchor = published.of("articles", "cut")[1]["article_id"].rpartition("@")[2]
    for target in (f"a{anchor}", "L6"):
        tab.goto("about:blank")
        tab.goto(f"{page.as_uri()}#{target}")
        assert tab.evaluate("document.querySelector(':target')?.id") == target


def test_without_scripts_the_raw_text_can_be_read(browser: Browser, published: Published) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        tab = context.new_page()
        for name in ("hostile", "crlf"):
            tab.goto((published.report / "pages" / "i" / f"{name}.html").as_uri())
            assert tab.locator("#text").text_content() == TEXTS[name]
            assert "scripts are switched off" in tab.locator("noscript").inner_text()
    finally:
        context.close()


def test_arcs_are_measured_before_any_is_drawn(tab: Page, published: Published) -> None:
    """Measuring and drawing by turns laid the page out once a join: ten seconds for a page of hundreds."""
    tab.add_init_script(
        """window.order = "";
        const measure = Element.prototype.getBoundingClientRect, put = Element.prototype.append;
        Element.prototype.getBoundingClientRect = function () {
          if (this.matches(".l")) window.order += "m";
          return measure.call(this);
        };
        Element.prototype.append = function (...given) {
          if (this.matches("svg.arcs")) window.order += "D";
          return put.apply(this, given);
        };"""
    )
    tab.goto((published.report / "pages" / "i" / "joins.html").as_uri())
    assert tab.locator("svg.arcs path").count() > 5
    order = tab.evaluate("window.order")
    assert re.fullmatch("(m+D)+", order) and order.count("D") <= 3  # once at first, once more when the fonts are there
