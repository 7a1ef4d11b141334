"""The tables and the report about all issues together. They read what is published, whatever is missing."""

import dagster as dg

from pipeline.corpus import present_issues, write_names, write_reprints
from pipeline.datasets.schemas import PARTITIONED
from pipeline.orchestration.describe import spec
from pipeline.orchestration.resources import Places
from pipeline.reports.site import write_report

REPRINTS = spec(
    "reprints",
    "corpus",
    "Articles that were printed more than once, on other pages or days, in clusters; nothing is deleted. "
    "Example: an agency report of Monday that a paper shortened for Tuesday is `contained` in the first.",
    deps=["articles"],
)
NAMES = spec(
    "names",
    "corpus",
    "Who is named in the corpus: how often, on how many pages, with which titles, and which forms were unified. "
    "Example: 周文涛, 记者, 3 mentions, the form 周义涛 unified twice.",
    deps=["pages", "paragraphs", "edits"],
)
REPORT = spec(
    "report",
    "corpus",
    "A static site to read and check the result: numbers, articles, and every page with its edits and joins shown. "
    "Example: open `report/index.html` in the output folder; it needs no server.",
    deps=[*PARTITIONED, "reprints", "names"],
    kinds=("python", "html"),
)


@dg.multi_asset(name="find_reprints", specs=[REPRINTS])
def reprints(places: Places) -> dg.MaterializeResult:  # type: ignore[type-arg]
    table = write_reprints(places.output, present_issues(places.input, places.batch))
    return dg.MaterializeResult(
        asset_key="reprints",
        metadata={
            "dagster/row_count": table.num_rows,
            "clusters": len(set(table.column("cluster_id").to_pylist())),
        },
    )


@dg.multi_asset(name="count_names", specs=[NAMES])
def names(places: Places) -> dg.MaterializeResult:  # type: ignore[type-arg]
    table = write_names(places.workforce(), places.output, present_issues(places.input, places.batch))
    top = [f"| {row['name']} | {row['mentions']} |" for row in table.slice(0, 15).to_pylist()]
    return dg.MaterializeResult(
        asset_key="names",
        metadata={
            "dagster/row_count": table.num_rows,
            "most_named": dg.MetadataValue.md("\n".join(["| name | mentions |", "|---|---|", *top])),
        },
    )


@dg.multi_asset(name="write_report", specs=[REPORT])
def report(places: Places) -> dg.MaterializeResult:  # type: ignore[type-arg]
    written = write_report(places.workforce(), places.output, present_issues(places.input, places.batch))
    return dg.MaterializeResult(
        asset_key="report",
        metadata={
            "path": dg.MetadataValue.path(written.path),
            "pages": written.pages,
            "pages_drawn_anew": written.drawn,
        },
    )
