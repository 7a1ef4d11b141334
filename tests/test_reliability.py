"""`banmian run` under bad conditions: nothing lost, nothing trusted that is damaged, a message a person can use."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from material import nasty, proof

from pipeline.datasets.lock import LOCK_FILE, alone
from pipeline.datasets.schemas import PARTITIONED
from pipeline.datasets.store import Store
from pipeline.orchestration.dead_runs import OWNER_TAG, bury_dead_runs
from pipeline.orchestration.graph import build_definitions
from pipeline.run import Job, Progress, Summary, places_of, run
from pipeline.settings import PAIR_FILE, Settings, UsageError
from pipeline.steps import IssueTask, clean_issue, lay_out_issue, normalise_issue, read_pages, rescue, standing
from pipeline.text.profile import CleaningProfile
from pipeline.version import software_version

PAGE = "春灌用上智能闸门\n本报讯（记者 周文涛）{n}日,清河灌区的12座闸门同时开启。\n“水就到了地头。”种粮大户韩立新说。\n"
ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


def put(root: Path) -> Settings:
    for n in (1, 2):
        folder = root / "in" / f"2025-03-0{n}"
        folder.mkdir(parents=True)
        (folder / "04.txt").write_text(PAGE.format(n=n), encoding="utf-8")
    return Settings(str(root / "in"), str(root / "out"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two issues of a page each."""
    return put(tmp_path)


ISSUES = ["2025-03-01", "2025-03-02"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders `in` and `out` after a run."""
    root = tmp_path_factory.mktemp("archive")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        cleaned(put(root))
    (root / "out" / PAIR_FILE).unlink()  # so that a copy can be used
    return root


@pytest.fixture
def done(archive: Path, tmp_path: Path) -> Settings:
    """The same two issues, cleaned."""
    shutil.copytree(archive, tmp_path, dirs_exist_ok=True)
    return Settings(str(tmp_path / "in"), str(tmp_path / "out"))


def cleaned(settings: Settings, progress: Progress | None = None) -> Summary:
    summary = run(settings, progress=progress)
    assert (summary.failures, summary.withheld, summary.exit_code) == ([], [], 0)
    return summary


class WhenCleaning(Progress):
    """Does something at the moment the first issues are cleaned."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act = act

    def say(self, what: str) -> None:
        if what.startswith("cleaning"):
            self.act()


# --- bad input ------------------------------------------------------------------------------------------------------


class NastyRun(NamedTuple):
    """A run over all nasty files; `expected`: how each must end."""

    root: Path
    expected: dict[str, tuple[str, ...]]
    summary: Summary

    @property
    def output(self) -> Path:
        return self.root / "out"


@pytest.fixture(scope="module")
def nasty_run(tmp_path_factory: pytest.TempPathFactory) -> NastyRun:
    root = tmp_path_factory.mktemp("nasty")
    (root / "in").mkdir()
    expected = nasty.lay_out(root / "in")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        # in few issues: Dagster takes its time for each
        return NastyRun(root, expected, run(Settings(str(root / "in"), str(root / "out"), batch="hash:6")))


def test_more_than_150_nasty_files_all_end_well(nasty_run: NastyRun) -> None:
    """Every file ends as rows or as a reject with the reason that fits, no character is lost, the exit code is 0."""
    assert len(nasty_run.expected) >= 150
    summary = nasty_run.summary
    assert (summary.failures, summary.withheld, summary.exit_code) == ([], [], 0)
    assert proof.wrong_ends(nasty_run.expected, nasty_run.output) == []
    assert proof.breaches(nasty_run.root / "in", nasty_run.output) == []
    assert summary.quality["chars_lost"] == 0
    rejects = proof.rows(nasty_run.output, "rejects")
    assert sum(summary.rejects.values()) == len(rejects) > 100
    assert all(row["detail"] and str(nasty_run.root) not in row["detail"] for row in rejects)


def test_no_name_leads_out_of_the_output_folder(nasty_run: NastyRun) -> None:
    assert {p.name for p in nasty_run.root.iterdir()} == {"in", "out"}
    assert all(p.resolve().is_relative_to(nasty_run.output) for p in nasty_run.output.rglob("*"))
    known = {"_models", "_stages", "report", PAIR_FILE, LOCK_FILE, "names.parquet", "reprints.parquet"}
    tables = set(PARTITIONED)
    assert {p.name for p in nasty_run.output.iterdir()} <= known | tables


def test_the_report_runs_and_loads_nothing_of_the_pages(nasty_run: NastyRun) -> None:
    pages = list((nasty_run.output / "report").rglob("*.html"))
    assert len(pages) > 100
    for page in pages:
        found = Markup()
        found.feed(page.read_text(encoding="utf-8"))
        assert found.policies and all(
            {"default-src 'none'", "form-action 'none'"} <= set(p.split("; ")) and "unsafe" not in p
            for p in found.policies
        ), page
        assert found.trespasses == [], page


class Markup(HTMLParser):
    """The policies of a page, and what in it could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.policies: list[str] = []
        self.trespasses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(given.get("content") or "")
        if tag in ("iframe", "object", "embed", "base") or any(name.startswith("on") for name in given):
            self.trespasses.append(f"{tag} {given}")
        for name in ("href", "src", "action"):
            if re.match(r"\s*(javascript|data|file|https?|//)", given.get(name) or ""):
                self.trespasses.append(f"{tag} {given}")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script" and "alert" in data:
            self.trespasses.append(data)


def test_an_issue_that_vanishes_during_the_run_is_a_note(settings: Settings) -> None:
    summary = cleaned(settings, WhenCleaning(lambda: shutil.rmtree(Path(settings.input, ISSUES[0]))))
    assert f"{ISSUES[0]} vanished during the run: nothing of it was read" in summary.notes
    assert Store(settings.output).issues("articles") == ISSUES[1:]
    shutil.rmtree(Path(settings.input, ISSUES[1]))
    (Path(settings.input) / "late.txt").write_text(PAGE.format(n=3), encoding="utf-8")
    assert cleaned(settings).pages == 1  # and one that vanished after it was cleaned keeps its tables
    assert Store(settings.output).issues("articles") == [ISSUES[1], "late"]


def test_a_file_that_changes_during_the_run_is_cleaned_again(settings: Settings) -> None:
    file = Path(settings.input, ISSUES[0], "04.txt")
    cleaned(settings, WhenCleaning(lambda: file.write_text(PAGE.format(n=9) * 2, encoding="utf-8")))
    assert proof.breaches(Path(settings.input), Path(settings.output)) == []
    file.write_text(PAGE.format(n=8), encoding="utf-8")
    assert cleaned(settings).cleaned == 1
    assert proof.breaches(Path(settings.input), Path(settings.output)) == []


def test_an_issue_that_kills_its_worker_is_withheld_and_its_siblings_go_on(settings: Settings) -> None:
    task = IssueTask(settings.input, settings.output, ISSUES[0], CleaningProfile(), software_version())
    error = RuntimeError("the worker died")
    for step in (read_pages, normalise_issue, lay_out_issue):
        step(task)
    outcome = rescue(clean_issue, task, error)
    assert [w.detail for w in outcome.withheld] == ["a step failed: the worker died"]
    assert [r["reason"] for r in proof.rows(Path(settings.output), "rejects")] == ["invariant_failed"]
    assert not standing(task).current  # it will be tried again
    rescue(normalise_issue, task, error)
    rescue(lay_out_issue, task, error)
    assert clean_issue(task).withheld == ()  # the last step does what the others could not
    assert len(proof.rows(Path(settings.output), "articles")) == 1
    rescue(read_pages, task, error)
    assert [(r["reason"], r["source"]) for r in proof.rows(Path(settings.output), "rejects")] == [
        ("unreadable", f"{ISSUES[0]}/04.txt")
    ]


# --- what is damaged or foreign -------------------------------------------------------------------------------------


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def replace_by_foreign(path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), path)


@pytest.mark.parametrize(
    ("table", "harm"), [("pages", damage), ("edits", replace_by_foreign), ("ledger", damage), ("articles", Path.unlink)]
)
def test_a_damaged_table_is_named_and_made_again(done: Settings, table: str, harm: Callable[[Path], None]) -> None:
    before = proof.fingerprint(Path(done.output))
    file = Path(done.output, table, f"{ISSUES[0]}.parquet")
    harm(file)
    summary = cleaned(done)
    named = [note for note in summary.notes if str(file) in note and note.endswith("; cleaned again")]
    assert bool(named) == (harm is not Path.unlink)
    assert summary.cleaned == 1
    assert proof.fingerprint(Path(done.output)) == before


def test_foreign_files_and_the_tables_of_a_vanished_issue_are_named_not_read(done: Settings) -> None:
    replace_by_foreign(Path(done.output, "articles", "mine.parquet"))
    shutil.rmtree(Path(done.input, ISSUES[0]))
    damage(Path(done.output, "articles", f"{ISSUES[0]}.parquet"))
    notes = "\n".join(cleaned(done).notes)
    assert "articles/mine.parquet was not written by Banmian" in notes and "move it away" in notes
    assert f"articles/{ISSUES[0]}.parquet is torn or no Parquet file" in notes


def test_a_damaged_model_is_named_and_learned_again(done: Settings) -> None:
    before = proof.fingerprint(Path(done.output))
    (keys,) = Path(done.output).glob("_models/language/*/keys3.npy")
    damage(keys)
    shutil.rmtree(Path(done.output, "articles"))
    summary = run(done)
    assert summary.exit_code == 1
    assert any("is damaged" in line and "banmian run --retrain" in line for line in summary.failures), summary.failures
    assert run(done, retrain=True).exit_code == 0
    assert proof.fingerprint(Path(done.output)) == before


def test_a_damaged_note_of_the_pair_is_named(done: Settings) -> None:
    Path(done.output, PAIR_FILE).write_text('{"input": "/some')
    with pytest.raises(UsageError, match=r"banmian\.json is damaged: delete it if"):
        run(done)


# --- where it cannot write ------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A small disk, or one that cannot be written to: needs the right to mount."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True).returncode:
            pytest.skip("no right to mount")
        return place

    yield mount
    subprocess.run(["umount", "--lazy", place], capture_output=True, check=False)


def test_a_read_only_output_is_wrong_usage(settings: Settings, disk: Callable[[str], Path]) -> None:
    place = disk("ro")
    for output in (place, place / "out"):
        with pytest.raises(UsageError, match=r"cannot be written to \(Read-only file system\)"):
            run(Settings(settings.input, str(output)))


def test_a_full_disk_names_the_file_and_a_rerun_mends_it(done: Settings, disk: Callable[[str], Path]) -> None:
    place = disk("size=160k")
    tight = Settings(done.input, str(place / "out"))
    summary = run(tight)
    assert summary.exit_code == 1
    assert any("cannot be written: No space left on device" in line for line in summary.failures), summary.failures
    assert all("\n" not in line and "Traceback" not in line for line in summary.failures)
    assert not list(place.rglob("*.tmp"))
    for file in place.rglob("*.parquet"):
        pq.read_table(file)  # whole, all of them
    subprocess.run(["mount", "-o", "remount,size=20m", place], check=True)
    cleaned(tight)
    assert proof.fingerprint(Path(tight.output)) == proof.fingerprint(Path(done.output))


# --- several at once, and killed ones -------------------------------------------------------------------------------


def test_a_second_run_is_refused_with_a_message(settings: Settings) -> None:
    with (
        alone(settings.output),
        pytest.raises(UsageError, match=rf"`banmian` \(process {os.getpid()} on .*\) is working in {settings.output}"),
    ):
        run(settings)


def test_a_run_of_the_ui_waits_for_a_run_of_the_command_line(settings: Settings) -> None:
    hold = (
        "import sys, time; from pipeline.datasets.lock import alone\n"
        "with alone(sys.argv[1]): print('held', flush=True); time.sleep(1.5)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, settings.output], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert holder.stdout and holder.stdout.readline() == "held\n"
    with dg.DagsterInstance.ephemeral() as instance:
        job = Job(build_definitions(places_of(settings)), instance)
        job.execute("learn_models")
        assert holder.poll() == 0, "it did not wait"
        assert job.failures == [] and Path(settings.output, "_models", "language", "current").exists()


def start(settings: Settings, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pipeline", "run", "--input", settings.input, "--output", settings.output, *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_killed_run_leaves_whole_tables_and_the_next_ends_the_same(settings: Settings, archive: Path) -> None:
    """One kill in the middle; `make soak` kills twenty times at random moments."""
    killed = start(settings, "--workers", "1")
    while not list(Path(settings.output).glob("pages/*.parquet")):
        assert killed.poll() is None
        time.sleep(0.005)
    killed.kill()
    killed.wait()
    for file in Path(settings.output).rglob("*.parquet"):
        pq.read_table(file)
    Path(settings.output, "pages", ".x.parquet.0123.tmp").write_bytes(b"half a")
    Path(settings.output, "_models", "names", ".draft-0123").mkdir(parents=True)
    cleaned(settings)
    assert proof.fingerprint(Path(settings.output)) == proof.fingerprint(archive / "out")
    hidden = [p.name for p in Path(settings.output).rglob(".*")]
    assert hidden == [LOCK_FILE]


def test_what_a_killed_run_left_in_a_persistent_instance_is_reported_failed() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        tagged = instance.create_run_for_job(_job(), tags={OWNER_TAG: "1@x"}, status=dg.DagsterRunStatus.STARTED)
        other = instance.create_run_for_job(_job(), status=dg.DagsterRunStatus.STARTED)
        assert bury_dead_runs(instance) == 1
        statuses = {run.run_id: run.status for run in instance.get_runs()}
        assert statuses == {
            tagged.run_id: dg.DagsterRunStatus.FAILURE,
            other.run_id: dg.DagsterRunStatus.STARTED,
        }


def _job() -> dg.JobDefinition:
    @dg.op
    def nothing() -> None: ...

    @dg.job
    def empty() -> None:
        nothing()

    return empty


# --- no pickle ------------------------------------------------------------------------------------------------------


def test_nothing_is_pickled() -> None:
    """(`tests/test_cli.py` looks at what a run writes.)"""
    imported = {
        name
        for path in (ROOT / "pipeline").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [*(a.name for a in node.names), getattr(node, "module", None)]
    }
    assert not imported & {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}


# --- an output folder of the version before -------------------------------------------------------------------------

OLDER = Path(__file__).parent / "datasets" / "older_output"


def test_an_older_output_is_read_and_goes_on(tmp_path: Path) -> None:
    """`tests/datasets/older_output` was written by the version before; it is never made anew, only replaced when the
    schema's version changes."""
    shutil.copytree(OLDER / "input", tmp_path / "in")
    shutil.copytree(OLDER / "tables", tmp_path / "out")
    store, written = Store(str(tmp_path / "out")), proof.rows(OLDER / "tables", "articles")
    for table in ("pages", "rejects", "articles", "paragraphs", "edits", "duplicates", "orphans", "ledger", "quality"):
        assert len(list(store.read_all(table))) == 2
    found = [row for _, table in store.read_all("articles") for row in table.to_pylist()]
    assert [{k: r[k] for k in old} for r, old in zip(found, written, strict=True)] == written
    summary = cleaned(Settings(str(tmp_path / "in"), str(tmp_path / "out")))
    assert summary.cleaned == 2  # made by other code, so made again
    assert proof.breaches(tmp_path / "in", tmp_path / "out") == []


def test_an_output_of_another_major_version_says_what_to_backfill(done: Settings) -> None:
    file = Path(done.output, "articles", f"{ISSUES[0]}.parquet")
    table = pq.read_table(file)
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"banmian.schema_version": b"0.9"}), file)
    notes = "\n".join(cleaned(done).notes)
    assert f"articles/{ISSUES[0]}.parquet has schema version 0.9" in notes and "cleaned again" in notes
