"""The static report: `<output>/report/index.html` and a page of its own for every printed page.

Everything is escaped by the templates; nothing is fetched from elsewhere; it works from disk.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import jinja2
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.datasets.store import Store
from pipeline.datasets.tables import edits_from_rows
from pipeline.text.spans import Edit, Span, edits_within, rendered_edits

FOLDER = "report"
#: Colours repeat after this many articles of a page.
COLOURS = 10
#: The index lists no more articles than this; all of them stand in the tables.
LISTED = 5_000

Row = dict[str, Any]


class Piece(NamedTuple):
    """A stretch of text shown in one way. `kind`: text, edit, suggestion or join."""

    kind: str
    text: str
    before: str = ""
    note: str = ""


def write_report(output: str, present: set[str]) -> tuple[str, int]:
    """Writes the site; returns the path of its index and the number of pages shown."""
    store = Store(output)
    folder = f"{store.root}/{FOLDER}"
    totals: Counter[str] = Counter()
    rejects: list[Row] = []
    articles: list[Row] = []
    pages: list[Row] = []
    for issue_id in (i for i in store.issues("quality") if i in present):
        tables = {name: store.read(name, issue_id) for name in _SHOWN}
        totals.update(_sums(tables["quality"]))
        rejects += tables["rejects"].to_pylist()
        for page in _pages(tables):
            _put(store, f"{folder}/{page['file']}", _template("page.html").render(page=page))
            pages.append({k: page[k] for k in ("page_id", "file", "n_articles", "withheld")})
            articles += page["index"]
    totals["pages"] = len(pages)
    totals["withheld"] = sum(p["withheld"] for p in pages)
    index = _template("index.html").render(
        totals=totals, rejects=rejects, articles=articles[:LISTED], n_articles=len(articles), pages=pages
    )
    _put(store, f"{folder}/index.html", index)
    return f"{folder}/index.html", len(pages)


_SHOWN = ("pages", "rejects", "articles", "paragraphs", "edits", "duplicates", "orphans", "ledger", "quality")


def _sums(quality: pa.Table) -> dict[str, int]:
    """The sums of the whole-number columns."""
    return {f.name: pc.sum(quality.column(f.name)).as_py() or 0 for f in quality.schema if pa.types.is_integer(f.type)}


def _pages(tables: dict[str, pa.Table]) -> Iterator[Row]:
    """Every page of an issue with all that is shown of it."""
    by_page = {name: _grouped(table, "page_id") for name, table in tables.items() if name not in ("pages", "rejects")}
    for page in tables["pages"].to_pylist():
        own = {name: rows.get(page["page_id"], []) for name, rows in by_page.items()}
        yield _page(page, own)


def _page(page: Row, own: dict[str, list[Row]]) -> Row:
    text, edits = page["text"], sorted(edits_from_rows(own["edits"]), key=lambda e: (e.start, e.end))
    colour = {a["article_id"]: n % COLOURS for n, a in enumerate(own["articles"])}
    number = {a["article_id"]: n for n, a in enumerate(own["articles"], 1)}
    paragraphs = _group(own["paragraphs"], "article_id")
    file = f"pages/{hashlib.sha256(page['page_id'].encode()).hexdigest()[:16]}.html"
    shown = rendered_edits(edits)
    return {
        **page,
        "file": file,
        "withheld": not own["quality"],
        "n_articles": len(own["articles"]),
        "raw": [
            {
                "disposition": r["disposition"],
                "colour": colour.get(r["owner_id"]),
                "number": number.get(r["owner_id"]),
                "role": r["role"] or "",
                "pieces": list(_raw_pieces(text, r["raw_start"], r["raw_end"], edits)),
            }
            for r in own["ledger"]
        ]
        or [{"disposition": "blank", "colour": None, "number": None, "role": "", "pieces": [Piece("text", text)]}],
        "articles": [
            {
                **a,
                "number": number[a["article_id"]],
                "colour": colour[a["article_id"]],
                "paragraphs": [
                    {**p, "pieces": list(_clean_pieces(text, p, shown))} for p in paragraphs.get(a["article_id"], [])
                ],
            }
            for a in own["articles"]
        ],
        "duplicates": own["duplicates"],
        "orphans": own["orphans"],
        "corrections": [e for e in edits if e.stage in ("correct", "script")],
        "index": [
            {
                "headline": a["headline"],
                "authors": a["authors"],
                "n_chars": a["n_chars"],
                "page_id": page["page_id"],
                "link": f"{file}#a{number[a['article_id']]}",
            }
            for a in own["articles"]
        ],
    }


def _raw_pieces(text: str, start: int, end: int, edits: Sequence[Edit]) -> Iterator[Piece]:
    """The raw text of a stretch, edits marked where they were made."""
    at = start
    for e in edits_within(Span(start, end), edits):
        if e.start < at or e.start == e.end:  # a suggestion over an applied edit is told at the article
            continue
        yield Piece("text", text[at : e.start])
        yield Piece("edit" if e.rendered else "suggestion", e.before, note=_note(e))
        at = e.end
    yield Piece("text", text[at:end])


def _clean_pieces(text: str, paragraph: Row, shown: Sequence[Edit]) -> Iterator[Piece]:
    """The clean text of a paragraph, with its edits and joins."""
    for number, span in enumerate(paragraph["raw_spans"]):
        if number:
            join = paragraph["joins"][number - 1]
            yield Piece("join", "", note=f"joined: {join['kind']}, confidence {join['confidence']:.2f}")
        at = span["start"]
        for e in edits_within(Span(span["start"], span["end"]), shown):
            yield Piece("text", text[at : e.start])
            yield Piece("edit", e.after, e.before, _note(e))
            at = e.end
        yield Piece("text", text[at : span["end"]])


def _note(e: Edit) -> str:
    said = "" if e.rendered else f"{e.status}: {e.after} · "
    why = f" · {e.evidence}" if e.evidence else ""
    return f"{said}{e.before!r} → {e.after!r} · {e.rule} · {e.confidence:.2f}{why}"


def _grouped(table: pa.Table, key: str) -> dict[str, list[Row]]:
    return _group(table.to_pylist(), key)


def _group(rows: Sequence[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def _put(store: Store, path: str, html: str) -> None:
    store.fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
    store.fs.pipe_file(path, html.encode("utf-8", "backslashreplace"))


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.reports"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(name)
