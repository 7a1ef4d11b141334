"""What `banmian diff` prints: the sums, then page by page what became of articles and edits."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from rich.console import Console
from rich.text import Text

from pipeline.datasets.difference import ArticleChange, Difference, EditChange, PageChange
from pipeline.reports.terminal import visible
from pipeline.reports.wording import counted, form

#: Characters shown around a place that differs, and places shown of a text.
AROUND, PLACES = 8, 4
#: Edits shown of a page.
EDITS = 8

_STATES = {
    "only_old": "stands only in the old folder",
    "only_new": "stands only in the new folder",
    "withheld_old": "was withheld in the old folder",
    "withheld_new": "is withheld in the new folder",
    "raw_changed": "its raw text changed",
    "changed": "",
}


def show_difference(found: Difference, console: Console, most: int) -> None:
    """Prints the difference; of the pages no more than `most`."""
    for name, made_by in zip(("old", "new"), found.made_by, strict=True):
        console.print(f"{name}: {'; '.join(made_by) or 'nothing'}", style="dim", markup=False, highlight=False)
    for line in summary(found):
        console.print(line, markup=False, highlight=False)
    for page in found.pages[:most]:
        console.print()
        for text in page_lines(page):
            console.print(text, highlight=False, soft_wrap=True)
    if len(found.pages) > most:
        console.print(
            f"\n… and {counted(len(found.pages) - most, 'more page')} (--pages N, --json)", style="dim", markup=False
        )


def summary(found: Difference) -> Iterator[str]:
    """The sums, a line each."""
    c = found.counts
    if found.same:
        yield f"No difference in {counted(c['pages'], 'page')}."
        return
    yield f"{len(found.pages):,} of {counted(c['pages'], 'page')} {form(len(found.pages), 'differs', 'differ')}."
    kinds = ("same", "changed", "split", "merged", "regrouped", "added", "removed")
    yield "articles: " + (", ".join(f"{c[f'articles_{k}']:,} {k}" for k in kinds if c[f"articles_{k}"]) or "none")
    yield "edits: " + (
        ", ".join(f"{c[f'edits_{k}']:,} {k}" for k in ("new", "gone", "changed") if c[f"edits_{k}"]) or "the same"
    )


def page_lines(page: PageChange) -> Iterator[Text]:
    """A page and what differs on it."""
    state = _STATES[page.state]
    yield Text.assemble((visible(page.page_id), "bold"), f"  {state}" if state else "")
    for a in page.articles:
        yield from _article_lines(a)
    words = sorted(page.edits, key=lambda e: (e.stage == "normalise", e.start))
    for e in words[:EDITS]:
        yield _edit_line(e)
    if len(words) > EDITS:
        yield Text(f"  … and {len(words) - EDITS} more edits", style="dim")


def _article_lines(a: ArticleChange) -> Iterator[Text]:
    old, new = (" + ".join(names) for names in a.headlines)
    style = {"added": "green", "removed": "red"}.get(a.kind, "yellow")
    shown = _flat(old if old == new else f"{old} → {new}" if old and new else old or new)
    what = f" ({', '.join(a.fields)})" if a.fields else ""
    ids = [i.rpartition("@")[2] for i in (*a.old, *(n for n in a.new if n not in a.old))]
    yield Text.assemble((f"  {a.kind:9} ", style), f"{shown}{what}", (f"  @{' @'.join(ids)}", "dim"))
    yield from _text_lines(*a.texts)


def _text_lines(old: str, new: str) -> Iterator[Text]:
    if old == new:
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False) if len(old) + len(new) < 20_000 else None
    places = [op for op in matcher.get_opcodes() if op[0] != "equal"] if matcher else []
    for _, i1, i2, j1, j2 in places[:PLACES]:
        yield Text.assemble(
            f"            …{_flat(old[max(0, i1 - AROUND) : i1])}", (_short(old[i1:i2]), "red strike"),
            (_short(new[j1:j2]), "bold green"), f"{_flat(old[i2 : i2 + AROUND])}…",
        )  # fmt: skip
    if len(places) > PLACES or not matcher:
        yield Text(f"            {len(places) - PLACES if matcher else 'many'} more places", style="dim")


def _edit_line(e: EditChange) -> Text:
    said = " ⇒ ".join(
        " and ".join(f"{e.before or '∅'}→{after or '∅'} {status} by {rule}" for after, status, rule in side)
        for side in (e.old, e.new)
        if side
    )
    style = {"new": "green", "gone": "red"}.get(e.kind, "yellow")
    return Text.assemble((f"  {'edit ' + e.kind:12} ", style), _flat(said), (f"  {e.start}–{e.end}", "dim"))


def _short(text: str, most: int = 40) -> str:
    text = _flat(text)
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-most // 2 :]}"


def _flat(text: str) -> str:
    return visible(text.replace("\n", "⏎"))
