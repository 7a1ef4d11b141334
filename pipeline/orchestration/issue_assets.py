"""The partitioned assets: from the raw pages of an issue to its published tables. Each bears its table's name."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import dagster as dg

from pipeline.datasets import drift
from pipeline.datasets.drift import CHECKS
from pipeline.datasets.inputs import Reject
from pipeline.datasets.schemas import PARTITIONED
from pipeline.datasets.store import Store
from pipeline.language.reranker import second_opinions
from pipeline.orchestration.attach import attach
from pipeline.orchestration.describe import FRESHNESS, metadata, place, spec
from pipeline.orchestration.lineage import column_lineage
from pipeline.orchestration.partitions import ISSUES, POLICY
from pipeline.orchestration.resources import Places, ProfileResource
from pipeline.orchestration.retries import retried
from pipeline.reports.preview import code, escape
from pipeline.steps import (
    IssueTask,
    Outcome,
    clean_issue,
    lay_out_issue,
    normalise_issue,
    read_pages,
    rescue,
    table_problems,
)
from pipeline.text.profile import CleaningProfile

#: What the last step writes besides the rows it adds to `pages` and `rejects`.
CLEANED = tuple(t for t in PARTITIONED if t not in ("pages", "rejects"))

#: So many pages, issues or problems are shown of each kind.
SHOWN = 20

#: The invariants, each at the asset whose promise it is.
INVARIANTS = {
    "I1": ("ledger", "I1_ledger_tiles_the_page", "The ledger covers every character of a page once, without gaps."),
    "I2": ("ledger", "I2_one_place_for_every_character", "Every visible character stands in exactly one place."),
    "I3": ("paragraphs", "I3_text_is_rendered", "The clean text is the raw spans with the edits, and nothing else."),
    "I4": ("edits", "I4_edits_can_be_undone", "Undoing the edits gives back the raw text, and that the bytes."),
    "I5": ("articles", "I5_keys_hold", "Ids are unique, what they point at is there, no rendered edits overlap."),
}


def _spec(name: str, group: str, deps: Sequence[str] = ()) -> dg.AssetSpec:
    return spec(name, group, deps=deps, freshness=FRESHNESS if group == "articles" else None)


@dg.multi_asset(
    name="read_pages",
    specs=[_spec("pages", "raw"), _spec("rejects", "raw")],
    partitions_def=ISSUES,
    backfill_policy=POLICY,
)
def pages(
    context: dg.AssetExecutionContext, places: Places, profile: ProfileResource
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    outcomes = _work(context, read_pages, places, profile)
    yield from _results(context, ("pages", "rejects"), outcomes)


@dg.multi_asset(
    name="normalise",
    specs=[_spec("normalised", "reading", ["pages"])],
    partitions_def=ISSUES,
    backfill_policy=POLICY,
)
def normalised(
    context: dg.AssetExecutionContext,
    places: Places,
    profile: ProfileResource,
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    yield from _results(context, ("normalised",), _work(context, normalise_issue, places, profile))


@dg.multi_asset(
    name="lay_out",
    specs=[_spec("lines", "reading", ["pages", "normalised", "language_model"])],
    partitions_def=ISSUES,
    backfill_policy=POLICY,
)
def lines(
    context: dg.AssetExecutionContext, places: Places, profile: ProfileResource
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    yield from _results(context, ("lines",), _work(context, lay_out_issue, places, profile))


@dg.multi_asset(
    name="clean",
    specs=[_spec(name, "articles", ["pages", "normalised", "lines"]) for name in CLEANED],
    check_specs=[
        *(dg.AssetCheckSpec(name, asset=asset, description=text) for asset, name, text in INVARIANTS.values()),
        *(dg.AssetCheckSpec(name, asset="quality", description=text) for name, text in CHECKS.items()),
        dg.AssetCheckSpec(
            "contract",
            asset="articles",
            description="Every table is whole and has exactly the columns of the contract.",
            blocking=True,
        ),
    ],
    partitions_def=ISSUES,
    backfill_policy=POLICY,
    can_subset=False,
)
def cleaned(
    context: dg.AssetExecutionContext,
    places: Places,
    profile: ProfileResource,
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    outcomes = _work(context, clean_issue, places, profile)
    for report in second_opinions(places.output):
        context.log.warning(report) if "failed" in report else context.log.info(report)
    yield from _results(context, CLEANED, outcomes)
    yield from _invariant_results(places, outcomes)
    done = [o for o in outcomes if not o.gone]
    yield _contract_result(places, done)
    yield from _drift_results(places, [o.issue_id for o in done], profile.profile())


def _work(
    context: dg.AssetExecutionContext,
    step: Callable[[IssueTask], Outcome],
    places: Places,
    profile: ProfileResource,
) -> list[Outcome]:
    """The step over every issue of the run, spread over the engine's workers."""
    knobs = profile.profile()
    outcomes: list[Outcome] = []
    with retried(context):
        tasks = places.tasks(context.partition_keys, knobs)
        for outcome in places.workforce().map(step, tasks, partial(rescue, step)):
            outcomes.append(outcome)
            _tell(context, places, outcome)
    return outcomes


def _tell(context: dg.AssetExecutionContext, places: Places, outcome: Outcome) -> None:
    """What the UI shows of an issue, in a range run as well: it is attached partition by partition."""
    store, key = Store(places.output), outcome.issue_id
    for table, rows in outcome.rows.items():
        if dg.AssetKey(table) in context.selected_asset_keys:
            values = {
                "dagster/row_count": rows,
                **metadata(outcome.notes.get(table, {})),
                "file": place(store.path(table, key)),
            }
            if table == "articles":
                values["picture"] = place(f"{places.output}/report/pages/{key}/index.html")
            attach(context, values, table, key)
    if outcome.gone:
        context.log.warning(f"{key}: its source is gone; its tables stay until `banmian forget {key}`")
    for w in outcome.withheld:
        context.log.error(f"{w.source} is withheld: {w.detail}")


def _results(
    context: dg.AssetExecutionContext, names: Sequence[str], outcomes: Sequence[Outcome]
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    for name in names:
        digest = hashlib.sha256()
        for o in sorted(outcomes, key=lambda o: o.issue_id):
            digest.update(f"{o.issue_id}:{o.digests.get(name)}\n".encode())
        lineage = column_lineage(name)
        yield dg.MaterializeResult(
            asset_key=name,
            data_version=dg.DataVersion(digest.hexdigest()[:16]),
            # The UI reads it from the latest event, and which of a range's that is, nobody can tell.
            metadata={"dagster/column_lineage": lineage} if lineage else None,
        )


def _invariant_results(places: Places, outcomes: Sequence[Outcome]) -> Iterator[dg.AssetCheckResult]:
    withheld = [w for o in outcomes for w in o.withheld]
    for invariant, (asset, name, _) in INVARIANTS.items():
        broken = [w for w in withheld if f"{invariant}: " in w.detail]
        if invariant == "I1":  # a step that failed has no ledger at all
            broken += [w for w in withheld if not any(f"{i}: " in w.detail for i in INVARIANTS)]
        values: dict[str, Any] = {"pages_withheld": len(broken), "pages": dg.MetadataValue.md(_withheld(broken))}
        for issue_id in sorted({w.issue_id for w in broken})[:5]:
            values[f"rejects of {issue_id}"] = place(Store(places.output).path("rejects", issue_id))
            values[f"picture of {issue_id}"] = place(f"{places.output}/report/pages/{issue_id}/index.html")
        yield dg.AssetCheckResult(
            check_name=name,
            asset_key=asset,
            passed=not broken,
            severity=dg.AssetCheckSeverity.ERROR,
            description=f"{len(broken)} pages are withheld" if broken else None,
            metadata=values,
        )


def _withheld(broken: Sequence[Reject]) -> str:
    """The pages, each with its reason and a link to its issue's partition."""
    rows = [
        f"- [{code(w.source)}](/assets/rejects?partition={quote(w.issue_id)}): {escape(w.detail)}"
        for w in broken[:SHOWN]
    ]
    if len(broken) > SHOWN:
        rows.append(f"- … and {len(broken) - SHOWN} more: all stand in `rejects`")
    return "\n".join(rows) or "None."


def _drift_results(places: Places, issue_ids: Sequence[str], profile: CleaningProfile) -> Iterator[dg.AssetCheckResult]:
    """Warnings only: nothing is withheld for being unusual."""
    earlier = drift.published_rates(places.output, drift.earlier_issues(places.output, issue_ids))
    found = drift.findings(drift.published_rates(places.output, issue_ids), earlier, profile)
    for name in CHECKS:
        own = [f for f in found if f.check == name]
        rows = "\n".join(f"- {code(f.where)}: {f.words}" for f in own[:SHOWN])
        yield dg.AssetCheckResult(
            check_name=name,
            asset_key="quality",
            passed=not own,
            severity=dg.AssetCheckSeverity.WARN,
            description="; ".join(f"{f.where}: {f.words}" for f in own[:3]) or None,
            metadata={"findings": len(own), "where": dg.MetadataValue.md(rows or "Nothing unusual.")},
        )


def _contract_result(places: Places, outcomes: Sequence[Outcome]) -> dg.AssetCheckResult:
    problems = [p for o in outcomes for p in table_problems(places.output, o.issue_id, o.digests)]
    return dg.AssetCheckResult(
        check_name="contract",
        asset_key="articles",
        passed=not problems,
        metadata={
            "issues": len(outcomes),
            "problems": dg.MetadataValue.md("\n".join(f"- {p}" for p in problems[:SHOWN]) or "None."),
        },
    )
