"""What the report's first page and its lists need of a newspaper issue: counts, articles, what is worth a look.

It is small and plain JSON, so that it can be kept, and an issue that did not change is not read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.reports.columns import coded, numbered
from pipeline.reports.names import article_link, line_anchor, page_file, page_link
from pipeline.reports.wording import counted

Row = dict[str, Any]

#: The columns it needs of tables of which it does not need all.
COLUMNS: Mapping[str, frozenset[str]] = {
    "articles": frozenset((
        "article_id", "page_id", "page_label", "section", "kicker", "headline", "subhead", "authors", "kind", "text",
        "n_chars", "confidence",
    )),
    "paragraphs": frozenset(("joins",)),
    "edits": frozenset(("page_id", "raw_start", "raw_end", "before", "after", "stage", "rule", "status")),
}  # fmt: skip

#: Bins of the histograms of confidence.
BINS = 20
#: An issue hands no more than this to the list of what is worth a look, of each kind.
FINDS = 5
#: Characters of an article that the search among heads knows.
OPENING = 60
#: Characters shown on each side of a correction.
AROUND = 5


def digest(issue_id: str, tables: Mapping[str, pa.Table], low: float) -> Row:
    """All that the overview shows of an issue. `low`: confidence below which an article is worth a look."""
    pages, articles = tables["pages"].to_pylist(), tables["articles"].to_pylist()
    quality = {q["page_id"]: q for q in tables["quality"].to_pylist()}
    first = pages[0] if pages else {}
    day = first.get("issue_date")
    joins = pc.struct_field(pc.list_flatten(tables["paragraphs"].column("joins")), "confidence").to_pylist()
    found = Counter(a["page_id"] for a in articles)
    return {
        "issue_id": issue_id,
        "newspaper": first.get("newspaper") or "",
        "date": day.isoformat() if day else "",
        "pages": [_page(p, quality.get(p["page_id"]), found[p["page_id"]]) for p in pages],
        "articles": [_article(a) for a in articles],
        "rejects": [{k: r[k] for k in ("source", "reason", "detail")} for r in tables["rejects"].to_pylist()],
        "totals": _totals(tables["quality"]),
        "perplexity": _mean_perplexity(quality.values()),
        "rules": _rules(tables["edits"]),
        "article_bins": bins(a["confidence"] for a in articles),
        "join_bins": bins(joins),
        "words": _words(pages, tables["edits"]),
        "finds": _finds(articles, quality, low),
        "versions": sorted({p["software_version"] for p in pages}),
    }


#: What all issues' sums are made of; the rest of a digest is long lists.
_OUTLINE = (
    "issue_id", "newspaper", "date", "totals", "perplexity", "rules", "article_bins", "join_bins", "versions",
)  # fmt: skip


def outline(digest: Row) -> Row:
    """A digest with its long lists counted: so little can be held of every issue."""
    return {
        **{name: digest[name] for name in _OUTLINE},
        **{f"n_{name}": len(digest[name]) for name in ("pages", "articles", "rejects")},
        "n_withheld": sum(r["reason"] == "invariant_failed" for r in digest["rejects"]),
    }


def bins(values: Iterable[float]) -> list[int]:
    """How many values fall into each of `BINS` bins between 0 and 1."""
    counts = [0] * BINS
    for v in values:
        counts[min(BINS - 1, max(0, int(v * BINS)))] += 1
    return counts


def _page(page: Row, quality: Row | None, n_articles: int) -> Row:
    return {
        "page_id": page["page_id"],
        "file": page_file(page["page_id"]),
        "label": page["page_label"] or "",
        "source": page["source"],
        "n_chars": page["n_chars"],
        "n_articles": n_articles,
        "withheld": quality is None,
        "orphan_chars": (quality or {}).get("chars_orphan", 0),
        "suggestions": (quality or {}).get("suggestions", 0),
    }


def _article(a: Row) -> Row:
    return {
        "id": a["article_id"],
        "link": article_link(a["article_id"]),
        "headline": a["headline"] or "",
        "kicker": " ".join(x for x in (a["section"], a["kicker"], a["subhead"]) if x),
        "authors": list(a["authors"]),
        "page": a["page_label"] or a["page_id"].partition("/")[2],
        "kind": a["kind"],
        "n_chars": a["n_chars"],
        "confidence": round(a["confidence"], 3),
        "opening": a["text"][:OPENING].replace("\n", " "),
    }


def _totals(quality: pa.Table) -> dict[str, int]:
    """The sums of the whole-number columns."""
    return {f.name: pc.sum(quality.column(f.name)).as_py() or 0 for f in quality.schema if pa.types.is_integer(f.type)}


def _mean_perplexity(rows: Iterable[Row]) -> float | None:
    """Mean of the pages' perplexities."""
    known = [r["perplexity"] for r in rows if r["perplexity"] is not None]
    return round(sum(known) / len(known), 2) if known else None


def _rules(edits: pa.Table) -> list[list[Any]]:
    """[stage, rule, status, number], the commonest first. A composed edit counts for each of its rules."""
    keys = ("stage", "rule", "status")
    rows, first = numbered(*(coded(edits.column(key))[0] for key in keys))
    found: Counter[tuple[str, str, str]] = Counter()
    kinds = edits.select(keys).take(pa.array(first)).to_pylist()
    for kind, n in zip(kinds, np.bincount(rows, minlength=len(first)).tolist(), strict=True):
        found.update({(kind["stage"], part, kind["status"]): n for part in kind["rule"].split("+")})
    return [[*key, n] for key, n in sorted(found.items(), key=lambda item: (-item[1], item[0]))]


def _words(pages: Sequence[Row], edits: pa.Table) -> list[list[Any]]:
    """[before, after, rule, status, number, link to the first place, what stands before it, and after], the commonest
    first."""
    wanted = edits.filter(pc.is_in(edits.column("stage"), pa.array(["correct", "script"])))
    texts = {p["page_id"]: p["text"] for p in pages}
    found: dict[tuple[str, str, str, str], list[Any]] = {}
    for e in wanted.to_pylist():
        key = (e["before"], e["after"], e["rule"], e["status"])
        if key not in found:
            found[key] = [0, *_place(texts[e["page_id"]], e)]
        found[key][0] += 1
    return [[*key, *rest] for key, rest in sorted(found.items(), key=lambda item: (-item[1][0], item[0]))]


def _place(text: str, e: Row) -> tuple[str, str, str]:
    """Link to an edit's line, and a few characters before and after it."""
    line = text.count("\n", 0, e["raw_start"]) + 1
    left, right = text[max(0, e["raw_start"] - AROUND) : e["raw_start"]], text[e["raw_end"] : e["raw_end"] + AROUND]
    return f"{page_link(e['page_id'])}#{line_anchor(line)}", left.rpartition("\n")[2], right.partition("\n")[0]


def _finds(articles: Sequence[Row], quality: Mapping[str, Row], low: float) -> list[Row]:
    """Where a look pays: the least sure articles, pages with open suggestions, with much text left over."""
    unsure = sorted((a["confidence"], a["article_id"], a) for a in articles if a["confidence"] < low)
    finds = [
        {
            "kind": "unsure",
            "weight": round(1 - confidence, 3),
            "link": article_link(article_id),
            "what": a["headline"] or a["text"][:20],
            "why": f"the weakest decision that made it has a confidence of {confidence:.2f}",
        }
        for confidence, article_id, a in unsure[:FINDS]
    ]
    for page_id, q in quality.items():
        share = q["chars_orphan"] / max(1, q["n_chars"])
        if share > 0.05:
            why = f"{100 * share:.0f} % of its text belongs to no article"
            finds.append(_find("left over", min(1.0, share * 3), page_id, why))
        if q["suggestions"]:
            n = q["suggestions"]
            why = f"{counted(n, 'suggestion')} to accept or reject"
            finds.append(_find("suggestions", min(1.0, n / 10), page_id, why))
    return finds


def _find(kind: str, weight: float, page_id: str, why: str) -> Row:
    return {"kind": kind, "weight": round(weight, 3), "link": page_link(page_id), "what": page_id, "why": why}
