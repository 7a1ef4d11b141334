"""The tables, defined once: Arrow schemas with a description for every column.

Everything else (checks, the UI's column schemas, the documents) is generated from here. A column is nullable only
where its meaning allows "unknown" or "none".
"""

from __future__ import annotations

from typing import Any, get_args

import pyarrow as pa

from pipeline.datasets.lines import LINES
from pipeline.datasets.normalised import NORMALISED
from pipeline.text.document import (
    ArticleKind,
    Disposition,
    DuplicateKind,
    JoinKind,
    Role,
    Truncation,
)
from pipeline.text.spans import Stage, Status

#: major.minor: a new minor only appends nullable columns, a new major needs a new output root.
SCHEMA_VERSION = "1.0"
VERSION_KEY = b"banmian.schema_version"
DESCRIPTION_KEY = b"description"

SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64())])
SPANS = pa.list_(SPAN)
JOIN = pa.struct(
    [("raw_end", pa.int64()), ("raw_start", pa.int64()), ("kind", pa.string()), ("confidence", pa.float32())]
)
VARIANT = pa.struct([("form", pa.string()), ("status", pa.string()), ("count", pa.int64())])

_S, _TEXT, _DAY, _BOOL = pa.string(), pa.large_string(), pa.date32(), pa.bool_()
_I32, _I64, _F32, _F64 = pa.int32(), pa.int64(), pa.float32(), pa.float64()

#: Why something of the input was not cleaned.
REASONS = (
    "empty", "binary", "undecodable", "too_large", "unreadable", "not_chinese", "bad_record", "invariant_failed",
)  # fmt: skip

#: The enumerated columns (`joins.kind` is a field of a list) and the values they may hold, null aside.
VALUES: dict[tuple[str, str], tuple[str, ...]] = {
    ("rejects", "reason"): REASONS,
    ("articles", "kind"): get_args(ArticleKind),
    ("paragraphs", "role"): get_args(Role),
    ("paragraphs", "joins.kind"): get_args(JoinKind),
    ("paragraphs", "truncation"): get_args(Truncation),
    ("edits", "stage"): get_args(Stage),
    ("edits", "status"): get_args(Status),
    ("duplicates", "kind"): get_args(DuplicateKind),
    ("ledger", "disposition"): get_args(Disposition),
    ("ledger", "role"): get_args(Role),
}


def _must(name: str, kind: Any, description: str) -> pa.Field:
    return pa.field(name, kind, nullable=False, metadata={DESCRIPTION_KEY: description.encode()})


def _may(name: str, kind: Any, description: str) -> pa.Field:
    return pa.field(name, kind, nullable=True, metadata={DESCRIPTION_KEY: description.encode()})


_PAGE_ID = _must("page_id", _S, "The page: <issue_id>/<file stem or record id>.")
_ISSUE_ID = _must("issue_id", _S, "The newspaper issue (one day's paper) the page belongs to.")
_NEWSPAPER = _may("newspaper", _S, "Name of the newspaper, if the path, the record or pages.csv tells.")
_ISSUE_DATE = _may("issue_date", _DAY, "Day of the newspaper issue, if known.")
_PAGE_LABEL = _may("page_label", _S, "What the page is called in print (4, A04, 要闻), if known.")
_RAW_START = _must("raw_start", _I64, "Where it begins, as a code-point offset into pages.text.")
_RAW_END = _must("raw_end", _I64, "Where it ends (not included), as a code-point offset into pages.text.")

_PAGES = (
    _PAGE_ID,
    _ISSUE_ID,
    _NEWSPAPER,
    _ISSUE_DATE,
    _PAGE_LABEL,
    _must("source", _S, "Path in the input folder; a JSONL record is file.jsonl#line."),
    _must("sha256", _S, "SHA-256 of the decompressed page; of `text` in UTF-8 for a JSONL record."),
    _must("n_bytes", _I64, "Bytes of the decompressed page; of `text` in UTF-8 for a JSONL record."),
    _must("encoding", _S, "Encoding that turns `text` back into exactly the same bytes."),
    _must("n_chars", _I64, "Code points of `text`."),
    _must("text", _TEXT, "The raw text, never changed."),
    _may("model_id", _S, "Language model the page was cleaned with, if one was."),
    _must("profile_id", _S, "Settings the page was cleaned with."),
    _must("software_version", _S, "Version of the program that cleaned the page."),
)
_REJECTS = (
    _must("issue_id", _S, "The newspaper issue it would have belonged to."),
    _must("source", _S, "Path in the input folder; a JSONL record is file.jsonl#line."),
    _may("sha256", _S, "SHA-256 of the decompressed bytes, if they could be read."),
    _may("n_bytes", _I64, "Number of decompressed bytes, if they could be read."),
    _must("reason", _S, f"Why: {' | '.join(REASONS)}."),
    _must("detail", _S, "The reason in words."),
)
_ARTICLES = (
    _must("article_id", _S, "<page_id>@<offset of its first headline, else text, else paragraph>."),
    _PAGE_ID,
    _must("page_sha256", _S, "pages.sha256: which bytes the article was read from."),
    _ISSUE_ID,
    _NEWSPAPER,
    _ISSUE_DATE,
    _PAGE_LABEL,
    _must("position", _I32, "Place in the page's reading order, from 0."),
    _must("kind", _S, f"{' | '.join(get_args(ArticleKind))}."),
    _may("section", _S, "The labels (栏目) above the headline, joined by ' / '."),
    _may("kicker", _S, "The line above the headline (引题)."),
    _may("headline", _S, "The main headline (主题)."),
    _may("subhead", _S, "The line below the headline (副题)."),
    _must("authors", pa.list_(_S), "Reporters and photographers."),
    _may("dateline", _S, "本报讯, 新华社北京12月25日电 and the like."),
    _must("text", _TEXT, "Paragraphs of the roles body, heading and caption, one a line."),
    _must("n_chars", _I32, "Code points of `text`."),
    _must("n_paragraphs", _I32, "Paragraphs of all roles."),
    _may("continued_from_page", _S, "Page label of 上接第…版."),
    _may("continued_to_page", _S, "Page label of 下转第…版."),
    _may("continues_article_id", _S, "The article of the same newspaper issue that this one goes on with."),
    _must("truncated", _BOOL, "Is text known to be missing?"),
    _must("confidence", _F32, "The weakest decision that made the article, 0 to 1."),
    _must("raw_spans", SPANS, "Where all its paragraphs stand in pages.text, in reading order."),
)
_PARAGRAPHS = (
    _must("article_id", _S, "The article it belongs to."),
    _PAGE_ID,
    _ISSUE_ID,
    _must("seq", _I32, "Place in the article, from 0."),
    _must("role", _S, f"{' | '.join(get_args(Role))}."),
    _must("text", _S, "Clean text: the raw spans with the rendered edits, nothing added between them."),
    _must("raw_spans", SPANS, "Where it stands in pages.text, in reading order; two spans are a join."),
    _must("joins", pa.list_(JOIN), f"One record for every seam between two spans: {' | '.join(get_args(JoinKind))}."),
    _may("truncation", _S, f"Where text is known to be missing: {' | '.join(get_args(Truncation))}."),
)
_EDITS = (
    _must("edit_id", _S, "<page_id>@<start>-<end>/<rule>."),
    _PAGE_ID,
    _ISSUE_ID,
    _may("article_id", _S, "The article whose text it changes; null in duplicates and orphans."),
    _RAW_START,
    _RAW_END,
    _must("before", _S, "The raw text at that place; empty for an insertion."),
    _must("after", _S, "What to read instead."),
    _must("stage", _S, f"Step that made it: {' | '.join(get_args(Stage))}."),
    _must("rule", _S, "The rule, or several joined by +."),
    _must("confidence", _F32, "How sure it is, 0 to 1."),
    _must("status", _S, f"{' | '.join(get_args(Status))}; the clean text shows applied and accepted ones."),
    _may("evidence", _S, "What speaks for it; null for rules of a table."),
)
_DUPLICATES = (
    _must("duplicate_id", _S, "The repeat."),
    _PAGE_ID,
    _ISSUE_ID,
    _must("raw_spans", SPANS, "Where the repeat stands, without what it held beyond the kept text."),
    _must("text", _S, "Its clean text."),
    _must("kind", _S, f"{' | '.join(get_args(DuplicateKind))}."),
    _must("kept_page_id", _S, "Page of the copy that was kept."),
    _may("kept_article_id", _S, "Article of the copy that was kept, if it stands in one."),
    _must("kept_spans", SPANS, "Where the kept copy stands on its page."),
    _must("similarity", _F32, "How alike the copies are, 0 to 1."),
    _must("residue_spans", SPANS, "What the copy held beyond the kept text; it lives on elsewhere."),
)
_ORPHANS = (
    _must("orphan_id", _S, "The text that belongs to no article."),
    _PAGE_ID,
    _ISSUE_ID,
    _must("raw_spans", SPANS, "Where it stands in pages.text."),
    _must("text", _S, "Its clean text."),
    _must("reason", _S, "Why it stands alone: furniture, unattached, …"),
    _may("nearest_article_id", _S, "The article it stands nearest to, if any."),
)
_LEDGER = (
    _PAGE_ID,
    _ISSUE_ID,
    _RAW_START,
    _RAW_END,
    _must("line_no", _I32, "Number of line feeds before raw_start."),
    _must("disposition", _S, f"{' | '.join(get_args(Disposition))}."),
    _may("owner_id", _S, "The article, duplicate or orphan; null for blanks."),
    _may("role", _S, "Role of the paragraph, in articles."),
    _may("paragraph_seq", _I32, "paragraphs.seq, in articles."),
)
_COUNTS = {
    "n_chars": "Code points of the page.",
    "chars_article": "Code points in articles.",
    "chars_duplicate": "Code points in repeats that were taken out.",
    "chars_orphan": "Code points in orphans.",
    "chars_blank": "Code points of blank space.",
    "chars_lost": "Visible code points that stand nowhere; 0 on every published page.",
    "articles": "Articles.",
    "articles_without_headline": "Articles without a headline.",
    "paragraphs": "Paragraphs of all roles.",
    "joins": "Seams at which fragments were put together.",
    "joins_far": "… over other text (column and blend).",
    "joins_low_confidence": "… of low confidence.",
    "duplicates": "Repeats that were taken out.",
    "orphans": "Pieces that belong to no article.",
    "suggestions": "Open suggestions: edits that wait for a person.",
    "edits_normalise": "Rendered edits of the stage normalise.",
    "edits_script": "Rendered edits of the stage script (traditional to simplified).",
    "edits_join": "Rendered edits of the stage join.",
    "edits_correct": "Rendered edits of the stage correct.",
    "edits_suggested": "Edits of status suggested, of all stages.",
    "replacement_characters": "U+FFFD in the raw text.",
    "private_use_characters": "Private-use code points in the raw text.",
    "unpaired_quotes": "Quotation marks without a partner in their line.",
}
_QUALITY = (
    _PAGE_ID,
    _ISSUE_ID,
    *(_must(name, _I64, description) for name, description in _COUNTS.items()),
    _may("mean_join_confidence", _F64, "Mean confidence of the joins; null without joins."),
    _may("min_article_confidence", _F64, "Confidence of the weakest article; null without articles."),
    _may("perplexity", _F64, "Perplexity of the clean text a character, if a language model scored it."),
)
_REPRINTS = (
    _must("cluster_id", _S, "Articles of one cluster print the same text."),
    _must("article_id", _S, "The article."),
    _must(
        "kind",
        _S,
        "How it relates to the canonical one: original (it is that one), exact, near, contained (the shorter text "
        "stands in the longer one), or linked (a copy of a copy, not alike enough itself).",
    ),
    _must("similarity", _F32, "Likeness to the canonical article, 0 to 1."),
    _must("is_canonical", _BOOL, "Does it stand for the cluster?"),
)
_NAMES = (
    _must("name", _S, "A person's name."),
    _must("mentions", _I64, "How often it was read."),
    _must("pages", _I64, "On how many pages."),
    _must("titles", pa.list_(_S), "Titles it was read with."),
    _must("variants", pa.list_(VARIANT), "Other written forms: form, status (unified or suggested), count."),
)
DESCRIPTIONS: dict[str, str] = {
    "pages": "The pages as they were read: raw text, where it comes from, and what cleaned it.",
    "rejects": "What of the input was not cleaned or not published, and why.",
    "articles": "The articles, with their heads, authors and clean text.",
    "paragraphs": "The paragraphs of the articles, with where each stands in the raw text.",
    "edits": "Every change of the raw text, made or suggested, with its rule and evidence.",
    "duplicates": "Repeats that were taken out of the text, and which copy was kept.",
    "orphans": "Text that belongs to no article: furniture, and fragments that could not be placed.",
    "ledger": "What became of every character: the proof that nothing is lost.",
    "quality": "Counts and rates, one row a page.",
    "reprints": "Articles that were printed more than once. Recorded, never deleted.",
    "names": "Person names with their counts, titles and variants.",
    "normalised": NORMALISED.metadata[DESCRIPTION_KEY].decode(),
    "lines": LINES.metadata[DESCRIPTION_KEY].decode(),
}


def _schema(table: str, columns: tuple[pa.Field, ...]) -> pa.Schema:
    return pa.schema(
        columns, metadata={VERSION_KEY: SCHEMA_VERSION.encode(), DESCRIPTION_KEY: DESCRIPTIONS[table].encode()}
    )


_COLUMNS: dict[str, tuple[pa.Field, ...]] = {
    "pages": _PAGES,
    "rejects": _REJECTS,
    "articles": _ARTICLES,
    "paragraphs": _PARAGRAPHS,
    "edits": _EDITS,
    "duplicates": _DUPLICATES,
    "orphans": _ORPHANS,
    "ledger": _LEDGER,
    "quality": _QUALITY,
    "reprints": _REPRINTS,
    "names": _NAMES,
    "normalised": tuple(NORMALISED),
    "lines": tuple(LINES),
}
SCHEMAS: dict[str, pa.Schema] = {table: _schema(table, columns) for table, columns in _COLUMNS.items()}
#: One file per newspaper issue.
PARTITIONED = ("pages", "rejects", "articles", "paragraphs", "edits", "duplicates", "orphans", "ledger", "quality")
#: One file for the whole corpus.
CORPUS = ("reprints", "names")
#: One file per newspaper issue under `_stages/`, outside the contract.
STAGES = ("normalised", "lines")


def describe(table: str) -> dict[str, str]:
    """Column -> description."""
    return {field.name: (field.metadata or {}).get(DESCRIPTION_KEY, b"").decode() for field in SCHEMAS[table]}


def typed(table: str, data: Any) -> pa.Table:
    """`data` (an Arrow table or a pandas frame) with exactly the table's columns, types and metadata.

    Further `banmian.*` metadata of `data` is kept.

    Raises:
        ValueError: a column is missing, unknown, of another type, or null where it must not be; table and column
            are named.
    """
    schema = SCHEMAS[table]
    if not isinstance(data, pa.Table):
        return _typed_frame(table, data)
    names = data.column_names
    for name in names:
        if name not in schema.names or names.count(name) > 1:
            raise ValueError(f"{table}.{name}: {'repeated' if name in schema.names else 'unknown'} column")
    found = dict(zip(names, data.columns, strict=True))
    columns = [_typed_column(table, field, found.get(field.name)) for field in schema]
    extra = {k: v for k, v in (data.schema.metadata or {}).items() if k.startswith(b"banmian.")}
    return pa.Table.from_arrays(columns, schema=schema.with_metadata({**extra, **schema.metadata}))


def _typed_column(table: str, field: pa.Field, column: pa.ChunkedArray | None) -> pa.ChunkedArray:
    if column is None:
        raise ValueError(f"{table}.{field.name}: missing column")
    if column.type != field.type:
        try:
            column = column.cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise ValueError(f"{table}.{field.name}: {column.type} is no {field.type}: {error}") from error
    if column.null_count and not field.nullable:
        raise ValueError(f"{table}.{field.name}: {column.null_count} nulls, but it must not be null")
    return column


def _typed_frame(table: str, frame: Any) -> pa.Table:
    """A pandas frame is typed column by column, as a column of nulls or an empty one tells pandas nothing."""
    schema, arrays = SCHEMAS[table], {}
    for name in frame.columns:
        kind = schema.field(name).type if name in schema.names else None
        try:
            arrays[name] = pa.array(frame[name], type=kind, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise ValueError(f"{table}.{name}: not {kind}: {error}") from error
    return typed(table, pa.table(arrays))
