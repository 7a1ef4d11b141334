"""The static report: `<output>/report/index.html`, a contents page for every newspaper issue, a picture of every page.

It works from disk, fetches nothing from elsewhere, and escapes all text. An issue whose tables did not change is not
drawn again; what belongs to issues that are gone is removed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem
from markupsafe import Markup

from pipeline.datasets.store import MissingTableError, Store
from pipeline.engines import Engine
from pipeline.reports import digest as digests
from pipeline.reports import overview
from pipeline.reports.digest import digest, outline
from pipeline.reports.names import article_anchor, issue_link, page_file, page_link
from pipeline.reports.picture import COLUMNS, UNSURE, Picture, pictures
from pipeline.reports.wording import counted
from pipeline.text.profile import CleaningProfile

FOLDER = "report"
#: Rows of a list page; articles of a file that the search reads.
ROWS = 500
FOUND = 4_000
#: Rows of the first page's short lists.
SHORT = 60

#: The tables an issue is drawn from, and the columns of them; None: all. The ledger says the same once more.
SHOWN: Mapping[str, frozenset[str] | None] = {
    "pages": None,
    "rejects": None,
    "articles": COLUMNS["articles"] | digests.COLUMNS["articles"],
    "paragraphs": COLUMNS["paragraphs"] | digests.COLUMNS["paragraphs"],
    "edits": COLUMNS["edits"] | digests.COLUMNS["edits"],
    "duplicates": COLUMNS["duplicates"],
    "orphans": COLUMNS["orphans"],
    "quality": None,
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """The report that was written: its first page, and how many pages it shows and drew anew."""

    path: str
    pages: int
    drawn: int


@dataclass(frozen=True)
class IssueTask:
    """One issue to draw. `reprints`: article_id → articles elsewhere that print the same."""

    output: str
    issue_id: str
    reprints: tuple[tuple[str, tuple[str, ...]], ...] = ()
    low_confidence: float = CleaningProfile().low_confidence


def write_report(engine: Engine, output: str, present: Iterable[str]) -> Written:
    """Writes the site over the published tables of the issues that are `present`."""
    shelf = _Shelf(output)
    store, wanted = Store(output), set(present)
    issues = [i for i in store.issues("pages") if i in wanted and store.exists("quality", i)]
    reprints = _reprints(store)
    tasks = [IssueTask(output, i, tuple(reprints.get(i, ()))) for i in issues]
    outlines, drawn = [], 0
    for made in engine.map(draw_issue, tasks):
        if made is not None:
            drawn += made["n_pages"] if made.pop("drawn") else 0
            outlines.append(made)
    outlines.sort(key=lambda d: (d["date"], d["newspaper"], d["issue_id"]))
    kept = _Digests(shelf, outlines)
    _write_lists(shelf, kept)
    _write_first_page(shelf, kept, _unified(store))
    shelf.sweep(issues)
    return Written(shelf.shown("index.html"), sum(d["n_pages"] for d in outlines), drawn)


# --- an issue -------------------------------------------------------------------------------------------------------


def draw_issue(task: IssueTask) -> Row | None:
    """The pictures of an issue's pages and its contents; returns the outline of its digest, which is kept beside them.
    None if its tables have just gone."""
    shelf, store = _Shelf(task.output), Store(task.output)
    try:
        state = _state(store, task)
        kept = shelf.digest(task.issue_id)
        if kept and kept.pop("state") == state:
            return {**outline(kept), "drawn": False}
        tables = {
            name: store.read(name, task.issue_id, None if columns is None else sorted(columns))
            for name, columns in SHOWN.items()
        }
    except (MissingTableError, FileNotFoundError):
        return None
    made = digest(task.issue_id, tables, task.low_confidence)
    quality = {q["page_id"]: q for q in tables["quality"].to_pylist()}
    withheld = {r["source"]: r["detail"] for r in tables["rejects"].to_pylist()}
    shelf.clear_issue(task.issue_id)
    pages = tables["pages"].drop_columns("text").to_pylist()
    for number, picture in enumerate(pictures(tables, dict(task.reprints))):
        page = pages[number]
        _write_page(shelf, pages, number, picture, quality.get(page["page_id"]), withheld.get(page["source"]))
    shelf.put(f"pages/{task.issue_id}/texts.js", _call("texts", task.issue_id, _search_texts(tables["articles"])))
    shelf.put(
        f"pages/{task.issue_id}/index.html", _filled("issue.html", root="../../", issue=made, articles=_of_pages(made))
    )
    shelf.put(f"_digests/{task.issue_id}.json", _json({**made, "state": state}))
    return {**outline(made), "drawn": True}


def _write_page(
    shelf: _Shelf, pages: Sequence[Row], number: int, picture: Picture, quality: Row | None, withheld: str | None
) -> None:
    page = pages[number]
    html = _filled(
        "page.html",
        root="../../",
        page=page,
        picture=picture,
        quality=quality,
        withheld=None if quality else withheld or "it was not published",
        before=page_file(pages[number - 1]["page_id"]) if number else None,
        after=page_file(pages[number + 1]["page_id"]) if number + 1 < len(pages) else None,
    )
    shelf.put(f"pages/{page['issue_id']}/{page_file(page['page_id'])}", html)


def _of_pages(digest: Row) -> dict[str, list[Row]]:
    """page_id → the digest's articles of that page."""
    found: dict[str, list[Row]] = {}
    for a in digest["articles"]:
        found.setdefault(a["id"].rpartition("@")[0], []).append(a)
    return found


def _search_texts(articles: pa.Table) -> list[list[str]]:
    """[link from the issue's folder, headline, authors, text] for each article."""
    columns = (articles.column(c).to_pylist() for c in ("page_id", "article_id", "headline", "authors", "text"))
    return [
        [f"{page_file(page_id)}#{article_anchor(article_id)}", headline or "", "、".join(authors), text]
        for page_id, article_id, headline, authors, text in zip(*columns, strict=True)
    ]


def _state(store: Store, task: IssueTask) -> str:
    """A hash of all that the issue's pages are made of."""
    seen = hashlib.sha256(report_version().encode())
    for name in SHOWN:
        seen.update(hashlib.sha256(store.fs.cat_file(store.path(name, task.issue_id))).digest())
    seen.update(repr((task.reprints, task.low_confidence)).encode())
    return seen.hexdigest()[:24]


def _reprints(store: Store) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """issue_id → (article_id, the other articles of its cluster)."""
    if not store.exists_corpus("reprints"):
        return {}
    clusters: dict[str, list[str]] = {}
    for row in store.read_corpus("reprints", ["cluster_id", "article_id"]).to_pylist():
        clusters.setdefault(row["cluster_id"], []).append(row["article_id"])
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for members in clusters.values():
        for article_id in members:
            others = tuple(sorted(m for m in members if m != article_id)[:20])
            found.setdefault(article_id.partition("/")[0], []).append((article_id, others))
    return {issue: sorted(rows) for issue, rows in found.items()}


def _unified(store: Store) -> dict[tuple[str, str], int]:
    """(printed form, name) → how often the form was put right."""
    if not store.exists_corpus("names"):
        return {}
    rows = store.read_corpus("names", ["name", "variants"]).to_pylist()
    return {(v["form"], row["name"]): v["count"] for row in rows for v in row["variants"] if v["status"] == "unified"}


# --- all issues -----------------------------------------------------------------------------------------------------


class _Digests:
    """The kept digests of all issues, read one after the other: only their outlines are held."""

    def __init__(self, shelf: _Shelf, outlines: Sequence[Row]) -> None:
        self.shelf, self.outlines = shelf, outlines

    def __iter__(self) -> Iterator[Row]:
        return self.of(self.outlines)

    def of(self, outlines: Iterable[Row]) -> Iterator[Row]:
        """Those of some issues."""
        return filter(None, (self.shelf.digest(o["issue_id"]) for o in outlines))

    def rejects(self) -> Iterator[Row]:
        """All rejects, in the order of the issues."""
        return (r for d in self.of(o for o in self.outlines if o["n_rejects"]) for r in d["rejects"])


def _write_first_page(shelf: _Shelf, kept: _Digests, unified: Mapping[tuple[str, str], int]) -> None:
    outlines, totals = kept.outlines, Counter[str]()
    for d in outlines:
        totals.update(d["totals"])
    n_rejects, n_withheld = (sum(d[n] for d in outlines) for n in ("n_rejects", "n_withheld"))
    withheld = (r for r in kept.rejects() if r["reason"] == "invariant_failed")
    others = (r for r in kept.rejects() if r["reason"] != "invariant_failed")
    shelf.put(
        "index.html",
        _filled(
            "index.html",
            root="",
            searching=True,
            cards=overview.cards(totals, sum(d["n_pages"] for d in outlines), n_withheld, n_rejects - n_withheld),
            charts=overview.charts(outlines, unified),
            finds=overview.worth_a_look(kept),
            words=overview.top_words(kept),
            issues=list(kept.of(list(reversed(outlines))[:SHORT])),
            n_issues=len(outlines),
            rejects=list(islice(chain(withheld, others), SHORT)),
            n_rejects=n_rejects,
            n_articles=totals["articles"],
            shards=-(-totals["articles"] // FOUND),
            versions=sorted({v for d in outlines for v in d["versions"]}),
        ),
    )


def _write_lists(shelf: _Shelf, kept: _Digests) -> None:
    """Lists of everything, cut into pages, for those who want to leaf; and the files that the search reads when someone
    searches: scripts, as pages from disk may read nothing else."""
    outlines = kept.outlines
    _write_list(shelf, "issues", outlines, len(outlines))
    _write_list(shelf, "rejects", kept.rejects(), sum(d["n_rejects"] for d in outlines))
    heads = (
        [a["link"], a["headline"], "、".join(a["authors"]), f"{_where(d)} · {a['page']}", a["kicker"], a["opening"]]
        for d in kept
        for a in d["articles"]
    )
    n_articles = sum(d["n_articles"] for d in outlines)
    _write_list(shelf, "articles", ({**a, "issue": d} for d in kept for a in d["articles"]), n_articles)
    for number in range(1, 1 + -(-n_articles // FOUND)):
        shelf.put(f"search/heads-{number}.js", _call("heads", number, list(islice(heads, FOUND))))
    shelf.put("search/issues.js", _call("issues", [[d["issue_id"], _where(d)] for d in outlines]))


def _write_list(shelf: _Shelf, kind: str, rows: Iterable[Row], total: int) -> None:
    left, last = iter(rows), max(1, -(-total // ROWS))
    for number in range(1, last + 1):
        part = list(islice(left, ROWS))
        html = _filled("list.html", root="../", kind=kind, rows=part, number=number, last=last, total=total)
        shelf.put(f"lists/{kind}-{number}.html", html)


def _where(d: Row) -> str:
    return " ".join(x for x in (d["newspaper"], d["date"]) if x) or str(d["issue_id"])


def _call(name: str, *values: object) -> str:
    return f"banmian.{name}({','.join(map(_json, values))});\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- files ----------------------------------------------------------------------------------------------------------


class _Shelf:
    """The folder of the report. Files appear whole."""

    def __init__(self, output: str) -> None:
        store = Store(output)
        self.fs, self.root = store.fs, f"{store.root}/{FOLDER}"
        self.written: set[str] = set()
        self._folders: set[str] = set()

    def shown(self, name: str) -> str:
        return f"{self.root}/{name}"

    def put(self, name: str, content: str) -> None:
        path, data = f"{self.root}/{name}", content.encode("utf-8", "backslashreplace")
        self.written.add(name)
        if (folder := path.rsplit("/", 1)[0]) not in self._folders:
            self.fs.makedirs(folder, exist_ok=True)
            self._folders.add(folder)
        if not isinstance(self.fs, LocalFileSystem):
            self.fs.pipe_file(path, data)
            return
        draft = Path(f"{path}.{uuid.uuid4().hex}.tmp")
        draft.write_bytes(data)
        draft.replace(path)

    def digest(self, issue_id: str) -> Row | None:
        """What was kept of an issue when it was last drawn."""
        try:
            kept = json.loads(self.fs.cat_file(f"{self.root}/_digests/{issue_id}.json"))
        except (FileNotFoundError, ValueError):
            return None
        return kept if isinstance(kept, dict) and "state" in kept else None

    def sweep(self, issues: Sequence[str]) -> None:
        """Removes what was drawn of other issues, and lists that were not written this time."""
        kept = {*issues, *(f"{i}.json" for i in issues)}
        for folder in ("pages", "_digests"):
            self._remove(p for p in self._ls(folder) if _last(p) not in kept)
        for folder in ("lists", "search"):
            self._remove(p for p in self._ls(folder) if f"{folder}/{_last(p)}" not in self.written)

    def clear_issue(self, issue_id: str) -> None:
        """Removes the pictures of an issue's pages."""
        self._remove(self._ls(f"pages/{issue_id}"))

    def _remove(self, paths: Iterable[str]) -> None:
        for path in list(paths):
            self.fs.rm(path, recursive=True)

    def _ls(self, folder: str) -> list[str]:
        try:
            return [str(p).rstrip("/") for p in self.fs.ls(f"{self.root}/{folder}", detail=False)]
        except FileNotFoundError:
            return []


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def forget_issue(output: str, issue_id: str) -> None:
    """Removes what was drawn of an issue; the lists follow when the report is made again."""
    shelf = _Shelf(output)
    shelf.clear_issue(issue_id)
    for path in (f"{shelf.root}/pages/{issue_id}", f"{shelf.root}/_digests/{issue_id}.json"):
        if shelf.fs.exists(path):
            shelf.fs.rm(path, recursive=True)


# --- templates ------------------------------------------------------------------------------------------------------

_HERE = Path(__file__).parent


def _filled(name: str, **values: object) -> str:
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> jinja2.Environment:
    """Everything is escaped. Style and script stand in every page, so that one can be sent alone; the policy names
    them by their hashes and allows nothing else."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.reports"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    css, page_js, search_js = (_source(n) for n in ("report.css", "page.js", "search.js"))
    environment.globals.update(
        css=Markup(css), page_js=Markup(page_js), search_js=Markup(search_js),
        hashes={"css": _hash(css), "page": _hash(page_js), "search": _hash(search_js)},
        page_link=page_link, issue_link=issue_link, article_anchor=article_anchor, searching=False, unsure=UNSURE,
        counted=counted,
    )  # fmt: skip
    return environment


def _source(name: str) -> str:
    return (_HERE / "templates" / name).read_text(encoding="utf-8")


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


@cache
def report_version() -> str:
    """Changes whenever the report would look different."""
    seen = hashlib.sha256()
    for path in sorted([*_HERE.glob("*.py"), *(_HERE / "templates").iterdir()]):
        if path.is_file():
            seen.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return seen.hexdigest()
