"""What must hold on the seed page and, in nine cases of ten, on its variants: the characters of each article, each
join, each misprint. A case has the same name on every variant.

    held = seed_cases(page.raw, page.gold, answer)            # name → does it hold?
    share(held on the seed, [held on a variant, …])           # share of what holds on the seed that holds there too
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .load import GoldPage
from .printing import is_blank
from .score import Answer, Figures, Json, add, answer_of, changed, score_page

Clean = Callable[[str], Any]  # raw text → a CleanPage or the page's tables


def _shown(text: str, spans: Iterable[Iterable[int]]) -> list[int]:
    return [i for start, end in spans for i in range(start, end) if not is_blank(text[i])]


def seed_cases(raw: str, gold: Json, output: Any) -> dict[str, bool]:
    """All cases of one page whose gold has the seed's form."""
    answer = answer_of(output)
    return _articles(raw, gold, answer) | _joins(raw, gold, answer) | _misprints(gold, answer)


def _articles(raw: str, gold: Json, answer: Answer) -> dict[str, bool]:
    """Exactly its own characters; where a copy swallowed a tail, the cut may be a few characters off."""
    free: set[int] = set()
    for d in gold["duplicates"]:
        for start, _ in d.get("residue_spans", []):
            free |= set(range(start - d.get("tolerance", 0), start + d.get("tolerance", 0)))
    found = [set(_shown(raw, [s for p in a.paragraphs for s in p.spans])) - free for a in answer.articles]
    true = {
        a["id"]: set(_shown(raw, [s for g in a["segments"] for s in g["raw_spans"]])) - free for a in gold["articles"]
    }
    return {f"characters of {key}": chars in found for key, chars in true.items()}


def _joins(raw: str, gold: Json, answer: Answer) -> dict[str, bool]:
    """The second half follows the first inside a paragraph; one that lost characters may follow as a paragraph."""
    inside: set[tuple[int, int]] = set()
    after: set[tuple[int, int]] = set()
    for a in answer.articles:
        shown = [_shown(raw, p.spans) for p in a.paragraphs]
        for at in shown:
            inside |= {(x + 1, y) for x, y in itertools.pairwise(at)}
        after |= {(x[-1] + 1, y[0]) for x, y in itertools.pairwise(shown) if x and y}
    cases = {}
    for n, j in enumerate(gold["joins"]):
        wanted = {(j["raw_end"], j["raw_start"] + d) for d in range(-j["tolerance"], j["tolerance"] + 1)}
        held = bool(wanted & inside) or (j["kind"] == "blend" and bool(wanted & after))
        cases[f"join {n} ({j['kind']})"] = held
    return cases


def _misprints(gold: Json, answer: Answer) -> dict[str, bool]:
    """Names and words put right, or at least suggested where the gold asks for no more; nothing else changed."""
    applied: dict[int, str] = {}
    offered: dict[int, str] = {}
    for c in answer.changes:
        if c.status in ("applied", "accepted"):
            applied |= changed(c)
        elif c.status == "suggested":
            offered |= changed(c)
    cases: dict[str, bool] = {}
    for n, e in enumerate(gold["errors"]):
        at, enough = e["raw_pos"], e.get("policy") == "apply_or_suggest"
        held = applied.get(at) == e["right"] or (enough and offered.get(at) == e["right"])
        cases[f"{e['kind']} {n}"] = held
    known = {e["raw_pos"] for e in gold["errors"]}
    return cases | {"nothing else changed": not set(applied) - known}


def share(on_seed: Mapping[str, bool], on_variants: Iterable[Mapping[str, bool]]) -> float:
    """Of the cases that hold on the seed, the share that holds on its variants."""
    held = [v[name] for v in on_variants for name, ok in on_seed.items() if ok]
    return sum(held) / len(held) if held else 1.0


def seed_table(seed: GoldPage, variants: Iterable[GoldPage], clean: Clean) -> tuple[float, str]:
    """(share, a table to print: a line for every case with the number of variants on which it holds)"""
    on_seed = seed_cases(seed.raw, seed.gold, clean(seed.raw))
    held = [seed_cases(v.raw, v.gold, clean(v.raw)) for v in variants]
    rows = [
        f"{name:28} {'holds' if ok else '-':6} {sum(v[name] for v in held):3}/{len(held)}"
        for name, ok in on_seed.items()
    ]
    return share(on_seed, held), "\n".join(rows)


def score_pages(pages: Iterable[GoldPage], clean: Clean) -> tuple[Figures, dict[str, Figures]]:
    """(figures over all pages, figures of every page)"""
    each = {p.name: score_page(p.raw, p.gold, clean(p.raw)) for p in pages}
    return add(each.values()), each
