"""The command line: parses, calls, prints. What is heavy is loaded when a command needs it."""

from __future__ import annotations

import atexit
import io
import json
import os
import sys
import traceback
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pipeline.reports.terminal import visible
from pipeline.reports.wording import counted, form

if TYPE_CHECKING:
    from pipeline.library import CleanedPage
    from pipeline.run import Summary

RUN_HELP = """\b
Cleans every page below a folder and writes the tables as Parquet.

\b
Examples:
  banmian run --input seeds --output outputs
  banmian run --input scans --output out --reference clean-news/ --workers 4
  banmian run --input archive --output out --batch hash:4096 --engine dask --dask-address tcp://10.0.0.1:8786

\b
Input: .txt, .txt.gz, .txt.zst (one page a file) and .jsonl (one page a line: text, optional id, newspaper,
date, page). Files of one sub-folder are one newspaper issue. What did not change is not cleaned again.

\b
Exit codes: 0 every page was published, or rejected with a reason; 1 a page was withheld or a step failed;
2 wrong usage.
"""

CLEAN_HELP = """\b
Cleans one file (or - for standard input) and prints its articles.

\b
Examples:
  banmian clean page.txt
  iconv -f gb18030 -t utf-8 old.txt | banmian clean - --json
"""

QUERY_HELP = """\b
Asks the tables in SQL (DuckDB). Without a question: which tables there are; with a table's name: its columns.

\b
Examples:
  banmian query
  banmian query articles
  banmian query "SELECT headline, authors FROM articles WHERE list_contains(authors, '周文涛')"
  banmian query "SELECT rule, count(*) AS n FROM edits GROUP BY rule ORDER BY n DESC" --to rules.csv

\b
Only the tables can be read, and nothing can be written but the answer.
"""

DIFF_HELP = """\b
Compares two output folders over the same pages: which articles and edits an upgrade, another profile or another
model changed.

\b
Examples:
  banmian diff outputs-before outputs
  banmian diff outputs-before outputs --json > difference.json

\b
Exit codes: 0 no difference; 1 something differs; 2 wrong usage.
"""


def program() -> NoReturn:
    """The console script: `main`, then out at once.

    Python's own clean-up is run; the destructors of the C++ libraries are not, for in a loaded machine they now and
    then abort a run that has succeeded ("terminate called without an active exception").
    """
    code: int | str | None = 1
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without hanzi shows their numbers
            stream.reconfigure(errors="backslashreplace")
    try:
        main()
    except SystemExit as leaving:
        code = leaving.code
    except BaseException:
        traceback.print_exc()
    if isinstance(code, str):
        click.echo(code, err=True)
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="banmian", prog_name="banmian")
def main() -> None:
    """Banmian (版面): raw text dumps of Chinese newspaper pages → clean articles in Parquet.

    \b
    Start with:
      banmian run --input seeds --output outputs     a folder of pages → tables and a report
      banmian clean page.txt                         one page → its articles, on the terminal
      banmian query "SELECT headline FROM articles"  what the tables say
    """


@main.command("run", help=RUN_HELP, short_help="Clean a folder of pages into Parquet tables.")
@click.option("--input", "source", required=True, metavar="DIR", help="Folder of pages, or an fsspec URL.")
@click.option("--output", required=True, metavar="DIR", help="Folder for the tables and the report.")
@click.option("--reference", metavar="PATH", help="Clean text (.txt, .jsonl, .gz, .zst) for the language model only.")
@click.option("--lexicon", metavar="DIR", envvar="BANMIAN_LEXICON", help="Your own terms, names, places and pairs.")
@click.option("--decisions", metavar="FILE", envvar="BANMIAN_DECISIONS",
              help="The review's decisions [default: OUTPUT.decisions.csv, if it is there].")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Worker processes [default: one a core].")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", help="Where the work is done.")
@click.option("--dask-address", metavar="ADDR", help="Scheduler of a Dask cluster; without it a local one is started.")
@click.option("--retrain", is_flag=True, help="Learn the models anew, and clean again with them.")
@click.option("--force", is_flag=True, help="Clean again what did not change.")
@click.option("--batch", metavar="hash:N", help="Group issues into N batches by a hash of their path.")
def run_command(
    source: str,
    output: str,
    reference: str | None,
    lexicon: str | None,
    decisions: str | None,
    workers: int | None,
    engine: str,
    dask_address: str | None,
    retrain: bool,
    force: bool,
    batch: str | None,
) -> None:
    if dask_address and engine != "dask":
        raise click.UsageError("--dask-address needs --engine dask")
    from pipeline.engines import cores
    from pipeline.settings import Settings, UsageError, place

    settings = Settings(
        input=place(source),
        output=place(output),
        reference=place(reference) if reference else None,
        lexicon=place(lexicon) if lexicon else None,
        decisions=place(decisions) if decisions else None,
        engine=engine,
        workers=workers or cores(),
        address=dask_address,
        batch=batch,
    )
    from pipeline.progress import shown_progress
    from pipeline.run import run

    try:
        with shown_progress() as progress:
            summary = run(settings, retrain=retrain, force=force, progress=progress)
    except UsageError as error:
        _fail(str(error))
    print_summary(summary)
    sys.exit(summary.exit_code)


@main.command("clean", help=CLEAN_HELP, short_help="Clean one page and print its articles.")
@click.argument("file", metavar="FILE", type=click.Path(allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print everything that is known of the page as JSON.")
@click.option("--lexicon", metavar="DIR", envvar="BANMIAN_LEXICON", help="Your own terms, names, places and pairs.")
def clean_command(file: str, as_json: bool, lexicon: str | None) -> None:
    from pipeline.datasets.unpack import MAX_PAGE_BYTES
    from pipeline.library import LexiconError, Undecodable, clean_bytes
    from pipeline.settings import place

    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as stream:
            data = stream.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        _fail(f"{file} cannot be read ({error.strerror}): give a text file, or - for standard input")
    if len(data) > MAX_PAGE_BYTES:
        click.echo(f"banmian: {visible(file)} is rejected (too_large): more than {MAX_PAGE_BYTES:,} bytes", err=True)
        sys.exit(1)
    try:
        own = place(lexicon) if lexicon else None
        page = clean_bytes(data, page_id="page" if file == "-" else Path(file).stem, lexicon=own)
    except LexiconError as error:
        _fail(f"lexicon {lexicon}: {error}")
    except Undecodable as error:
        click.echo(visible(f"banmian: {file} is rejected ({error.reason}): {error.detail}"), err=True)
        sys.exit(1)
    text = json.dumps(_as_json(page), ensure_ascii=False, indent=2) if as_json else readable(page)
    click.echo("\n".join(map(visible, text.split("\n"))) if sys.stdout.isatty() else text)


@main.command("review", short_help="Decide about the suggestions, in the browser.")
@click.option("--output", required=True, metavar="DIR", help="Folder of the tables.")
@click.option("--decisions", metavar="FILE", envvar="BANMIAN_DECISIONS",
              help="Where decisions are kept [default: OUTPUT.decisions.csv].")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on this machine [default: a free one].")
@click.option("--no-browser", is_flag=True, help="Print the address only.")
def review_command(output: str, decisions: str | None, port: int, no_browser: bool) -> None:
    """Opens a page on this machine that shows each suggestion in its context; keys accept and reject.

    Decisions are saved at once in a plain CSV, which can also be edited by hand; the next `banmian run` applies them.
    """
    from pipeline.review.session import hold, prepare
    from pipeline.settings import UsageError, place

    try:
        review = prepare(place(output), place(decisions) if decisions else None)
        before = review.desk.counts()
        click.echo(
            f"{before['open']:,} of {counted(before['total'], 'suggestion')} {form(before['open'], 'is', 'are')} open, "
            f"{counted(review.n_groups, 'question')} in all"
        )
        if not before["total"]:
            return
        click.echo(visible(f"decisions: {review.desk.path}"))
        hold(review, port, not no_browser, click.echo)
    except UsageError as error:
        _fail(str(error))
    made = review.desk.counts()
    click.echo(f"\n{made['accepted']:,} accepted, {made['rejected']:,} rejected, {made['open']:,} open")
    if made["accepted"] or made["rejected"]:
        click.echo(visible(f"they take effect with: {review.facts['command']}"))


@main.command("train", short_help="Learn the weights of the page model from gold pages.")
@click.argument(
    "folders", metavar="GOLD_DIR...", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False)
)
@click.option("--output", required=True, metavar="FILE", help="Where the weights are written: feature,weight.")
@click.option("--reference", metavar="PATH", help="Clean text (.txt, .jsonl, .gz, .zst) for the language model.")
@click.option("--articles", metavar="JSONL", type=click.Path(exists=True, dir_okay=False),
              help="Clean articles to lay out as pages: headline, kicker, subhead, authors, body.")  # fmt: skip
@click.option("--simulate", default=150, show_default=True, metavar="N", help="New layouts of each source's articles.")
@click.option("--fits", default=3, show_default=True, type=click.IntRange(1), metavar="N",
              help="Fits over other layouts, whose mean is taken.")  # fmt: skip
def train_command(
    folders: tuple[str, ...], output: str, reference: str | None, articles: str | None, simulate: int, fits: int
) -> None:
    """Learns the weights of seams, stories and heads, and how far the confidence of a join can be believed.

    A gold page is <page>.txt beside <page>.gold.json (as in tests/pages); a folder named twice weighs twice. Needs
    the extra `train`. The weights a checkout uses are pipeline/language/data/weights_small.csv (little text known to
    the language model) and weights_large.csv (300,000 characters or more, with --reference).
    """
    _need_scipy()
    from pipeline.datasets.reference import ReferenceTextError, reference_texts
    from pipeline.settings import place
    from pipeline.simulator import read_articles
    from pipeline.text.profile import CleaningProfile
    from pipeline.training import learn, write_weights

    try:
        texts = list(reference_texts(place(reference))) if reference else []
        more = read_articles(Path(articles)) if articles else []
        paths = [Path(f) for f in folders]
        weights = learn(paths, texts, CleaningProfile(), articles=more, n_simulated=simulate, fits=fits)
    except (ValueError, ReferenceTextError) as error:
        _fail(str(error))
    size = "a large" if texts else "no"
    made = (
        f"made by banmian train over {counted(len(set(folders)), 'folder')} of gold pages, "
        f"{counted(simulate, 'layout')} each, {size} model, "
        f"mean of {counted(fits, 'fit')}"
    )
    write_weights(Path(output), weights, made)
    click.echo(f"{counted(len(weights), 'weight')} in {output}")


@main.command("query", help=QUERY_HELP, short_help="Ask the tables in SQL.")
@click.argument("sql", metavar="[SQL]", default="")
@click.option("--output", metavar="DIR", envvar="BANMIAN_OUTPUT", default="outputs", show_default=True,
              help="Folder of the tables.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["table", "csv", "json", "jsonl", "parquet"]),
              help="Form of the answer [default: that of --to, else a table].")  # fmt: skip
@click.option("--to", "target", metavar="FILE", help="Where the answer is written: .csv, .json, .jsonl or .parquet.")
@click.option(
    "--rows", type=click.IntRange(min=1), default=40, show_default=True, help="Rows of a table that are shown."
)
def query_command(sql: str, output: str, form: str | None, target: str | None, rows: int) -> None:
    from pipeline.reports.answers import AnswerError, answer
    from pipeline.settings import place

    try:
        answer(place(output), sql.strip(), form, target, rows)
    except AnswerError as error:
        _fail_at_length(str(error).splitlines())


@main.command("diff", help=DIFF_HELP, short_help="What differs between two output folders.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--pages", type=click.IntRange(min=0), default=20, show_default=True, help="Pages that are shown.")
def diff_command(old: str, new: str, as_json: bool, pages: int) -> None:
    from rich.console import Console

    from pipeline.datasets.difference import difference
    from pipeline.datasets.store import Store, StoreError
    from pipeline.reports.differences import show_difference
    from pipeline.settings import place

    for folder in (old, new):
        if not Store(place(folder)).issues("pages"):
            _fail(f"{folder} holds no tables: give the --output folder of a banmian run")
    try:
        found = difference(place(old), place(new))
    except StoreError as error:
        _fail(str(error))
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
    else:
        show_difference(found, Console(), pages)
    sys.exit(0 if found.same else 1)


@main.command("train-corrections", short_help="Learn the weights of the look-alike corrections.")
@click.option("--reference", required=True, metavar="PATH", help="Clean text (.txt, .jsonl, .gz, .zst), 1 MB or more.")
@click.option("--pairs", multiple=True, metavar="JSONL", type=click.Path(exists=True, dir_okay=False),
              help="What OCR read and what was printed: ocr, truth. May be given more than once.")  # fmt: skip
@click.option("--output", required=True, metavar="FILE", help="Where the weights are written.")
def train_corrections_command(reference: str, pairs: tuple[str, ...], output: str) -> None:
    """Learns how sure a look-alike correction is, from clean text that is damaged for it and from real pairs.

    For each size of reference text (1, 5 and 10 MB, as far as there is enough) a column of weights. Needs the extra
    `train`. A checkout uses pipeline/language/data/weights_corrections.csv.
    """
    _need_scipy()
    from pipeline.datasets.reference import ReferenceTextError, reference_texts
    from pipeline.language.correction_weights import save_correction_weights
    from pipeline.language.glyphs import load_glyphs
    from pipeline.settings import place
    from pipeline.training_corrections import learn, read_pairs

    try:
        known = [page for file in pairs for page in read_pairs(Path(file), load_glyphs())]
        learned = learn(list(reference_texts(place(reference))), known)
    except (ValueError, ReferenceTextError) as error:
        _fail(str(error))
    columns = {size: weights for size, (weights, _) in learned.items()}
    for size, (_, trial) in learned.items():
        click.echo(f"{counted(size, 'character')} of text: {trial}")
    made = f"made by banmian train-corrections from reference text and {counted(len(known), 'pair')} of OCR and truth"
    save_correction_weights(Path(output), columns, [made, "columns: weights for so many characters of text and more"])
    n = len(next(iter(columns.values())))
    click.echo(f"{counted(n, 'weight')} for {counted(len(columns), 'size')} of text in {output}")


@main.command("forget", short_help="Delete the tables of newspaper issues.")
@click.argument("issues", metavar="ISSUE...", nargs=-1, required=True)
@click.option("--output", required=True, metavar="DIR", help="Folder of the tables.")
def forget_command(issues: tuple[str, ...], output: str) -> None:
    """Deletes the tables of newspaper issues whose sources are gone. The input folder is not touched.

    The tables about the whole corpus and the report follow at the next run.
    """
    from pipeline.run import forget
    from pipeline.settings import UsageError, place

    try:
        deleted = forget(place(output), issues)
    except UsageError as error:
        _fail(str(error))
    click.echo(f"{counted(deleted, 'file')} of {counted(len(issues), 'newspaper issue')} deleted from {output}")


@main.command("ui", short_help="Open the Dagster UI.")
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on this machine.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def ui_command(port: int, host: str) -> None:
    """Registers the input's issues and starts the Dagster UI with sensor and schedules.

    Settings: BANMIAN_INPUT, BANMIAN_OUTPUT, BANMIAN_REFERENCE and others (docs/operations.md), and DAGSTER_HOME for
    what is to be kept. The log is for people on a terminal, and JSON, a line each, anywhere else.
    """
    from pipeline.settings import Settings, UsageError, check_port, project_root

    try:
        os.environ.setdefault("DAGSTER_HOME", str(project_root() / ".dagster_home"))
        settings = Settings.from_environment()
        check_port(host, port)
        from pipeline.run import register

        click.echo(
            f"{counted(register(settings), 'newspaper issue')} in {settings.input}; tables go to {settings.output}"
        )
    except UsageError as error:
        _fail(str(error))
    quiet = ["-W", "ignore:Function `dev_command` is superseded"]  # Dagster says so of itself
    form = "colored" if sys.stdout.isatty() else "json"
    where = ["-m", "pipeline.definitions", "-p", str(port), "-h", host, "--log-format", form]
    os.execv(sys.executable, [sys.executable, *quiet, "-m", "dagster", "dev", *where])


def _need_scipy() -> None:
    if find_spec("scipy") is None:
        _fail("training needs scipy: pip install 'banmian[train]'")


def _fail(message: str) -> Any:
    """Wrong usage: one line, exit code 2."""
    _fail_at_length([message])


def _fail_at_length(lines: list[str]) -> Any:
    """Wrong usage that takes several lines to tell: a query, with a mark below the place."""
    click.echo("\n".join([f"banmian: {visible(lines[0])}", *map(visible, lines[1:])]), err=True)
    sys.exit(2)


def readable(page: CleanedPage) -> str:
    """The articles as a person reads them."""
    blocks = []
    for a in page.articles:
        head = [x for x in (a.section, a.kicker, a.headline, a.subhead) if x]
        by = "、".join(a.authors)
        blocks.append("\n".join([*head, *([by] if by else []), "", a.text]).strip())
    suggested = [e for e in page.edits if e.status == "suggested"]
    if suggested:
        blocks.append("\n".join(f"? {e.before} → {e.after} ({e.rule}, {e.confidence:.2f})" for e in suggested))
    return f"\n\n{'─' * 40}\n\n".join(blocks) or "No article was found on this page."


def _as_json(page: CleanedPage) -> dict[str, Any]:
    from dataclasses import asdict

    made = asdict(page)
    made["page"]["issue_date"] = page.page.issue_date.isoformat() if page.page.issue_date else None
    return made


def print_summary(summary: Summary) -> None:
    """What the run did, as a table, and where the report is."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    for name, value in summary_rows(summary):
        table.add_row(name, value)
    console.print(table)
    for line in summary.notes:
        console.print(visible(f"note: {line}"), style="yellow", markup=False)
    for line in summary.withheld[:10]:
        console.print(visible(f"withheld: {line}"), style="red", markup=False)
    for line in summary.failures[:10]:
        console.print(visible(f"failed: {line}"), style="red", markup=False)
    console.print(f"report: {summary.report}", markup=False, soft_wrap=True)


def summary_rows(summary: Summary) -> list[tuple[str, str]]:
    """Name and value of every line of the summary."""
    q = summary.quality
    rejects = {reason: n for reason, n in sorted(summary.rejects.items()) if reason != "invariant_failed"}
    return [
        ("newspaper issues", f"{summary.issues:,} ({summary.cleaned:,} cleaned now)"),
        ("pages", f"{summary.pages:,}"),
        ("rejects", ", ".join(f"{n:,} {reason}" for reason, n in rejects.items()) or "0"),
        ("articles", f"{q['articles']:,}"),
        ("joins", f"{q['joins']:,} ({q['joins_far']:,} far)"),
        ("duplicates", f"{q['duplicates']:,}"),
        ("orphans", f"{q['orphans']:,}"),
        *((f"edits, {stage}", f"{q[f'edits_{stage}']:,}") for stage in ("normalise", "script", "join", "correct")),
        ("suggestions", f"{q['suggestions']:,}"),
        *_decision_rows(summary),
        ("pages withheld", f"{len(summary.withheld):,}"),
        ("characters", f"{q['n_chars']:,}"),
        ("characters lost", f"{q['chars_lost']:,}"),
        ("time", f"{summary.seconds:.1f} s"),
    ]


def _decision_rows(summary: Summary) -> list[tuple[str, str]]:
    made = summary.decisions
    if not (made.accepted or made.rejected or made.problems):
        return []
    stale = f", {len(made.problems):,} do not count" if made.problems else ""
    return [("decisions", f"{made.accepted:,} accepted, {made.rejected:,} rejected{stale}")]


if __name__ == "__main__":
    main()
