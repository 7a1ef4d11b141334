"""Traditional characters in simplified text, and traditional text as a whole.

A lone traditional character in a simplified line is a slip of the compositor and is simplified by a table that leaves
out what simplified papers print on purpose (names, 乾隆), where the simplified form makes a common word with what
stands around it (优勢 → 优势). Elsewhere it may as well be another character misread (倒場 for 倒塌), and forms that
differ in print alone (査) stand in clean text, too: these are left to `propose`, in the correction of the page, which
may ask the language model. A line that really is traditional stays as printed, unless the profile asks for its
conversion. `normalise.clean_characters` puts this on top of the marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.text.models import Models, ScriptTables
from pipeline.text.normalise_rules import LINE_BREAKS
from pipeline.text.passages import Passage, propose_character
from pipeline.text.points import code_points
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Edit

LEAKED = "leaked_traditional"
CONVERTED = "traditional_text"

#: A leaked character is sure where a word of two characters counted so often lies over it, or a longer one so often …
COMMON_WORD, LONG_WORD, LONGEST = 200, 3, 4
#: … or where it is one of those that stand alone.
STANDS_ALONE = frozenset("與這個們為爲來對會後過時將從還讓給說種無條並嗎誰該")
#: Elsewhere: confidence where the simplified form was seen this often beside both neighbours, else, and of variants.
SEEN_BESIDE = 5
SURE, UNSURE, VARIANT = 0.95, 0.6, 0.8

#: A single slip or two never make a line traditional, however short it is …
LINE_EVIDENCE = 3
#: … nor a line or two a page.
PAGE_EVIDENCE = 10
#: A page with a greater share of traditional characters is not corrected.
PAGE_SHARE = 0.02
PARAGRAPH_END = "\n"
#: Every line is judged as if it went on for this many hanzi in the page's own mixture.
PRIOR_HANZI = 20


class Line(NamedTuple):
    """A line with its hanzi and how many of them are traditional-only."""

    start: int
    end: int
    hanzi: int
    traditional: int


@lru_cache(maxsize=4)
def _mask(chars: frozenset[str]) -> NDArray[np.bool_]:
    mask = np.zeros(0x110000, np.bool_)
    mask[[ord(c) for c in chars]] = True
    return mask


def _lines(text: str, traditional_only: frozenset[str]) -> list[Line]:
    """The lines of `text`, or none when nothing in it is traditional."""
    codes = code_points(text)
    traditional = _mask(traditional_only)[codes]
    if not traditional.any():
        return []
    hanzi = (codes >= 0x3400) & (codes <= 0x9FFF) | (codes >= 0x20000) & (codes <= 0x323AF)
    breaks = np.flatnonzero(_mask(_BREAKS)[codes])
    starts, ends = np.concatenate(([0], breaks + 1)), np.concatenate((breaks, [len(text)]))
    in_line = (np.concatenate(([0], np.cumsum(of))) for of in (hanzi, traditional))
    counts = [(upto[ends] - upto[starts]).tolist() for upto in in_line]
    return [Line(*row) for row in zip(starts.tolist(), ends.tolist(), *counts, strict=True)]


_BREAKS = frozenset(LINE_BREAKS)


def simplify(text: str, tables: ScriptTables, profile: CleaningProfile) -> list[Edit]:
    """The edits that simplify `text` (a page or a part of one), line by line: sorted, not overlapping.

    `tables.characters` must hold no character that is not `traditional_only`.
    """
    if not (profile.simplify or profile.simplify_traditional_text):
        return []
    lines = _lines(text, tables.traditional_only)
    page = _page_share(lines, profile.traditional_share)
    edits: list[Edit] = []
    for line in lines:
        if not line.traditional:
            continue
        if _is_traditional(line, page, profile.traditional_share):
            if profile.simplify_traditional_text:
                edits += _conversion(text, line, tables)
        elif profile.simplify:
            edits += _leaks(text, line, tables)
    return edits


def _page_share(lines: list[Line], threshold: float) -> float:
    """The share of traditional-only hanzi on a page that is mostly traditional; 0 on any other.

    Only surely traditional lines count: slips do not, so that a page is judged alike before and after their repair.
    """
    sure = [line for line in lines if _is_traditional(line, 0.0, threshold)]
    hanzi, traditional = sum(line.hanzi for line in lines), sum(line.traditional for line in sure)
    mostly = 2 * sum(line.hanzi for line in sure) >= hanzi
    return traditional / hanzi if mostly and traditional >= PAGE_EVIDENCE else 0.0


def _is_traditional(line: Line, page_share: float, threshold: float) -> bool:
    share = (line.traditional + PRIOR_HANZI * page_share) / (line.hanzi + PRIOR_HANZI)
    return share >= threshold and (line.traditional >= LINE_EVIDENCE or page_share > 0)


def _leaks(text: str, line: Line, tables: ScriptTables) -> list[Edit]:
    found = [(i, after) for i in range(line.start, line.end) if (after := tables.characters.get(text[i]))]
    if not found:
        return []
    simplified = list(text[line.start : line.end])
    for i, after in found:
        simplified[i - line.start] = after
    shown = "".join(simplified)
    return [
        _edit(text, i, i + 1, after, LEAKED) for i, after in found if _is_sure(text[i], shown, i - line.start, tables)
    ]


def _is_sure(printed: str, shown: str, i: int, tables: ScriptTables) -> bool:
    """Does the simplified form make a common word with what stands around it?"""
    if printed in tables.variants:
        return False
    if printed in STANDS_ALONE:
        return True
    words = (
        (n, shown[start : start + n])
        for n in range(2, LONGEST + 1)
        for start in range(max(0, i - n + 1), min(i, len(shown) - n) + 1)
    )
    return any(tables.word_frequency(word) >= (COMMON_WORD if n == 2 else LONG_WORD) for n, word in words)


def propose(passages: Sequence[Passage], text: str, models: Models, profile: CleaningProfile) -> list[Edit]:
    """Proposals for the leaked characters that are still there: the simplified form, by what the language model knows
    of it between these neighbours."""
    if not profile.simplify:
        return []
    tables = models.script
    shown = "".join(p.text for p in passages if p.role is not None)
    if not 0 < _mask(tables.traditional_only)[code_points(shown)].sum() <= PAGE_SHARE * len(shown):
        return []
    return [
        edit
        for p in passages
        if p.role is not None and not tables.traditional_only.isdisjoint(p.text)
        for i, c in enumerate(p.text)
        if (after := tables.characters.get(c)) and (edit := _proposal(p, i, after, text, models))
    ]


def _proposal(passage: Passage, i: int, after: str, text: str, models: Models) -> Edit | None:
    printed = passage.text[i]
    beside = _seen_beside(passage.text, i, after, models)
    if printed in models.script.variants:
        confidence, facts = VARIANT, "a form of print"
    elif beside >= SEEN_BESIDE:
        confidence, facts = SURE, f"seen {beside} times beside either neighbour"
    else:
        confidence, facts = UNSURE, f"seen {beside} times beside its rarer neighbour: perhaps another character"
    evidence = f"{after} is the simplified form of {printed}; {facts}"
    edit = propose_character(passage, i, after, text, LEAKED, confidence, evidence)
    return replace(edit, stage="script") if edit else None


def _seen_beside(shown: str, i: int, after: str, models: Models) -> int:
    """How often the language model saw the simplified form beside the rarer of its two neighbours (up to 127)."""
    if not models.language.n_chars:
        return 0
    tables = models.substitutions
    ids = tables.encode(f"{shown[i - 1 : i] or PARAGRAPH_END}{after}{shown[i + 1 : i + 2] or PARAGRAPH_END}")
    return int((tables.pairs(ids[:-1], ids[1:]) & 127).min())


def _conversion(text: str, line: Line, tables: ScriptTables) -> list[Edit]:
    """Character by character where the length is kept, else by what differs."""
    before = text[line.start : line.end]
    after = tables.convert(before)
    if len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True), line.start)
        return [_edit(text, i, i + 1, new, CONVERTED) for i, (old, new) in pairs if old != new]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        _edit(text, line.start + i1, line.start + i2, after[j1:j2], CONVERTED)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    ]


def _edit(text: str, start: int, end: int, after: str, rule: str) -> Edit:
    return Edit(start, end, text[start:end], after, "script", rule)
