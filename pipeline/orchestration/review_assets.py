"""What people decided in the review, and what became of it."""

import hashlib

import dagster as dg

from pipeline.datasets.decisions import DecisionsError, became, decisions_path, format_decisions
from pipeline.orchestration.describe import spec
from pipeline.orchestration.resources import Places
from pipeline.reports.preview import escape

DECISIONS = spec(
    "review_decisions",
    "review",
    "The decisions that people made in `banmian review` or by hand, and whether the published tables honour each. A "
    "decision whose page has changed since is named here and never applied to something else. Example: 12 accepted, "
    "3 rejected, one does not count because its page was scanned again.",
    deps=["pages", "edits"],
    kinds=("python", "csv"),
)
#: So many decisions that do not count are shown.
MOST_SHOWN = 50


@dg.multi_asset(name="read_decisions", specs=[DECISIONS])
def review_decisions(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:  # type: ignore[type-arg]
    path = decisions_path(places.output, places.decisions)
    try:
        decisions = places.reviewed()
    except DecisionsError as error:
        raise dg.Failure(str(error)) from error
    account = became(places.output, decisions, path.rsplit("/", 1)[-1])
    for problem in account.problems:
        context.log.warning(problem)
    shown = "\n".join(f"- {escape(p)}" for p in account.problems[:MOST_SHOWN])
    return dg.MaterializeResult(
        asset_key="review_decisions",
        data_version=dg.DataVersion(hashlib.sha256(format_decisions(decisions)).hexdigest()[:16]),
        metadata={
            "file": dg.MetadataValue.path(path),
            "accepted": account.accepted,
            "rejected": account.rejected,
            "undecided": account.undecided,
            "do_not_count": len(account.problems),
            "why": dg.MetadataValue.md(shown or "Every decision is honoured."),
        },
    )
