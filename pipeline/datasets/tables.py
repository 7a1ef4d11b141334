"""Clean pages → the tables of the contract, and back."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from pipeline.datasets import columns
from pipeline.datasets.inputs import Reject
from pipeline.datasets.invariants import lost_characters
from pipeline.datasets.schemas import SCHEMAS
from pipeline.text.document import (
    Article,
    CleanPage,
    Duplicate,
    Join,
    LedgerRow,
    Orphan,
    Page,
    Paragraph,
)
from pipeline.text.ledger import ledger_rows
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import RENDERED, STAGES, Edit, Span

#: Tables that are made from clean pages.
DERIVED = ("articles", "paragraphs", "edits", "duplicates", "orphans", "ledger", "quality")
SOFTWARE_KEY = b"banmian.software_version"

Row = tuple[Any, ...]


# --- to tables ------------------------------------------------------------------------------------------------------


def pages_table(
    pages: Iterable[Page], model_id: str | None, profile_id: str | Mapping[str, str], software_version: str
) -> pa.Table:
    """The table `pages`; `model_id` is None until the pages are cleaned. `profile_id`: of all, or by page_id."""
    settings = (lambda _: profile_id) if isinstance(profile_id, str) else profile_id.__getitem__
    return _table(
        "pages",
        (
            (
                p.page_id, p.issue_id, p.newspaper, p.issue_date, p.page_label, p.source, p.sha256, p.n_bytes,
                p.encoding, len(p.text), p.text, model_id, settings(p.page_id), software_version,
            )
            for p in pages
        ),
    )  # fmt: skip


def rejects_table(issue_id: str, rejects: Iterable[Reject]) -> pa.Table:
    """The table `rejects` of one issue, sorted by source."""
    rows = sorted(
        ((issue_id, r.source, r.sha256, r.n_bytes, r.reason, r.detail) for r in rejects), key=lambda r: (r[1], r[4])
    )
    return _table("rejects", rows)


def page_tables(
    clean: Sequence[CleanPage],
    software_version: str = "",
    *,
    issue_id: str | None = None,
    low_confidence: float = CleaningProfile().low_confidence,
    perplexities: Mapping[str, float] | None = None,
) -> dict[str, pa.Table]:
    """The derived tables of clean pages, in the order of the pages.

    `issue_id`: for pages that do not know theirs. `low_confidence`: joins below it are counted in `quality`.
    `perplexities`: by page_id, for `quality`. The software's version goes into the tables' metadata.
    """
    named = [(c, c.page.issue_id or issue_id or "") for c in clean]
    perplexities = perplexities or {}
    made = {
        "articles": _table("articles", (r for c, i in named for r in _article_rows(c, i))),
        "paragraphs": _table("paragraphs", (r for c, i in named for r in _paragraph_rows(c, i))),
        "edits": _table("edits", (r for c, i in named for r in _edit_rows(c, i))),
        "duplicates": _table("duplicates", (r for c, i in named for r in _duplicate_rows(c, i))),
        "orphans": _table("orphans", (r for c, i in named for r in _orphan_rows(c, i))),
        "ledger": _table("ledger", (r for c, i in named for r in _ledger_rows(c, i))),
        "quality": _table(
            "quality", (_quality_row(c, i, low_confidence, perplexities.get(c.page.page_id)) for c, i in named)
        ),
    }
    note = {SOFTWARE_KEY: software_version.encode()} if software_version else {}
    return {name: t.replace_schema_metadata({**(t.schema.metadata or {}), **note}) for name, t in made.items()}


def frames(clean: Sequence[CleanPage], software_version: str = "") -> dict[str, pd.DataFrame]:
    """All tables of clean pages, `pages` too, as pandas frames."""
    model_id, profile_id = (clean[0].model_id, clean[0].profile_id) if clean else (None, None)
    pages = pages_table([c.page for c in clean], model_id, profile_id or "", software_version)
    return {name: table.to_pandas() for name, table in {"pages": pages, **page_tables(clean)}.items()}


def _table(name: str, rows: Iterable[Row]) -> pa.Table:
    """Rows as columns; the order of the values is that of the schema."""
    schema = SCHEMAS[name]
    values: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [columns.column(own, field.type) for own, field in zip(values, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _article_rows(clean: CleanPage, issue_id: str) -> Iterator[Row]:
    page = clean.page
    for position, a in enumerate(clean.articles):
        yield (
            a.article_id, page.page_id, page.sha256, issue_id, page.newspaper, page.issue_date, page.page_label,
            position, a.kind, a.section, a.kicker, a.headline, a.subhead, list(a.authors), a.dateline, a.text,
            len(a.text), len(a.paragraphs), a.continued_from_page, a.continued_to_page, a.continues_article_id,
            a.truncated, a.confidence, a.spans,
        )  # fmt: skip


def _paragraph_rows(clean: CleanPage, issue_id: str) -> Iterator[Row]:
    for a in clean.articles:
        for seq, p in enumerate(a.paragraphs):
            joins = [(j.raw_end, j.raw_start, j.kind, j.confidence) for j in p.joins]
            yield a.article_id, clean.page.page_id, issue_id, seq, p.role, p.text, p.spans, joins, p.truncation


def _edit_rows(clean: CleanPage, issue_id: str) -> Iterator[Row]:
    page_id, edits = clean.page.page_id, clean.edits
    held = sorted([(s.start, s.end, a.article_id) for a in clean.articles for p in a.paragraphs for s in p.spans])
    starts = [h[0] for h in held]
    ids = _numbered([f"{page_id}@{e.start}-{e.end}/{e.rule}" for e in edits])
    for edit_id, e in zip(ids, edits, strict=True):
        at = bisect_right(starts, e.start) - 1
        # The article whose span holds it; an insertion belongs to the span that holds the character after it.
        inside = at >= 0 and e.start < held[at][1] and e.end <= held[at][1]
        yield (
            edit_id, page_id, issue_id, held[at][2] if inside else None, e.start, e.end, e.before, e.after, e.stage,
            e.rule, e.confidence, e.status, e.evidence,
        )  # fmt: skip


def _numbered(ids: list[str]) -> list[str]:
    """A second edit of one rule at one place is ~2, a third ~3."""
    if len(set(ids)) == len(ids):
        return ids
    seen, made = Counter[str](), []
    for own in ids:
        seen[own] += 1
        made.append(own if seen[own] == 1 else f"{own}~{seen[own]}")
    return made


def _duplicate_rows(clean: CleanPage, issue_id: str) -> Iterator[Row]:
    for d in clean.duplicates:
        yield (
            d.duplicate_id, clean.page.page_id, issue_id, d.spans, d.text, d.kind, d.kept_page_id, d.kept_article_id,
            d.kept_spans, d.similarity, d.residue_spans,
        )  # fmt: skip


def _orphan_rows(clean: CleanPage, issue_id: str) -> Iterator[Row]:
    for o in clean.orphans:
        yield o.orphan_id, clean.page.page_id, issue_id, o.spans, o.text, o.reason, o.nearest_article_id


def _ledger_rows(clean: CleanPage, issue_id: str) -> Iterator[Row]:
    """Computed from what goes into the other tables, whatever `clean.ledger` says."""
    page_id = clean.page.page_id
    rows = ledger_rows(clean.page.text, clean.articles, clean.duplicates, clean.orphans)
    return ((page_id, issue_id, *row) for row in rows)


def _quality_row(clean: CleanPage, issue_id: str, low: float, perplexity: float | None) -> Row:
    chars, notes = Counter[str](), clean.notes
    for r in clean.ledger:
        chars[r.disposition] += r.end - r.start
    joins = [j for a in clean.articles for p in a.paragraphs for j in p.joins]
    edits = Counter([(e.stage, e.status) for e in clean.edits])
    suggested = sum(n for (_, status), n in edits.items() if status == "suggested")
    values: dict[str, Any] = {
        "page_id": clean.page.page_id,
        "issue_id": issue_id,
        "n_chars": len(clean.page.text),
        **{f"chars_{d}": chars[d] for d in ("article", "duplicate", "orphan", "blank")},
        "chars_lost": lost_characters(clean),
        "articles": len(clean.articles),
        "articles_without_headline": sum(not a.headline for a in clean.articles),
        "paragraphs": sum(len(a.paragraphs) for a in clean.articles),
        "joins": len(joins),
        "joins_far": sum(j.kind != "line" for j in joins),
        "joins_low_confidence": sum(j.confidence < low for j in joins),
        "duplicates": len(clean.duplicates),
        "orphans": len(clean.orphans),
        "suggestions": suggested,
        **{f"edits_{stage}": sum(edits[stage, status] for status in RENDERED) for stage in STAGES},
        "edits_suggested": suggested,
        **{n: notes.get(n, 0) for n in ("replacement_characters", "private_use_characters", "unpaired_quotes")},
        "mean_join_confidence": sum(j.confidence for j in joins) / len(joins) if joins else None,
        "min_article_confidence": min((a.confidence for a in clean.articles), default=None),
        "perplexity": perplexity,
    }
    return tuple(values[name] for name in SCHEMAS["quality"].names)


# --- and back -------------------------------------------------------------------------------------------------------


def pages_from_table(table: pa.Table) -> list[Page]:
    """The pages of the table `pages`."""
    return [_page(r) for r in table.to_pylist()]


def rejects_from_table(table: pa.Table) -> list[Reject]:
    """The rows of the table `rejects`."""
    return [Reject(**r) for r in table.to_pylist()]


def edits_from_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[Edit, ...]:
    """Edits from rows of `edits` (or any table with its columns)."""
    return tuple(
        Edit(
            r["raw_start"], r["raw_end"], r["before"], r["after"], r["stage"], r["rule"], r["confidence"], r["status"],
            r["evidence"],
        )
        for r in rows
    )  # fmt: skip


def clean_pages(tables: Mapping[str, pa.Table]) -> list[CleanPage]:
    """The clean pages again, from `pages` and the derived tables (without `quality`): so that the invariants can be
    proved on what was published. Pages that were withheld come back without articles and without a ledger."""
    rows = {name: _by_page(tables[name]) for name in DERIVED if name != "quality"}
    made = []
    for r in tables["pages"].to_pylist():
        own = {name: found.get(r["page_id"], []) for name, found in rows.items()}
        made.append(
            CleanPage(
                page=_page(r),
                articles=_articles(own["articles"], own["paragraphs"]),
                edits=edits_from_rows(own["edits"]),
                duplicates=tuple(_duplicate(d) for d in own["duplicates"]),
                orphans=tuple(_orphan(o) for o in own["orphans"]),
                ledger=tuple(_ledger_row(x) for x in own["ledger"]),
                model_id=r["model_id"],
                profile_id=r["profile_id"],
            )
        )
    return made


def _by_page(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for r in table.to_pylist():
        found[r["page_id"]].append(r)
    return found


def _page(r: Mapping[str, Any]) -> Page:
    return Page(
        r["page_id"], r["text"], r["issue_id"], r["source"], r["sha256"], r["n_bytes"], r["encoding"], r["newspaper"],
        r["issue_date"], r["page_label"],
    )  # fmt: skip


def _articles(rows: Iterable[Mapping[str, Any]], paragraphs: Iterable[Mapping[str, Any]]) -> tuple[Article, ...]:
    own: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for p in paragraphs:
        own[p["article_id"]].append(p)
    return tuple(
        Article(
            article_id=r["article_id"],
            kind=r["kind"],
            paragraphs=tuple(_paragraph(p) for p in sorted(own[r["article_id"]], key=lambda p: int(p["seq"]))),
            section=r["section"],
            kicker=r["kicker"],
            headline=r["headline"],
            subhead=r["subhead"],
            authors=tuple(r["authors"]),
            dateline=r["dateline"],
            text=r["text"],
            continued_from_page=r["continued_from_page"],
            continued_to_page=r["continued_to_page"],
            continues_article_id=r["continues_article_id"],
            truncated=r["truncated"],
            confidence=r["confidence"],
        )
        for r in sorted(rows, key=lambda r: int(r["position"]))
    )


def _paragraph(r: Mapping[str, Any]) -> Paragraph:
    joins = tuple(Join(j["raw_end"], j["raw_start"], j["kind"], j["confidence"]) for j in r["joins"])
    return Paragraph(r["role"], r["text"], _spans(r["raw_spans"]), joins, r["truncation"])


def _duplicate(r: Mapping[str, Any]) -> Duplicate:
    return Duplicate(
        duplicate_id=r["duplicate_id"],
        kind=r["kind"],
        spans=_spans(r["raw_spans"]),
        text=r["text"],
        kept_page_id=r["kept_page_id"],
        kept_spans=_spans(r["kept_spans"]),
        kept_article_id=r["kept_article_id"],
        similarity=r["similarity"],
        residue_spans=_spans(r["residue_spans"]),
    )


def _orphan(r: Mapping[str, Any]) -> Orphan:
    return Orphan(r["orphan_id"], _spans(r["raw_spans"]), r["text"], r["reason"], r["nearest_article_id"])


def _ledger_row(r: Mapping[str, Any]) -> LedgerRow:
    return LedgerRow(
        r["raw_start"], r["raw_end"], r["line_no"], r["disposition"], r["owner_id"], r["role"], r["paragraph_seq"]
    )


def _spans(spans: Iterable[Mapping[str, int]]) -> tuple[Span, ...]:
    return tuple(Span(s["start"], s["end"]) for s in spans)
