"""Steps 3 to 6 in a row: repeats, roles, stitching, segmentation → `Layout`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.text.bylines import has_lead
from pipeline.text.compose import compose_layout
from pipeline.text.layout import Copy, Layout
from pipeline.text.lines import Block, Looks, read_lines, reflow
from pipeline.text.models import Models
from pipeline.text.profile import CleaningProfile
from pipeline.text.reader import Reader
from pipeline.text.repeats import Repeat, find_repeats
from pipeline.text.roles import stands_alone, type_blocks
from pipeline.text.seams import score_seams
from pipeline.text.spans import Edit, Span, rendered_edits, view
from pipeline.text.stories import tell
from pipeline.text.surroundings import Surroundings
from pipeline.text.topics import Topics


@dataclass(frozen=True)
class Read:
    """A page read block by block, before any decision about stories."""

    blocks: tuple[Block, ...]
    copies: tuple[Copy, ...]
    around: Surroundings
    reader: Reader


def lay_out(text: str, edits: Sequence[Edit], models: Models, profile: CleaningProfile) -> Layout:
    """Which lines belong together, in which order and role. `edits`: the applied edits of steps 2."""
    read = read_page(text, edits, models, profile)
    placings = tell(read.around, models.weights)
    return compose_layout(text, read.around, placings, read.copies, read.reader, models.weights, profile)


def read_page(text: str, edits: Sequence[Edit], models: Models, profile: CleaningProfile) -> Read:
    """Lines → blocks → without repeats → typed, with their seams and topics."""
    reader = Reader(text, models)
    lines = read_lines(text, edits)
    blocks = reflow(lines, reader.objects, _looks, reader.splits_word)
    repeats = find_repeats(blocks, profile, reader.seam, reader.badness)
    kept, copies = take_out(text, blocks, repeats, edits)
    typed = type_blocks(kept, models.names.surnames)
    texts = [b.text for b in kept]
    topics, names = Topics.of_page(texts, reader)
    seams = score_seams(typed, reader, models.weights)
    recurs = [t.kind == "short" and reader.recurrence(t.text) > 0 for t in typed]
    return Read(tuple(kept), tuple(copies), Surroundings(typed, topics, names, seams, recurs), reader)


def _looks(text: str) -> Looks:
    if stands_alone(text, frozenset()):
        return "frame"
    return "lead" if has_lead(text) else "text"


def take_out(
    text: str, blocks: Sequence[Block], repeats: Sequence[Repeat], edits: Sequence[Edit]
) -> tuple[list[Block], list[Copy]]:
    """The blocks without the repeats; the residues of blends stand behind them all, as blocks of their own."""
    by_copy = {r.copy: r for r in repeats}
    second_halves = {r.copy_rest for r in repeats}
    shown = rendered_edits(edits)
    kept: list[Block] = []
    residues: list[Block] = []
    copies: list[Copy] = []
    for number, block in enumerate(blocks):
        repeat = by_copy.get(number)
        if number in second_halves:
            continue
        if repeat is None:
            kept.append(block)
            continue
        own = block.spans
        rest: tuple[Span, ...] = ()
        if repeat.copy_end is not None:
            own, rest = _cut(text, block, repeat.copy_end, shown)
        source = blocks[repeat.kept]
        kept_spans = source.spans
        if repeat.kept_range[1] < len(source.text):
            kept_spans = _cut(text, source, repeat.kept_range[1], shown)[0]
        if repeat.kept_range[0] > 0:
            cut = replace(source, spans=kept_spans, text=source.text[: repeat.kept_range[1]])
            kept_spans = _cut(text, cut, repeat.kept_range[0], shown)[1] or kept_spans
        if repeat.kept_rest is not None:
            kept_spans += blocks[repeat.kept_rest].spans
        if repeat.copy_rest is not None:
            own += blocks[repeat.copy_rest].spans
        copies.append(Copy(own, repeat.kind, kept_spans, repeat.similarity, rest))
        if rest:
            remainder = block.text[repeat.copy_end :].strip()
            residues.append(replace(block, spans=rest, text=remainder, residue=True))
    return kept + residues, copies


def _cut(text: str, block: Block, at: int, shown: Sequence[Edit]) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The spans of a block before and after character `at` of its text."""
    before: list[Span] = []
    after: list[Span] = []
    left = at
    for span in block.spans:
        piece = view(text, [span], shown)
        lead = len(piece) - len(piece.text.lstrip())
        if left >= len(piece) - lead:
            before.append(span)
            left -= len(piece)
        elif left <= 0:
            after.append(span)
        else:
            raw = piece.starts[left + lead]
            before.append(Span(span.start, raw))
            after.append(Span(raw, span.end))
            left = 0
    return tuple(before), tuple(after)
