"""A small input of three newspaper issues, and a Dagster instance in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipeline.orchestration.graph import build_definitions
from pipeline.orchestration.partitions import NAME
from pipeline.run import Job, places_of
from pipeline.settings import Settings

PAGE = """春灌用上智能闸门
本报讯（记者 {name}）{day}日,清河灌区的{n}座智能闸门同时开启。与往年相比,浇一亩地的时间少了一半。
“坐在家里点点手机,水就到了地头。”种粮大户韩立新说。
老街书场添新座
■ 记者 {other}
城南老街的书场昨天重新开张,新添了{n}个座位。开场第一段书,说的是运河上的故事。
"""


def page(day: int) -> str:
    return PAGE.format(name="周文涛", other="孟晓岚", day=day, n=10 + day)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Issues evening__2025-03-01, -02 and -03, two pages each."""
    for day in (1, 2, 3):
        folder = tmp_path / "in" / "evening" / f"2025-03-0{day}"
        folder.mkdir(parents=True)
        (folder / "01.txt").write_text(page(day), encoding="utf-8")
        (folder / "02.txt").write_bytes(page(day + 10).encode("gb18030"))
    return Settings(str(tmp_path / "in"), str(tmp_path / "out"))


ISSUES = ["evening__2025-03-01", "evening__2025-03-02", "evening__2025-03-03"]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def job(settings: Settings, instance: dg.DagsterInstance) -> Job:
    instance.add_dynamic_partitions(NAME, ISSUES)
    return Job(build_definitions(places_of(settings)), instance)


@pytest.fixture
def age(settings: Settings) -> Callable[[], None]:
    """Makes every input file old enough to count."""
    import os
    import time

    def run() -> None:
        for file in Path(settings.input).rglob("*.*"):
            old = time.time() - 60 - len(file.read_bytes()) % 7
            os.utime(file, (old, old))

    return run
