"""The report from disk, by keyboard alone: search, open an article, walk through its edits and joins."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect


def focused(tab: Page, script: str) -> object:
    """Something about the element that has the focus."""
    return tab.evaluate(f"(() => {{ const x = document.activeElement; return {script}; }})()")


def test_the_report_by_keyboard(
    cleaned: Path, tab: Page, complaints: list[str], screenshots: Callable[[Page, str], Path]
) -> None:
    tab.goto((cleaned / "report" / "index.html").as_uri())
    screenshots(tab, "report_1_first_page")
    tab.keyboard.press("/")
    tab.keyboard.type("jianghai")
    expect(tab.locator("#hits a").first).to_be_visible()
    tab.locator("#full").check()
    tab.keyboard.press("/")
    tab.keyboard.type("本报讯")
    # What the words before found stands there until these are searched for; then nothing is put in its place any more.
    expect(tab.locator("#hits b").first).to_have_text("本报讯")
    expect(tab.locator("#said")).to_have_text(re.compile(r"^(more than )?\d+ found$"))
    screenshots(tab, "report_2_search")
    tab.keyboard.press("ArrowDown")
    chosen = focused(tab, "x.href")
    tab.keyboard.press("Enter")
    tab.wait_for_url(str(chosen))
    anchor = str(chosen).rpartition("#")[2]
    assert anchor.startswith("a") and tab.locator(f"article#{anchor}").is_visible()

    tab.keyboard.press("n")
    note = tab.locator("#why")
    expect(note).to_be_visible()
    tab.keyboard.press("j")
    assert focused(tab, "x.matches('article.story')")
    tab.keyboard.press("j")
    second = focused(tab, "x.id")
    tab.keyboard.press("k")
    assert focused(tab, "x.matches('article.story') && x.id") not in (False, second)
    tab.keyboard.press("Escape")
    expect(note).to_be_hidden()

    # An edit says its rule and how sure it is; Enter goes to the same place on the other side.
    tab.locator("#read-side mark").first.focus()
    expect(note).to_contain_text("rule")
    expect(note).to_contain_text("confidence")
    assert focused(tab, "x.getAttribute('aria-describedby')") == "why"
    tab.keyboard.press("Enter")
    assert focused(tab, "x.closest('#raw-side') !== null")
    screenshots(tab, "report_3_a_note")

    # A join leads to the line it goes on in; arcs are drawn for all of them.
    joins = tab.evaluate("JSON.parse(document.getElementById('facts').textContent).joins.length")
    assert tab.locator("svg.arcs path").count() == joins > 0
    tab.locator("a.join").first.focus()
    expect(note).to_contain_text("goes on in line")
    tab.keyboard.press("Enter")
    assert tab.url.rpartition("#")[2].startswith("L")

    tab.keyboard.press("?")
    expect(tab.locator("#help")).to_be_visible()
    tab.keyboard.press("Escape")
    here = tab.url
    tab.keyboard.press("]")
    tab.wait_for_url(lambda url: url != here)
    tab.keyboard.press("u")
    tab.wait_for_url("**/index.html")
    assert complaints == []


def test_the_report_in_the_dark_and_on_a_phone(
    cleaned: Path, tab: Page, complaints: list[str], screenshots: Callable[[Page, str], Path]
) -> None:
    page = sorted((cleaned / "report" / "pages").glob("jianghai*/01.html"))[0]
    tab.emulate_media(color_scheme="dark")
    tab.goto(page.as_uri())
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(int(n) for n in paper.removeprefix("rgb(").rstrip(")").split(",")) < 200
    screenshots(tab, "report_4_dark")
    tab.set_viewport_size({"width": 390, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    screenshots(tab, "report_5_phone")
    tab.goto((cleaned / "report" / "index.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []
