"""The steps over one newspaper issue: read tables, call the heart, write tables, hand back a small outcome.

These are plain functions of a task, so that any engine can call them anywhere. What does not belong here: Dagster, and
decisions about the text.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from pipeline.datasets import inputs, invariants, tables
from pipeline.datasets.decisions import Decision, verdicts_for
from pipeline.datasets.drift import rates
from pipeline.datasets.inputs import Reject
from pipeline.datasets.lines import PLAN_COLUMNS, layouts_from_table, lines_table
from pipeline.datasets.normalised import edits_from_table, normalised_table
from pipeline.datasets.schemas import PARTITIONED, SCHEMAS
from pipeline.datasets.shelf import Shelf
from pipeline.datasets.store import Store, StoreError, digest_of
from pipeline.knowledge import confusions_of, current_confusions, current_names, knowledge_of, lexicon_of, names_of
from pipeline.language.load import load_models
from pipeline.language.ngrams import NgramModel
from pipeline.language.reranker import Backend, reranker_of
from pipeline.language.surprise import perplexity
from pipeline.reports import preview
from pipeline.text import page as heart
from pipeline.text.continuations import link_continuations
from pipeline.text.document import CleanPage, Page
from pipeline.text.layout import Layout
from pipeline.text.models import Models
from pipeline.text.profile import CleaningProfile, settings_id
from pipeline.text.reranking import has_opinion
from pipeline.text.spans import Edit
from pipeline.text.verdicts import Verdict, verdicts_id

T = TypeVar("T")

#: So many tables of an issue are written at once.
SIDE_BY_SIDE = 8
#: So many new objects that may be part of a circle let the garbage collector look; a page has tens of thousands.
COLLECT_AFTER = 20_000
#: What a withheld page's row in `rejects` says.
WITHHELD = "invariant_failed"
#: Where the table `lines` notes which language model it was made with.
MODEL_KEY = b"banmian.model_id"


class Markdown(str):
    """A value to be shown as Markdown."""


Value = int | float | str | Markdown


@dataclass(frozen=True)
class IssueTask:
    """One step over one issue: addresses and small parameters only. `lexicon`: the id of the user's lexicon, if there
    is one; `decisions`: those about the issue's pages; `backend`: who gives second opinions on its suggestions."""

    input: str
    output: str
    issue_id: str
    profile: CleaningProfile
    software_version: str
    batch: str | None = None
    lexicon: str = ""
    decisions: tuple[Decision, ...] = ()
    backend: Backend | None = None

    def verdicts(self, page: Page) -> list[Verdict]:
        """What was decided about the page, as far as it still counts."""
        return verdicts_for(page, self.decisions) if self.decisions else []

    def settings(self, pages: Iterable[Page], knowledge_id: str) -> dict[str, str]:
        """page_id → `pages.profile_id`."""
        backend_id = self.backend.backend_id if self.backend else ""
        return {
            p.page_id: settings_id(self.profile, knowledge_id, verdicts_id(self.verdicts(p)), backend_id) for p in pages
        }


@dataclass(frozen=True)
class Outcome:
    """What a step did: rows and a hash of its file by table, things worth seeing, pages withheld. `gone`: the issue's
    source vanished, and there is nothing to do."""

    issue_id: str
    rows: dict[str, int]
    digests: dict[str, str]
    notes: dict[str, dict[str, Value]] = field(default_factory=dict)
    withheld: tuple[Reject, ...] = ()
    gone: bool = False


def read_pages(task: IssueTask) -> Outcome:
    """Step 1, decode: the issue's pages and what could not be read. A vanished source leaves its tables as they are."""
    store = Store(task.output)
    try:
        pages, refused = inputs.read_issue(task.input, task.issue_id, batch=task.batch)
    except FileNotFoundError:
        return Outcome(task.issue_id, {}, {}, gone=True)
    made = {
        "pages": tables.pages_table(pages, None, task.profile.profile_id, task.software_version),
        "rejects": tables.rejects_table(task.issue_id, refused),
    }
    notes: dict[str, dict[str, Value]] = {
        "pages": {
            "characters": sum(len(p.text) for p in pages),
            "encodings": Markdown(preview.counts("encoding", (p.encoding for p in pages))),
            "first_lines": Markdown("\n".join(f"- {preview.escape(p.text.strip()[:60])}" for p in pages[:5])),
        },
        "rejects": {"reasons": Markdown(preview.counts("reason", made["rejects"].column("reason").to_pylist()))},
    }
    return _published(task, store, made, notes)


def normalise_issue(task: IssueTask) -> Outcome:
    """Step 2: the edits of the rule table, for every page. A page that cannot be done shows up in `clean_issue`."""
    store = Store(task.output)
    if not store.exists("pages", task.issue_id):  # it vanished before it was read
        return Outcome(task.issue_id, {}, {}, gone=True)
    models = models_of(task.output, Shelf(task.output, "language").current(), task.lexicon)
    pages = _pages(store, task.issue_id)
    done = _each(pages, lambda p: heart.normalise_page(p, models, task.profile))
    edits = [e for _, made in done for e in made]
    notes: dict[str, dict[str, Value]] = {
        "normalised": {
            "rules": Markdown(preview.counts("rule", (e.rule for e in edits))),
            "changes": Markdown("\n\n".join(preview.changes(p.text, made, 6) for p, made in done[:2])),
        }
    }
    return _published(task, store, {"normalised": normalised_table(task.issue_id, done)}, notes)


def lay_out_issue(task: IssueTask) -> Outcome:
    """Steps 3 to 6: how each page is laid out. The table notes the model, so that the next step uses the same."""
    store = Store(task.output)
    if not store.exists("pages", task.issue_id):  # it vanished before it was read
        return Outcome(task.issue_id, {}, {}, gone=True)
    model_id = Shelf(task.output, "language").current()
    models = models_of(task.output, model_id, task.lexicon)
    edits = edits_from_table(store.read("normalised", task.issue_id))
    done = _each(
        _pages(store, task.issue_id),
        lambda p: heart.lay_out_page(p, edits.get(p.page_id, []), models, task.profile),
    )
    table = _with_model(lines_table(task.issue_id, done), model_id)
    layouts = [layout for _, layout in done]
    notes: dict[str, dict[str, Value]] = {
        "lines": {
            "articles_planned": sum(len(layout.articles) for layout in layouts),
            "repeats_found": sum(len(layout.copies) for layout in layouts),
            "strays": sum(len(layout.strays) for layout in layouts),
            "roles": Markdown(
                preview.counts("role", (p.role for layout in layouts for article in layout.articles for p in article))
            ),
        }
    }
    return _published(task, store, {"lines": table}, notes)


def clean_issue(task: IssueTask) -> Outcome:
    """Steps 7 and 8, and the tables of the contract. Each page is proved before anything is written; a page that
    fails is withheld with its reason, the others are published."""
    store = Store(task.output)
    if not store.exists("pages", task.issue_id):  # it vanished before it was read
        return Outcome(task.issue_id, {}, {}, gone=True)
    lines = store.read("lines", task.issue_id, PLAN_COLUMNS)
    model_id = (lines.schema.metadata or {}).get(MODEL_KEY, b"").decode() or None
    models = models_of(task.output, model_id, task.lexicon)
    if task.backend:
        models = replace(models, reranker=reranker_of(task.backend))
    edits, layouts = edits_from_table(store.read("normalised", task.issue_id)), layouts_from_table(lines)
    pages = _pages(store, task.issue_id)
    cleaned, failed, surprises = _cleaned(pages, edits, layouts, models, task)
    kept, refused = invariants.publishable(link_continuations(cleaned))
    withheld = [*failed, *refused]
    made = tables.page_tables(
        kept,
        task.software_version,
        issue_id=task.issue_id,
        low_confidence=task.profile.low_confidence,
        perplexities=surprises,
    )
    made["rejects"] = _rejects(task, store, withheld)
    made["pages"] = tables.pages_table(
        pages, models.model_id, task.settings(pages, models.knowledge_id), task.software_version
    )
    notes = _notes(kept, task.profile.low_confidence)
    if models.reranker:
        notes["edits"]["second_opinions"] = sum(has_opinion(e, models.reranker) for c in kept for e in c.edits)
    notes["quality"] = _rates(task.issue_id, made["quality"])
    return _published(task, store, made, notes, tuple(withheld))


def _cleaned(
    pages: Iterable[Page],
    edits: Mapping[str, list[Edit]],
    layouts: Mapping[str, Layout],
    models: Models,
    task: IssueTask,
) -> tuple[list[CleanPage], list[Reject], dict[str, float]]:
    """The clean pages, and those a step failed for: their siblings must go on. And, by page_id, how surprising the
    articles of a page are to the language model, where it has seen enough to say.

    A page without rows in the stage tables is blank, or failed there: then it fails here again, and says why.
    """
    cleaned: list[CleanPage] = []
    failed: list[Reject] = []
    surprises: dict[str, float] = {}
    profile = task.profile
    for page in pages:
        try:
            own = edits.get(page.page_id) or heart.normalise_page(page, models, profile)
            layout = layouts.get(page.page_id) or heart.lay_out_page(page, own, models, profile)
            done = heart.finish_page(page, own, layout, models, profile, task.verdicts(page))
            # At once: what the page itself taught the model is still at hand.
            surprise = perplexity(models.language, page.text, (a.text for a in done.articles))
            if surprise is not None:
                surprises[page.page_id] = surprise
            cleaned.append(done)
        except Exception as error:
            failed.append(invariants.reject_for(page, [f"a step failed: {type(error).__name__}: {error}"]))
    return cleaned, failed, surprises


def rescue(step: Callable[[IssueTask], Outcome], task: IssueTask, error: Exception) -> Outcome:
    """What stands in for a step over an issue that kills its workers: its siblings must go on.

    Then every page of it is a reject. Stage tables stay empty, so that the last step tries each page once more.
    """
    store, detail = Store(task.output), str(error)
    if step is read_pages:
        made = {
            "pages": tables.pages_table([], None, task.profile.profile_id, task.software_version),
            "rejects": tables.rejects_table(
                task.issue_id, inputs.unread(task.input, task.issue_id, task.batch, detail)
            ),
        }
        return _published(task, store, made, {})
    if step is normalise_issue:
        return _published(task, store, {"normalised": normalised_table(task.issue_id, [])}, {})
    if step is lay_out_issue:
        model_id = Shelf(task.output, "language").current()
        return _published(task, store, {"lines": _with_model(lines_table(task.issue_id, []), model_id)}, {})
    pages = _pages(store, task.issue_id)
    withheld = [invariants.reject_for(page, [f"a step failed: {detail}"]) for page in pages]
    made = tables.page_tables([], task.software_version, issue_id=task.issue_id)
    made["rejects"] = _rejects(task, store, withheld)
    return _published(task, store, made, {}, tuple(withheld))


def _with_model(lines: pa.Table, model_id: str | None) -> pa.Table:
    return lines.replace_schema_metadata({**(lines.schema.metadata or {}), MODEL_KEY: (model_id or "").encode()})


def _rejects(task: IssueTask, store: Store, withheld: Iterable[Reject]) -> pa.Table:
    """What could not be read, and what is not published."""
    read = [r for r in tables.rejects_from_table(store.read("rejects", task.issue_id)) if r.reason != WITHHELD]
    return tables.rejects_table(task.issue_id, [*read, *withheld])


@dataclass(frozen=True)
class Standing:
    """Is an issue's output what would be made now? `faults`: files of it that cannot be trusted."""

    current: bool
    faults: tuple[str, ...] = ()


def standing(task: IssueTask) -> Standing:
    """Was the issue cleaned from exactly this input by this code, this model, these settings (the user's lexicon and
    decisions are part of them), nothing withheld, and is all of it still whole?"""
    store = Store(task.output)
    faults = [fault for name in PARTITIONED if (fault := store.fault(name, task.issue_id))]
    if faults or not all(store.exists(name, task.issue_id) for name in PARTITIONED):
        return Standing(False, tuple(faults))
    try:
        stored = {name: store.read(name, task.issue_id) for name in ("pages", "rejects", "articles")}
    except StoreError as error:
        return Standing(False, (str(error),))
    return Standing(_made_of_this(task, stored))


def _made_of_this(task: IssueTask, stored: Mapping[str, pa.Table]) -> bool:
    try:
        pages, refused = inputs.read_issue(task.input, task.issue_id, batch=task.batch)
    except FileNotFoundError:
        return False
    made_by = (stored["articles"].schema.metadata or {}).get(tables.SOFTWARE_KEY, b"").decode()
    model_id = Shelf(task.output, "language").current()
    settings = task.settings(pages, knowledge_of(task.output, task.lexicon))
    pages_now = tables.pages_table(pages, model_id, settings, task.software_version)
    return bool(
        made_by == task.software_version
        and stored["pages"].equals(pages_now)
        and stored["rejects"].equals(tables.rejects_table(task.issue_id, refused))
    )


def table_problems(output: str, issue_id: str, digests: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with an issue's published tables: missing, torn, foreign, other columns than the contract's.
    `digests` (of an `Outcome`): what was written just now and lies there byte by byte need not be read again."""
    store = Store(output)
    problems: list[str] = []
    for name in PARTITIONED:
        try:
            found = store.whole_schema(name, issue_id, (digests or {}).get(name))
        except (StoreError, ValueError) as error:
            problems.append(str(error))
            continue
        if not found.equals(SCHEMAS[name]):
            problems.append(f"{store.path(name, issue_id)} has other columns than the contract")
    return problems


def models_of(output: str, model_id: str | None, lexicon_id: str = "") -> Models:
    """The models with the language model of that id (with none, what the lexicons say), the user's lexicon of that id,
    and the confusions and names that are current."""
    return _models(output, model_id, lexicon_id, current_confusions(output), current_names(output))


@lru_cache(maxsize=2)
def _models(output: str, model_id: str | None, lexicon_id: str, confusions: str, names: str) -> Models:
    language = _language(Shelf(output, "language").folder(model_id)) if model_id else None
    knows = lexicon_of(output, lexicon_id), confusions_of(output, confusions), names_of(output, names)
    models = load_models(language, *knows, names)
    _spare_collector()
    return models


def forget_models() -> None:
    """Lets the models go: corpus steps need the memory, and none of the models."""
    if not _models.cache_info().currsize:
        return
    _models.cache_clear()
    gc.unfreeze()  # pages refer to the models and to themselves
    gc.collect()


def _spare_collector() -> None:
    """The garbage collector need not go through the models again and again: with every page it would take a fifth of
    the time. They are still freed when nothing refers to them any more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def _language(folder: Path) -> NgramModel:
    try:
        return NgramModel.load(folder)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise StoreError(
            f"the language model in {folder} is damaged ({error}): banmian run --retrain learns it again"
        ) from error


def _each(pages: Iterable[Page], step: Callable[[Page], T]) -> list[tuple[Page, T]]:
    """The step over every page; a page it fails for is left out and meets the same error in `clean_issue`."""
    done = []
    for page in pages:
        try:
            done.append((page, step(page)))
        except Exception:
            continue
    return done


def _pages(store: Store, issue_id: str) -> list[Page]:
    return list(tables.pages_from_table(store.read("pages", issue_id)))


def _published(
    task: IssueTask,
    store: Store,
    made: dict[str, pa.Table],
    notes: dict[str, dict[str, Value]],
    withheld: tuple[Reject, ...] = (),
) -> Outcome:
    files = {name: store.encoded(name, table) for name, table in made.items()}
    before = [name for name in made if name != "pages"]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:  # each waits for the disk or the net
        list(pool.map(lambda name: store.write(name, task.issue_id, files[name]), before))
    if "pages" in made:  # last: that it names the model says that the issue is complete
        store.write("pages", task.issue_id, files["pages"])
    return Outcome(
        task.issue_id,
        {name: table.num_rows for name, table in made.items()},
        {name: digest_of(file) for name, file in files.items()},
        notes,
        withheld,
    )


def _notes(pages: list[CleanPage], low: float) -> dict[str, dict[str, Value]]:
    """What the UI shows of an issue. `low`: confidence below which a decision is worth a look."""
    articles = [a for c in pages for a in c.articles]
    edits = [e for c in pages for e in c.edits]
    joins = [j for a in articles for p in a.paragraphs for j in p.joins]
    characters = sum(len(c.page.text) for c in pages)
    orphaned = sum(s.end - s.start for c in pages for o in c.orphans for s in o.spans)
    return {
        "articles": {
            "found": Markdown(preview.headlines(pages)),
            "raw_and_clean": Markdown(preview.page_changes(pages)),
            "low_confidence": Markdown(preview.unsure_articles(pages, low)),
            "without_headline": sum(a.headline is None for a in articles),
            "below_low_confidence": sum(a.confidence < low for a in articles),
            "characters": sum(len(a.text) for a in articles),
        },
        "paragraphs": {
            "joins": len(joins),
            "far_joins": sum(j.kind != "line" for j in joins),
            "low_confidence_joins": sum(j.confidence < low for j in joins),
            "low_confidence": Markdown(preview.unsure_joins(pages, low)),
        },
        "edits": {
            "top_corrections": Markdown(preview.top_corrections(edits)),
            "raw_and_clean": Markdown(preview.page_changes(pages, words_only=True)),
            "applied": sum(e.rendered for e in edits),
            "suggested": sum(e.status == "suggested" for e in edits),
            "words_corrected": sum(e.rendered and e.stage in ("correct", "script") for e in edits),
        },
        "duplicates": {
            "taken_out": Markdown(
                "\n".join(f"- {d.kind}: {preview.escape(d.text[:60])}…" for c in pages for d in c.duplicates[:3])
                or "None."
            )
        },
        "orphans": {
            "reasons": Markdown(preview.counts("reason", (o.reason for c in pages for o in c.orphans))),
            "texts": Markdown(
                "\n".join(f"- {o.reason}: {preview.escape(o.text[:60])}" for c in pages for o in c.orphans[:5])
                or "None."
            ),
            "share_of_characters": round(orphaned / characters, 5) if characters else 0.0,
        },
        "ledger": {
            "characters": characters,
            "dispositions": Markdown(preview.counts("disposition", (r.disposition for c in pages for r in c.ledger))),
        },
    }


def _rates(issue_id: str, quality: pa.Table) -> dict[str, Value]:
    """Numbers that make useful plots over time."""
    found = rates(issue_id, quality.to_pylist())
    values: dict[str, Value] = {
        "orphan_share": round(found.orphans, 5),
        "suggestions_per_10000_characters": round(found.suggestions, 3),
        "characters_a_page": round(sum(n for _, n in found.lengths) / max(1, len(found.lengths))),
        "characters_lost": sum(quality.column("chars_lost").to_pylist()),
    }
    if found.headless is not None:
        values["headless_share"] = round(found.headless, 5)
    if found.perplexity is not None:
        values["perplexity"] = round(found.perplexity, 2)
    return values
