"""The review as a new user meets it: started in a terminal, decided by keyboard, applied by the next run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from material.suggestions import write_pages
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pipeline.datasets.decisions import read_decisions
from pipeline.datasets.store import Store
from pipeline.settings import Settings

N = 54
BANMIAN = [sys.executable, "-m", "pipeline"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("review")
    assert write_pages(folder / "in", n_pages=9, a_page=6, n_rivers=27) == N
    settings = Settings(str(folder / "in"), str(folder / "out"))
    run(settings)
    return settings


def run(settings: Settings) -> str:
    """What `banmian run` prints."""
    command = [*BANMIAN, "run", "--input", settings.input, "--output", settings.output, "--workers", "1"]
    env = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
    return done.stdout


@contextmanager
def reviewed(output: str) -> Iterator[tuple[str, list[str]]]:
    """`banmian review` in a terminal: its address, and all it has said once it ended."""
    command = [*BANMIAN, "review", "--output", output, "--no-browser"]
    said: list[str] = []
    terminal = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        assert terminal.stdout
        for line in terminal.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/\S+", line):
                yield found[0], said
                break
        terminal.send_signal(signal.SIGINT)
        said += terminal.communicate(timeout=20)[0].splitlines(keepends=True)
        assert terminal.returncode == 0
    finally:
        terminal.kill()


def press(tab: Page, keys: str, decided: int) -> None:
    """Presses keys and waits until the page says how many places are decided."""
    tab.keyboard.press(keys)
    expect(tab.locator("#counts")).to_contain_text(f"{decided} of {N} decided")


def statuses(output: str) -> dict[tuple[str, int, int, str], str]:
    rows = (r for _, t in Store(output).read_all("edits") for r in t.to_pylist())
    return {(r["page_id"], r["raw_start"], r["raw_end"], r["after"]): r["status"] for r in rows}


def test_fifty_suggestions_are_decided_by_keyboard_saved_and_honoured(
    settings: Settings, tab: Page, complaints: list[str], screenshots: Callable[[Page, str], Path]
) -> None:
    file = Path(f"{settings.output}.decisions.csv")
    with reviewed(settings.output) as (url, said):
        tab.goto(url)
        expect(tab.locator("#counts")).to_contain_text(f"0 of {N} decided")
        expect(tab.locator("#facts")).to_contain_text("27 questions left")
        expect(tab.locator("#places li")).to_have_count(2)
        expect(tab.locator("#places .head").first).not_to_be_empty()
        screenshots(tab, "review")
        first = tab.locator("#change").inner_text()

        press(tab, "s", 0)  # skip: the question comes last
        expect(tab.locator("#change")).not_to_have_text(first)
        press(tab, "u", 0)
        expect(tab.locator("#change")).to_have_text(first)
        press(tab, "a", 2)
        press(tab, "u", 0)
        assert read_decisions(str(file)) == ()

        tab.keyboard.press("ArrowDown")  # the second place of the first question alone
        expect(tab.locator("#places li").nth(1)).to_have_attribute("aria-current", "true")
        press(tab, "Shift+R", 1)
        press(tab, "a", 2)
        for n in range(1, 25):
            press(tab, "a" if n % 3 else "r", 2 + 2 * n)
            assert len(read_decisions(str(file))) == 2 + 2 * n  # saved at once
        expect(tab.locator("#facts")).to_contain_text("2 questions left")
        tab.reload()
        expect(tab.locator("#counts")).to_contain_text(f"50 of {N} decided")
    assert complaints == []
    made = read_decisions(str(file))
    assert len(made) == 50 and {d.accepted for d in made} == {True, False}
    accepted = sum(d.accepted is True for d in made)
    assert f"{accepted} accepted, {50 - accepted} rejected, {N - 50} open" in "".join(said)
    assert f"banmian run --input {settings.input} --output {settings.output}" in said[-1]

    summary = run(settings)
    assert (
        re.search(rf"decisions +{accepted} accepted, {50 - accepted} rejected *\n", summary) and "note:" not in summary
    )
    now = statuses(settings.output)
    assert [now[d.key] for d in made] == ["accepted" if d.accepted else "rejected" for d in made]
    assert sum(status == "suggested" for status in now.values()) == N - 50
    articles = "".join(r["text"] for _, t in Store(settings.output).read_all("articles") for r in t.to_pylist())
    for d in made:
        after_it = d.context.split("]")[1][:8]
        assert (d.after + after_it in articles) is d.accepted and (d.before + after_it in articles) is not d.accepted


def test_what_is_left_is_finished_with_the_mouse_in_the_dark(
    settings: Settings, browser: Browser, screenshots: Callable[[Page, str], Path]
) -> None:
    dark = browser.new_context(color_scheme="dark", viewport={"width": 420, "height": 800})
    tab = dark.new_page()
    with reviewed(settings.output) as (url, _):
        tab.goto(url)
        expect(tab.locator("#counts")).to_contain_text(f"0 of {N - 50} decided")
        screenshots(tab, "review-dark-narrow")
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 22, 20)"
        for decided in (2, 4):
            tab.get_by_role("button", name="accept").click()
            expect(tab.locator("#counts")).to_contain_text(f"{decided} of {N - 50} decided")
        expect(tab.get_by_role("heading", name="All decided")).to_be_visible()
        expect(tab.locator("pre")).to_contain_text("banmian run --input")
        screenshots(tab, "review-done")
    dark.close()


def test_a_page_of_another_site_cannot_reach_the_review(settings: Settings, context: BrowserContext) -> None:
    with reviewed(settings.output) as (url, _):
        tab = context.new_page()
        tab.route("http://evil.example/**", lambda route: route.fulfill(body="<h1>evil</h1>", content_type="text/html"))
        tab.goto("http://evil.example/")
        for request in ("{}", "{method: 'POST', mode: 'no-cors', body: '{}'}"):
            state = f"fetch('{url}act/undo', {request}).then(r => r.type + r.status, e => 'refused')"
            assert tab.evaluate(state) in ("refused", "opaque0")
        frame = f"const f = document.createElement('iframe'); f.src = '{url}'; document.body.append(f)"
        tab.evaluate(f"new Promise(done => {{ {frame}; f.onload = f.onerror = done; setTimeout(done, 2000) }})")
        assert "Banmian 版面" not in tab.frames[-1].content()
