"""Load: many small pages, and one issue of many pages. Time and memory, printed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from material import proof
from material.load import invented_pages

from benchmarks.soak_kills import start
from benchmarks.table import Table

_WORDS = [
    "天气", "农田", "水利", "闸门", "灌区", "社区", "学校", "医院", "图书馆", "运河", "码头", "市场", "工厂", "车站",
    "公园", "剧场", "书店", "渔村", "果园", "桥梁",
]  # fmt: skip
_VERBS = ["新建", "改造", "开放", "扩建", "修缮", "启用", "搬迁", "验收", "规划", "接通"]
#: Seconds between two looks at a run's memory.
LOOK = 0.2


@dataclass(frozen=True)
class Load:
    """What a run took. `peak_mb`: of all its processes together; `page_mb`: of the largest of them."""

    name: str
    pages: int
    megabytes: float
    seconds: float
    cpu: float
    peak_mb: float
    largest_mb: float
    lost: int
    code: int


def load_table(scratch: Path, small: int, large: int) -> Table:
    """The load cases, one after the other."""
    many, one = small_pages(scratch / "small", small), large_issue(scratch / "large", large)
    done = [
        _loaded(f"{small:,} small pages, a hundred an issue", many, scratch),
        _loaded(f"one issue of {large:,} pages", one, scratch),
    ]
    columns = ("load", "pages", "MB", "seconds", "CPU s", "peak MB, all", "peak MB, one", "chars lost", "exit code")
    rows = [(d.name, d.pages, d.megabytes, d.seconds, d.cpu, d.peak_mb, d.largest_mb, d.lost, d.code) for d in done]
    notes = (
        "memory: resident, of all processes together (what they share is counted in each) and of the largest one",
        "an issue is the unit of work: one of many pages is cleaned by one worker",
    )
    return Table("load: banmian run with 2 workers", columns, rows, notes)


def small_pages(root: Path, n: int) -> Path:
    """`n` pages of two short articles, a hundred an issue, no two alike."""
    chance = random.Random(n)
    for number in range(n):
        issue = root / "daily" / f"issue-{number // 100:05d}"
        if number % 100 == 0:
            issue.mkdir(parents=True)
        (issue / f"{number % 100 + 1:02d}.txt").write_text(_small_page(number, chance), encoding="utf-8")
    return root


def _small_page(number: int, chance: random.Random) -> str:
    parts = []
    for more in (2, 3):
        one, two, do = chance.choice(_WORDS), chance.choice(_WORDS), chance.choice(_VERBS)
        parts.append(
            f"{one}{do}{two}\n本报讯（记者 周文涛）第{number}号{one}昨日{do},投入{chance.randint(2, 999)}万元。"
        )
        for _ in range(more):
            there, also = chance.choice(_WORDS), chance.choice(_VERBS)
            parts.append(f"{two}的{there}也在{also},涉及{chance.randint(2, 99)}户。")
    return "\n".join(parts) + "\n"


def large_issue(root: Path, n: int) -> Path:
    """One issue of `n` pages: the invented pages, other at each turn."""
    folder = root / "2025-03-01"
    folder.mkdir(parents=True)
    pages = invented_pages()
    for number in range(n):
        page = pages[number % len(pages)].varied(number)
        (folder / f"{number + 1:04d}.txt").write_text(page.raw, encoding="utf-8")
    return root


def _loaded(name: str, source: Path, scratch: Path) -> Load:
    output = scratch / f"{source.name}-out"
    began = time.monotonic()
    process = start(source, output, "--workers", "2")
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stdout or []))  # or a long message would stop it
    reader.start()
    peak, largest, cpu = _watched(process)
    took = time.monotonic() - began
    reader.join()
    if process.returncode:
        sys.stderr.writelines(said[-20:])
    size = sum(p.stat().st_size for p in source.rglob("*.txt")) / 1e6
    pages = sum(1 for _ in source.rglob("*.txt"))
    quality = proof.rows(output, "quality")
    lost = sum(row["chars_lost"] for row in quality) if len(quality) == pages else -1
    return Load(name, pages, size, took, cpu, peak, largest, lost, process.returncode)


def _watched(process: subprocess.Popen[str]) -> tuple[float, float, float]:
    """Peak memory of a run's processes together and of the largest, in MB, and their CPU seconds, until it ends."""
    peak = largest = 0.0
    cpu: dict[int, float] = {}
    while process.poll() is None:
        sizes = []
        for pid in [process.pid, *below(process.pid)]:
            try:
                status = Path(f"/proc/{pid}/statm").read_text().split()
                ticks = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
            except OSError:
                continue
            sizes.append(int(status[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)
            cpu[pid] = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        peak, largest = max(peak, sum(sizes)), max(largest, *sizes, 0.0)
        time.sleep(LOOK)
    return peak, largest, sum(cpu.values())


def below(pid: int) -> list[int]:
    """All processes below a process."""
    found, queue = [], [pid]
    while queue:
        try:
            tasks = list(Path(f"/proc/{queue.pop()}/task").iterdir())
            children = [int(c) for task in tasks for c in (task / "children").read_text().split()]
        except OSError:
            continue
        found += children
        queue += children
    return found


def peak_mb(pid: int) -> float:
    """The most memory a process has had resident, in MB; 0 for one that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0]) * 1024 / 1e6 if found else 0.0
