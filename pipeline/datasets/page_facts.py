"""What is known of a page besides its text: newspaper, day and page label, from its path or from `pages.csv`.

Nothing is guessed: what does not clearly say so stays None.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import fsspec

from pipeline.datasets.unpack import TooLarge, Unreadable, read_file

PAGE_LIST = "pages.csv"
COLUMNS = ("path", "newspaper", "date", "page")
#: A million rows or so.
MAX_LIST_BYTES = 64 * 1024 * 1024

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{4})(\d{2})(\d{2})")
_NUMBERED = re.compile(r"第?([A-Za-z]{0,2}\d{1,3})版?")
_NAMED = re.compile(r"[\u4e00-\u9fff]{2,8}")


@dataclass(frozen=True)
class PageFacts:
    """Unknown facts are None."""

    newspaper: str | None = None
    issue_date: date | None = None
    page_label: str | None = None

    def over(self, other: PageFacts) -> PageFacts:
        """These facts, and those of `other` where these are unknown."""
        return PageFacts(
            self.newspaper or other.newspaper, self.issue_date or other.issue_date, self.page_label or other.page_label
        )


@dataclass(frozen=True)
class PageList:
    """The rows of `pages.csv` by path, and what is wrong with it (each with file and line)."""

    facts: dict[str, PageFacts] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def unknown_paths(self, known: Container[str]) -> list[str]:
        """A warning for every row whose path is no page of the input."""
        return [
            f"{PAGE_LIST}, line {n}: there is no page {path!r}" for path, n in self.lines.items() if path not in known
        ]


def parse_day(text: str) -> date | None:
    """A day written as 2025-12-26 or 20251226.

    >>> parse_day("20251226"), parse_day("2025-13-01")
    (datetime.date(2025, 12, 26), None)
    """
    found = _DAY.fullmatch(text.strip())
    if not found:
        return None
    year, month, day = (int(g) for g in found.groups() if g)
    try:
        return date(year, month, day) if 1800 <= year <= 2200 else None
    except ValueError:
        return None


def facts_of_path(path: str) -> PageFacts:
    """What a relative path without its endings says.

    >>> facts_of_path("tianjin-daily/2025-12-26/04")
    PageFacts(newspaper='tianjin-daily', issue_date=datetime.date(2025, 12, 26), page_label='04')
    >>> facts_of_path("scans/04")
    PageFacts(newspaper=None, issue_date=None, page_label=None)
    """
    *folders, stem = path.split("/")
    day = parse_day(folders[-1]) if folders else None
    if day:
        return PageFacts(folders[-2] if len(folders) > 1 else None, day, _label(stem))
    return PageFacts(issue_date=parse_day(stem))


def _label(stem: str) -> str | None:
    numbered = _NUMBERED.fullmatch(stem)
    if numbered:
        return numbered.group(1)
    return stem if _NAMED.fullmatch(stem) else None


def read_page_list(root: str) -> PageList:
    """`pages.csv` of the input folder; without one, an empty list. Never fails: what is wrong becomes a warning."""
    fs, base = fsspec.core.url_to_fs(root)
    path = f"{base.rstrip('/')}/{PAGE_LIST}"
    try:
        info = fs.info(path)
    except OSError:
        return PageList()
    stamp = (info.get("size"), str(info.get("mtime") or info.get("LastModified") or info.get("created")))
    return _read_page_list(fs, path, stamp)


@lru_cache(maxsize=4)
def _read_page_list(fs: Any, path: str, stamp: object) -> PageList:
    """Read once while its `stamp` (size and time) stays the same, however many issues ask."""
    try:
        data = read_file(fs, path, MAX_LIST_BYTES)
    except (Unreadable, TooLarge) as error:
        return PageList(warnings=(f"{PAGE_LIST} cannot be read: {error}",))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return _parsed(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    return PageList(warnings=(f"{PAGE_LIST} is neither UTF-8 nor GB18030",))


def _parsed(text: str) -> PageList:
    facts: dict[str, PageFacts] = {}
    lines: dict[str, int] = {}
    warnings: list[str] = []
    reader = csv.reader(io.StringIO(text, newline=""))
    rows = _rows(reader, warnings)
    header = [c.strip() for c in next(rows, (0, []))[1]]
    if "path" not in header:
        return PageList(warnings=(f"{PAGE_LIST}, line 1: no column `path`; expected {','.join(COLUMNS)}",))
    warnings += [f"{PAGE_LIST}, line 1: unknown column {c!r}" for c in header if c not in COLUMNS]
    warnings += [f"{PAGE_LIST}, line 1: no column {c!r}" for c in COLUMNS if c not in header]
    for line, cells in rows:
        if not any(c.strip() for c in cells):
            continue
        if len(cells) != len(header):
            warnings.append(f"{PAGE_LIST}, line {line}: {len(cells)} cells, {len(header)} expected")
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        path = row.get("path", "").replace("\\", "/").removeprefix("./")
        day = parse_day(row.get("date", ""))
        if row.get("date") and day is None:
            warnings.append(f"{PAGE_LIST}, line {line}: {row['date']!r} is no date like 2025-12-26")
        if not path or path in facts:
            warnings.append(f"{PAGE_LIST}, line {line}: {'path repeated' if path else 'no path'}")
            continue
        facts[path] = PageFacts(row.get("newspaper") or None, day, row.get("page") or None)
        lines[path] = line
    return PageList(facts, lines, tuple(warnings))


def _rows(reader: Any, warnings: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells; what the csv module cannot read ends the list with a warning."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            warnings.append(f"{PAGE_LIST}, line {reader.line_num}: {error}")
            return
        yield reader.line_num, cells
