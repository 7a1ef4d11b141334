"""The steps over the whole corpus: learning the models, and the tables about all issues together.

They read what has been published, one issue at a time, and never fail for a missing one. What does not belong here:
Dagster, and decisions about the text.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.datasets import inputs
from pipeline.datasets.reference import reference_texts
from pipeline.datasets.schemas import SCHEMAS
from pipeline.datasets.shelf import Shelf
from pipeline.datasets.stage import Bundle, DigestTask, Stage, bundled, digest
from pipeline.datasets.store import Store, StoreError
from pipeline.datasets.tables import edits_from_rows
from pipeline.engines import Engine
from pipeline.language.load import load_models
from pipeline.language.ngrams import NgramModel, text_hash, train
from pipeline.language.people import NAMES_FILE, Person, merged, passage_of, people_of_page, tells_a_variant
from pipeline.text.document import Page
from pipeline.text.models import Models
from pipeline.text.page import normalise_page
from pipeline.text.passages import Passage
from pipeline.text.person_names import RULE, PageText
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit, Span, render, rendered_edits, view
from pipeline.version import software_version

#: The language model learns from so much of the input, as it is on disk: 5 MB give most of what there is to gain, and
#: the tables of 24 MB are some 200 MB of memory in each worker. What is learned from all would grow with the archive.
LEARNED_BYTES = 24_000_000
#: Persons counted by bundles of issues, under `_stages/`.
PEOPLE = "people"
_TITLE = pa.struct([("title", pa.string()), ("count", pa.int64())])
_PEOPLE = SCHEMAS["names"].set(3, pa.field("titles", pa.list_(_TITLE))).remove_metadata()


@dataclass(frozen=True)
class Learned:
    """A model on the shelf; `fresh` tells a new one from one that was there."""

    model_id: str
    n_chars: int
    n_texts: int
    fresh: bool


def learn_language(
    source: str, output: str, reference: str | None = None, batch: str | None = None, retrain: bool = False
) -> Learned:
    """The character n-gram model of all pages and the reference text. One that is there is kept, unless told to
    retrain."""
    shelf = Shelf(output, "language")
    current = shelf.current()
    if current and not retrain:
        return _learned(NgramModel.load(shelf.folder(current)), fresh=False)
    model = train(_training_texts(source, reference, batch))
    shelf.put(model.model_id, model.save)
    return _learned(model, fresh=True)


def _learned(model: NgramModel, fresh: bool) -> Learned:
    return Learned(model.model_id, model.n_chars, int(model.info.get("n_texts", 0)), fresh)


def _training_texts(source: str, reference: str | None, batch: str | None) -> Iterator[str]:
    """The pages, or of a large input as many as are `LEARNED_BYTES`: those whose hash is smallest, so that the choice
    hangs on nothing but the pages. And all of the reference text."""
    share = LEARNED_BYTES / max(1, sum(stamp.size for stamp in inputs.fingerprint(source)))
    for sources in inputs.list_issues(source, batch).values():
        pages, _ = inputs.read_issue(source, sources, batch=batch)
        for page in pages:
            if share >= 1 or text_hash(page.text) < share * 2**64:
                yield page.text
    if reference:
        yield from reference_texts(reference)


def present_issues(source: str, batch: str | None = None) -> set[str]:
    """The issues whose sources are there; the tables of the others stay, but the corpus no longer counts them."""
    return set(inputs.list_issues(source, batch))


def learn_names(engine: Engine, source: str, output: str, batch: str | None = None, retrain: bool = False) -> Learned:
    """The name lexicon: who is named how often in the whole input, before any correction."""
    shelf = Shelf(output, "names")
    current = shelf.current()
    if current and not retrain:
        return _lexicon_facts(shelf.folder(current), current, fresh=False)
    tasks = [(source, sources, batch) for sources in inputs.list_issues(source, batch).values()]
    rows = sorted(
        (p.name, p.mentions, p.pages) for p in merged(p for found in engine.map(_raw_people, tasks) for p in found)
    )
    content = "name,mentions,pages\n" + "".join(f"{name},{n},{pages}\n" for name, n, pages in rows)
    model_id = hashlib.sha256(content.encode()).hexdigest()[:16]

    def save(folder: Path) -> None:
        (folder / NAMES_FILE).write_text(content, encoding="utf-8")

    shelf.put(model_id, save)
    return _lexicon_facts(shelf.folder(model_id), model_id, fresh=True)


def _lexicon_facts(folder: Path, model_id: str, fresh: bool) -> Learned:
    rows = [line.split(",") for line in (folder / NAMES_FILE).read_text(encoding="utf-8").splitlines()[1:]]
    return Learned(model_id, sum(int(r[1]) for r in rows), len(rows), fresh)


def _raw_people(task: tuple[str, Sequence[inputs.Source], str | None]) -> list[Person]:
    """The names on an issue's raw pages; every line is a passage, as nothing is known of its layout yet."""
    source, sources, batch = task
    models = _models()
    pages, _ = inputs.read_issue(source, sources, batch=batch)
    return merged(p for page in pages for p in people_of_page([_raw_passage(page, models)], models))


@cache
def _models() -> Models:
    """The lexicons alone, made once a process."""
    return load_models()


def _raw_passage(page: Page, models: Models) -> Passage:
    """All lines of a raw page; a line break ends what can be a name, as the end of a paragraph does."""
    edits = rendered_edits(normalise_page(page, models, CleaningProfile()))
    lines = re.split(r"[\r\n]+", render(page.text, [Span(0, len(page.text))], edits))
    return passage_of(PageText.SEPARATOR.join(lines), "body")


def write_names(engine: Engine, output: str, present: set[str]) -> pa.Table:
    """The table `names`, from the published paragraphs and edits. Issues that have not changed are not read again:
    their counts are kept, by bundles."""
    try:
        people = merged(_counted_people(engine, output, present))
    except StoreError:  # a damaged file of counts can be made again
        Stage(output, PEOPLE).keep(())
        people = merged(_counted_people(engine, output, present))
    table = pa.Table.from_pylist([_person_row(p) for p in people], schema=SCHEMAS["names"])
    Store(output).write_corpus("names", table)
    return table


def _counted_people(engine: Engine, output: str, present: set[str]) -> Iterator[Person]:
    """The persons of one bundle after the other: no more is held than their sum."""
    groups, _ = bundled(output, "paragraphs", present)
    tables = ("pages", "paragraphs", "edits")
    contents = engine.map(digest, [DigestTask(output, tables, issues) for issues in groups])
    keys = [hashlib.sha256(f"{c} {software_version()}".encode()).hexdigest()[:24] for c in contents]
    stage = Stage(output, PEOPLE)
    there = stage.there()
    bundles = [Bundle(key, issues) for key, issues in zip(keys, groups, strict=True)]
    for _ in engine.map(_count_people, [(output, b) for b in bundles if b.key not in there]):
        pass
    stage.keep(keys)
    for bundle in bundles:
        for row in stage.read(bundle.key).to_pylist():
            variants = {(v["form"], v["status"]): v["count"] for v in row["variants"]}
            titles = {t["title"]: t["count"] for t in row["titles"]}
            yield Person(row["name"], row["mentions"], row["pages"], Counter(titles), Counter(variants))


def _count_people(task: tuple[str, Bundle]) -> int:
    """The persons of a bundle, counted into a file; returns how many."""
    output, bundle = task
    people = merged(p for issue in bundle.issues for p in _published_people((output, issue)))
    rows = [
        {**_person_row(p), "titles": [{"title": t, "count": n} for t, n in sorted(p.titles.items())]} for p in people
    ]
    Stage(output, PEOPLE).write(bundle.key, [pa.Table.from_pylist(rows, schema=_PEOPLE)])
    return len(rows)


def _person_row(p: Person) -> dict[str, Any]:
    return {
        "name": p.name,
        "mentions": p.mentions,
        "pages": p.pages,
        "titles": sorted(p.titles, key=lambda t: (-p.titles[t], t)),
        "variants": [{"form": f, "status": s, "count": n} for (f, s), n in sorted(p.variants.items())],
    }


def _published_people(task: tuple[str, str]) -> list[Person]:
    """The names in an issue's paragraphs. Few pages have edits of names; of the others only clean text is read."""
    output, issue_id = task
    store, models = Store(output), _models()
    rules = store.read("edits", issue_id, ["rule"]).column("rule")
    if pc.any(of_names := pc.match_substring(rules, RULE)).as_py():
        edits = _by_page(store.read("edits", issue_id).filter(of_names))
        told = {page: found for page, rows in edits.items() if (found := _variants(rows))}
    else:
        told = {}
    paragraphs = _by_page(store.read("paragraphs", issue_id, ["page_id", "role", "text"]))
    traced = _traced(store, issue_id, told) if told else {}
    people = (
        people_of_page(
            traced.get(page_id) or [passage_of(r["text"], r["role"]) for r in rows], models, told.get(page_id, ())
        )
        for page_id, rows in paragraphs.items()
    )
    return merged(p for found in people for p in found)


def _variants(rows: Sequence[dict[str, Any]]) -> list[Edit]:
    return [e for e in edits_from_rows(rows) if tells_a_variant(e)]


def _traced(store: Store, issue_id: str, wanted: Collection[str]) -> dict[str, list[Passage]]:
    """page_id → its paragraphs, knowing where they come from."""

    def some(table: str, columns: Sequence[str] | None = None) -> pa.Table:
        rows = store.read(table, issue_id, columns)
        return rows.filter(pc.is_in(rows.column("page_id"), pa.array(sorted(wanted))))

    paragraphs = _by_page(some("paragraphs", ["page_id", "role", "raw_spans"]))
    edits = _by_page(some("edits"))
    found = {}
    for page in some("pages", ["page_id", "text"]).to_pylist():
        shown = rendered_edits(edits_from_rows(edits.get(page["page_id"], [])))
        found[page["page_id"]] = [
            Passage(view(page["text"], [Span(s["start"], s["end"]) for s in p["raw_spans"]], shown), p["role"], number)
            for number, p in enumerate(paragraphs.get(page["page_id"], []))
        ]
    return found


def _by_page(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        found.setdefault(row["page_id"], []).append(row)
    return found
