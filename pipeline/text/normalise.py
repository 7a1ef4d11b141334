"""Step 2: put a page's characters into ordinary form, each change logged as an edit (rules: `normalise_rules`).

A page is searched once, by a table lookup on code points, for characters that any rule could act on; a line without
them costs nothing more. What is only noticed, and changed by no rule, is counted (`count_notes`).

>>> from pipeline.text.profile import CleaningProfile
>>> [(e.start, e.before, e.after, e.rule) for e in normalise("春耕忙,10:30", CleaningProfile())]
[(3, ',', '，', 'mark')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.text.models import ScriptTables
from pipeline.text.normalise_rules import (
    FORMAT,
    HANZI,
    LINE_BREAKS,
    MARKS,
    RULES,
    SEE_THROUGH,
    SIGNS,
    STROKES,
    WIDE,
    Rule,
    Sub,
    dashes,
    ellipses,
    is_blank,
    marks,
)
from pipeline.text.points import code_points
from pipeline.text.profile import CleaningProfile
from pipeline.text.script import CONVERTED, LEAKED, simplify
from pipeline.text.spans import Edit, Span, Stage, by_place, render

# -- the page --------------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """What a line's rules have made of `[start, end)` of the raw line so far."""

    start: int
    end: int
    after: str
    rules: tuple[str, ...]


def stack(changes: Sequence[Change], subs: Sequence[Sub], rule: str) -> list[Change]:
    """`changes` with `subs` on top, which are in coordinates of the text that `changes` give."""
    if not changes:
        return [Change(*s, (rule,)) for s in subs]
    out: list[Change] = []
    at, shift, reach = 0, 0, 0  # next change; new minus raw offset before it; how far the last of `out` extends
    for start, end, after in subs:
        while at < len(changes) and changes[at].start + shift + len(changes[at].after) <= start:
            out.append(changes[at])
            shift += _growth(changes[at])
            at += 1
        raw_start, raw_end, covered = start - shift, start - shift, start
        head, tail = "", ""
        rules: tuple[str, ...] = ()
        if reach > start:  # the sub before reached into a change that this one reaches into, too
            last = out.pop()
            cut = len(last.after) - (reach - start)
            raw_start, raw_end, rules, covered = last.start, last.end, last.rules, reach
            head, tail = last.after[:cut], last.after[cut:]
        while covered < end:
            if at < len(changes) and changes[at].start + shift < end:
                c = changes[at]
                begins = c.start + shift
                if begins < start:
                    raw_start, head = c.start, c.after[: start - begins]
                covered, raw_end, tail, rules = begins + len(c.after), c.end, c.after, rules + c.rules
                shift += _growth(c)
                at += 1
            else:
                covered, raw_end, tail = end, end - shift, ""
        rest = tail[len(tail) - (covered - end) :]
        out.append(Change(raw_start, raw_end, head + after + rest, tuple(dict.fromkeys((*rules, rule)))))
        reach = covered
    return out + list(changes[at:])


def _growth(change: Change) -> int:
    return len(change.after) - (change.end - change.start)


def _apply(line: str, subs: Iterable[Sub]) -> str:
    parts, at = [], 0
    for start, end, after in subs:
        parts += [line[at:start], after]
        at = end
    return "".join([*parts, line[at:]])


#: A line is gone over until nothing changes; this many times at most.
ROUNDS = 8


class Active(NamedTuple):
    """The rules of a profile, numbered; and which of them a character concerns, as bits."""

    rules: tuple[Rule, ...]
    bits: dict[str, int]
    by_code: NDArray[np.uint16]  # the same by code point, for whole pages
    lone: int  # the bit of the rule for marks; -1 without it
    dots: int  # the bit of the rule for ellipses, or 0
    strokes: int  # the bit of the rule for dashes, or 0


@lru_cache(maxsize=4)
def _active(normalise_marks: bool, narrow_latin: bool) -> Active:
    on = {"normalise_marks": normalise_marks, "narrow_latin": narrow_latin, None: True}
    rules = tuple(r for r in RULES if on[r.knob])
    bits: dict[str, int] = {}
    for number, rule in enumerate(rules):
        for c in rule.triggers:
            bits[c] = bits.get(c, 0) | 1 << number
    by_code = np.zeros(0x110000, np.uint16)
    for c, b in bits.items():
        by_code[ord(c)] = b
    by_code[[ord(c) for c in LINE_BREAKS]] = _BREAK
    lone, dots, strokes = (
        sum(1 << number for number, rule in enumerate(rules) if rule.find is find) for find in (marks, ellipses, dashes)
    )
    return Active(rules, bits, by_code, lone or -1, dots, strokes)


_BREAK = 1 << 15
#: What the rules for ellipses and dashes go by the neighbours of.
_BY_NEIGHBOURS = re.compile(r"\.{3}|[-–—―─━]{2}|[─━]")


def clean_line(line: str, bits: int, active: Active) -> list[Change]:
    """All changes in `line`, which has no blanks at its ends; `bits`: the rules that its characters concern."""
    if bits == active.lone:  # most lines: marks to widen and nothing else, and what that writes wakes no rule
        return [Change(*s, ("mark",)) for s in marks(line)]
    changes: list[Change] = []
    for _ in range(ROUNDS):
        fired = resized = False
        for number, rule in enumerate(active.rules):
            if bits >> number & 1 and (subs := rule.find(line)):
                fired, length = True, len(line)
                line = _apply(line, subs)
                resized = resized or len(line) != length
                changes = stack(changes, subs, rule.name)
                for c in {c for s in subs for c in s.after}:  # what a rule writes may concern another
                    bits |= active.bits.get(c, 0)
        # An earlier rule is woken when something is taken out from between, or by the marks a later one writes.
        if not (resized or (fired and _BY_NEIGHBOURS.search(line))):
            break
    return changes


class _Lines(NamedTuple):
    """The lines of a page that are not empty: start, end, and the rules that their characters concern, as bits.
    `wanted` are the rules that may act on a line as it stands: a stop alone is no ellipsis, a stroke alone no dash."""

    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    bits: NDArray[np.uint16]
    wanted: NDArray[np.uint16]


def _lines(kinds: NDArray[np.uint16], codes: NDArray[np.uint32], active: Active) -> _Lines:
    breaks = np.flatnonzero(kinds == _BREAK)
    starts = np.concatenate(([0], breaks + 1))
    ends = np.concatenate((breaks, [len(codes)]))
    filled = starts < ends
    starts, ends = starts[filled], ends[filled]
    if not len(starts):
        return _Lines(starts, ends, kinds[:0], kinds[:0])
    near = kinds.copy()
    alone = np.flatnonzero(near & (active.dots | active.strokes))
    beside = np.concatenate((codes, [0, 0]))  # what stands before the first character is what stands after the last
    own, after, second = (beside[alone + n] for n in (0, 1, 2))
    dots = (own == _ELLIPSIS) | (own == after) & (own == second)
    strokes = _is_stroke(after) | _is_stroke(beside[alone - 1]) | (own == _RULES[0]) | (own == _RULES[1])
    near[alone[~dots]] &= ~np.uint16(active.dots)
    near[alone[~strokes]] &= ~np.uint16(active.strokes)
    bits, wanted = (np.bitwise_or.reduceat(k, starts) & np.uint16(_BREAK - 1) for k in (kinds, near))
    return _Lines(starts, ends, bits, wanted)


def _is_stroke(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    return np.isin(codes, _STROKES)


_STROKES = np.array([ord(c) for c in STROKES], np.uint32)
_ELLIPSIS, _RULES = ord("⋯"), (ord("─"), ord("━"))


def normalise(text: str, profile: CleaningProfile) -> list[Edit]:
    """The edits that put `text` (a raw page) into ordinary form: sorted, not overlapping, each inside one line.

    Blanks at a line's ends are outside every span, so they are left alone. Rendering the edits and normalising again
    gives no edit.
    """
    active = _active(profile.normalise_marks, profile.narrow_latin)
    codes = code_points(text)
    kinds = active.by_code[codes]
    lines = _lines(kinds, codes, active)
    easy, edits = _lone_marks(text, codes, kinds, lines, active)
    hard = np.flatnonzero((lines.wanted > 0) & ~easy)
    for start, end, bits in zip(*(of[hard].tolist() for of in lines[:3]), strict=True):
        while start < end and is_blank(text[start]):
            start += 1
        while start < end and is_blank(text[end - 1]):
            end -= 1
        for c in clean_line(text[start:end], bits, active):
            edit = _minimal(text, start + c.start, start + c.end, c.after)
            if edit:
                edits.append(Edit(*edit, stage="normalise", rule="+".join(c.rules)))
    edits.sort(key=by_place)
    return edits


def _lone_marks(
    text: str, codes: NDArray[np.uint32], kinds: NDArray[np.uint16], lines: _Lines, active: Active
) -> tuple[NDArray[np.bool_], list[Edit]]:
    """Most lines have marks to widen and nothing else, and what that writes wakes no rule: these are done all at once,
    by the rule that `marks` is for a line. Which lines they are, and the edits."""
    classes = _classes()[codes]
    easy = (lines.wanted == active.lone) & ((classes[lines.starts] | classes[lines.ends - 1]) & _BLANK == 0)
    at = np.flatnonzero(kinds == active.lone)
    line = np.searchsorted(lines.starts, at, "right") - 1
    at, line = at[easy[line]], line[easy[line]]
    if not len(at):
        return easy, []
    around = np.concatenate(([0], classes, [0]))  # the character i stands at i + 1
    edges = np.flatnonzero(np.diff(around & _IN_RUN))  # each run begins after one edge and ends at the next
    first, end = edges[0::2], edges[1::2]
    run = np.searchsorted(first, at, "right") - 1
    has_hanzi = (np.bitwise_or.reduceat(classes, lines.starts) & _HANZI)[line] > 0
    beside = (around[first[run]] | around[end[run] + 1]) & np.where(has_hanzi, _WIDE | _SIGN, _WIDE) > 0
    calls = np.zeros(len(first), np.bool_)
    calls[run[classes[at] & _CALL > 0]] = True
    closes_line = has_hanzi & (end[run] == lines.ends[line]) & calls[run]
    found = at[beside | closes_line].tolist()
    return easy, [Edit(i, i + 1, c, MARKS[c], "normalise", "mark") for i in found for c in text[i]]


#: What a character is to the rule for marks, as bits: …
_IN_RUN, _WIDE, _SIGN, _HANZI, _CALL, _BLANK = (1 << n for n in range(6))


@lru_cache(maxsize=1)
def _classes() -> NDArray[np.uint8]:
    """… by code point."""
    known = "".join(map(chr, range(0x32400)))  # all that any of the classes has
    made = np.zeros(0x110000, np.uint8)
    blank = "".join(c for c in known if is_blank(c))
    for bit, chars in (
        (_IN_RUN, SEE_THROUGH + "".join(MARKS)), (_WIDE, WIDE), (_SIGN, SIGNS), (_HANZI, HANZI), (_CALL, "!?"),
        (_BLANK, re.escape(blank)),
    ):  # fmt: skip
        for m in re.finditer(f"[{chars}]+", known):
            made[m.start() : m.end()] |= bit
    made[[ord(c) for c in FORMAT]] |= _BLANK
    return made


def _minimal(text: str, start: int, end: int, after: str) -> tuple[int, int, str, str] | None:
    """Start, end, before and after without what both have in common at the ends; never a bare insertion."""
    before = text[start:end]
    if before == after:
        return None
    if end - start > 1:
        while end - start > 1 and after and text[start] == after[0]:
            start, after = start + 1, after[1:]
        while end - start > 1 and after and text[end - 1] == after[-1]:
            end, after = end - 1, after[:-1]
        before = text[start:end]
    return start, end, before, after


def clean_characters(text: str, tables: ScriptTables, profile: CleaningProfile) -> list[Edit]:
    """The edits that normalise a raw page and simplify what leaked, composed: sorted, not overlapping, within lines.

    The script is judged on the normalised text, so that a second run finds nothing more.
    """
    first = normalise(text, profile)
    then = simplify(render(text, [Span(0, len(text))], first) if first else text, tables, profile)
    if not (first and then):
        return first or then
    changes = [Change(e.start, e.end, e.after, (e.rule,)) for e in first]
    for rule in (LEAKED, CONVERTED):  # the two never meet in one line
        changes = stack(changes, [Sub(e.start, e.end, e.after) for e in then if e.rule == rule], rule)
    return [_composed(text, c) for c in changes if text[c.start : c.end] != c.after]


def _composed(text: str, change: Change) -> Edit:
    script = change.rules[-1] in (LEAKED, CONVERTED)
    stage: Stage = "script" if script else "normalise"
    return Edit(change.start, change.end, text[change.start : change.end], change.after, stage, "+".join(change.rules))


# -- what is only noticed --------------------------------------------------------------------------------------------

_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_QUOTE_OR_BREAK = re.compile(f'[“”‘’"{LINE_BREAKS}]')
_PARTNER = {"”": "“", "’": "‘"}


def count_notes(text: str) -> dict[str, int]:
    """What a person should know and no rule may change.

    >>> count_notes("“春耕‘备耕’\\n夏种”\\ufffd")
    {'replacement_characters': 1, 'private_use_characters': 0, 'unpaired_quotes': 2}
    """
    return {
        "replacement_characters": text.count("\ufffd"),
        "private_use_characters": len(_PRIVATE.findall(text)),
        "unpaired_quotes": _unpaired(text),
    }


def _unpaired(text: str) -> int:
    """Quotes without a partner in their line; straight ones go by their number, and ’ inside a Latin word is none."""
    alone = straight = 0
    waiting: list[str] = []
    for m in _QUOTE_OR_BREAK.finditer(text):
        char = m.group()
        if char == '"':
            straight += 1
        elif char in "“‘":
            waiting.append(char)
        elif char == "’" and _is_latin(text, m.start() - 1) and _is_latin(text, m.start() + 1):
            continue
        elif char in _PARTNER:
            if waiting and waiting[-1] == _PARTNER[char]:
                waiting.pop()
            else:
                alone += 1
        else:  # the line ends
            alone += len(waiting) + straight % 2
            straight = 0
            waiting.clear()
    return alone + len(waiting) + straight % 2


def _is_latin(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and text[at].isalpha()
