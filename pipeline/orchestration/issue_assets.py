"""The partitioned assets: from the raw pages of an issue to its published tables. Each bears its table's name."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import dagster as dg

from pipeline.datasets.schemas import PARTITIONED
from pipeline.orchestration.describe import metadata, spec
from pipeline.orchestration.partitions import ISSUES, POLICY
from pipeline.orchestration.resources import Places, ProfileResource
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

#: What the last step writes besides the rows it adds to `pages` and `rejects`.
CLEANED = tuple(t for t in PARTITIONED if t not in ("pages", "rejects"))

#: The invariants, each at the asset whose promise it is.
INVARIANTS = {
    "I1": ("ledger", "I1_ledger_tiles_the_page", "The ledger covers every character of a page once, without gaps."),
    "I2": ("ledger", "I2_one_place_for_every_character", "Every visible character stands in exactly one place."),
    "I3": ("paragraphs", "I3_text_is_rendered", "The clean text is the raw spans with the edits, and nothing else."),
    "I4": ("edits", "I4_edits_can_be_undone", "Undoing the edits gives back the raw text, and that the bytes."),
    "I5": ("articles", "I5_keys_hold", "Ids are unique, what they point at is there, no rendered edits overlap."),
}

DESCRIPTIONS = {
    "pages": (
        "The raw text of every page exactly as it was read, with where it came from and how it was encoded; nothing "
        "ever changes it. Example: `seeds/tianjin/04.txt` becomes the row `tianjin/04` with its GB18030 bytes decoded."
    ),
    "rejects": (
        "What could not be read, or was read and not published, each with its reason. Example: a PNG that someone "
        "named `05.txt` is here with the reason `binary`."
    ),
    "normalised": (
        "Stage table: the edits that need no understanding of the page: marks, widths, spaces, leaked traditional "
        "characters. Example: `水位,回落` is to be read as `水位，回落`."
    ),
    "lines": (
        "Stage table: how the page was understood: the role of every line, which lines go on where, what repeats. "
        "Example: `…再到核` and `电,…` two lines below are one paragraph, joined with a confidence of 0.97."
    ),
    "articles": (
        "One row an article: heads, authors, dateline and the clean text of its paragraphs. Example: headline "
        "`青石峡大坝封顶`, authors `[周文涛]`, and where all of it stands in the raw page."
    ),
    "paragraphs": (
        "The articles' paragraphs with their roles, and from which pieces of the raw page each is put together. "
        "Example: a body of two spans was cut at the foot of a column and goes on elsewhere on the page."
    ),
    "edits": (
        "Every change of the text and every suggestion, with rule, evidence and confidence; all can be undone. "
        "Example: `周义涛` is read as `周文涛`, because the page names him so elsewhere."
    ),
    "duplicates": (
        "Repeats that were taken out, what was kept instead, and what of the repeat lives on elsewhere. Example: a "
        "paragraph printed twice, the second copy having swallowed the end of another one."
    ),
    "orphans": (
        "Text that belongs to no article, with the reason, so that nothing is lost. Example: the page's foot "
        "`责任编辑：…` is here as `furniture`."
    ),
    "ledger": (
        "What became of every character of every page, computed from the published tables: the proof that nothing "
        "was lost. Example: characters 120 to 180 stand in article `…@35`, paragraph 2, as body."
    ),
    "quality": (
        "One row a page of counts and rates to watch over time. Example: 10 articles, 5 joins, 301 edits of marks, "
        "2 corrections, 1 suggestion, no orphan."
    ),
}  # fmt: skip


def _spec(name: str, group: str, deps: Sequence[str] = ()) -> dg.AssetSpec:
    return spec(name, group, DESCRIPTIONS[name], deps=deps)


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
    yield from _results(context, CLEANED, outcomes)
    yield from _invariant_results(outcomes)
    yield _contract_result(places, [o.issue_id for o in outcomes if not o.gone])


def _work(
    context: dg.AssetExecutionContext,
    step: Callable[[IssueTask], Outcome],
    places: Places,
    profile: ProfileResource,
) -> list[Outcome]:
    """The step over every issue of the run, spread over the engine's workers."""
    knobs = profile.profile()
    outcomes: list[Outcome] = []
    tasks = places.tasks(context.partition_keys, knobs)
    for outcome in places.workforce().map(step, tasks, partial(rescue, step)):
        outcomes.append(outcome)
        for table, rows in outcome.rows.items():
            if dg.AssetKey(table) in context.selected_asset_keys:
                values = {"dagster/row_count": rows, **outcome.notes.get(table, {})}
                context.add_asset_metadata(metadata(values), asset_key=table, partition_key=outcome.issue_id)
        if outcome.gone:
            context.log.warning(f"{outcome.issue_id}: its source is gone; its tables stay as they are")
        for w in outcome.withheld:
            context.log.error(f"{w.source} is withheld: {w.detail}")
    return outcomes


def _results(
    context: dg.AssetExecutionContext, names: Sequence[str], outcomes: Sequence[Outcome]
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    for name in names:
        digest = hashlib.sha256()
        for o in sorted(outcomes, key=lambda o: o.issue_id):
            digest.update(f"{o.issue_id}:{o.digests.get(name)}\n".encode())
        yield dg.MaterializeResult(asset_key=name, data_version=dg.DataVersion(digest.hexdigest()[:16]))


def _invariant_results(outcomes: Sequence[Outcome]) -> Iterator[dg.AssetCheckResult]:
    withheld = [w for o in outcomes for w in o.withheld]
    for invariant, (asset, name, _) in INVARIANTS.items():
        broken = [w for w in withheld if f"{invariant}: " in w.detail]
        if invariant == "I1":  # a step that failed has no ledger at all
            broken += [w for w in withheld if not any(f"{i}: " in w.detail for i in INVARIANTS)]
        shown = "\n".join(f"- `{w.source}`: {w.detail}" for w in broken[:20])
        yield dg.AssetCheckResult(
            check_name=name,
            asset_key=asset,
            passed=not broken,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"pages_withheld": len(broken), "pages": dg.MetadataValue.md(shown or "None.")},
        )


def _contract_result(places: Places, issue_ids: Sequence[str]) -> dg.AssetCheckResult:
    problems = [p for issue_id in issue_ids for p in table_problems(places.output, issue_id)]
    return dg.AssetCheckResult(
        check_name="contract",
        asset_key="articles",
        passed=not problems,
        metadata={
            "issues": len(issue_ids),
            "problems": dg.MetadataValue.md("\n".join(f"- {p}" for p in problems[:20]) or "None."),
        },
    )
