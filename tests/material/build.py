"""Lay the invented pages out: `<page>.page` → `<page>.txt` and `<page>.gold.json`, always the same bytes.

    python -m tests.material.build [--check]

The gold has the form of the development pages (`articles`, `duplicates`, `orphans`, `errors`; offsets are code points,
half-open) and some fields more: `category`, `people` and `places` (what the generator may rename), and for an article
`kind`, `section`, `group` (blocks that must stay together). Building asserts the gold against the dump.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .printing import folded, is_blank, line_ends, printed
from .source import PageSource, Repeat, Segment, SourceError, Story, read_source

PAGES = Path(__file__).resolve().parent.parent / "pages"
CATEGORIES = ("in_the_wild", "synthetic", "negative", "known_failures")
HEAD_ROLES = ("label", "kicker", "headline", "subhead", "byline", "marker", "heading")

Json = dict[str, Any]
Owner = tuple[str, int]  # (article, repeat or furniture key, number of the segment)


@dataclass(frozen=True)
class Char:
    """A character to be printed, and the place in a segment's true text that it stands for."""

    char: str
    owner: Owner
    at: int


@dataclass
class Printed:
    """A paragraph of the dump: one or several lines."""

    role: str
    lines: list[list[Char]]
    indent: int = 0


@dataclass
class Dump:
    """The dump as it grows, and where every true character has come to stand."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    places: dict[Owner, dict[int, int]] = field(default_factory=dict)

    def write(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def put(self, char: Char, shown: str) -> None:
        self.places.setdefault(char.owner, {})[char.at] = self.length
        self.write(shown)


def compress(positions: list[int], keep: set[int] | None = None) -> list[list[int]]:
    """Offsets in reading order → half-open spans; `keep`: offsets before which a span must end."""
    spans: list[list[int]] = []
    for p in positions:
        if spans and spans[-1][1] == p and not (keep and p in keep):
            spans[-1][1] = p + 1
        else:
            spans.append([p, p + 1])
    return spans


def nearest(numbers: Iterable[int], wanted: int) -> int:
    """The number nearest to `wanted`, the smaller of two."""
    return min(numbers, key=lambda n: (abs(n - wanted), n))


class Builder:
    """One page on its way from source to dump."""

    def __init__(self, source: PageSource) -> None:
        self.source = source
        s = source.settings
        self.width, self.indent = int(s.get("wrap", 0)), int(s.get("indent", 0))
        self.kinsoku = s.get("kinsoku") == "yes"
        self.tagged = {
            g.tag: (story.key, n, g) for story in source.stories for n, g in enumerate(story.segments) if g.tag
        }
        self.dump = Dump()
        self.chance = random.Random(f"{source.name}/marks")

    def chunks(self) -> dict[str, list[Printed]]:
        """Every chunk's paragraphs, as they will be printed."""
        found: dict[str, list[Printed]] = {}
        for story in self.source.stories:
            for n, segment in enumerate(story.segments):
                for chunk, paragraph in self.paragraphs(story, n, segment):
                    found.setdefault(chunk, []).append(paragraph)
        for repeat in self.source.repeats:
            found[repeat.key] = [self.copy(repeat)]
        for key, lines in self.source.furniture.items():
            found[key] = [
                Printed("furniture", [[Char(c, (key, n), i) for i, c in enumerate(line)]])
                for n, line in enumerate(lines)
            ]
        return found

    def paragraphs(self, story: Story, number: int, segment: Segment) -> list[tuple[str, Printed]]:
        """A segment as the dump prints it: in one paragraph, or in several that stand in different chunks."""
        shown = list(segment.text)
        for m in segment.misprints:
            shown[m.at] = m.wrong
        chars = [Char(c, (story.key, number), i) for i, c in enumerate(shown)]
        breaks, cuts = list(segment.breaks), list(segment.cuts)
        indent = self.indent if segment.role in ("body", "caption") else 0
        if self.width and segment.role in ("body", "caption"):
            breaks = line_ends(segment.text, self.width, indent, self.kinsoku)
            if breaks:  # a column ends with a full line
                cuts = [(nearest(breaks, at) if at else 0, c) for at, c in cuts]
        found, chunk, start = [], story.chunk_of[number], 0
        for end, next_chunk in [*cuts, (len(chars), "")]:
            if end > start:
                edges = [start, *(b for b in breaks if start < b < end), end]
                lines = [chars[a:b] for a, b in itertools.pairwise(edges)]
                found.append((chunk, Printed(segment.role, lines, indent if start == 0 else 0)))
            chunk, start = story.key + next_chunk, end
        return found

    def copied(self, repeat: Repeat) -> tuple[str, int]:
        """The text that a copy shows, and how much of the original it covers."""
        _, _, segment = self.tagged[repeat.of]
        text = segment.text
        covered = len(text)
        if repeat.upto:
            covered = text.index(repeat.upto) + len(repeat.upto)
            text = text[:covered]
        for old, new in repeat.changes:
            if old not in text:
                raise SourceError(f"{repeat.key}: no {old} in the copied paragraph")
            text = text.replace(old, new, 1)
        return text, covered

    def copy(self, repeat: Repeat) -> Printed:
        text, _ = self.copied(repeat)
        chars = [Char(c, (repeat.key, 0), i) for i, c in enumerate(text)]
        edges = [0, *(line_ends(text, self.width, self.indent, self.kinsoku) if self.width else []), len(text)]
        return Printed("body", [chars[a:b] for a, b in itertools.pairwise(edges)], self.indent)

    def raw(self) -> str:
        """Print all chunks in the order of the layout."""
        chunks, style = self.chunks(), self.source.settings.get("lines", "blank")
        order = self.source.layout
        named = [key for token in order for key in token]
        if sorted(named) != sorted(chunks):
            raise SourceError(f"layout: {sorted(set(chunks) ^ set(named)) or 'a chunk twice'}")
        for n, token in enumerate(order):
            if n:
                self.dump.write("\n\n" if style in ("blank", "blocks") else "\n")
            paragraphs = list(chunks[token[0]])
            for key in token[1:]:
                first, rest = chunks[key][0], chunks[key][1:]
                joined = Printed(
                    first.role,
                    [*paragraphs[-1].lines[:-1], paragraphs[-1].lines[-1] + first.lines[0], *first.lines[1:]],
                )
                paragraphs = [*paragraphs[:-1], joined, *rest]
            self.print_paragraphs(paragraphs, style)
        return "".join(self.dump.parts)

    def print_paragraphs(self, paragraphs: list[Printed], style: str) -> None:
        s = self.source.settings
        for n, paragraph in enumerate(paragraphs):
            if n:
                self.dump.write("\n\n" if style == "blank" else "\n")
            self.dump.write("　" * paragraph.indent)
            loose = style == "blank" and not self.width and paragraph.role not in HEAD_ROLES
            for k, line in enumerate(paragraph.lines):
                if k:
                    self.dump.write("\n\n" if loose else "\n")
                for char in line:
                    self.dump.put(char, printed(char.char, s.get("marks", "half"), s.get("digits", ""), self.chance))

    def spans(self, owner: Owner, start: int = 0, end: int | None = None) -> list[list[int]]:
        """Where a segment stands, in reading order."""
        where = self.dump.places[owner]
        return compress([where[i] for i in sorted(where) if i >= start and (end is None or i < end)])

    def gold(self, raw: str) -> Json:
        """The page's gold. Must be asked after `raw`."""
        s = self.source.settings
        articles = [self.article_gold(story) for story in self.source.stories]
        return {
            "page": self.source.name,
            "category": self.source.category,
            "paper": s.get("paper", ""),
            "style": "wrapped" if self.width else "seed" if s.get("lines", "blank") == "blank" else "tight",
            "halfwidth": {"half": "all", "mixed": "mixed", "full": "none"}[s.get("marks", "half")],
            "width": self.width,
            "n_chars": len(raw),
            "raw_sha256": hashlib.sha256(raw.encode()).hexdigest(),
            "people": s.get("people", "").split(),
            "places": s.get("places", "").split(),
            "articles": articles,
            "duplicates": [self.duplicate_gold(r) for r in self.source.repeats],
            "orphans": [
                {"raw_spans": self.spans((key, n)), "text": line}
                for key, lines in self.source.furniture.items()
                for n, line in enumerate(lines)
            ],
            "errors": sorted(
                (
                    self.error_gold(story, n, m)
                    for story in self.source.stories
                    for n, g in enumerate(story.segments)
                    for m in g.misprints
                ),
                key=lambda e: e["raw_pos"],
            ),
        }

    def article_gold(self, story: Story) -> Json:
        o = story.options
        segments: list[Json] = []
        for n, g in enumerate(story.segments):
            spans = self.spans((story.key, n))
            blended = {c for token in self.source.layout for c in token[1:]}
            swallowed = []
            for at, chunk in g.cuts:
                if story.key + chunk in blended:
                    later = [x for x, _ in g.cuts if x > at]
                    swallowed += self.spans((story.key, n), at, later[0] if later else None)
            segments.append(
                {"role": g.role, "text": g.text, "raw_spans": spans, "truncated": g.truncated, "from_blend": swallowed}
            )
        heads = [x["raw_spans"][0][0] for x in segments if x["role"] == "headline"]
        bodies = [x["raw_spans"][0][0] for x in segments if x["role"] == "body"]
        kind = "photo" if "photo" in o else "notice" if "notice" in o else "continuation" if "from" in o else "news"
        return {
            "id": story.key,
            "authors": [a for a in o.get("by", "").split(",") if a],
            "dateline": o.get("dateline", ""),
            "kind": kind,
            "section": " / ".join(g.text for g in self.leading_labels(story)) or None,
            "truncated": any(g.truncated for g in story.segments),
            "continued_from": o.get("from"),
            "continued_to": o.get("to"),
            "body_first": bool(heads and bodies and bodies[0] < heads[0]),
            "photo": "photo" in o,
            "group": o.get("group"),
            "headline": "".join(g.text for g in story.segments if g.role == "headline"),
            "segments": segments,
        }

    @staticmethod
    def leading_labels(story: Story) -> list[Segment]:
        """The labels over the headline; those of a package's parts stand after its body has begun."""
        body = next((n for n, g in enumerate(story.segments) if g.role in ("body", "caption")), len(story.segments))
        return [g for g in story.segments[:body] if g.role == "label"]

    def duplicate_gold(self, repeat: Repeat) -> Json:
        key, number, _ = self.tagged[repeat.of]
        _, covered = self.copied(repeat)
        return {
            "raw_spans": self.spans((repeat.key, 0)),
            "kind": repeat.kind,
            "of": [key, number],
            "covers": [0, covered],
            "peer_spans": self.spans((key, number), 0, covered),
        }

    def error_gold(self, story: Story, number: int, m: Any) -> Json:
        error = {
            "raw_pos": self.dump.places[story.key, number][m.at],
            "wrong": m.wrong,
            "right": m.right,
            "kind": m.kind,
            "article": story.key,
        }
        return error | {"name": m.name} if m.name else error


def check_gold(raw: str, gold: Json) -> None:
    """Every segment's spans rendered are its text; every character that is not blank has exactly one place."""
    right = {e["raw_pos"]: e for e in gold["errors"]}
    owner: dict[int, str] = {}
    records = [(a["id"], s) for a in gold["articles"] for s in a["segments"]]
    records += [("orphan", o) for o in gold["orphans"]] + [("duplicate", d) for d in gold["duplicates"]]
    for name, record in records:
        at = [i for start, end in record["raw_spans"] for i in range(start, end)]
        for i in at:
            if i in owner:
                raise AssertionError(f"{gold['page']}: offset {i} is in {owner[i]} and in {name}")
            owner[i] = name
        printed_text = "".join(raw[i] for i in at)
        shown = "".join(right[i]["right"] if i in right else raw[i] for i in at)
        if "text" in record and folded(record["text"]) not in (folded(shown), folded(printed_text)):
            raise AssertionError(f"{gold['page']}: {name} reads {shown[:40]!r}, not {record['text'][:40]!r}")
        for start, end in record["raw_spans"]:
            if "\n" in raw[start:end] or not raw[start:end].strip():
                raise AssertionError(f"{gold['page']}: span {start}-{end} of {name} crosses a line or is blank")
    lost = [i for i, c in enumerate(raw) if not is_blank(c) and i not in owner]
    if lost:
        raise AssertionError(f"{gold['page']}: {len(lost)} characters have no place, first {raw[lost[0] :][:10]!r}")
    for e in gold["errors"]:
        if raw[e["raw_pos"]] != e["wrong"]:
            raise AssertionError(f"{gold['page']}: {raw[e['raw_pos']]} at {e['raw_pos']}, not {e['wrong']}")
    if (gold["n_chars"], gold["raw_sha256"]) != (len(raw), hashlib.sha256(raw.encode()).hexdigest()):
        raise AssertionError(f"{gold['page']}: length or hash")


def build_page(source: PageSource) -> tuple[str, Json]:
    """(the dump, its gold)"""
    builder = Builder(source)
    raw = builder.raw()
    gold = builder.gold(raw)
    check_gold(raw, gold)
    return raw, gold


def dump_gold(gold: Json) -> str:
    """The gold as JSON that people can read and diff: a line for every segment, copy, error."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    def article(a: Json) -> str:
        head = line({k: v for k, v in a.items() if k != "segments"})[:-1]
        return f'  {head}, "segments": [\n' + ",\n".join(f"   {line(s)}" for s in a["segments"]) + "\n  ]}"

    rows = []
    for key, value in gold.items():
        if key == "articles":
            rows.append(f" {line(key)}: [\n" + ",\n".join(map(article, value)) + "\n ]")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            rows.append(f" {line(key)}: [\n" + ",\n".join(f"  {line(v)}" for v in value) + "\n ]")
        else:
            rows.append(f" {line(key)}: {line(value)}")
    return "{\n" + ",\n".join(rows) + "\n}\n"


def source_paths() -> list[Path]:
    """All `.page` files."""
    return [p for c in CATEGORIES for p in sorted((PAGES / c).glob("*.page"))]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a built file differs")
    args = parser.parse_args(argv)
    stale = 0
    for path in source_paths():
        try:
            raw, gold = build_page(read_source(path))
        except (SourceError, AssertionError, KeyError, ValueError) as error:
            print(f"{path.name}: {error!r}")
            stale += 1
            continue
        for file, text in ((path.with_suffix(".txt"), raw), (path.with_suffix(".gold.json"), dump_gold(gold))):
            data = text.encode()
            if not file.exists() or file.read_bytes() != data:
                if args.check:
                    print(f"{file.name} differs")
                    stale += 1
                else:
                    file.write_bytes(data)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
