"""The sensor and the schedules: what is cleaned without a click.

The sensor looks at the input every half minute. New issues become one range run (a run's range follows the order of
registration, in which new ones stand together); changed ones are run by contiguous stretches. An issue that is in a
run is left for a later look. The schedules are there for those who switch the sensor off.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence

import dagster as dg

from pipeline.datasets import inputs
from pipeline.datasets.decisions import DecisionsError, changed_at, decisions_path, digests
from pipeline.datasets.shelf import Shelf
from pipeline.datasets.watch import DECIDED, Look, Manifest, look, pack, unpack, unpack_manifest
from pipeline.orchestration.dead_runs import bury_dead_runs_if_idle
from pipeline.orchestration.jobs import JOBS, RETRAIN, clean_issues, corpus_tables, learn_models, relearn
from pipeline.orchestration.partitions import ISSUES, NAME, keys_of_run, range_tags, ranges
from pipeline.orchestration.resources import Places

#: Seconds without a decision after which a review counts as done for now.
REVIEWED = 120
#: More runs than this at a look are a backfill for people to launch.
MOST_RUNS = 50
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
    minimum_interval_seconds=30,
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
    if (new or changed) and Shelf(places.output, "language").current() is None:
        return _learn_first(context, seen, busy)
    unknown = [i for i in new if i not in order]
    order += unknown
    requests = [*_range_requests(order, new, seen), *_range_requests(order, changed, seen)]
    if len(requests) > MOST_RUNS:
        context.log.warning(
            f"{len(requests)} runs would be needed: launch a backfill of clean_issues over {len(new) + len(changed)} "
            f"issues, from {(new + changed)[0]} to {(new + changed)[-1]}"
        )
        requests = []
    due = bool(state.get("corpus_due")) or bool(requests)
    if due and not requests and not busy:
        key = hashlib.sha256(repr(sorted(before.items())).encode()).hexdigest()[:16]
        requests, due = [dg.RunRequest(f"corpus-{key}", job_name=corpus_tables.name)], False
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else _why_not(seen, busy),
        dynamic_partitions_requests=[ISSUES.build_add_request(unknown)] if unknown else [],
        cursor=pack({"manifest": _remembered(seen, before, busy), "corpus_due": due}),
    )


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


def _learn_first(context: dg.SensorEvaluationContext, seen: Look, busy: set[str]) -> dg.SensorResult:
    """Issues wait for the first model; the cursor stays, so that they count as new at the next look."""
    key = hashlib.sha256(repr(sorted(seen.manifest.items())).encode()).hexdigest()[:16]
    running = context.instance.get_runs(dg.RunsFilter(job_name=learn_models.name, statuses=IN_PROGRESS))
    requests = [] if running or busy else [dg.RunRequest(f"learn-{key}", job_name=learn_models.name)]
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else dg.SkipReason("the language model is being learned"),
        cursor=context.cursor,
    )


def _range_requests(order: Sequence[str], wanted: Sequence[str], seen: Look) -> Iterator[dg.RunRequest]:
    for keys in ranges(order, wanted):
        content = repr([sorted(seen.manifest[k].items()) for k in keys])
        yield dg.RunRequest(
            run_key=f"{keys[0]}..{keys[-1]}-{hashlib.sha256(content.encode()).hexdigest()[:16]}",
            job_name=clean_issues.name,
            tags=range_tags(keys[0], keys[-1]),
        )


def _remembered(seen: Look, before: Manifest, busy: set[str]) -> Manifest:
    """What was dealt with. An issue in a run is remembered as it was, so that its change is not missed."""
    kept = {i: files for i, files in seen.manifest.items() if i not in busy}
    return {**kept, **{i: before[i] for i in sorted(busy) if i in before}}


def _why_not(seen: Look, busy: set[str]) -> dg.SkipReason:
    if seen.waiting:
        return dg.SkipReason(f"{len(seen.waiting)} issues hold a file that is still being written")
    return dg.SkipReason(f"{len(busy)} issues are in a run" if busy else "nothing is new or changed")


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
    unknown = [i for i in wanted if i not in order]
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
