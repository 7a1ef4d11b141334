"""The sensor and the schedules, ticked against real files and a real instance."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from pipeline.orchestration import automation
from pipeline.orchestration.automation import every_morning, every_week, watch_input
from pipeline.orchestration.partitions import NAME, keys_of_run, range_tags
from pipeline.run import Job, places_of
from pipeline.settings import Settings

ISSUES = ["evening__2025-03-01", "evening__2025-03-02", "evening__2025-03-03"]


class Ticker:
    """Ticks the sensor as the daemon does: cursor kept, partitions registered, runs done (or left in progress)."""

    def __init__(self, job: Job, settings: Settings) -> None:
        self.job, self.settings, self.cursor = job, settings, None

    def __call__(self, do_runs: bool = True) -> list[tuple[str, list[str]]]:
        with dg.build_sensor_context(
            self.job.instance, cursor=self.cursor, resources={"places": places_of(self.settings)}
        ) as context:
            self.result = watch_input.evaluate_tick(context)
        self.cursor = self.result.cursor
        for request in self.result.dynamic_partitions_requests or []:
            self.job.instance.add_dynamic_partitions(NAME, list(request.partition_keys))
        order = list(self.job.instance.get_dynamic_partitions(NAME))
        launched = [(r.job_name or "", keys_of_run(order, r.tags)) for r in self.result.run_requests or []]
        for request in self.result.run_requests or []:
            if do_runs:
                self.job.execute(request.job_name or "", tags=dict(request.tags))
            else:
                definition = self.job.definitions.resolve_job_def(request.job_name or "")
                self.job.instance.create_run_for_job(
                    definition, tags=dict(request.tags), status=dg.DagsterRunStatus.STARTED
                )
        assert self.job.failures == []
        return launched


@pytest.fixture
def tick(job: Job, settings: Settings, age: Callable[[], None]) -> Ticker:
    age()
    for key in ISSUES:
        job.instance.delete_dynamic_partition(NAME, key)
    return Ticker(job, settings)


def write(settings: Settings, path: str, text: str, seconds_old: float = 60) -> Path:
    file = Path(settings.input, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    os.utime(file, (time.time() - seconds_old,) * 2)
    return file


def test_a_new_archive_goes_all_the_way(tick: Ticker, settings: Settings) -> None:
    assert tick() == [("learn_models", [])]
    assert tick() == [("clean_issues", ISSUES)]
    assert tick() == [("corpus_tables", [])]
    assert tick() == []
    assert Path(settings.output, "report", "index.html").exists()


def settled(tick: Ticker) -> None:
    while tick():
        pass


def test_new_and_changed_issues(tick: Ticker, settings: Settings) -> None:
    settled(tick)
    write(settings, "evening/2025-03-01/01.txt", "改了的一页。\n本报讯 昨天,这一页改了。", 50)
    write(settings, "evening/2025-03-03/01.txt", "改了的一页。\n本报讯 昨天,这一页改了。", 50)
    write(settings, "evening/2025-03-04/01.txt", "新的一页。\n本报讯 昨天,有了这一页。")
    write(settings, "evening/2025-03-05/01.txt", "新的一页。\n本报讯 昨天,有了这一页。")
    launched = tick()
    assert launched == [
        ("clean_issues", ["evening__2025-03-04", "evening__2025-03-05"]),
        ("clean_issues", [ISSUES[0]]),
        ("clean_issues", [ISSUES[2]]),
    ]
    keys = [r.run_key for r in tick.result.run_requests or []]
    assert len(set(keys)) == 3


def test_a_touched_file_is_no_change(tick: Ticker, settings: Settings) -> None:
    settled(tick)
    os.utime(Path(settings.input, "evening/2025-03-01/01.txt"), (time.time() - 30,) * 2)
    assert tick() == []


def test_a_half_written_file_waits(tick: Ticker, settings: Settings) -> None:
    settled(tick)
    file = write(settings, "evening/2025-03-04/01.txt", "还在写", seconds_old=0)
    assert tick() == []
    assert "still being written" in str(tick.result.skip_message)
    os.utime(file, (time.time() - 60,) * 2)
    assert tick() == [("clean_issues", ["evening__2025-03-04"])]


def test_an_issue_in_a_run_is_left_for_later(tick: Ticker, settings: Settings) -> None:
    settled(tick)
    write(settings, "evening/2025-03-01/01.txt", "改了的一页。\n本报讯 昨天,这一页改了。", 50)
    assert tick(do_runs=False) == [("clean_issues", [ISSUES[0]])]
    write(settings, "evening/2025-03-01/01.txt", "又改了一次。\n本报讯 昨天,又改了。", 40)
    assert tick() == []
    run = tick.job.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))[0]
    tick.job.instance.report_run_canceled(run)
    assert tick() == [("clean_issues", [ISSUES[0]])]


def test_a_vanished_source_is_reported_and_its_tables_stay(tick: Ticker, settings: Settings) -> None:
    settled(tick)
    shutil.rmtree(Path(settings.input, "evening/2025-03-02"))
    assert tick() == []
    assert Path(settings.output, "articles", f"{ISSUES[1]}.parquet").exists()
    write(settings, "evening/2025-03-02/01.txt", "回来了。\n本报讯 昨天,它回来了。")
    assert tick() == [("clean_issues", [ISSUES[1]])]


def test_too_many_scattered_changes_are_left_to_a_backfill(
    tick: Ticker, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(tick)
    monkeypatch.setattr(automation, "MOST_RUNS", 1)
    for day in (1, 3):
        write(settings, f"evening/2025-03-0{day}/01.txt", "改了的一页。\n本报讯 昨天,这一页改了。", 50)
    assert tick() == []


def test_what_was_cleaned_before_the_sensor_started_is_not_cleaned_again(
    job: Job, settings: Settings, age: Callable[[], None]
) -> None:
    age()
    job.execute("learn_models")
    job.execute("clean_issues", tags=range_tags(ISSUES[0], ISSUES[-1]))
    assert Ticker(job, settings)() == []


def test_a_cursor_of_another_kind_starts_afresh(tick: Ticker) -> None:
    settled(tick)
    tick.cursor = "not ours"
    assert tick() == []  # everything is materialised


def morning(job: Job, settings: Settings) -> list[list[str]]:
    with dg.build_schedule_context(job.instance, resources={"places": places_of(settings)}) as context:
        requests = every_morning.evaluate_tick(context).run_requests or []
    order = list(job.instance.get_dynamic_partitions(NAME))
    return [keys_of_run(order, dict(r.tags)) for r in requests]


def test_the_morning_cleans_what_never_was(job: Job, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    # A schedule's context opens an instance by reference, and one in memory has none: it is handed over instead.
    monkeypatch.setattr(dg.ScheduleEvaluationContext, "instance", property(lambda _: job.instance))
    write(settings, "evening/2025-03-04/01.txt", "新的一页。\n本报讯 昨天,有了这一页。")
    assert morning(job, settings) == [[*ISSUES, "evening__2025-03-04"]]
    job.execute("clean_issues", tags=range_tags(ISSUES[0], ISSUES[2]))
    assert morning(job, settings) == [["evening__2025-03-04"]]
    job.execute("clean_issues", tags=range_tags("evening__2025-03-04", "evening__2025-03-04"))
    assert morning(job, settings) == []


def test_the_week_learns_anew(job: Job) -> None:
    context = dg.build_schedule_context(job.instance)
    (request,) = every_week.evaluate_tick(context).run_requests or []
    job.execute("relearn", dict(request.run_config))
    assert job.failures == []
    assert {every_week.execution_timezone, every_morning.execution_timezone} == {"Asia/Shanghai"}


def test_the_sensor_is_on_by_default() -> None:
    assert watch_input.default_status == dg.DefaultSensorStatus.RUNNING
