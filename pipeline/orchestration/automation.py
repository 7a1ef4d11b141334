"""The sensor and the schedules: what is cleaned without a click.

The sensor looks at the input every half minute. New issues become one range run (a run's range follows the order of
registration, in which new ones stand together); changed ones are run by contiguous stretches. An issue that is in a
run is left for a later look, and so is what would make too many runs. While files are still arriving, only full runs
are begun, so that thousands of them do not become hundreds of runs. The schedules are there for those who switch the
sensor off.
"""

import hashlib
import time
from collections.abc import Sequence

import dagster as dg

from pipeline.datasets import inputs
from pipeline.datasets.decisions import DecisionsError, changed_at, decisions_path, digests
from pipeline.datasets.shelf import Shelf
from pipeline.datasets.watch import DECIDED, Look, Manifest, look, pack, unpack, unpack_manifest
from pipeline.orchestration.dead_runs import bury_dead_runs_if_idle
from pipeline.orchestration.jobs import JOBS, RETRAIN, clean_issues, corpus_tables, learn_models, relearn
from pipeline.orchestration.partitions import ISSUES, NAME, PER_RUN, keys_of_run, range_tags, ranges
from pipeline.orchestration.resources import Places
from pipeline.settings import whole_number

#: Seconds without a decision after which a review counts as done for now.
REVIEWED = 120
#: Seconds between two looks at the input.
EVERY = whole_number("BANMIAN_LOOK_SECONDS", 30)
#: No more runs than this wait or work at a time; what would make more is left for a later look.
MOST_RUNS = 50
#: So many looks the last, not full run is put off while files are still arriving.
PATIENCE = 10
TIMEZONE = "Asia/Shanghai"
#: The last asset of an issue: materialised means cleaned.
DONE = dg.AssetKey("ledger")
IN_PROGRESS = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dg.sensor(
    jobs=list(JOBS),
    minimum_interval_seconds=EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Cleans what is new or changed in the input, then brings the tables about the whole corpus up to date.",
)
def watch_input(context: dg.SensorEvaluationContext, places: Places) -> dg.SensorResult:
    state = unpack(context.cursor)
    before = unpack_manifest(state.get("manifest", {}))
    seen = look(places.input, places.batch, before, time.time(), _decided(context, places, before))
    for issue_id in seen.gone:
        context.log.warning(f"{issue_id}: its source is gone; its tables stay until `banmian forget {issue_id}`")
    bury_dead_runs_if_idle(context.instance, places.output)
    order, busy = registered(context.instance), busy_keys(context.instance)
    done = context.instance.get_materialized_partitions(DONE) if seen.new else set()
    new = [i for i in seen.new if i not in busy and i not in done]
    changed = [i for i in seen.changed if i not in busy]
    patience = _number(state.get("patience"))
    arriving = bool(seen.waiting or seen.unread) and patience < PATIENCE
    if (new or changed) and Shelf(places.output, "language").current() is None:
        return _learn_first(context, seen, busy, pack({**state, "patience": patience + 1}) if arriving else None)
    known = set(order)
    plan = _plan([*order, *(i for i in new if i not in known)], new, changed, arriving, _room(context.instance))
    left = {*new, *changed} - {i for keys in plan for i in keys}
    requests = [_range_request(keys, seen) for keys in plan]
    if left:
        context.log.info(f"{_issues(len(left))} left for a later look")
    due = bool(state.get("corpus_due")) or bool(requests)
    if due and not requests and not busy and not left:
        key = hashlib.sha256(repr(sorted(before.items())).encode()).hexdigest()[:16]
        requests, due = [dg.RunRequest(f"corpus-{key}", job_name=corpus_tables.name)], False
    unknown = [i for keys in plan for i in keys if i not in known]
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else _why_not(seen, busy, left),
        dynamic_partitions_requests=[ISSUES.build_add_request(unknown)] if unknown else [],
        cursor=pack({
            "manifest": _remembered(seen, before, busy | left),
            "corpus_due": due,
            "patience": patience + 1 if arriving and left else 0,
        }),
    )  # fmt: skip


def _plan(
    order: Sequence[str], new: Sequence[str], changed: Sequence[str], arriving: bool, room: int
) -> list[list[str]]:
    """The issues of each run to begin. While files are arriving, a run of new issues that is not full waits."""
    fresh = [keys for keys in ranges(order, new) if not arriving or len(keys) == PER_RUN]
    return [*fresh, *ranges(order, changed)][: max(0, room)]


def _room(instance: dg.DagsterInstance) -> int:
    """How many more runs may be begun."""
    return MOST_RUNS - instance.get_runs_count(dg.RunsFilter(job_name=clean_issues.name, statuses=IN_PROGRESS))


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _decided(context: dg.SensorEvaluationContext, places: Places, before: Manifest) -> dict[str, str]:
    """What people decided, issue by issue. While they are at it, and while the file cannot be read, it is as before."""
    if time.time() - changed_at(decisions_path(places.output, places.decisions)) >= REVIEWED:
        try:
            return digests(places.reviewed())
        except DecisionsError as error:
            context.log.warning(f"the decisions of the review are not taken: {error}")
    return {i: files[DECIDED].sha256 for i, files in before.items() if DECIDED in files}


def registered(instance: dg.DagsterInstance) -> list[str]:
    """The issues' partitions in the order of registration, which ranges follow."""
    return list(instance.get_dynamic_partitions(NAME))


def busy_keys(instance: dg.DagsterInstance) -> set[str]:
    """The issues that are in a run which waits or works."""
    order = registered(instance)
    runs = instance.get_runs(dg.RunsFilter(statuses=IN_PROGRESS))
    return {key for run in runs for key in keys_of_run(order, dict(run.tags))}


def _learn_first(
    context: dg.SensorEvaluationContext, seen: Look, busy: set[str], arriving: str | None
) -> dg.SensorResult:
    """Issues wait for the first model; what was seen is not remembered, so that they count as new at the next look.

    The model waits until files have ceased to arrive (`arriving`: the cursor until then): it shall know them all.
    """
    if arriving:
        return dg.SensorResult(skip_reason=dg.SkipReason("files are still arriving"), cursor=arriving)
    key = hashlib.sha256(repr(sorted(seen.manifest.items())).encode()).hexdigest()[:16]
    running = context.instance.get_runs(dg.RunsFilter(job_name=learn_models.name, statuses=IN_PROGRESS))
    requests = [] if running or busy else [dg.RunRequest(f"learn-{key}", job_name=learn_models.name)]
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else dg.SkipReason("the language model is being learned"),
        cursor=context.cursor,
    )


def _range_request(keys: Sequence[str], seen: Look) -> dg.RunRequest:
    content = repr([sorted(seen.manifest[k].items()) for k in keys])
    return dg.RunRequest(
        run_key=f"{keys[0]}..{keys[-1]}-{hashlib.sha256(content.encode()).hexdigest()[:16]}",
        job_name=clean_issues.name,
        tags=range_tags(keys[0], keys[-1]),
    )


def _remembered(seen: Look, before: Manifest, busy: set[str]) -> Manifest:
    """What was dealt with. An issue in a run, or left for later, is remembered as it was, so that its change is not
    missed."""
    kept = {i: files for i, files in seen.manifest.items() if i not in busy}
    return {**kept, **{i: before[i] for i in sorted(busy) if i in before}}


def _why_not(seen: Look, busy: set[str], left: set[str]) -> dg.SkipReason:
    if seen.unread:
        return dg.SkipReason(f"{_issues(len(seen.unread))} yet to be read: there is much that is new")
    if left:
        return dg.SkipReason(f"{_issues(len(left))} left until files have ceased to arrive, or runs have ended")
    if seen.waiting:
        return dg.SkipReason(f"{_issues(len(seen.waiting))} not ready: a file is still being written")
    return dg.SkipReason(f"{_issues(len(busy))} in a run" if busy else "nothing is new or changed")


def _issues(n: int) -> str:
    """ "1 issue is", "2 issues are"."""
    return "1 issue is" if n == 1 else f"{n:,} issues are"


@dg.schedule(
    job=clean_issues,
    cron_schedule="0 5 * * *",
    execution_timezone=TIMEZONE,
    description="Every morning: the issues of the input that were never cleaned.",
)
def every_morning(context: dg.ScheduleEvaluationContext, places: Places) -> list[dg.RunRequest] | dg.SkipReason:
    order, busy = registered(context.instance), busy_keys(context.instance)
    done = context.instance.get_materialized_partitions(DONE)
    wanted = [i for i in inputs.list_issues(places.input, places.batch) if i not in done and i not in busy]
    known = set(order)
    unknown = [i for i in wanted if i not in known]
    if unknown:
        context.instance.add_dynamic_partitions(NAME, unknown)
    requests = [
        dg.RunRequest(run_key=None, tags=range_tags(keys[0], keys[-1])) for keys in ranges(order + unknown, wanted)
    ]
    return requests or dg.SkipReason("every issue of the input has been cleaned")


every_week = dg.ScheduleDefinition(
    name="every_week",
    job=relearn,
    cron_schedule="0 3 * * 0",
    execution_timezone=TIMEZONE,
    run_config=RETRAIN,
    description="Every Sunday: the models are learned anew, and the tables about the whole corpus are made.",
)
