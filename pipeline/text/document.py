"""What is known of a page: as it came in (`Page`), and as it goes out (`CleanPage`).

The words are the trade's: see docs/terms in README. Every text here is rendered from raw spans and edits
(`spans.render`), never written by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pipeline.text.record import record
from pipeline.text.spans import Edit, Span

Role = Literal["label", "kicker", "headline", "subhead", "byline", "body", "heading", "caption", "marker"]
ROLES: tuple[Role, ...] = ("label", "kicker", "headline", "subhead", "byline", "body", "heading", "caption", "marker")
#: Roles whose paragraphs make up an article's `text`.
TEXT_ROLES: tuple[Role, ...] = ("body", "heading", "caption")

ArticleKind = Literal["news", "photo", "continuation", "notice"]
JoinKind = Literal["line", "column", "blend"]
DuplicateKind = Literal["exact", "near", "contained", "blend"]
Truncation = Literal["head", "tail", "both"]
Disposition = Literal["article", "duplicate", "orphan", "blank"]


@dataclass(frozen=True)
class Page:
    """One printed page as it was read: the decoded text and where it comes from. Unknown metadata is None."""

    page_id: str
    text: str
    issue_id: str = ""
    source: str = ""
    sha256: str = ""
    n_bytes: int = 0
    encoding: str = "utf-8"
    newspaper: str | None = None
    issue_date: date | None = None
    page_label: str | None = None


@record(frozen=True)
class Join:
    """A seam between two neighbouring spans of a paragraph."""

    raw_end: int
    raw_start: int
    kind: JoinKind
    confidence: float


@record(frozen=True)
class Paragraph:
    """One paragraph of an article; two spans = a join. `joins` has one record for every seam between two spans."""

    role: Role
    text: str
    spans: tuple[Span, ...]
    joins: tuple[Join, ...] = ()
    truncation: Truncation | None = None


@record(frozen=True)
class Article:
    """One article; `paragraphs` stand in reading order. `section`, `kicker`, `headline`, `subhead`, `text` are made
    from the paragraphs of those roles; `confidence` is the weakest decision that made the article."""

    article_id: str
    kind: ArticleKind
    paragraphs: tuple[Paragraph, ...]
    section: str | None = None
    kicker: str | None = None
    headline: str | None = None
    subhead: str | None = None
    authors: tuple[str, ...] = ()
    dateline: str | None = None
    text: str = ""
    continued_from_page: str | None = None
    continued_to_page: str | None = None
    continues_article_id: str | None = None
    truncated: bool = False
    confidence: float = 1.0

    @property
    def spans(self) -> tuple[Span, ...]:
        return tuple(s for p in self.paragraphs for s in p.spans)


@record(frozen=True)
class Duplicate:
    """A repeat that was taken out of the text. Its residue lives on elsewhere."""

    duplicate_id: str
    kind: DuplicateKind
    spans: tuple[Span, ...]
    text: str
    kept_page_id: str
    kept_spans: tuple[Span, ...]
    kept_article_id: str | None = None
    similarity: float = 1.0
    residue_spans: tuple[Span, ...] = ()


@record(frozen=True)
class Orphan:
    """Text that belongs to no article: furniture, or a fragment that could not be placed."""

    orphan_id: str
    spans: tuple[Span, ...]
    text: str
    reason: str
    nearest_article_id: str | None = None


@record(frozen=True)
class LedgerRow:
    """What became of `[start, end)`."""

    start: int
    end: int
    line_no: int
    disposition: Disposition
    owner_id: str | None = None
    role: Role | None = None
    paragraph_seq: int | None = None


@dataclass(frozen=True)
class CleanPage:
    """A cleaned page. `edits` are sorted by place and cover all kept text; `notes` counts what was only noticed
    (U+FFFD, unpaired quotes, …)."""

    page: Page
    articles: tuple[Article, ...]
    edits: tuple[Edit, ...]
    duplicates: tuple[Duplicate, ...]
    orphans: tuple[Orphan, ...]
    ledger: tuple[LedgerRow, ...]
    model_id: str | None = None
    profile_id: str | None = None
    notes: dict[str, int] = field(default_factory=dict)
