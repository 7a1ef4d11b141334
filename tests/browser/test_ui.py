"""As a new user would: start the UI, drop a file, watch its run, look at an asset, materialise everything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

PAGES = Path(__file__).parent.parent / "pages" / "synthetic"
ROOT = Path(__file__).parent.parent.parent
#: What the dropped page is about.
HEADLINE = "老街书场添新座"
DROPPED = f"""{HEADLINE}
■ 记者 孟晓岚
城南老街的书场昨天重新开张,新添了三十个座位。开场第一段书,说的是运河上的故事。
"""


@dataclass(frozen=True)
class Ui:
    """A running `banmian ui`."""

    url: str
    input: Path
    output: Path

    def ask(self, query: str) -> Any:
        """The answer of Dagster's GraphQL."""
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)["data"]

    def runs(self) -> list[tuple[str, str]]:
        """(job, status) of every run, the latest first."""
        found = self.ask("{ runsOrError { ... on Runs { results { jobName status } } } }")
        return [(r["jobName"], r["status"]) for r in found["runsOrError"]["results"]]


def wait_for(what: Callable[[], bool], seconds: float, say: Callable[[], object]) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, say()
        time.sleep(0.3)


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory, free_port: int) -> Iterator[Ui]:
    """`banmian ui` over a cleaned issue, in a process group of its own, which is ended with it."""
    folder = tmp_path_factory.mktemp("ui")
    issue = folder / "in" / "jianghai-daily" / "2025-03-03"
    issue.mkdir(parents=True)
    shutil.copy(sorted(PAGES.glob("*.txt"))[0], issue / "01.txt")
    os.utime(issue / "01.txt", (time.time() - 600,) * 2)
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("BANMIAN_")},
        "DAGSTER_HOME": str(folder / "home"),
        "BANMIAN_INPUT": str(folder / "in"),
        "BANMIAN_OUTPUT": str(folder / "out"),
        "BANMIAN_LOOK_SECONDS": "1",
    }
    banmian = [sys.executable, "-W", "error::DeprecationWarning:pipeline", "-m", "pipeline"]
    first = ["run", "--input", str(folder / "in"), "--output", str(folder / "out"), "--workers", "1"]
    subprocess.run([*banmian, *first], check=True, cwd=ROOT, env=env, capture_output=True)
    url, log = f"http://127.0.0.1:{free_port}", folder / "ui.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*banmian, "ui", "--port", str(free_port)],
            cwd=ROOT, env=env, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(lambda: process.poll() is not None or answers(url), 120, log.read_text)
            assert process.poll() is None, log.read_text()
            yield Ui(url, folder / "in", folder / "out")
        finally:
            for ending, patience in ((signal.SIGTERM, 2), (signal.SIGKILL, 10)):
                try:
                    os.killpg(process.pid, ending)
                    process.wait(patience)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    continue
    steps = (folder / "home" / "storage").glob("*/compute_logs/*")
    told = log.read_text(encoding="utf-8").splitlines()
    # A backfill that is being submitted when the daemon is told to go says so as an error.
    before = takewhile(lambda line: "Received interrupt" not in line, told)
    said = [*before, *(line for file in steps for line in file.read_text(encoding="utf-8").splitlines())]
    assert len(said) > 10
    assert [line for line in said if is_warning(line)] == []


def is_warning(line: str) -> bool:
    """A warning or an error, of Python's or in the log. Dagster's own word that its daemon is new is none."""
    told = "Warning" in line or any(f'"level": "{level}"' in line for level in ("warning", "error", "critical"))
    return told and "No cursor for event type" not in line


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/server_info", timeout=2):
            return True
    except (OSError, urllib.error.URLError):
        return False


def test_a_new_user_s_first_half_hour(ui: Ui, tab: Page, screenshots: Callable[[Page, str], Path]) -> None:
    drop = ui.input / "jianghai-daily" / "2025-03-04" / "02.txt"
    drop.parent.mkdir()
    drop.write_text(DROPPED, encoding="utf-8")
    os.utime(drop, (time.time() - 60,) * 2)  # as if it had been still for a while
    skip = tab.get_by_role("button", name="Skip", exact=True)
    tab.add_locator_handler(skip, lambda: skip.click())  # Dagster asks for an address once, at some moment
    tab.goto(f"{ui.url}/runs", wait_until="domcontentloaded")
    expect(tab.get_by_text("watch_input").first).to_be_visible(timeout=60_000)  # what launched it
    screenshots(tab, "1_the_sensor_launched_a_run")
    wait_for(lambda: ("clean_issues", "SUCCESS") in ui.runs()[:2], 90, ui.runs)
    assert (ui.output / "articles" / "jianghai-daily__2025-03-04.parquet").exists()

    tab.goto(f"{ui.url}/assets/articles?view=partitions&partition=jianghai-daily__2025-03-04")
    expect(tab.get_by_text("raw_and_clean")).to_be_visible(timeout=30_000)
    expect(tab.get_by_text(HEADLINE).first).to_be_visible()
    screenshots(tab, "2_an_asset_with_its_preview")

    tab.goto(f"{ui.url}/asset-groups")
    expect(tab.get_by_text("4_articles").first).to_be_visible(timeout=30_000)
    tab.get_by_role("button", name="Materialize all").click()
    tab.get_by_role("button", name="All", exact=True).click()  # else only what is missing is offered
    launch = tab.get_by_role("button", name="Launch").last
    expect(launch).to_be_enabled(timeout=30_000)
    screenshots(tab, "3_materialize_all")
    launch.click()
    wait_for(lambda: bool(backfills(ui)), 60, ui.runs)
    screenshots(tab, "4_everything_is_launched")

    # Meanwhile the sensor brought the report up to date, without a click.
    report = ui.output / "report" / "lists" / "articles-1.html"
    wait_for(lambda: HEADLINE in report.read_text(encoding="utf-8"), 120, ui.runs)


def backfills(ui: Ui) -> list[Any]:
    found = ui.ask("{ partitionBackfillsOrError { ... on PartitionBackfills { results { id status } } } }")
    return list(found["partitionBackfillsOrError"]["results"])
