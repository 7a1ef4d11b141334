"""Decisions → layout: paragraphs in reading order, with roles, joins and truncations."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.text.bylines import credit_of
from pipeline.text.document import Join, JoinKind, Role, Truncation
from pipeline.text.heads import HeadLine, is_column_name, read_head
from pipeline.text.layout import Copy, Fragment, Layout, PlannedParagraph, Stray
from pipeline.text.ledger import line_starts
from pipeline.text.lines import CLOSING, Block
from pipeline.text.profile import CleaningProfile
from pipeline.text.reader import Reader
from pipeline.text.roles import role_candidates
from pipeline.text.spans import Span
from pipeline.text.stories import Placing
from pipeline.text.surroundings import Surroundings

LINE_CONFIDENCE = 0.98  # of joining the hard-wrapped lines of one column


@dataclass
class _Draft:
    """A paragraph while it is put together."""

    role: Role
    blocks: list[int]
    seams: list[tuple[JoinKind, float]] = field(default_factory=list)
    confidence: float = 1.0
    truncation: Truncation | None = None


def compose_layout(
    text: str,
    around: Surroundings,
    placings: Sequence[Placing],
    copies: Sequence[Copy],
    reader: Reader,
    weights: Mapping[str, float],
    profile: CleaningProfile,
) -> Layout:
    """The layout that the placings mean."""
    stories: dict[int, list[Placing]] = defaultdict(list)
    for placing in placings:
        stories[placing.story].append(placing)
    drafts: list[list[_Draft]] = []
    strays: list[int] = []
    for placed in stories.values():
        if _is_stray(around, placed):
            strays += [p.block for p in placed]
        else:
            drafts.append(_paragraphs(around, placed, reader, weights, profile))
    drafts.sort(key=lambda d: min(around.typed[b].block.spans[0].start for p in d for b in p.blocks))
    articles = tuple(tuple(_planned(text, around, p) for p in draft) for draft in drafts)
    lines = sorted((around.typed[b].block.line, n) for n, draft in enumerate(drafts) for p in draft for b in p.blocks)
    furniture = [i for i, t in enumerate(around.typed) if t.kind == "furniture"]
    return Layout(
        fragments=_fragments(text, around, copies),
        articles=articles,
        copies=tuple(copies),
        strays=tuple(
            Stray(around.typed[i].block.spans, reason, _nearest(lines, around.typed[i].block.line))
            for reason, group in (("furniture", furniture), ("unattached", strays))
            for i in sorted(group)
        ),
    )


def _fragments(text: str, around: Surroundings, copies: Sequence[Copy]) -> tuple[Fragment, ...]:
    """Every piece of the page in raw order; those of copies have no role."""
    starts = line_starts(text)
    found = {span: role_candidates(t.kind) for t in around.typed for span in t.block.spans}
    found |= {span: () for copy in copies for span in copy.spans}
    return tuple(Fragment(s, bisect_right(starts, s.start) - 1, roles) for s, roles in sorted(found.items()))


def _nearest(lines: Sequence[tuple[int, int]], line: int) -> int | None:
    """The article that has a block nearest to a line of the file. `lines`: (line, article) of every block, sorted."""
    at = bisect_left(lines, (line, -1))
    near = [(abs(found - line), article) for found, article in lines[max(0, at - 1) : at + 1]]
    return min(near)[1] if near else None


def _is_stray(around: Surroundings, placed: Sequence[Placing]) -> bool:
    """A residue that found no place; or nothing but a marker or byline."""
    kinds = {around.typed[p.block].kind for p in placed}
    if all(around.typed[p.block].block.residue for p in placed):
        return True
    return kinds <= {"marker_from", "marker_to", "byline", "credit"}


def _paragraphs(
    around: Surroundings,
    placed: Sequence[Placing],
    reader: Reader,
    weights: Mapping[str, float],
    profile: CleaningProfile,
) -> list[_Draft]:
    """One story's paragraphs in reading order: its head first, wherever it stood."""
    placed = [_calibrated(around, p, weights) for p in placed]
    head, rest = _split_head(around, placed)
    drafts = _head_paragraphs(around, head, rest, reader, weights)
    body: list[_Draft] = []
    holder: dict[int, _Draft] = {}
    for p in rest:
        typed = around.typed[p.block]
        if p.move == "join" and p.of in holder and _is_sure(around, p, profile):
            draft = holder[p.of]
            draft.seams.append((_join_kind(around, p.of, p.block), p.confidence))
            draft.blocks.append(p.block)
        elif p.move == "join" and p.of in holder and typed.block.residue:
            draft = _Draft("body", [p.block], confidence=p.confidence, truncation="head")
            before = holder[p.of]
            before.truncation = "both" if before.truncation == "head" else "tail"
            body.insert(body.index(before) + 1, draft)
        else:
            draft = _Draft(_role_in_body(around, p), [p.block], confidence=p.confidence)
            body.append(draft)
        holder[p.block] = draft
    _mark_captions(around, body, bool(head))
    _mark_labels(around, body)
    for draft in body:
        draft.truncation = _truncation(around, draft)
    return drafts + body


def _is_sure(around: Surroundings, p: Placing, profile: CleaningProfile) -> bool:
    """Is a join sure enough to be made? A residue must also fit on without a gap: else it stands as a paragraph of
    its own after the truncated one."""
    assert p.of is not None
    kind = _join_kind(around, p.of, p.block)
    if kind == "blend":
        return p.confidence >= profile.join_threshold and around.seams[p.of, p.block].score > -1.0
    return p.confidence >= (profile.join_threshold if kind == "line" else profile.far_join_threshold)


def _calibrated(around: Surroundings, p: Placing, weights: Mapping[str, float]) -> Placing:
    """A join's confidence as it was found to be borne out (Platt 1999; the weights `calibration.*`)."""
    if p.move != "join" or p.of is None:
        return p
    kind = _join_kind(around, p.of, p.block)
    a, b = weights.get(f"calibration.{kind}.slope", 1.0), weights.get(f"calibration.{kind}.shift", 0.0)
    raw = min(max(p.confidence, 1e-4), 1 - 1e-4)
    return p._replace(confidence=1 / (1 + math.exp(-a * math.log(raw / (1 - raw)) - b)))


def _split_head(around: Surroundings, placed: Sequence[Placing]) -> tuple[list[Placing], list[Placing]]:
    """The lines of the head, and all others."""
    head: list[Placing] = []
    rest: list[Placing] = []
    for p in placed:
        kind = around.typed[p.block].kind
        if p.move in ("head", "late_head") or (p.move == "new" and kind == "short"):
            head.append(p)
        else:
            rest.append(p)
    return head, rest


def _head_paragraphs(
    around: Surroundings,
    head: Sequence[Placing],
    rest: Sequence[Placing],
    reader: Reader,
    weights: Mapping[str, float],
) -> list[_Draft]:
    blocks = [around.typed[p.block].block for p in head]
    lines = [HeadLine(b.text, b.blank_before > 0, reader.recurrence(b.text)) for b in blocks]
    body = next((around.typed[p.block].text for p in rest if around.typed[p.block].kind == "body"), "")
    tags, probability = read_head(lines, weights, reader.runs_on, body)
    drafts: list[_Draft] = []
    for p, tag in zip(head, tags, strict=True):
        if tag.endswith("+") and drafts and drafts[-1].role == tag[:-1]:
            drafts[-1].blocks.append(p.block)
            drafts[-1].seams.append((_join_kind(around, drafts[-1].blocks[-2], p.block), probability))
        else:
            drafts.append(_Draft(_role(tag.rstrip("+")), [p.block], confidence=min(p.confidence, probability)))
    return drafts


def _role(tag: str) -> Role:
    roles: dict[str, Role] = {
        "label": "label", "kicker": "kicker", "headline": "headline", "subhead": "subhead", "heading": "heading",
    }  # fmt: skip
    return roles[tag]


def _role_in_body(around: Surroundings, p: Placing) -> Role:
    kind = around.typed[p.block].kind
    if kind in ("byline", "credit"):
        return "byline"
    if kind in ("marker_from", "marker_to"):
        return "marker"
    return "heading" if p.move == "heading" else "body"


def _join_kind(around: Surroundings, a: int, b: int) -> JoinKind:
    left, right = around.typed[a].block, around.typed[b].block
    if left.residue or right.residue:
        return "blend"
    apart = right.line <= left.last_line or around.stands_between(left.last_line, right.line)
    return "column" if apart else "line"


def _mark_captions(around: Surroundings, body: Sequence[_Draft], has_head: bool) -> None:
    """A lone paragraph with a photo credit is a caption; so is one that says it is (图为…) before a credit."""
    texts = [d for d in body if d.role == "body"]
    for at, draft in enumerate(body):
        text = around.typed[draft.blocks[0]].text
        credited = (
            at + 1 < len(body)
            and body[at + 1].role == "byline"
            and credit_of(around.typed[body[at + 1].blocks[0]].text)
        )
        says_so = text.startswith(("图为", "上图", "下图", "左图", "右图", "图①", "图1", "图一", "图：", "题图"))
        if draft.role == "body" and ((credited and (len(texts) == 1 or says_so)) or (says_so and len(text) < 120)):
            draft.role = "caption"


def _mark_labels(around: Surroundings, body: Sequence[_Draft]) -> None:
    """In a package each part bears a label above its own head: a column's name right above another heading, or one
    that ends in a colon."""
    for at, draft in enumerate(body):
        if draft.role != "heading":
            continue
        text = around.typed[draft.blocks[0]].text
        above_heading = at + 1 < len(body) and body[at + 1].role == "heading"
        if len(text) <= 6 and ((above_heading and is_column_name(text)) or text.endswith("：")):
            draft.role = "label"


def _truncation(around: Surroundings, draft: _Draft) -> Truncation | None:
    """Text known to be missing: running text that stops without closing its sentence, or begins in the middle."""
    if draft.role not in ("body", "caption"):
        return draft.truncation
    last: Block = around.typed[draft.blocks[-1]].block
    phrase = len(draft.blocks) == 1 and around.typed[draft.blocks[-1]].kind == "short" and "，" not in last.text
    first = around.typed[draft.blocks[0]]
    stops = not phrase and not last.ended and last.text.rstrip(CLOSING)[-1:] not in "：；;:"
    tail = draft.truncation in ("tail", "both") or stops
    head = draft.truncation in ("head", "both") or first.text[0] in "，、。；：？！”’）》"
    return "both" if head and tail else "tail" if tail else "head" if head else None


def _planned(text: str, around: Surroundings, draft: _Draft) -> PlannedParagraph:
    spans: list[Span] = []
    joins: list[Join] = []
    for n, b in enumerate(draft.blocks):
        for k, span in enumerate(around.typed[b].block.spans):
            if spans:
                kind, confidence = draft.seams[n - 1] if k == 0 else ("line", LINE_CONFIDENCE)
                joins.append(Join(spans[-1].end, span.start, kind, round(confidence, 4)))
            spans.append(span)
    return PlannedParagraph(draft.role, tuple(spans), tuple(joins), draft.truncation, round(draft.confidence, 4))
