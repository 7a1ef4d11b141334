"""The perfect answer to a gold page, and ways to spoil it: what the scorer is tested with."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from .printing import is_blank

Json = dict[str, Any]
Tables = dict[str, list[Json]]


def dicts(spans: Iterable[Sequence[int]]) -> list[Json]:
    return [{"start": s, "end": e} for s, e in spans]


def edit_row(raw: str, at: int, after: str, status: str = "applied", stage: str = "correct") -> Json:
    return {
        "edit_id": f"e{at}",
        "raw_start": at,
        "raw_end": at + 1,
        "before": raw[at],
        "after": after,
        "stage": stage,
        "rule": "gold",
        "status": status,
        "confidence": 1.0,
    }


def perfect_tables(raw: str, gold: Json) -> Tables:
    """The contract's tables, as far as the scorer reads them, filled from the gold."""
    right = {e["raw_pos"]: e["right"] for e in gold["errors"]}
    tables: Tables = {k: [] for k in ("pages", "articles", "paragraphs", "edits", "duplicates", "orphans")}
    tables["pages"].append({"page_id": gold["page"], "text": raw})
    for n, a in enumerate(gold["articles"]):
        tables["articles"].append({"article_id": a["id"], "position": n, "authors": list(a["authors"])})
        for seq, s in enumerate(a["segments"]):
            text = "".join(right.get(i, raw[i]) for x, y in s["raw_spans"] for i in range(x, y))
            row = {"article_id": a["id"], "seq": seq, "role": s["role"], "text": text}
            tables["paragraphs"].append(row | {"raw_spans": dicts(s["raw_spans"])})
    tables["edits"] = [edit_row(raw, at, new) for at, new in right.items()]
    tables["duplicates"] = [{"raw_spans": dicts(d["raw_spans"])} for d in gold["duplicates"]]
    tables["orphans"] = [{"raw_spans": dicts(o["raw_spans"])} for o in gold["orphans"]]
    return tables


def spoiled(tables: Tables) -> Tables:
    """A copy that may be spoiled."""
    return copy.deepcopy(tables)


def first_right_hanzi(raw: str, gold: Json) -> int:
    """An offset in an article at which the page is right."""
    wrong = {e["raw_pos"] for e in gold["errors"]}
    copies = {
        i for d in gold["duplicates"] for s in (d["raw_spans"], d["peer_spans"]) for a, b in s for i in range(a, b)
    }
    return next(
        i
        for a in gold["articles"]
        for s in a["segments"]
        for x, y in s["raw_spans"]
        for i in range(x, y)
        if not is_blank(raw[i]) and i not in wrong | copies and "\u4e00" <= raw[i] <= "\u9fff"
    )
