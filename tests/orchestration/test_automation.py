"""The sensor and the schedules, ticked against real files and a real instance."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from pipeline.datasets import watch
from pipeline.datasets.shelf import Shelf
from pipeline.orchestration import automation
from pipeline.orchestration.automation import every_morning, every_week, watch_input
from pipeline.orchestration.partitions import NAME, PER_RUN, keys_of_run, range_tags
from pipeline.run import Job, places_of
from pipeline.settings import Settings

ISSUES = ["evening__2025-03-01", "evening__2025-03-02", "evening__2025-03-03"]


class Ticker:
    """Ticks the sensor as the daemon does: cursor kept, partitions registered, and its runs `done`; or only `noted`,
    as if they had been done (where what they do does not matter); or left `open`, as if they went on."""

    def __init__(self, job: Job, settings: Settings) -> None:
        self.job, self.settings, self.cursor, self.runs = job, settings, None, "done"

    def __call__(self, runs: str = "") -> list[tuple[str, list[str]]]:
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
            if (runs or self.runs) == "done":
                self.job.execute(request.job_name or "", tags=dict(request.tags))
            else:
                # Without its thousands of planned events: only that there is such a run matters here.
                create_run_for_test(
                    self.job.instance,
                    request.job_name or "",
                    tags=dict(request.tags),
                    status=dg.DagsterRunStatus.STARTED,
                )
        if (runs or self.runs) == "noted":
            self.finish()
        assert self.job.failures == []
        return launched

    def finish(self) -> None:
        """Ends the runs that go on."""
        for run in self.job.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
            self.job.instance.report_run_canceled(run)


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
    """Everything was cleaned, really."""
    while tick():
        pass


def noted(tick: Ticker) -> None:
    """Everything counts as cleaned, and so will what comes: enough to see what the sensor launches."""
    Shelf(tick.settings.output, "language").put("a-model", lambda folder: (folder / "model.json").touch())
    tick.runs = "noted"
    settled(tick)


def test_new_and_changed_issues(tick: Ticker, settings: Settings) -> None:
    noted(tick)
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
    noted(tick)
    os.utime(Path(settings.input, "evening/2025-03-01/01.txt"), (time.time() - 30,) * 2)
    assert tick() == []


def test_a_half_written_file_waits(tick: Ticker, settings: Settings) -> None:
    noted(tick)
    file = write(settings, "evening/2025-03-04/01.txt", "还在写", seconds_old=0)
    assert tick() == []
    assert "still being written" in str(tick.result.skip_message)
    os.utime(file, (time.time() - 60,) * 2)
    assert tick() == [("clean_issues", ["evening__2025-03-04"])]


def test_an_issue_in_a_run_is_left_for_later(tick: Ticker, settings: Settings) -> None:
    noted(tick)
    write(settings, "evening/2025-03-01/01.txt", "改了的一页。\n本报讯 昨天,这一页改了。", 50)
    assert tick("open") == [("clean_issues", [ISSUES[0]])]
    write(settings, "evening/2025-03-01/01.txt", "又改了一次。\n本报讯 昨天,又改了。", 40)
    assert tick() == []
    tick.finish()
    assert tick() == [("clean_issues", [ISSUES[0]])]


def test_a_vanished_source_is_reported_and_its_tables_stay(tick: Ticker, settings: Settings) -> None:
    settled(tick)
    shutil.rmtree(Path(settings.input, "evening/2025-03-02"))
    assert tick() == []
    assert Path(settings.output, "articles", f"{ISSUES[1]}.parquet").exists()
    write(settings, "evening/2025-03-02/01.txt", "回来了。\n本报讯 昨天,它回来了。")
    assert tick() == [("clean_issues", [ISSUES[1]])]


def test_too_many_scattered_changes_are_left_for_later_looks(
    tick: Ticker, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted(tick)
    monkeypatch.setattr(automation, "MOST_RUNS", 1)
    for day in (1, 3):
        write(settings, f"evening/2025-03-0{day}/01.txt", "改了的一页。\n本报讯 昨天,这一页改了。", 50)
    assert tick() == [("clean_issues", [ISSUES[0]])]
    assert tick() == [("clean_issues", [ISSUES[2]])]
    assert tick() == [("corpus_tables", [])]
    assert tick() == []


def test_a_changed_page_list_cleans_its_issues_again(tick: Ticker, settings: Settings) -> None:
    noted(tick)
    rows = "path,newspaper,date,page\nevening/2025-03-02/01.txt,江海晚报,2025-03-02,要闻\n"
    listed = write(settings, "pages.csv", rows, seconds_old=0)
    assert tick() == []  # it may still be being written
    os.utime(listed, (time.time() - 60,) * 2)
    assert tick() == [("clean_issues", [ISSUES[1]])]
    settled(tick)
    write(settings, "pages.csv", rows + "evening/2025-03-03/09.txt,江海晚报,,\n", 50)  # a page that is not there
    assert tick() == []
    listed.unlink()
    assert tick() == [("clean_issues", [ISSUES[1]])]


def drop(settings: Settings, first: int, last: int, seconds_old: float) -> list[str]:
    """Writes small issues of one page; returns their ids."""
    for n in range(first, last):
        write(settings, f"drop/{n:05d}/01.txt", f"第{n}号\n本报讯 昨天,第{n}号来了。", seconds_old)
    return [f"drop__{n:05d}" for n in range(first, last)]


def test_two_thousand_files_at_once_are_a_few_runs_none_missed_none_twice(tick: Ticker, settings: Settings) -> None:
    noted(tick)
    wanted = drop(settings, 0, 1100, 60) + drop(settings, 1100, 2000, 0)  # some are still being copied
    launched = tick("open")
    assert [len(keys) for _, keys in launched] == [PER_RUN] * 5
    tick.finish()
    drop(settings, 1100, 2000, 60)
    another = Ticker(tick.job, settings)  # the daemon was started anew: the cursor is all it has
    another.cursor = tick.cursor
    launched += another("open")
    assert another("open") == []  # all are in a run
    tick.finish()
    launched += another("open")
    assert launched.pop() == ("corpus_tables", [])
    assert len(launched) + 2 <= 12  # with learning and the corpus tables
    assert sorted(key for _, keys in launched for key in keys) == wanted


def test_the_rest_does_not_wait_for_ever_while_files_arrive(
    tick: Ticker, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted(tick)
    monkeypatch.setattr(automation, "PATIENCE", 2)
    wanted = drop(settings, 0, 3, 60)
    write(settings, "late/01.txt", "还在写", seconds_old=-3)
    assert tick() == tick() == []
    assert "ceased to arrive" in str(tick.result.skip_message)
    assert tick() == [("clean_issues", wanted)]


def test_the_first_model_waits_for_all_files(tick: Ticker, settings: Settings) -> None:
    write(settings, "late/01.txt", "还在写", seconds_old=0)
    assert tick("open") == []
    assert "still arriving" in str(tick.result.skip_message)
    write(settings, "late/01.txt", "写完了。\n本报讯 昨天,写完了。")
    assert tick("open") == [("learn_models", [])]
    assert tick("open") == []  # it is being learned
    tick.finish()
    noted_model = Shelf(settings.output, "language")
    noted_model.put("a-model", lambda folder: (folder / "model.json").touch())
    assert tick("noted") == [("clean_issues", [*ISSUES, "late"])]


def test_a_look_that_takes_too_long_goes_on_at_the_next(settings: Settings, age: Callable[[], None]) -> None:
    age()
    now = time.time()
    first = watch.look(settings.input, None, {}, now, budget=-1)
    assert (first.new, set(first.unread), first.manifest) == ((), set(ISSUES), {})
    second = watch.look(settings.input, None, first.manifest, now)
    assert set(second.new) == set(ISSUES)
    again = watch.look(settings.input, None, second.manifest, now, budget=-1)
    assert (again.unread, again.manifest) == ((), second.manifest)  # nothing is new: nothing needs to be read


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
