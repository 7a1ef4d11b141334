"""The decisions of the review: a plain CSV, one line a place, which people may edit by hand.

A decision speaks of one place of one raw text. Where that text has changed the decision no longer counts, and is
reported (`became`): it is never applied to something else.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pipeline.datasets.store import Store, StoreError
from pipeline.text.document import Page
from pipeline.text.verdicts import RULE, Verdict

COLUMNS = (
    "decision", "before", "after", "context", "page_id", "raw_start", "raw_end", "rule", "confidence", "evidence",
    "page_sha256", "decided",
)  # fmt: skip
NEEDED = ("decision", "before", "after", "page_id", "raw_start")
ACCEPTED = frozenset({"accepted", "accept", "yes", "y", "是", "接受"})
REJECTED = frozenset({"rejected", "reject", "no", "n", "否", "拒绝"})
ENDING = ".csv"
MAX_BYTES = 256 * 1024 * 1024
#: A spreadsheet takes a cell that begins so for a formula; such a cell gets a ' before it.
_FORMULA = tuple("=+-@\t\r'")


class DecisionsError(Exception):
    """The file cannot be used; the message says file, line, and what to do."""


@dataclass(frozen=True)
class Decision:
    """One line. `accepted` None: not decided yet. `more`: columns of the user's own; `line`: where it stands."""

    page_id: str
    start: int
    end: int
    before: str
    after: str
    accepted: bool | None
    rule: str = RULE
    confidence: float = 1.0
    evidence: str = ""
    page_sha256: str = ""
    context: str = ""
    decided: str = ""
    more: tuple[tuple[str, str], ...] = ()
    line: int = field(default=0, compare=False)

    @property
    def issue_id(self) -> str:
        return self.page_id.partition("/")[0]

    @property
    def key(self) -> tuple[str, int, int, str]:
        """What was decided about: page, place, and what to read there."""
        return self.page_id, self.start, self.end, self.after

    @property
    def verdict(self) -> Verdict:
        return Verdict(
            self.start, self.end, self.before, self.after, bool(self.accepted), self.rule, self.confidence,
            self.evidence or None,
        )  # fmt: skip

    def objection(self, page: Page) -> str:
        """Why it cannot count on this page; empty if it can."""
        if self.page_sha256 and self.page_sha256 != page.sha256:
            return "the page has changed since"
        if not self.verdict.holds(page.text):
            found = page.text[self.start : self.end][:20]
            return f"the page says {found!r} there, not {self.before[:20]!r}"
        return ""


def decisions_path(output: str, named: str | None = None) -> str:
    """Where an output folder's decisions are: the file that was named, or the one beside the folder.

    >>> decisions_path("/data/cleaned")
    '/data/cleaned.decisions.csv'
    """
    return named or f"{output.rstrip('/')}.decisions{ENDING}"


def verdicts_for(page: Page, decisions: Iterable[Decision]) -> list[Verdict]:
    """The decisions that count on this page as it is."""
    own = (d for d in decisions if d.page_id == page.page_id and d.accepted is not None)
    return [d.verdict for d in own if not d.objection(page)]


def by_issue(decisions: Iterable[Decision]) -> dict[str, tuple[Decision, ...]]:
    """issue_id → its decisions, those not decided yet left out."""
    found: dict[str, list[Decision]] = defaultdict(list)
    for d in decisions:
        if d.accepted is not None:
            found[d.issue_id].append(d)
    return {issue_id: tuple(own) for issue_id, own in found.items()}


def digests(decisions: Iterable[Decision]) -> dict[str, str]:
    """issue_id → a hash of what was decided about its pages."""
    return {
        issue_id: hashlib.sha256(repr([(d.page_id, d.page_sha256, d.verdict) for d in own]).encode()).hexdigest()[:16]
        for issue_id, own in by_issue(decisions).items()
    }


def changed_at(path: str) -> float:
    """When a local file was written last; 0 for one elsewhere, or none."""
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return 0.0


# --- the file -------------------------------------------------------------------------------------------------------


def read_decisions(path: str) -> tuple[Decision, ...]:
    """The decisions in a file (a path or an fsspec URL), in its order; none if there is no such file.

    Raises:
        DecisionsError: the file or a line of it cannot be used.
    """
    fs, full = fsspec.core.url_to_fs(path)
    name = full.rsplit("/", 1)[-1]
    try:
        if not fs.exists(full):
            return ()
        if not fs.isfile(full):
            raise DecisionsError(f"{path} is a folder: name a file, for example {full.rstrip('/')}/decisions.csv")
        if fs.size(full) > MAX_BYTES:
            raise DecisionsError(f"{name} has more than {MAX_BYTES // 2**20} MB")
        data = bytes(fs.cat_file(full))
    except OSError as error:
        raise DecisionsError(f"{path} cannot be read ({error.strerror or error}): make it readable") from error
    return parse_decisions(data, name)


def parse_decisions(data: bytes, name: str = "decisions.csv") -> tuple[Decision, ...]:
    """The decisions out of a file's bytes: UTF-8 with or without a mark, or GB18030 as Excel may write it."""
    text = _decoded(data, name)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    found: list[Decision] = []
    lines: dict[tuple[str, int, int, str], Decision] = {}
    for line, cells in _numbered(rows, name):
        where = f"{name}, line {line}"
        if not any(c.strip() for c in cells):
            continue
        if not header:
            header = _header(cells, where)
            continue
        if len(cells) != len(header):
            raise DecisionsError(
                f"{where}: {len(cells)} cells, the header has {len(header)}: put texts with , in quotes"
            )
        decision = _decision(dict(zip(header, map(_unguarded, cells), strict=True)), where, line)
        other = lines.get(decision.key)
        if other is not None and None not in (other.accepted, decision.accepted):
            if other.accepted is not decision.accepted:
                raise DecisionsError(f"{where}: line {other.line} decides the same otherwise: delete one of them")
            continue
        lines[decision.key] = decision
        found.append(decision)
    return tuple(found)


def _decoded(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DecisionsError(f"{name} is neither UTF-8 nor GB18030: save it as UTF-8 (in Excel: CSV UTF-8)")


def _numbered(rows: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    """The line on which a row ends, and its cells."""
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise DecisionsError(f"{name}, line {rows.line_num}: no line of a CSV ({error})") from None
        yield rows.line_num, cells


def _header(cells: Sequence[str], where: str) -> list[str]:
    header = [_unguarded(c.strip()) for c in cells]
    missing = [c for c in NEEDED if c not in header]
    if missing:
        raise DecisionsError(f"{where}: the header has no column {missing[0]!r}; needed are {', '.join(NEEDED)}")
    if len(set(header)) < len(header):
        raise DecisionsError(f"{where}: a column stands twice in the header")
    return header


def _decision(row: Mapping[str, str], where: str, line: int) -> Decision:
    said = row["decision"].strip().lower()
    if said and said not in ACCEPTED | REJECTED:
        raise DecisionsError(f"{where}: decision is accepted, rejected or empty, not {row['decision']!r}")
    start = _offset(row["raw_start"], "raw_start", where)
    before, after = row["before"], row["after"]
    end = _offset(row["raw_end"], "raw_end", where) if row.get("raw_end", "").strip() else start + len(before)
    if end - start != len(before):
        raise DecisionsError(
            f"{where}: {before!r} has {len(before)} characters, but {start} to {end} are {end - start}"
        )
    if before == after:
        raise DecisionsError(f"{where}: before and after are the same, {before!r}")
    if not row["page_id"].strip():
        raise DecisionsError(f"{where}: page_id is empty; it stands in the tables, for example evening/01")
    return Decision(
        page_id=row["page_id"].strip(),
        start=start,
        end=end,
        before=before,
        after=after,
        accepted=None if not said else said in ACCEPTED,
        rule=row.get("rule", "").strip() or RULE,
        confidence=_share(row.get("confidence", ""), where),
        evidence=row.get("evidence", ""),
        page_sha256=row.get("page_sha256", "").strip().lower(),
        context=row.get("context", ""),
        decided=row.get("decided", ""),
        more=tuple((name, cell) for name, cell in row.items() if name not in COLUMNS),
        line=line,
    )


def _offset(cell: str, column: str, where: str) -> int:
    if not (cell.strip().isascii() and cell.strip().isdecimal() and len(cell.strip()) < 12):
        raise DecisionsError(f"{where}: {column} is a whole number, not {cell!r}")
    return int(cell)


def _share(cell: str, where: str) -> float:
    try:
        value = float(cell) if cell.strip() else 1.0
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise DecisionsError(f"{where}: confidence is a number from 0 to 1, not {cell!r}")
    return value


def format_decisions(decisions: Sequence[Decision]) -> bytes:
    """The file's bytes: UTF-8 with a mark, so that spreadsheets read it right."""
    own = list(dict.fromkeys(name for d in decisions for name, _ in d.more))
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow([*COLUMNS, *map(_guarded, own)])
    for d in decisions:
        said = "" if d.accepted is None else "accepted" if d.accepted else "rejected"
        more = dict(d.more)
        cells = (
            said, d.before, d.after, d.context, d.page_id, str(d.start), str(d.end), d.rule,
            f"{d.confidence:.4f}".rstrip("0").rstrip("."), d.evidence, d.page_sha256, d.decided,
            *(more.get(name, "") for name in own),
        )  # fmt: skip
        writer.writerow([_guarded(c) for c in cells])
    return sink.getvalue().encode("utf-8-sig")


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def write_decisions(path: str, decisions: Sequence[Decision]) -> None:
    """Writes the file whole or not at all; a link is followed.

    Raises:
        OSError: it cannot be written; the old file is still there.
    """
    content = format_decisions(decisions)
    fs, full = fsspec.core.url_to_fs(path)
    if not isinstance(fs, LocalFileSystem):
        fs.pipe_file(full, content)
        return
    target = Path(full).resolve()
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with draft.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


# --- what became of them --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """What the published tables made of the decisions. `problems` name line, place and reason."""

    accepted: int = 0
    rejected: int = 0
    undecided: int = 0
    problems: tuple[str, ...] = ()


def became(output: str, decisions: Sequence[Decision], name: str = "decisions.csv") -> Account:
    """Compares the decisions with the published tables `pages` and `edits`."""
    store, problems = Store(output), []
    counts = {True: 0, False: 0}
    for issue_id, own in sorted(by_issue(decisions).items()):
        pages, edits = _published(store, issue_id)
        for d in own:
            why = _unheeded(d, pages.get(d.page_id), edits.get(d.page_id, []))
            if why:
                said = "accepted" if d.accepted else "rejected"
                place = f"{d.before[:20] or 'nothing'} → {d.after[:20] or 'nothing'} at {d.start} of {d.page_id}"
                problems.append(f"{name}, line {d.line}: {said} {place} does not count: {why}")
            else:
                counts[bool(d.accepted)] += 1
    return Account(counts[True], counts[False], sum(d.accepted is None for d in decisions), tuple(problems))


def _published(store: Store, issue_id: str) -> tuple[dict[str, Page], dict[str, list[dict[str, Any]]]]:
    """The issue's pages and edits by page; nothing for an issue that is not there."""
    try:
        pages = store.read("pages", issue_id, ["page_id", "sha256", "text"]).to_pylist()
        columns = ["page_id", "raw_start", "raw_end", "after", "status"]
        rows = store.read("edits", issue_id, columns).to_pylist()
    except (StoreError, ValueError):
        return {}, {}
    edits: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for r in rows:
        edits[r["page_id"]].append(r)
    return {p["page_id"]: Page(p["page_id"], p["text"], sha256=p["sha256"]) for p in pages}, edits


def _unheeded(d: Decision, page: Page | None, edits: Sequence[Mapping[str, Any]]) -> str:
    """Why the tables do not honour the decision; empty if they do."""
    if page is None:
        return "there is no such page"
    if objection := d.objection(page):
        return objection
    if d.accepted:
        held = (e for e in edits if e["raw_start"] <= d.start and d.end <= e["raw_end"] and d.after in e["after"])
        if any(e["status"] == "accepted" for e in held):
            return ""
        return "it overlaps another accepted one, or its place is in no text"
    if any(e["status"] == "rejected" and (e["raw_start"], e["raw_end"], e["after"]) == d.key[1:] for e in edits):
        return ""
    return "the page was not published"
