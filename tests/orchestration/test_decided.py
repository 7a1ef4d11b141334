"""The sensor and the decisions of the review."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_automation import Ticker, settled

from pipeline.datasets.decisions import Decision, write_decisions
from pipeline.datasets.store import Store
from pipeline.orchestration.partitions import NAME
from pipeline.run import Job
from pipeline.settings import Settings

ISSUE = "evening__2025-03-02"


@pytest.fixture
def tick(job: Job, settings: Settings, age: Callable[[], None]) -> Ticker:
    age()
    for key in list(job.instance.get_dynamic_partitions(NAME)):
        job.instance.delete_dynamic_partition(NAME, key)
    return Ticker(job, settings)


def decide(settings: Settings, accepted: bool, seconds_old: float = 600) -> Path:
    text = Store(settings.output).read("pages", ISSUE).column("text")[0].as_py()
    file = Path(f"{settings.output}.decisions.csv")
    at = text.index("水就到了")
    write_decisions(str(file), [Decision(f"{ISSUE}/01", at, at + 1, "水", "渠水", accepted)])
    os.utime(file, (time.time() - seconds_old,) * 2)
    return file


def statuses(settings: Settings) -> set[str]:
    return set(Store(settings.output).read("edits", ISSUE).column("status").to_pylist())


def test_decisions_clean_their_issue_again_once_the_person_is_done(tick: Ticker, settings: Settings) -> None:
    settled(tick)
    file = decide(settings, accepted=True, seconds_old=20)
    assert tick() == []  # the review may go on
    file.write_text("decision\n")
    os.utime(file, (time.time() - 600,) * 2)
    assert tick() == []  # cannot be read, as while it is saved
    decide(settings, accepted=True)
    assert tick() == [("clean_issues", [ISSUE])] and "accepted" in statuses(settings)
    assert tick() == [("corpus_tables", [])] and tick() == []
    decide(settings, accepted=False)
    assert tick() == [("clean_issues", [ISSUE])] and "rejected" in statuses(settings)
    file.unlink()
    assert tick() == [("clean_issues", [ISSUE])] and statuses(settings) == {"applied"}
