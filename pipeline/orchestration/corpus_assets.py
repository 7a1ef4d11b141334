"""The tables and the report about all issues together. They read what is published, whatever is missing."""

from collections.abc import Sequence

import dagster as dg

from pipeline.corpus import present_issues, write_names
from pipeline.datasets.schemas import PARTITIONED
from pipeline.orchestration.describe import place, spec
from pipeline.orchestration.lineage import column_lineage
from pipeline.orchestration.resources import Places
from pipeline.orchestration.retries import retried
from pipeline.reports.preview import code, escape
from pipeline.reports.site import report_version, write_report
from pipeline.reprints import write_reprints

#: So many rows are shown of a table.
SHOWN = 15

REPRINTS = spec("reprints", "corpus", deps=["articles"])
NAMES = spec("names", "corpus", deps=["pages", "paragraphs", "edits"])
REPORT = spec(
    "report",
    "corpus",
    deps=[*PARTITIONED, "reprints", "names"],
    kinds=("python", "html"),
    code_version=report_version(),
)


@dg.multi_asset(name="find_reprints", specs=[REPRINTS])
def reprints(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:  # type: ignore[type-arg]
    with retried(context):
        table = write_reprints(places.workforce(), places.output, present_issues(places.input, places.batch))
    rows = table.slice(0, SHOWN).to_pylist()
    shown = [f"| {r['cluster_id']} | {code(r['article_id'])} | {r['kind']} | {r['similarity']:.2f} |" for r in rows]
    return dg.MaterializeResult(
        asset_key="reprints",
        metadata={
            "dagster/row_count": table.num_rows,
            "dagster/column_lineage": column_lineage("reprints"),
            "file": place(f"{places.output}/reprints.parquet"),
            "clusters": len(set(table.column("cluster_id").to_pylist())),
            "first_clusters": _table(("cluster", "article", "kind", "likeness"), shown),
        },
    )


@dg.multi_asset(name="count_names", specs=[NAMES])
def names(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:  # type: ignore[type-arg]
    with retried(context):
        table = write_names(places.workforce(), places.output, present_issues(places.input, places.batch))
    rows = table.to_pylist()
    top = [f"| {escape(r['name'])} | {r['mentions']} | {escape('、'.join(r['titles'][:3]))} |" for r in rows[:SHOWN]]
    unified = [
        f"| {escape(v['form'])} | {escape(r['name'])} | {v['status']} | {v['count']} |"
        for r in rows
        for v in r["variants"]
    ]
    return dg.MaterializeResult(
        asset_key="names",
        metadata={
            "dagster/row_count": table.num_rows,
            "dagster/column_lineage": column_lineage("names"),
            "file": place(f"{places.output}/names.parquet"),
            "mentions": sum(r["mentions"] for r in rows),
            "names_with_variants": sum(bool(r["variants"]) for r in rows),
            "most_named": _table(("name", "mentions", "titles"), top),
            "unified": _table(("form", "name", "status", "times"), unified[:SHOWN]),
        },
    )


@dg.multi_asset(name="write_report", specs=[REPORT])
def report(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:  # type: ignore[type-arg]
    with retried(context):
        written = write_report(places.workforce(), places.output, present_issues(places.input, places.batch))
    return dg.MaterializeResult(
        asset_key="report",
        metadata={
            "path": place(written.path),
            "pages": written.pages,
            "pages_drawn_anew": written.drawn,
            "how_to_open": dg.MetadataValue.md(
                f"Open `{written.path}` in a browser: it works from disk. A page is at "
                "`report/pages/<issue>/<page>.html`, an article at its anchor `#a…`, a line at `#L…`."
            ),
        },
    )


def _table(columns: Sequence[str], rows: Sequence[str]) -> dg.MarkdownMetadataValue:
    """Rows of a Markdown table; "None." without any."""
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return dg.MetadataValue.md("\n".join([*head, *rows]) if rows else "None.")
