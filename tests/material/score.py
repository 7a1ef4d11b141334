"""How good is the pipeline's answer to a page? A small scorer of the project's own.

    figures = score_page(page.raw, page.gold, answer)       # answer: a CleanPage, or the page's tables
    total = add(figures_of_many_pages)
    total.b3_f1, total.joins.recall, …

The answer is read by its shape only: either an object with `articles → paragraphs → spans`, `duplicates`, `orphans`
and `edits` (the library's `CleanPage`), or a mapping of the contract's tables, each a list of rows or a DataFrame.
Nothing of the pipeline is imported.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from .printing import is_blank

Json = dict[str, Any]
Span = tuple[int, int]
Seam = tuple[int, int]
JOIN_ROLES = ("body", "caption")
_QUOTES = str.maketrans("“”‘’", "\"\"''")


# --- the answer, whatever its form ----------------------------------------------------------------------------------


@dataclass
class Paragraph:
    role: str
    text: str
    spans: list[Span]


@dataclass
class Article:
    paragraphs: list[Paragraph]
    authors: set[str]

    def head(self) -> str:
        return letters("".join(p.text for p in self.paragraphs if p.role == "headline"))


@dataclass
class Change:
    start: int
    before: str
    after: str
    stage: str
    status: str


@dataclass
class Answer:
    """What the pipeline said about one page."""

    text: str
    articles: list[Article]
    duplicates: list[list[Span]]
    orphans: list[list[Span]]
    changes: list[Change]


def answer_of(output: Any) -> Answer:
    """Read a `CleanPage`, or the tables of one page."""
    return _from_tables(output) if isinstance(output, Mapping) else _from_page(output)


def _from_page(page: Any) -> Answer:
    def spans(record: Any) -> list[Span]:
        return [(int(s[0]), int(s[1])) for s in record.spans]

    articles = [
        Article([Paragraph(p.role, p.text, spans(p)) for p in a.paragraphs], set(a.authors)) for a in page.articles
    ]
    changes = [Change(e.start, e.before, e.after, e.stage, e.status) for e in page.edits]
    return Answer(
        page.page.text, articles, [spans(d) for d in page.duplicates], [spans(o) for o in page.orphans], changes
    )


def _rows(table: Any) -> list[Json]:
    return table.to_dict("records") if hasattr(table, "to_dict") else list(table)


def _from_tables(tables: Mapping[str, Any]) -> Answer:
    def spans(row: Json) -> list[Span]:
        return [(int(s["start"]), int(s["end"])) for s in row["raw_spans"]]

    rows = {
        name: _rows(tables.get(name, ()))
        for name in ("pages", "articles", "paragraphs", "edits", "duplicates", "orphans")
    }
    by_article: dict[str, list[Json]] = {}
    for p in sorted(rows["paragraphs"], key=lambda p: p["seq"]):
        by_article.setdefault(p["article_id"], []).append(p)
    articles = [
        Article(
            [Paragraph(p["role"], p["text"], spans(p)) for p in by_article.get(a["article_id"], ())],
            set(a["authors"] if a["authors"] is not None else ()),
        )
        for a in sorted(rows["articles"], key=lambda a: a["position"])
    ]
    changes = [Change(int(e["raw_start"]), e["before"], e["after"], e["stage"], e["status"]) for e in rows["edits"]]
    return Answer(
        rows["pages"][0]["text"],
        articles,
        [spans(d) for d in rows["duplicates"]],
        [spans(o) for o in rows["orphans"]],
        changes,
    )


# --- figures --------------------------------------------------------------------------------------------------------


@dataclass
class Found:
    """Hits, false ones and misses."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.false) if self.hits + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    @property
    def f1(self) -> float:
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r) if p + r else 0.0

    def __add__(self, other: Found) -> Found:
        return Found(self.hits + other.hits, self.false + other.false, self.missed + other.missed)


@dataclass
class Figures:
    """The figures of one page or of many. `b3_sum` is a sum over pages of their B-cubed F1; everything else counts."""

    pages: int = 0
    chars: int = 0
    chars_lost: int = 0  # in no article, duplicate or orphan
    chars_doubled: int = 0  # in more than one
    b3_sum: float = 0.0
    articles_gold: int = 0
    articles_found: int = 0
    articles_exact: int = 0  # exactly their own characters
    headlines_gold: int = 0
    headlines_exact: int = 0
    bylines_exact: int = 0
    joins: Found = field(default_factory=Found)
    far: Found = field(default_factory=Found)  # over other text
    blends: Found = field(default_factory=Found)  # the second half had been swallowed by a copy; only hits and misses
    duplicates: Found = field(default_factory=Found)
    errors_gold: int = 0
    errors_fixed: int = 0
    errors_suggested: int = 0
    wrong_fixes: int = 0
    false_edits: int = 0  # applied, a right character changed; any stage, width and space are no change
    false_suggestions: int = 0
    names_gold: int = 0
    names_fixed: int = 0

    @property
    def b3_f1(self) -> float:
        return self.b3_sum / self.pages if self.pages else 0.0

    @property
    def exact(self) -> float:
        return self.articles_exact / self.articles_gold if self.articles_gold else 1.0

    @property
    def headline_exact(self) -> float:
        return self.headlines_exact / self.headlines_gold if self.headlines_gold else 1.0

    @property
    def byline_exact(self) -> float:
        return self.bylines_exact / self.articles_gold if self.articles_gold else 1.0

    def __add__(self, other: Figures) -> Figures:
        return Figures(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def summary(self) -> Json:
        """The figures people look at."""
        out: Json = {
            "pages": self.pages,
            "b3_f1": self.b3_f1,
            "exact": self.exact,
            "headline": self.headline_exact,
            "byline": self.byline_exact,
        }
        for name in ("joins", "far", "blends", "duplicates"):
            f: Found = getattr(self, name)
            out[name] = f"P {f.precision:.3f} R {f.recall:.3f} ({f.hits}/{f.hits + f.missed}, {f.false} false)"
        return out | {
            "errors": f"{self.errors_fixed}+{self.errors_suggested}/{self.errors_gold}",
            "names": f"{self.names_fixed}/{self.names_gold}",
            "wrong_fixes": self.wrong_fixes,
            "false_edits": self.false_edits,
            "false_suggestions": self.false_suggestions,
            "lost": self.chars_lost,
            "doubled": self.chars_doubled,
        }


def add(figures: Iterable[Figures]) -> Figures:
    """The figures of many pages as one."""
    return sum(figures, Figures())


def letters(text: str) -> str:
    """Hanzi, letters and digits: the form in which headlines are compared."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))


def _offsets(spans: Iterable[Sequence[int]]) -> list[int]:
    return [i for start, end in spans for i in range(start, end)]


# --- scoring --------------------------------------------------------------------------------------------------------


def score_page(raw: str, gold: Json, output: Any) -> Figures:
    """All figures of one page."""
    answer = answer_of(output)
    if answer.text != raw:
        raise ValueError(f"{gold['page']}: the answer is about another text")
    figures = Figures(
        pages=1,
        chars=sum(not is_blank(c) for c in raw),
        articles_gold=len(gold["articles"]),
        articles_found=len(answer.articles),
    )
    _count_places(figures, answer)
    match = _score_clusters(figures, gold, answer)
    _score_heads(figures, gold, answer, match)
    _score_joins(figures, gold, answer)
    _score_duplicates(figures, gold, answer)
    _score_edits(figures, gold, answer)
    return figures


def _count_places(figures: Figures, answer: Answer) -> None:
    """Every character that is not blank stands in exactly one place."""
    held = Counter(i for a in answer.articles for p in a.paragraphs for i in _offsets(p.spans))
    for spans in [*answer.duplicates, *answer.orphans]:
        held.update(_offsets(spans))
    for i, char in enumerate(answer.text):
        if not is_blank(char):
            figures.chars_lost += held[i] == 0
            figures.chars_doubled += held[i] > 1


def gold_owners(gold: Json) -> dict[int, str]:
    """Offset → id of the article to which it truly belongs (copies included)."""
    owner = {i: a["id"] for a in gold["articles"] for s in a["segments"] for i in _offsets(s["raw_spans"])}
    return owner | {i: d["of"][0] for d in gold["duplicates"] for i in _offsets(d["raw_spans"])}


def _score_clusters(figures: Figures, gold: Json, answer: Answer) -> dict[str, int]:
    """B-cubed over characters; furniture and rightly dropped copies do not count. Gives the best answer to each
    article."""
    copies = {i for d in gold["duplicates"] for i in _offsets([*d["raw_spans"], *d.get("peer_spans", [])])}
    cluster: dict[int, str] = {}
    for n, a in enumerate(answer.articles):
        cluster |= dict.fromkeys((i for p in a.paragraphs for i in _offsets(p.spans)), f"a{n}")
    for n, spans in enumerate(answer.orphans):
        cluster |= dict.fromkeys(_offsets(spans), f"o{n}")
    dropped = {i for spans in answer.duplicates for i in _offsets(spans)}
    cluster |= dict.fromkeys(dropped, "dropped")
    pairs = Counter(
        (g, cluster.get(i, "nowhere"))
        for i, g in gold_owners(gold).items()
        if not is_blank(answer.text[i]) and not (i in copies and i in dropped)
    )
    of_gold: Counter[str] = Counter()
    of_answer: Counter[str] = Counter()
    for (g, c), n in pairs.items():
        of_gold[g] += n
        of_answer[c] += n
    total = max(1, sum(pairs.values()))
    precision = sum(n * n / of_answer[c] for (_, c), n in pairs.items()) / total
    recall = sum(n * n / of_gold[g] for (g, _), n in pairs.items()) / total
    figures.b3_sum = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    figures.articles_exact = sum(n == of_gold[g] == of_answer[c] for (g, c), n in pairs.items() if c[0] == "a")
    match: dict[str, int] = {}
    used: set[str] = set()
    for (g, c), _ in sorted(pairs.items(), key=lambda x: (-x[1], x[0])):
        if g not in match and c not in used and re.fullmatch(r"a\d+", c):
            match[g] = int(c[1:])
            used.add(c)
    return match


def _score_heads(figures: Figures, gold: Json, answer: Answer, match: dict[str, int]) -> None:
    for a in gold["articles"]:
        found = answer.articles[match[a["id"]]] if a["id"] in match else None
        head = letters("".join(s["text"] for s in a["segments"] if s["role"] == "headline"))
        if head:
            figures.headlines_gold += 1
            figures.headlines_exact += found is not None and found.head() == head
        figures.bylines_exact += found is not None and found.authors == set(a["authors"])


def seams(text: str, spans: Iterable[Sequence[int]]) -> set[Seam]:
    """(end of a fragment, start of the next) wherever a paragraph leaps over a line break, other text, or backwards."""
    shown = [i for i in _offsets(spans) if not is_blank(text[i])]
    return {
        (a + 1, b) for a, b in itertools.pairwise(shown) if b < a or text[a + 1 : b].strip() or "\n" in text[a + 1 : b]
    }


def _score_joins(figures: Figures, gold: Json, answer: Answer) -> None:
    text = answer.text
    true: set[Seam] = set()
    swallowed: set[int] = set()
    for a in gold["articles"]:
        for s in a["segments"]:
            if s["role"] in JOIN_ROLES:
                true |= seams(text, s["raw_spans"])
            swallowed |= {b[0] for b in s.get("from_blend", [])}
    found = {x for a in answer.articles for p in a.paragraphs if p.role in JOIN_ROLES for x in seams(text, p.spans)}

    def far(group: set[Seam]) -> set[Seam]:
        return {(a, b) for a, b in group if (b < a or text[a:b].strip()) and b not in swallowed}

    blends = {x for x in true if x[1] in swallowed}
    figures.joins = Found(len(true & found), len(found - true), len(true - found))
    figures.far = Found(len(far(true) & far(found)), len(far(found) - far(true)), len(far(true) - far(found)))
    figures.blends = Found(len(blends & found), 0, len(blends - found))


def _score_duplicates(figures: Figures, gold: Json, answer: Answer) -> None:
    """Either copy may be the one that is dropped."""
    left = list(gold["duplicates"])
    for spans in answer.duplicates:
        mine = set(_offsets(spans))
        hit = next(
            (d for d in left if any(_alike(mine, copy) for copy in (d["raw_spans"], d.get("peer_spans", [])))), None
        )
        if hit:
            left.remove(hit)
        figures.duplicates += Found(int(hit is not None), int(hit is None), 0)
    figures.duplicates += Found(missed=len(left))


def _alike(mine: set[int], spans: Iterable[Sequence[int]]) -> bool:
    other = set(_offsets(spans))
    return bool(other) and 2 * len(mine & other) >= len(mine | other)


def changed(change: Change) -> dict[int, str]:
    """Old offset → new character(s), where an edit truly changes characters: width, spaces, dashes and straight
    quotes are no change. What is put in counts at the character before it."""
    old = [(folded, change.start + k) for k, c in enumerate(change.before) for folded in plain(c)]
    new = plain(change.after)
    before = "".join(c for c, _ in old)
    if _dashes(before) == _dashes(new) or before.translate(_QUOTES) == new.translate(_QUOTES):
        return {}
    if len(old) == len(new):
        return {at: n for (c, at), n in zip(old, new, strict=True) if c != n}
    k = 0
    while k < min(len(old), len(new)) and old[k][0] == new[k]:
        k += 1
    at = old[min(k, len(old) - 1)][1] if old else change.start
    return {at: new[k:]}


def plain(text: str) -> str:
    """Without width and blanks."""
    folded = unicodedata.normalize("NFKC", text)
    folded = folded.translate(str.maketrans("，：；？！（）。．～•・‧", ",:;?!().." + "~···"))
    return "".join(c for c in folded if not is_blank(c))


def _dashes(text: str) -> str:
    return re.sub(r"\.{2,}|⋯+|…+", "…", re.sub(r"[-—–―─━]+", "—", text))


def _score_edits(figures: Figures, gold: Json, answer: Answer) -> None:
    """Misprints put right, and right characters changed, in the articles' text; copies are not judged."""
    errors = {e["raw_pos"]: e for e in gold["errors"]}
    names = {at for at, e in errors.items() if e["kind"] == "name"}
    figures.errors_gold, figures.names_gold = len(errors), len(names)
    inside = {i for a in answer.articles for p in a.paragraphs for i in _offsets(p.spans)}
    copies = {i for d in gold["duplicates"] for i in _offsets([*d["raw_spans"], *d.get("peer_spans", [])])}
    fixed: set[int] = set()
    for applied in (True, False):
        for change in answer.changes:
            if (change.status in ("applied", "accepted")) != applied or change.status == "rejected":
                continue
            for at, new in changed(change).items():
                if at not in inside:
                    continue
                if at in errors:
                    right = new == errors[at]["right"]
                    if right and at not in fixed:
                        figures.errors_fixed += applied
                        figures.errors_suggested += not applied
                        figures.names_fixed += applied and at in names
                        fixed.add(at)
                    elif applied and not right:
                        figures.wrong_fixes += 1
                elif at not in copies:
                    figures.false_edits += applied
                    figures.false_suggestions += not applied
