"""`banmian run`: the whole job in one process, on a temporary Dagster instance or on that of DAGSTER_HOME."""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import dagster as dg
import fsspec

from pipeline.datasets import inputs
from pipeline.datasets.decisions import ENDING, Account, became, decisions_path
from pipeline.datasets.lock import LockedError, alone
from pipeline.datasets.reference import ReferenceTextError, reference_files
from pipeline.datasets.shelf import Shelf
from pipeline.datasets.store import Store
from pipeline.engines import Engine, EngineUnavailableError, WorkerDiedError
from pipeline.knowledge import DecisionsError, LexiconError, had_lexicon, shelve_lexicon, user_decisions
from pipeline.language.reranker import backend_from_environment, second_opinions
from pipeline.orchestration.automation import DONE, registered
from pipeline.orchestration.dead_runs import bury_dead_runs, bury_dead_runs_if_idle, owner_tags
from pipeline.orchestration.graph import build_definitions
from pipeline.orchestration.jobs import RETRAIN, clean_issues, corpus_tables, learn_models
from pipeline.orchestration.partitions import NAME, range_tags, ranges
from pipeline.orchestration.resources import Places
from pipeline.reports.site import forget_issue
from pipeline.settings import Settings, UsageError, check_places, claim, prepare_home, unwritable
from pipeline.steps import WITHHELD, Standing, standing
from pipeline.text.profile import CleaningProfile

T = TypeVar("T")
R = TypeVar("R")

#: Assets that work through all issues of a run: a progress bar counts each issue so often.
STEPS = 4
#: An issue's events take some 100 KB; of more issues than this, a temporary instance keeps them on disk.
IN_MEMORY = 500
#: Seconds for which the output folder may be busy: the sensor holds it for a moment at every look.
WAIT = 2.0
#: Only what we print ourselves is shown; the instance keeps all logs.
QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Summary:
    """What a run did, and what the output now holds."""

    pages: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    quality: Counter[str] = field(default_factory=Counter)
    issues: int = 0
    cleaned: int = 0
    failures: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    decisions: Account = field(default_factory=Account)
    seconds: float = 0.0
    report: str = ""

    @property
    def exit_code(self) -> int:
        return 1 if self.failures or self.withheld else 0


class Progress:
    """Told of what goes on; the command line draws it."""

    def begin(self, total: int) -> None: ...
    def say(self, what: str) -> None: ...
    def step(self) -> None: ...


_listener = Progress()


class WatchedEngine:
    """An engine that tells of every result."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def map(
        self, fn: Callable[[T], R], tasks: Iterable[T], rescue: Callable[[T, WorkerDiedError], R] | None = None
    ) -> Iterator[R]:
        for result in self.engine.map(fn, tasks, rescue):
            _listener.step()
            yield result

    def close(self) -> None:
        self.engine.close()


class WatchedPlaces(Places):
    """The places of a run that someone watches."""

    def workforce(self) -> Engine:
        return WatchedEngine(super().workforce())


def places_of(settings: Settings, kind: type[Places] = Places) -> Places:
    """The resource that the assets are given."""
    return kind(
        input=settings.input,
        output=settings.output,
        reference=settings.reference,
        lexicon=settings.lexicon,
        decisions=settings.decisions,
        engine=settings.engine,
        workers=settings.workers,
        address=settings.address,
        batch=settings.batch,
    )


def run(settings: Settings, *, retrain: bool = False, force: bool = False, progress: Progress | None = None) -> Summary:
    """Cleans everything in the input that is new or changed (with `force`, everything).

    Raises:
        UsageError: the user can put it right.
    """
    global _listener
    _listener = progress or Progress()
    began = time.monotonic()
    issues = check(settings)
    settings = replace(settings, workers=min(settings.workers, len(issues)))
    places = places_of(settings, WatchedPlaces)
    try:
        places.workforce()
    except EngineUnavailableError as error:
        raise UsageError(str(error)) from None
    with held(settings.output) as locked:
        claim(settings.output, settings, "the output folder")
        summary = _run(settings, places, issues, retrain, force, sweep_all=locked)
    summary.seconds = time.monotonic() - began
    return summary


def _run(
    settings: Settings, places: Places, issues: Sequence[str], retrain: bool, force: bool, sweep_all: bool
) -> Summary:
    """The jobs, one after the other. `sweep_all`: nobody else writes here, so every draft is a leftover."""
    output = settings.output
    notes = [*inputs.page_list_warnings(settings.input), *inputs.left_alone(settings.input)]
    notes += check_knowledge(settings)
    sweep(output, sweep_all)
    with open_instance(settings, len(issues)) as instance:
        bury_dead_runs(instance)
        job = Job(build_definitions(places), instance)
        _register(instance, issues)
        learn = retrain or any(Shelf(output, kind).current() is None for kind in ("language", "names"))
        if settings.reference and not learn:
            notes.append("the reference text was not read: the output folder has a model; --retrain learns with it")
        if learn:
            _listener.say("learning the models")
            job.execute(learn_models.name, run_config=RETRAIN if retrain else {})
        wanted, faults = _wanted(places, instance, issues, force)
        notes += _shortened([f"{fault}; cleaned again" for fault in faults], "more files were damaged")
        _listener.begin(len(wanted) * STEPS)
        for keys in ranges(registered(instance), wanted):
            _listener.say(f"cleaning {keys[0]}" + (f" … {keys[-1]}" if len(keys) > 1 else ""))
            job.execute(clean_issues.name, tags=range_tags(keys[0], keys[-1]))
        _listener.say("reprints, names, report")
        job.execute(corpus_tables.name)
    sweep(output, sweep_all)  # what workers left that were killed meanwhile
    notes += [*_strange(output, issues), *second_opinions(output)]
    summary = summarise(output, issues)
    summary.failures, summary.cleaned, summary.notes = job.failures, len(wanted), notes
    try:
        summary.decisions = became(output, places.reviewed(), _decisions_name(settings))
        summary.notes += _shortened(summary.decisions.problems, "more decisions do not count")
    except DecisionsError as error:  # edited during the run
        summary.notes.append(str(error))
    return summary


@contextmanager
def held(output: str) -> Iterator[bool]:
    """The output folder, for this process alone; False where there are no locks.

    Raises:
        UsageError: another run works there, or it cannot be written to.
    """
    with ExitStack() as stack:
        try:
            locked = stack.enter_context(alone(output, WAIT))
        except LockedError as error:
            raise UsageError(str(error)) from None
        except OSError as error:
            raise unwritable(output, error) from None
        yield locked


def sweep(output: str, everything: bool) -> int:
    """Removes what killed runs left in the output folder."""
    shelves = [Shelf(output, kind) for kind in ("language", "names", "lexicon", "confusions")] if everything else []
    return Store(output).sweep(*([0] if everything else [])) + sum(shelf.sweep() for shelf in shelves)


def _strange(output: str, issues: Sequence[str]) -> list[str]:
    """What lies among the tables and is none, and issues that vanished before they were read."""
    store = Store(output)
    gone = [f"{i} vanished during the run: nothing of it was read" for i in issues if not store.exists("pages", i)]
    strange = [f"{line}; move it away: it spoils queries over the folder" for line in store.strangers(set(issues))]
    return [*_shortened(gone, "more issues vanished"), *_shortened(strange, "more files are not ours")]


def check(settings: Settings) -> list[str]:
    """The issues of the input; refuses what cannot work."""
    check_places(settings)
    try:
        if settings.reference:
            reference_files(settings.reference)
        issues = sorted(inputs.list_issues(settings.input, settings.batch))
        backend_from_environment(settings.output)
    except (ReferenceTextError, inputs.TooManyIssues, FileNotFoundError, ValueError) as error:
        raise UsageError(str(error)) from None
    if not issues:
        raise UsageError(f"the input folder {settings.input} holds no .txt, .txt.gz, .txt.zst or .jsonl file")
    return issues


def check_knowledge(settings: Settings) -> list[str]:
    """Refuses a lexicon or decisions that cannot be used; what should be known of them."""
    if settings.decisions and not settings.decisions.lower().endswith(ENDING):
        raise UsageError(f"the decisions {settings.decisions} are no {ENDING} file: banmian review writes one")
    if settings.decisions and not _exists(settings.decisions):
        raise UsageError(f"there are no decisions at {settings.decisions}: banmian review writes them there")
    dropped = not settings.lexicon and had_lexicon(settings.output)
    try:
        user_decisions(settings.output, settings.decisions)
        shelve_lexicon(settings.output, settings.lexicon)
    except LexiconError as error:
        raise UsageError(f"lexicon {settings.lexicon}: {error}") from None
    except DecisionsError as error:
        raise UsageError(f"decisions {decisions_path(settings.output, settings.decisions)}: {error}") from None
    if dropped:
        return ["cleaned without the lexicon that this output folder had before: --lexicon DIR takes it again"]
    return []


def _exists(path: str) -> bool:
    fs, full = fsspec.core.url_to_fs(path)
    return bool(fs.exists(full))


def _decisions_name(settings: Settings) -> str:
    return decisions_path(settings.output, settings.decisions).rsplit("/", 1)[-1]


def _shortened(problems: Sequence[str], what: str, most: int = 10) -> list[str]:
    more = [f"{len(problems) - most} {what}"] if len(problems) > most else []
    return [*problems[:most], *more]


def register(settings: Settings) -> int:
    """Makes the input's issues known to the instance of DAGSTER_HOME, so that all can be materialised at once."""
    issues = check(settings)
    claim(settings.output, settings, "the output folder")
    check_knowledge(settings)
    with open_instance(settings, len(issues)) as instance:
        bury_dead_runs_if_idle(instance, settings.output)
        _register(instance, issues)
    return len(issues)


@contextmanager
def open_instance(settings: Settings, n_issues: int) -> Iterator[dg.DagsterInstance]:
    """The instance of DAGSTER_HOME, or a temporary one: in memory, or on disk where its events would fill memory."""
    home = os.environ.get("DAGSTER_HOME")
    if home:
        claim(str(prepare_home(home)), settings, "the Dagster instance in")
        with dg.DagsterInstance.get() as instance:
            yield instance
        return
    if n_issues <= IN_MEMORY:
        with dg.DagsterInstance.ephemeral() as instance:
            yield instance
        return
    with tempfile.TemporaryDirectory(prefix="banmian-", ignore_cleanup_errors=True) as folder:
        overrides = {"telemetry": {"enabled": False}}
        with dg.DagsterInstance.local_temp(folder, overrides=overrides) as instance:
            yield instance


def forget(output: str, issues: Sequence[str]) -> int:
    """Deletes the tables of newspaper issues, and their partitions where DAGSTER_HOME is set: the number of files.

    Raises:
        UsageError: the output folder holds no tables of such an issue; nothing was deleted then.
    """
    store = Store(output)
    with held(output):
        known = set(store.issues("pages")) | set(store.issues("rejects"))
        for issue in issues:
            if issue not in known:
                raise UsageError(
                    f"{output} holds no tables of an issue {issue!r}: `ls {output}/pages` shows what there is"
                )
        deleted = sum(len(store.delete_issue(issue)) for issue in issues)
        for issue in issues:
            forget_issue(output, issue)
    home = os.environ.get("DAGSTER_HOME")
    if home:
        with dg.DagsterInstance.from_config(str(prepare_home(home))) as instance:
            for issue in issues:
                instance.delete_dynamic_partition(NAME, issue)
    return deleted


def _register(instance: dg.DagsterInstance, issues: Sequence[str]) -> None:
    known = set(registered(instance))
    instance.add_dynamic_partitions(NAME, [i for i in issues if i not in known])


def _wanted(
    places: Places, instance: dg.DagsterInstance, issues: Sequence[str], force: bool
) -> tuple[list[str], list[str]]:
    """The issues to clean: all, or those that changed, whose tables are not whole, or that this persistent instance
    has not seen; and what is wrong with their tables."""
    if force:
        return list(issues), []
    done = instance.get_materialized_partitions(DONE) if os.environ.get("DAGSTER_HOME") else set(issues)
    tasks = places.tasks(issues, CleaningProfile())
    found = list(Places.workforce(places).map(standing, tasks, lambda _, error: Standing(False, (str(error),))))
    wanted = [i for i, stands in zip(issues, found, strict=True) if not stands.current or i not in done]
    return wanted, [fault for stands in found for fault in stands.faults]


class Job:
    """Runs jobs one after the other and keeps what failed."""

    def __init__(self, definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
        self.definitions, self.instance = definitions, instance
        self.failures: list[str] = []

    def execute(self, name: str, run_config: dict[str, Any] | None = None, tags: dict[str, str] | None = None) -> None:
        job = self.definitions.resolve_job_def(name)
        config = {**QUIET, **(run_config or {})}
        result = job.execute_in_process(
            run_config=config, instance=self.instance, tags={**owner_tags(), **(tags or {})}, raise_on_error=False
        )
        if not result.success:
            self.failures += _reasons(result) or [f"{name} failed"]


#: Errors that say by themselves what went wrong; of others the innermost is told.
TELLING = (
    "StoreError", "UnwritableError", "MissingTableError", "WorkerDiedError", "LockedError", "ReferenceTextError",
    "LexiconError", "DecisionsError",
)  # fmt: skip


def _reasons(result: dg.ExecuteInProcessResult) -> list[str]:
    """One line for every step that failed."""
    return [
        f"{event.step_key}: {_reason(event.step_failure_data.error)}"
        for event in result.all_events
        if event.is_step_failure
    ]


def _reason(error: Any) -> str:
    """What a failure comes down to, in one line. (A worker's own error has its traceback for a cause.)"""
    told = error
    while error and error.cls_name != "_RemoteTraceback":
        told = error
        if error.cls_name in TELLING:
            return " ".join(error.message.partition(": ")[2].split())
        error = error.cause
    return " ".join(told.message.split()) if told else "failed"


def summarise(output: str, issues: Sequence[str]) -> Summary:
    """The numbers of the published tables."""
    store, summary = Store(output), Summary(issues=len(issues), report=f"{output}/report/index.html")
    for issue_id in issues:
        if not store.exists("pages", issue_id):
            continue
        summary.pages += store.read("pages", issue_id, ["page_id"]).num_rows
        for row in store.read("rejects", issue_id).to_pylist():
            summary.rejects[row["reason"]] += 1
            if row["reason"] == WITHHELD:
                summary.withheld.append(f"{row['source']}: {row['detail']}")
        if store.exists("quality", issue_id):
            for row in store.read("quality", issue_id).to_pylist():
                summary.quality.update({k: v for k, v in row.items() if isinstance(v, int)})
    return summary
