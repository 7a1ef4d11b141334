"""Which column is made of which: shown by the UI as column lineage. One table, read from left to right."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from pipeline.datasets.schemas import SCHEMAS

_IDS = ("page_id", "issue_id")
_FACTS = ("newspaper", "issue_date", "page_label")


def _same(asset: str, *columns: str) -> dict[str, tuple[str, ...]]:
    """Columns that are handed on as they are."""
    return {c: (f"{asset}.{c}",) for c in columns}


def _all(columns: tuple[str, ...], *sources: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(columns, sources)


#: asset → column → the columns (`asset.column`) it is made of.
COLUMNS: dict[str, Mapping[str, tuple[str, ...]]] = {
    "normalised": {
        **_same("pages", *_IDS),
        **{c: ("pages.text",) for c in SCHEMAS["normalised"].names if c not in _IDS},
    },
    "lines": {
        **_same("pages", *_IDS),
        **{c: ("pages.text", "normalised.after") for c in SCHEMAS["lines"].names if c not in _IDS},
    },
    "articles": {
        **_same("pages", *_IDS, *_FACTS),
        "page_sha256": ("pages.sha256",),
        **_all(
            ("section", "kicker", "headline", "subhead", "authors", "dateline"), "paragraphs.text", "paragraphs.role"
        ),
        **_all(("text", "n_chars"), "paragraphs.text", "paragraphs.role", "paragraphs.seq"),
        "n_paragraphs": ("paragraphs.seq",),
        "raw_spans": ("paragraphs.raw_spans",),
        **_all(("article_id", "position"), "lines.owner", "lines.spans"),
        "kind": ("lines.role",),
        "truncated": ("lines.truncation",),
        "confidence": ("lines.confidence",),
        **_all(("continued_from_page", "continued_to_page"), "paragraphs.text", "paragraphs.role"),
        "continues_article_id": ("articles.article_id", "pages.page_label"),
    },
    "paragraphs": {
        **_same("pages", *_IDS),
        "article_id": ("articles.article_id",),
        "seq": ("lines.owner",),
        "raw_spans": ("lines.spans",),
        **_same("lines", "role", "joins", "truncation"),
        "text": ("pages.text", "paragraphs.raw_spans", "edits.after", "edits.status"),
    },
    "edits": {
        **_same("pages", *_IDS),
        "article_id": ("articles.article_id", "articles.raw_spans"),
        **_all(
            ("edit_id", "raw_start", "raw_end", "before", "after", "stage", "rule"), "normalised.after", "pages.text"
        ),
        **_all(("confidence", "status", "evidence"), "normalised.rule", "pages.text"),
    },
    "duplicates": {
        **_same("pages", *_IDS),
        **_same("lines", "kind", "kept_spans", "residue_spans"),
        **_all(("duplicate_id", "raw_spans"), "lines.spans"),
        "kept_page_id": ("lines.page_id",),
        "similarity": ("lines.confidence",),
        "text": ("pages.text", "duplicates.raw_spans", "edits.after"),
        "kept_article_id": ("articles.article_id",),
    },
    "orphans": {
        **_same("pages", *_IDS),
        **_all(("orphan_id", "raw_spans"), "lines.spans"),
        "reason": ("lines.kind",),
        "text": ("pages.text", "orphans.raw_spans", "edits.after"),
        "nearest_article_id": ("articles.article_id", "articles.raw_spans"),
    },
    "ledger": {
        **_same("pages", *_IDS),
        **_all(("raw_start", "raw_end"), "paragraphs.raw_spans", "duplicates.raw_spans", "orphans.raw_spans"),
        "line_no": ("pages.text",),
        **_all(("disposition", "owner_id"), "paragraphs.article_id", "duplicates.duplicate_id", "orphans.orphan_id"),
        "role": ("paragraphs.role",),
        "paragraph_seq": ("paragraphs.seq",),
    },
    "quality": {
        **_same("pages", *_IDS, "n_chars"),
        **_all(("chars_article", "chars_duplicate", "chars_orphan", "chars_blank", "chars_lost"), "ledger.disposition"),
        **_all(("articles", "articles_without_headline"), "articles.headline"),
        "paragraphs": ("paragraphs.seq",),
        **_all(("joins", "joins_far", "joins_low_confidence", "mean_join_confidence"), "paragraphs.joins"),
        "duplicates": ("duplicates.duplicate_id",),
        "orphans": ("orphans.orphan_id",),
        **_all(("suggestions", "edits_suggested"), "edits.status"),
        **_all(("edits_normalise", "edits_script", "edits_join", "edits_correct"), "edits.stage", "edits.status"),
        **_all(("replacement_characters", "private_use_characters", "unpaired_quotes"), "pages.text"),
        "min_article_confidence": ("articles.confidence",),
        "perplexity": ("articles.text",),
    },
    "reprints": {
        "article_id": ("articles.article_id",),
        **_all(("cluster_id", "kind", "similarity", "is_canonical"), "articles.text"),
    },
    "names": {
        **_all(("name", "mentions", "titles"), "paragraphs.text", "paragraphs.role"),
        "pages": ("paragraphs.page_id",),
        "variants": ("edits.before", "edits.after", "edits.status"),
    },
}


def column_lineage(asset: str) -> dg.TableColumnLineage | None:
    """The lineage of an asset's columns; None for one that is no table made of others."""
    if asset not in COLUMNS:
        return None
    return dg.TableColumnLineage({column: [_dep(s) for s in sources] for column, sources in COLUMNS[asset].items()})


def _dep(source: str) -> dg.TableColumnDep:
    asset, _, column = source.partition(".")
    return dg.TableColumnDep(asset_key=asset, column_name=column)
