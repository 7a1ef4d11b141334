"""The UI over many newspaper issues: how long the server and a browser take, and a look of the sensor."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import ROOT
from benchmarks.soak_kills import PATIENCE
from benchmarks.soak_load import below, peak_mb
from benchmarks.table import Table, Value

Row = tuple[Value, ...]

ARTICLES = '{path: ["articles"]}'
QUERIES = {
    "GraphQL: the keys of all partitions": f"{{ assetNodes(assetKeys: [{ARTICLES}]) {{ partitionKeys }} }}",
    "GraphQL: how many partitions of each asset are materialised": (
        "{ assetNodes { assetKey { path } partitionStats { numMaterialized numPartitions numFailed } } }"
    ),
    "GraphQL: the state of every partition of an asset": (
        f"{{ assetNodes(assetKeys: [{ARTICLES}]) {{ assetPartitionStatuses {{ __typename "
        "... on DefaultPartitionStatuses { materializedPartitions unmaterializedPartitions } } } }"
    ),
}
GROUP = f"{{ assetNodes(assetKeys: [{ARTICLES}]) {{ groupName }} }}"


def ui_table(root: Path, partitions: int) -> Table:
    """How long the UI takes over many partitions, all materialised."""
    rows: list[Row] = []

    def timed(what: str, act: Callable[[], object]) -> Any:
        began = time.monotonic()
        result = act()
        rows.append((what, time.monotonic() - began))
        return result

    source, home = root / "in", root / "home"
    for number in range(partitions):
        folder = source / f"issue-{number:05d}"
        folder.mkdir(parents=True)
        (folder / "1.txt").write_text(f"第{number}期\n本报讯 昨日天气晴。\n", encoding="utf-8")
    env = {**os.environ, "DAGSTER_HOME": str(home), "BANMIAN_INPUT": str(source), "BANMIAN_OUTPUT": str(root / "out")}
    said = _python(PREPARE, env, partitions)
    rows += [(what, seconds) for what, seconds in json.loads(said.splitlines()[-1]).items()]
    with _server(env) as (url, pid):
        for what, query in QUERIES.items():
            timed(what, partial(_ask, url, query))
        rows += list(_seen(url, _ask(url, GROUP)["assetNodes"][0]["groupName"]))
        peak = sum(map(peak_mb, [pid, *below(pid)]))
    notes = (f"peak memory of the web server and its code server together: {peak:,.0f} MB",)
    return Table(f"the UI with {partitions:,} partitions", ("what", "seconds"), rows, notes)


PREPARE = """
import json, sys, time
import dagster as dg
from pipeline.run import register, open_instance, places_of
from pipeline.settings import Settings
from pipeline.orchestration.automation import watch_input
settings = Settings.from_environment()
began = time.monotonic()
n = register(settings)
assert n == int(sys.argv[1]), n
took = {"registering all issues, as `banmian ui` does before it starts": time.monotonic() - began}
with open_instance(settings, n) as instance:
    keys = instance.get_dynamic_partitions("issue")
    began = time.monotonic()
    for asset in ("articles", "ledger"):
        for key in keys:
            instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=key))
    took["(noting that two assets are materialised, for this test)"] = time.monotonic() - began
    cursor = None
    for what in ("the sensor's first look", "the sensor's next look"):
        began = time.monotonic()
        with dg.build_sensor_context(instance, cursor=cursor, resources={"places": places_of(settings)}) as context:
            cursor = watch_input.evaluate_tick(context).cursor
        took[what] = time.monotonic() - began
print(json.dumps(took))
"""


def _python(code: str, env: Mapping[str, str], *args: object) -> str:
    command = [sys.executable, "-c", code, *map(str, args)]
    done = subprocess.run(command, cwd=ROOT, env=dict(env), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


@contextmanager
def _server(env: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Dagster's web server, without the daemon: nothing is launched. Yields its address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["-m", "pipeline.definitions", "-h", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "dagster_webserver", *where],
        cwd=ROOT,
        env=dict(env),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + 120
    try:
        while True:
            try:
                urllib.request.urlopen(f"{url}/server_info", timeout=5).read()
                break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.3)
        yield url, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=PATIENCE)


def _ask(url: str, query: str) -> Any:
    request = urllib.request.Request(
        f"{url}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
    )
    answer = json.loads(urllib.request.urlopen(request, timeout=PATIENCE).read())
    if answer.get("errors"):
        raise RuntimeError(str(answer["errors"])[:500])
    return answer["data"]


def _seen(url: str, group: str) -> Iterator[Row]:
    """How long a person waits, where there is a browser."""
    path = os.environ.get("BANMIAN_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        yield "browser: skipped, no Chromium", None
        return
    from playwright.sync_api import sync_playwright

    views = {
        "browser: the assets of a group": (f"/locations/pipeline.definitions/asset-groups/{group}/lineage", "articles"),
        "browser: an asset's partitions": ("/assets/articles?view=partitions", "issue-0"),
        "browser: an asset's overview": ("/assets/articles?view=overview", "Description"),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(url, wait_until="domcontentloaded")
        page.wait_for_timeout(3000)
        skip = page.get_by_role("button", name="Skip", exact=True)
        if skip.count():
            skip.first.click()
        for what, (where, wanted) in views.items():
            began = time.monotonic()
            page.goto(url + where, wait_until="domcontentloaded")
            page.get_by_text(wanted).first.wait_for(state="visible", timeout=120_000)
            yield what, time.monotonic() - began
        browser.close()
