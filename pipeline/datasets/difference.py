"""What differs between two output folders that hold the same pages: which articles and edits an upgrade, another
profile or another model changed.

Articles are matched by the raw characters they are made of, so that one that was split, merged or named anew is known
again. A page whose raw text itself changed has other offsets: its articles are told apart by their texts alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pipeline.datasets.store import MissingTableError, Store

Row = dict[str, Any]
Kind = Literal["added", "removed", "changed", "split", "merged", "regrouped"]

#: What readers see of an article; a difference in one of these is a change.
SEEN = ("kind", "section", "kicker", "headline", "subhead", "authors", "dateline", "text", "truncated")


@dataclass(frozen=True)
class ArticleChange:
    """Articles of the old folder that became others in the new one. `fields` differ where one became one."""

    kind: Kind
    old: tuple[str, ...]
    new: tuple[str, ...]
    headlines: tuple[tuple[str, ...], tuple[str, ...]]
    fields: tuple[str, ...] = ()
    texts: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class EditChange:
    """What is said of one place: (after, status, rule) of each edit in either folder."""

    start: int
    end: int
    before: str
    old: tuple[tuple[str, str, str], ...]
    new: tuple[tuple[str, str, str], ...]
    stage: str

    @property
    def kind(self) -> Literal["new", "gone", "changed"]:
        return "new" if not self.old else "gone" if not self.new else "changed"


@dataclass(frozen=True)
class PageChange:
    """A page that differs. `state`: only_old, only_new, withheld_old, withheld_new, raw_changed, changed."""

    page_id: str
    state: str
    articles: tuple[ArticleChange, ...] = ()
    edits: tuple[EditChange, ...] = ()


@dataclass
class Difference:
    """Everything that differs. `counts` sums it up; `made_by` tells what cleaned either folder."""

    counts: Counter[str] = field(default_factory=Counter)
    made_by: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    pages: list[PageChange] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not self.pages

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "same": self.same,
            "counts": dict(sorted(self.counts.items())),
            "old": list(self.made_by[0]),
            "new": list(self.made_by[1]),
            "pages": [asdict(p) for p in self.pages],
        }


def difference(old: str, new: str) -> Difference:
    """Compares two output folders, one newspaper issue at a time."""
    stores, found = (Store(old), Store(new)), Difference()
    makers: tuple[set[str], set[str]] = (set(), set())
    for issue_id in sorted(set(stores[0].issues("pages")) | set(stores[1].issues("pages"))):
        sides = [_Issue(store, issue_id) for store in stores]
        for maker, side in zip(makers, sides, strict=True):
            maker.update(side.made_by())
        for page_id in dict.fromkeys([*sides[0].pages, *sides[1].pages]):
            _compare(page_id, sides[0], sides[1], found)
    found.made_by = (tuple(sorted(makers[0])), tuple(sorted(makers[1])))
    return found


class _Issue:
    """The tables of an issue in one of the folders, by page."""

    def __init__(self, store: Store, issue_id: str) -> None:
        self.pages = {r["page_id"]: r for r in _read(store, "pages", issue_id)}
        self.published = {r["page_id"] for r in _read(store, "quality", issue_id)}
        self.articles = _by_page(_read(store, "articles", issue_id))
        self.edits = _by_page(_read(store, "edits", issue_id))

    def made_by(self) -> Iterator[str]:
        for r in self.pages.values():
            yield f"software {r['software_version']}, profile {r['profile_id']}, model {r['model_id'] or 'none'}"


def _read(store: Store, table: str, issue_id: str) -> list[Row]:
    try:
        rows: list[Row] = store.read(table, issue_id).to_pylist()
    except MissingTableError:
        return []
    return rows


def _by_page(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for r in rows:
        found.setdefault(r["page_id"], []).append(r)
    return found


def _compare(page_id: str, old: _Issue, new: _Issue, found: Difference) -> None:
    state = _state(page_id, old, new)
    found.counts["pages"] += 1
    if state in ("only_old", "only_new", "withheld_old", "withheld_new"):
        found.counts[f"pages_{state}"] += 1
        found.pages.append(PageChange(page_id, state))
        return
    sides = old.articles.get(page_id, []), new.articles.get(page_id, [])
    if state == "raw_changed":
        articles, edits = list(_by_text(*sides)), []
    else:
        articles = list(_by_place(*sides))
        edits = list(_edit_changes(old.edits.get(page_id, []), new.edits.get(page_id, [])))
    found.counts["articles_same"] += len(sides[0]) - sum(len(a.old) for a in articles)
    found.counts.update(f"articles_{a.kind}" for a in articles)
    found.counts.update(f"edits_{e.kind}" for e in edits)
    if articles or edits or state == "raw_changed":
        found.counts["pages_raw_changed" if state == "raw_changed" else "pages_changed"] += 1
        found.pages.append(PageChange(page_id, state, tuple(articles), tuple(edits)))


def _state(page_id: str, old: _Issue, new: _Issue) -> str:
    if page_id not in new.pages:
        return "only_old"
    if page_id not in old.pages:
        return "only_new"
    if (page_id in old.published) != (page_id in new.published):
        return "withheld_new" if page_id in old.published else "withheld_old"
    return "changed" if old.pages[page_id]["text"] == new.pages[page_id]["text"] else "raw_changed"


# --- articles -------------------------------------------------------------------------------------------------------


def _by_place(old: Sequence[Row], new: Sequence[Row]) -> Iterator[ArticleChange]:
    """Articles that share raw characters belong together; what differs in each such group."""
    for mine, theirs in _groups(old, new):
        if len(mine) == len(theirs) == 1:
            fields = tuple(f for f in SEEN if mine[0][f] != theirs[0][f])
            if fields:
                yield _change("changed", mine, theirs, fields)
        else:
            kind: Kind = "added" if not mine else "removed" if not theirs else _regrouping(len(mine), len(theirs))
            yield _change(kind, mine, theirs)


def _regrouping(n_old: int, n_new: int) -> Kind:
    return "split" if n_old == 1 else "merged" if n_new == 1 else "regrouped"


def _groups(old: Sequence[Row], new: Sequence[Row]) -> list[tuple[list[Row], list[Row]]]:
    """Connected by shared raw characters, in the order of the old articles; new ones that share none come last."""
    claims = sorted((s["start"], s["end"], n) for n, a in enumerate(new) for s in a["raw_spans"])
    starts = [c[0] for c in claims]
    group_of_new: dict[int, int] = {}
    groups: dict[int, tuple[list[int], set[int]]] = {}
    for m, a in enumerate(old):
        shared = {n for s in a["raw_spans"] for n in _holders(claims, starts, s["start"], s["end"])}
        members, theirs = [m], set(shared)
        for g in sorted({group_of_new[n] for n in shared if n in group_of_new}):
            earlier, more = groups.pop(g)
            members, theirs = earlier + members, theirs | more
        groups[m] = (members, theirs)
        group_of_new.update(dict.fromkeys(theirs, m))
    made = [([old[m] for m in ms], [new[n] for n in sorted(ns)]) for ms, ns in sorted(groups.values())]
    return made + [([], [a]) for n, a in enumerate(new) if n not in group_of_new]


def _holders(claims: Sequence[tuple[int, int, int]], starts: Sequence[int], start: int, end: int) -> Iterator[int]:
    """The new articles that hold a character of `[start, end)`. Claims of published articles do not overlap."""
    at = max(0, bisect_left(starts, start) - 1)
    while at < len(claims) and claims[at][0] < end:
        if claims[at][1] > start:
            yield claims[at][2]
        at += 1


def _by_text(old: Sequence[Row], new: Sequence[Row]) -> Iterator[ArticleChange]:
    """For a page whose raw text changed: articles whose texts are there no more, or only now."""
    left = Counter(a["text"] for a in new)
    for a in old:
        if left[a["text"]]:
            left[a["text"]] -= 1
        else:
            yield _change("removed", [a], [])
    for a in new:
        if left[a["text"]]:
            left[a["text"]] -= 1
            yield _change("added", [], [a])


def _change(kind: Kind, old: Sequence[Row], new: Sequence[Row], fields: tuple[str, ...] = ()) -> ArticleChange:
    return ArticleChange(
        kind,
        tuple(a["article_id"] for a in old),
        tuple(a["article_id"] for a in new),
        (tuple(map(_name, old)), tuple(map(_name, new))),
        fields,
        (old[0]["text"], new[0]["text"]) if "text" in fields else ("", ""),
    )


def _name(article: Mapping[str, Any]) -> str:
    return str(article["headline"] or article["text"][:20] or article["kind"])


# --- edits ----------------------------------------------------------------------------------------------------------


def _edit_changes(old: Sequence[Row], new: Sequence[Row]) -> Iterator[EditChange]:
    """Places of which the folders say different things."""
    sides = _by_place_of_edit(old), _by_place_of_edit(new)
    for place in sorted(set(sides[0]) | set(sides[1])):
        mine, theirs = (side.get(place, []) for side in sides)
        said = [tuple(sorted((e["after"], e["status"], e["rule"]) for e in edits)) for edits in (mine, theirs)]
        if said[0] != said[1]:
            known = (theirs or mine)[0]
            yield EditChange(place[0], place[1], known["before"], said[0], said[1], known["stage"])


def _by_place_of_edit(edits: Sequence[Row]) -> dict[tuple[int, int], list[Row]]:
    found: dict[tuple[int, int], list[Row]] = {}
    for e in edits:
        found.setdefault((e["raw_start"], e["raw_end"]), []).append(e)
    return found
