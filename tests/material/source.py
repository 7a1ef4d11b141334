"""Reading a `.page` file: what an invented page truly says, and how it is to be damaged.

A page is written in reading order; what the layout engine made of it is said by marks in the text and one `layout`
line. The head of the file holds `key: value` lines up to a line of dashes:

    paper, note        free text
    lines              blank (a blank line after every line) | tight | blocks (blank lines between chunks only)
    wrap, indent       column width in cells (absent: no wrapping); full-width spaces before a paragraph
    kinsoku            yes: no mark opens a wrapped line, numbers are not broken
    marks              half | full | mixed: how the dump prints ，：；？！（）
    digits             full: numbers are printed full-width
    people, places     names that the generator may change; places are invented ones only
    layout             chunks in the order of the dump; `d1+a3B` prints two chunks on one line

Then blocks: `[a1] by=张三,李四 dateline=本报讯 from=1 to=4 photo notice group=x` is an article, `[f1] furniture`
page furniture, `[d1] copy=tag kind=exact|near|blend` a repeat of the paragraph tagged `P#tag`, with `sub 旧=新`
lines for what differs, and `upto 字句` where a copy breaks off. The lines of an article begin with their role:

    L label  K kicker  H headline  S subhead  B byline  P body  X heading  C caption  M marker  F furniture

In a text `|` is a line break of the dump, `<A>` begins chunk A of the article (also alone on a line, between two
paragraphs), `{错=对}` prints a wrong character, `{错=对@全名}` one in a name, `{勢=势!}` a leaked traditional form,
and a final `~` says that the text breaks off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROLES = {
    "L": "label",
    "K": "kicker",
    "H": "headline",
    "S": "subhead",
    "B": "byline",
    "P": "body",
    "X": "heading",
    "C": "caption",
    "M": "marker",
    "F": "furniture",
}
_LINE = re.compile(r"([LKHSBPXCMF])(?:#(\w+))? (.+)")
_MARK = re.compile(r"<([A-Z])>|\{(.)=(.)(!|@[^}]+)?\}|(\|)|(~)$")


class SourceError(ValueError):
    """The `.page` file does not say what it must."""


@dataclass(frozen=True)
class Misprint:
    """A wrong character at `at` of its segment's true text."""

    at: int
    wrong: str
    right: str
    kind: str  # name | text | variant
    name: str | None = None


@dataclass
class Segment:
    """A paragraph of an article: its true text and what the dump does to it."""

    role: str
    text: str
    tag: str | None = None
    breaks: list[int] = field(default_factory=list)  # line breaks of the dump
    cuts: list[tuple[int, str]] = field(default_factory=list)  # (offset, chunk that begins there)
    misprints: list[Misprint] = field(default_factory=list)
    truncated: bool = False


@dataclass
class Story:
    """An article."""

    key: str
    options: dict[str, str]
    segments: list[Segment] = field(default_factory=list)
    chunk_of: list[str] = field(default_factory=list)  # for every segment the chunk in which it begins


@dataclass(frozen=True)
class Repeat:
    """A copy of the paragraph `of`: the text that the dump prints."""

    key: str
    of: str
    kind: str
    changes: tuple[tuple[str, str], ...] = ()
    upto: str | None = None


@dataclass
class PageSource:
    """All of one `.page` file."""

    name: str
    category: str
    settings: dict[str, str]
    stories: list[Story]
    repeats: list[Repeat]
    furniture: dict[str, list[str]]

    @property
    def layout(self) -> list[list[str]]:
        """The chunks in the order of the dump; those of one inner list share a line."""
        if "layout" in self.settings:
            return [token.split("+") for token in self.settings["layout"].split()]
        return [[key] for key in [*self.furniture, *(s.key for s in self.stories)]]


def parse_text(raw: str, role: str, tag: str | None = None) -> Segment:
    """One line of a source file, its marks taken out."""
    segment = Segment(role, "", tag)
    parts: list[str] = []
    length = at = 0
    for m in _MARK.finditer(raw):
        parts.append(raw[at : m.start()])
        length += m.start() - at
        at = m.end()
        chunk, wrong, right, extra, line_break, stop = m.groups()
        if chunk:
            segment.cuts.append((length, chunk))
        elif right:
            kind = "name" if extra and extra[0] == "@" else "variant" if extra else "text"
            segment.misprints.append(Misprint(length, wrong, right, kind, extra[1:] if kind == "name" else None))
            parts.append(right)
            length += 1
        elif line_break:
            segment.breaks.append(length)
        elif stop:
            segment.truncated = True
    segment.text = "".join([*parts, raw[at:]])
    return segment


def _options(words: list[str]) -> dict[str, str]:
    return {k: v for k, _, v in (w.partition("=") for w in words)}


def _read_story(key: str, options: dict[str, str], lines: list[str]) -> Story:
    story, chunk = Story(key, options), key
    for line in lines:
        if re.fullmatch(r"<[A-Z]>", line):
            chunk = key + line[1]
            continue
        m = _LINE.fullmatch(line)
        if not m:
            raise SourceError(f"{key}: cannot read {line[:30]!r}")
        segment = parse_text(m[3], ROLES[m[1]], m[2])
        story.segments.append(segment)
        story.chunk_of.append(chunk)
        if segment.cuts:
            chunk = key + segment.cuts[-1][1]
    return story


def parse(text: str, name: str, category: str) -> PageSource:
    """Read a source file's text."""
    head, _, body = text.partition("\n----\n")
    settings = {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in head.splitlines() if line)}
    page = PageSource(name, category, settings, [], [], {})
    blocks: list[tuple[str, dict[str, str], list[str]]] = []
    for line in filter(None, map(str.strip, body.splitlines())):
        if m := re.fullmatch(r"\[(\w+)\](.*)", line):
            blocks.append((m[1], _options(m[2].split()), []))
        elif blocks:
            blocks[-1][2].append(line)
        else:
            raise SourceError(f"{name}: text before the first block")
    for key, options, lines in blocks:
        if "furniture" in options:
            page.furniture[key] = [line.removeprefix("F ") for line in lines]
        elif "copy" in options:
            pairs = [line[4:].partition("=") for line in lines if line.startswith("sub ")]
            ends = [line[5:] for line in lines if line.startswith("upto ")]
            changes = tuple((a, b) for a, _, b in pairs)
            page.repeats.append(Repeat(key, options["copy"], options["kind"], changes, ends[0] if ends else None))
        else:
            page.stories.append(_read_story(key, options, lines))
    return page


def read_source(path: Path) -> PageSource:
    """Read a source file; its folder's name is the page's category."""
    return parse(path.read_text(encoding="utf-8"), path.stem, path.parent.name)
