"""Short Markdown for the Dagster UI: what was changed, what was found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.reports.wording import counted
from pipeline.text.document import CleanPage
from pipeline.text.spans import STAGES, Edit, by_place

#: Characters shown on each side of a change.
AROUND = 10
#: Markdown takes ** beside a mark for no emphasis unless a space stands on its other side; this one is hardly seen.
_HAIR = "\u200a"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~])")


def escape(text: str) -> str:
    """Text as Markdown shows it literally, on one line.

    >>> escape("<b>*1|2")
    '\\\\<b\\\\>\\\\*1\\\\|2'
    """
    return _SPECIAL.sub(r"\\\1", text.replace("\n", "⏎").replace("\r", ""))


def code(text: str) -> str:
    """Text as Markdown shows it in the letters of code, on one line.

    >>> code("a`b|c")
    "`a'b¦c`"
    """
    return f"`{text.replace('`', chr(39)).replace('|', '¦').replace(chr(10), '⏎')}`"


def changes(text: str, edits: Iterable[Edit], limit: int = 12) -> str:
    """Raw against clean, the rarer stages first: what went ~~struck~~, what came **bold**."""
    wanted = [e for e in edits if e.before.strip() or e.after.strip()]
    wanted.sort(key=lambda e: ({"correct": 0, "script": 1, "join": 2}.get(e.stage, 3), by_place(e)))
    shown = wanted[:limit]
    lines = [f"- {_change(text, e)}" for e in shown]
    if len(wanted) > limit:
        lines.append(f"- … and {len(wanted) - limit} more")
    return "\n".join(lines) or "Nothing was changed."


def _change(text: str, edit: Edit) -> str:
    before = escape(text[max(0, edit.start - AROUND) : edit.start])
    after = escape(text[edit.end : edit.end + AROUND])
    gone = f"{_HAIR}~~{escape(edit.before)}~~{_HAIR}" if edit.before.strip() else ""
    new = f"{_HAIR}**{escape(edit.after)}**{_HAIR}" if edit.after.strip() else ("␣" if edit.after else "")
    unsure = "" if edit.rendered else " *(only suggested)*"
    return f"…{before}{gone}{new}{after}… · {escape(edit.rule)}{unsure}"


def page_changes(pages: Sequence[CleanPage], limit: int = 12, *, words_only: bool = False) -> str:
    """The same over several pages, the pages with corrections first; `words_only`: no marks and widths."""
    parts: list[str] = []
    left = limit
    wanted = ("correct", "script") if words_only else STAGES
    for clean in sorted(pages, key=lambda c: (not any(e.stage == "correct" for e in c.edits), c.page.page_id)):
        if left <= 0:
            break
        edits = [e for e in clean.edits if e.stage in wanted]
        if edits:
            parts.append(f"**{escape(clean.page.page_id)}**\n\n{changes(clean.page.text, edits, left)}")
            left -= min(left, len(edits))
    return "\n\n".join(parts) or "Nothing was changed."


def top_corrections(edits: Iterable[Edit], limit: int = 15) -> str:
    """A table of the commonest changes of words (not of marks and widths)."""
    found = Counter((e.before, e.after, e.rule, e.status) for e in edits if e.stage in ("correct", "script"))
    if not found:
        return "No word was changed or suggested."
    rows = [
        f"| {escape(before)} | {escape(after)} | {escape(rule)} | {status} | {n} |"
        for (before, after, rule, status), n in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:limit]
    ]
    return "\n".join(["| printed | read | rule | status | times |", "|---|---|---|---|---|", *rows])


def counts(name: str, values: Iterable[str], limit: int = 15) -> str:
    """How often each value occurs, as a table."""
    found = Counter(values)
    rows = [f"| {escape(v)} | {n} |" for v, n in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:limit]]
    return "\n".join([f"| {name} | times |", "|---|---|", *rows]) if rows else "None."


def headlines(pages: Iterable[CleanPage], limit: int = 20) -> str:
    """The articles found, as a list."""
    articles = [a for clean in pages for a in clean.articles]
    lines = [
        f"{n}. {escape(a.headline or '(no headline)')} · {counted(len(a.text), 'character')}"
        + (f" · {escape('、'.join(a.authors))}" if a.authors else "")
        for n, a in enumerate(articles[:limit], 1)
    ]
    if len(articles) > limit:
        lines.append(f"\n… and {len(articles) - limit} more")
    return "\n".join(lines) or "No articles."


def unsure_articles(pages: Iterable[CleanPage], low: float, limit: int = 10) -> str:
    """The articles whose weakest decision is below `low`, the least sure first."""
    found = sorted((a.confidence, a.article_id, a.headline or a.text[:20]) for c in pages for a in c.articles)
    rows = [f"| {c:.2f} | {escape(name)} | {code(article_id)} |" for c, article_id, name in found if c < low]
    return _cut(["| confidence | article | id |", "|---|---|---|"], rows, limit)


def unsure_joins(pages: Iterable[CleanPage], low: float, limit: int = 10) -> str:
    """The joins below `low`, the least sure first: what stands on either side."""
    found = sorted(
        (j.confidence, c.page.page_id, j.raw_end, c.page.text[max(0, j.raw_end - AROUND) : j.raw_end],
         c.page.text[j.raw_start : j.raw_start + AROUND], j.kind)
        for c in pages for a in c.articles for p in a.paragraphs for j in p.joins if j.confidence < low
    )  # fmt: skip
    rows = [
        f"| {c:.2f} | {kind} | …{escape(left)} ⌇ {escape(right)}… | {code(page_id)} |"
        for c, page_id, _, left, right, kind in found
    ]
    return _cut(["| confidence | kind | seam | page |", "|---|---|---|---|"], rows, limit)


def _cut(head: Sequence[str], rows: Sequence[str], limit: int) -> str:
    if not rows:
        return "None."
    more = [f"\n… and {len(rows) - limit} more"] if len(rows) > limit else []
    return "\n".join([*head, *rows[:limit], *more])
