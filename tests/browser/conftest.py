"""A real headless Chromium. Without one the tests of this folder are skipped, and say so."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, sync_playwright

#: Where distributions put it; `BANMIAN_CHROMIUM` names another one.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for each module: while it is there, an event loop runs in this thread, and Dask and Dagster, which
    other tests start, take that for theirs."""
    path = os.environ.get("BANMIAN_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        pytest.skip("no Chromium: install `chromium`, or name one in BANMIAN_CHROMIUM")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        except Error as error:
            pytest.skip(f"Chromium does not start: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile with a window as on a laptop."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-GB")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of in `tab`: errors of scripts and policies, requests that failed. A request that the
    test itself cut short by going to another page has not failed."""
    return []


@pytest.fixture
def tab(context: BrowserContext, complaints: list[str]) -> Page:
    """A tab."""
    page = context.new_page()
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.extend(_failed(request)))
    return page


def _failed(request: Request) -> list[str]:
    """Chromium says ERR_ABORTED of what a navigation broke off, and of nothing that could not be had: that is refused,
    not found, reset, or blocked (ERR_BLOCKED_BY_CSP and the like)."""
    why = request.failure or "no reason given"
    return [] if why == "net::ERR_ABORTED" else [f"failed: {request.url}: {why}"]


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Page, str], Path]:
    """Keeps a picture of a tab in the folder BANMIAN_SCREENSHOTS, or in a temporary one."""
    named = os.environ.get("BANMIAN_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> Path:
        path = folder / f"{name}.png"
        page.screenshot(path=path)
        return path

    return keep


@pytest.fixture(scope="session")
def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
