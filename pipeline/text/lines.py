"""Lines and blocks: the page as a reader meets it, before anything is decided.

A *line* is what stands between two line breaks. A *block* is a piece of running text that the dump keeps together:
one line, or the hard-wrapped lines of one paragraph in one column (reflow).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Literal

from pipeline.text.normalise_rules import is_blank
from pipeline.text.spans import Edit, Span, render, rendered_edits

LINE_BREAKS = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_MARKS = re.compile(r"[“”‘’『』「」（）《》〈〉【】()]")
_CLAUSES = re.compile(r"[，。；：]")
SENTENCE_END = "。！？…"
CLOSING = "”’』」）》〉】)"
OPENING = "“‘『「（《〈【("
_PAIRS = {"”": "“", "’": "‘", "』": "『", "」": "「", "）": "（", "》": "《", "〉": "〈", "】": "【", ")": "("}

#: Widths that a hard-wrapped column can have, and the share of lines that must be about as long.
COLUMN_WIDTHS = (10, 40)
_WRAPPED_SHARE = 0.3


@dataclass(frozen=True)
class Line:
    """A non-blank line without the blanks at its ends. `text` is normalised."""

    span: Span
    number: int
    text: str
    indent: bool
    blank_before: int


@dataclass(frozen=True)
class Block:
    """Lines that were put together, or a part of one. `joins` are the seams inside (all of kind `line`).

    `residue`: what a blended copy held beyond the text it repeats.
    """

    spans: tuple[Span, ...]
    text: str
    line: int
    last_line: int
    blank_before: int
    residue: bool = False

    @cached_property
    def ended(self) -> bool:
        return is_ended(self.text)


def is_ended(text: str) -> bool:
    """Does the text close a sentence? Closing quotes and brackets after the mark do not matter.

    >>> is_ended("他说：“好。”"), is_ended("推动“双城"), is_ended("（记者 张三）")
    (True, False, True)
    """
    stripped = text.rstrip(CLOSING + " ")
    if stripped[-1:] and stripped[-1] in SENTENCE_END:
        return True
    return text.rstrip()[-1:] in ("）", ")") and len(text) > 1


def open_marks(text: str) -> tuple[str, ...]:
    """Quotes and brackets that were opened and not closed, outermost first.

    >>> open_marks("提出“优化区域经济布局，促")
    ('“',)
    """
    stack: list[str] = []
    for char in _MARKS.findall(text):
        if char in OPENING:
            stack.append(char)
        elif stack and stack[-1] == _PAIRS[char]:
            stack.pop()
    return tuple(stack)


def unopened_marks(text: str) -> tuple[str, ...]:
    """Quotes and brackets that are closed and were never opened, in order, as their opening form."""
    stack: list[str] = []
    missing: list[str] = []
    for char in _MARKS.findall(text):
        if char in OPENING:
            stack.append(char)
        elif stack and stack[-1] == _PAIRS[char]:
            stack.pop()
        elif not stack:
            missing.append(_PAIRS[char])
    return tuple(missing)


def read_lines(text: str, edits: Sequence[Edit]) -> list[Line]:
    """The non-blank lines of a page, normalised by the applied `edits`."""
    shown = rendered_edits(edits)
    found: list[Line] = []
    number = blank = at = 0
    for start, end, breaks in _raw_lines(text):
        first, last = _trim(text, start, end)
        if first < last:
            span, raw, before = Span(first, last), text[first:last], text[start:first]
            while at < len(shown) and shown[at].start < first:
                at += 1
            changed = at < len(shown) and shown[at].start < last
            clean = render(text, [span], shown) if changed else raw
            indent = before != "" and (len(before.expandtabs(4)) >= 2 or "\u3000" in before)
            found.append(Line(span, number, clean.strip() or raw, indent, blank))
            blank = 0
        else:
            blank += 1
        number += breaks
    return found


def _raw_lines(text: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, how many U+000A end it) of every line."""
    at = 0
    for found in LINE_BREAKS.finditer(text):
        yield at, found.start(), found.group().count("\n")
        at = found.end()
    yield at, len(text), 0


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without blanks and invisible characters at the ends."""
    while start < end and is_blank(text[start]):
        start += 1
    while start < end and is_blank(text[end - 1]):
        end -= 1
    return start, end


def column_width(lines: Sequence[Line]) -> int | None:
    """The width of hard-wrapped columns in characters, None when the page is not hard-wrapped.

    The commonest line length (within COLUMN_WIDTHS, one off counts half) when at least 30 % of the lines have it.
    """
    sizes = Counter(display_width(line.text) + (2 if line.indent else 0) for line in lines if len(line.text) > 1)
    fitting = {w: n for w, n in sizes.items() if COLUMN_WIDTHS[0] <= w <= COLUMN_WIDTHS[1]}
    if not fitting:
        return None
    near = {w: sum(sizes.get(w + d, 0) for d in (-1, 0, 1)) for w in fitting}
    width = max(fitting, key=lambda w: (fitting[w], w))
    total = sum(sizes.values())
    if total < 8 or fitting[width] < 0.2 * total or near[width] < _WRAPPED_SHARE * total:
        return None
    longer = sum(n for w, n in sizes.items() if w > 1.6 * width + 2)
    return width if longer <= 0.1 * total else None


def display_width(text: str) -> int:
    """How many hanzi wide: Latin letters, digits and spaces count as printed, one cell each."""
    return len(text)


#: What a line is by its looks: running text (or a head), the start of a news item, or a line that stands alone.
Looks = Literal["text", "lead", "frame"]


def reflow(
    lines: Sequence[Line],
    objects: Callable[[Sequence[tuple[str, str]]], Sequence[bool]],
    looks: Callable[[str], Looks],
    splits_word: Callable[[str, str], bool],
) -> list[Block]:
    """Lines → blocks. On a page without hard-wrapped columns every line is a block.

    A full line goes on in the next one unless a blank line, an indent, the language model (`objects`, asked for all
    doubtful pairs of a page at once) or the look of one of the two (`looks`: a byline, a lead, a marker) speak
    against it. What may be a headline goes on in a full line, or where the break splits a word (`splits_word`).
    """
    width = column_width(lines)
    if width is None:
        return [Block((x.span,), x.text, x.number, x.number, x.blank_before) for x in lines]
    column = _Column.of(lines, width)
    doubtful = [(a.text, b.text) for a, b in pairwise(lines) if _is_doubtful(a, b, column)]
    objected = {pair for pair, objection in zip(doubtful, objects(doubtful), strict=True) if objection}
    looks = cache(looks)
    blocks: list[Block] = []
    held: list[Line] = []
    for line in lines:
        if held and not _goes_on(held, line, column, objected, looks, splits_word):
            blocks.append(_block(held))
            held = []
        held.append(line)
    return [*blocks, _block(held)] if held else blocks


@dataclass(frozen=True)
class _Column:
    """The hard-wrapped columns of a page: their width; whether paragraphs are indented; whether they once were and
    the dump lost it, so that their first lines are two characters short."""

    width: int
    indented: bool
    lost_indent: bool

    @classmethod
    def of(cls, lines: Sequence[Line], width: int) -> _Column:
        indented = sum(x.indent for x in lines) >= 0.04 * len(lines)
        sizes = Counter(len(x.text) for x in lines)
        around = (sizes[width - 3] + sizes[width - 4]) / 2
        return cls(width, indented, not indented and sizes[width - 2] > 2 * around + 2)

    def is_full(self, line: Line, first: bool) -> bool:
        """Did the line end because the column did?"""
        size = display_width(line.text) + (2 if line.indent or (first and self.lost_indent) else 0)
        return size >= self.width - 1


def _block(lines: Sequence[Line]) -> Block:
    text = ""
    for line in lines:
        latin = text[-1:].isascii() and text[-1:].isalpha() and line.text[:1].isascii() and line.text[:1].isalpha()
        text += (" " if latin else "") + line.text
    return Block(tuple(x.span for x in lines), text, lines[0].number, lines[-1].number, lines[0].blank_before)


def _is_doubtful(last: Line, line: Line, column: _Column) -> bool:
    """May `_goes_on` ask what the language model says of these two lines?"""
    if line.blank_before or (column.indented and line.indent) or not column.is_full(last, True):
        return False
    return not column.indented if is_ended(last.text) else _may_be_head(last.text)


def _may_be_head(text: str) -> bool:
    """A headline may be as wide as the column."""
    return len(text) <= 40 and not _CLAUSES.search(text)


def _goes_on(
    held: Sequence[Line],
    line: Line,
    column: _Column,
    objected: Set[tuple[str, str]],
    looks: Callable[[str], Looks],
    splits_word: Callable[[str, str], bool],
) -> bool:
    """Does `line` go on where the last of the `held` lines stopped?"""
    last, first = held[-1], len(held) == 1
    if line.blank_before or (column.indented and line.indent) or not column.is_full(last, first):
        return False
    if looks(line.text) != "text":
        return False
    if line.text[0] in "。，、；：？！”’）》":
        return True
    if looks(last.text) == "frame":
        return False
    objection = (last.text, line.text) in objected
    if is_ended(last.text):
        return column.indented or not (objection or line.text[0] in "“‘")
    if first and _may_be_head(last.text):
        runs_full = column.is_full(line, False) or is_ended(line.text) or splits_word(last.text, line.text)
        return runs_full and not objection
    return True
