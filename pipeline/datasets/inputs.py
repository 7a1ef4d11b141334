"""The input: which newspaper issues a folder holds, and their pages, decoded; or why not.

Files of one sub-folder are one issue, a file in the root is an issue of its own, a JSONL is cut into issues of 2,000
records. `hash:N` groups all of them into N batches by a hash of their path.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any

from pipeline.datasets.folder import RECORDS_ENDING, FileStamp, Folder
from pipeline.datasets.issue_ids import PART, issue_slug, page_name, path_hash
from pipeline.datasets.page_facts import PAGE_LIST, PageFacts, PageList, facts_of_path, parse_day, read_page_list
from pipeline.datasets.unpack import MAX_PAGE_BYTES, TooLarge, Unreadable, open_file, read_file
from pipeline.text.decode import Undecodable, decode
from pipeline.text.document import Page

MAX_ISSUES = 20_000
RECORDS_PER_ISSUE = 2_000
#: A JSON line may be this long: JSON can write a hanzi, three bytes, as six.
_MAX_LINE = 2 * MAX_PAGE_BYTES + (1 << 20)
_ENDINGS = re.compile(r"(\.txt(\.gz|\.zst)?|\.jsonl)$", re.IGNORECASE)


class TooManyIssues(Exception):  # noqa: N818
    """More issues than Dagster keeps partitions well; the message names the way out."""


@dataclass(frozen=True)
class Source:
    """A file of an issue; of a JSONL, `n_lines` lines from number `first_line` (from 1) at byte `offset`."""

    path: str
    issue_id: str
    first_line: int = 0
    n_lines: int = 0
    offset: int = 0

    @property
    def is_records(self) -> bool:
        return self.n_lines > 0


@dataclass(frozen=True)
class Reject:
    """Something of the input that is not cleaned or not published; `reason` is one of `schemas.REASONS`."""

    issue_id: str
    source: str
    sha256: str | None
    n_bytes: int | None
    reason: str
    detail: str


def list_issues(root: str, batch: str | None = None) -> dict[str, tuple[Source, ...]]:
    """issue_id → its files, in a fixed order. Text files are not read; of a JSONL the lines are counted.

    Raises:
        FileNotFoundError: there is no such folder.
        TooManyIssues: more than `MAX_ISSUES`, and no batch.
        ValueError: `batch` is not `hash:N`.
    """
    folder = Folder(root)
    issues = _grouped(folder, *folder.walk(), batch)
    if len(issues) > MAX_ISSUES:
        raise TooManyIssues(
            f"{len(issues):,} newspaper issues are more than {MAX_ISSUES:,}: give --batch hash:N, which groups them by "
            "a hash of their path (for example --batch hash:1000)"
        )
    return issues


def read_issue(root: str, issue: str | Sequence[Source], batch: str | None = None) -> tuple[list[Page], list[Reject]]:
    """The pages of one issue (its id, or its sources from `list_issues`) and what could not be read.

    Raises:
        FileNotFoundError: the input holds no such issue (any more).
    """
    folder = Folder(root)
    sources = sources_of(root, issue, batch) if isinstance(issue, str) else tuple(issue)
    if not sources:
        raise FileNotFoundError(f"the input {root} holds no issue {issue!r}")
    page_list, seen = read_page_list(root), set[str]()
    pages: list[Page] = []
    rejects: list[Reject] = []
    for source in sources:
        reader = _read_records if source.is_records else _read_page
        for found in reader(folder, source, page_list, hashed=batch is not None, seen=seen):
            (pages if isinstance(found, Page) else rejects).append(found)  # type: ignore[arg-type]
    return pages, rejects


def sources_of(root: str, issue_id: str, batch: str | None = None) -> tuple[Source, ...]:
    """The issue's files as they are now; none if it is not there (any more)."""
    return _sources_of(Folder(root), issue_id, batch)


def unread(root: str, issue_id: str, batch: str | None, detail: str) -> list[Reject]:
    """A reject for every file of an issue that could not be read for a reason that lies outside it."""
    shown = sorted({_shown(source.path) for source in sources_of(root, issue_id, batch)})
    return [Reject(issue_id, path, None, None, "unreadable", detail) for path in shown]


def fingerprint(root: str) -> list[FileStamp]:
    """Path, size and time of every input file, sorted by path."""
    folder = Folder(root)
    return [stamp for path in folder.walk()[0] if (stamp := folder.stamp(path))]


def page_list_warnings(root: str) -> list[str]:
    """What is wrong with `pages.csv`: each warning names file and line."""
    page_list = read_page_list(root)
    if not page_list.lines:
        return list(page_list.warnings)
    known = {_shown(p) for p in Folder(root).walk()[0]}
    records = {p for p in page_list.lines if p.partition("#")[0] in known and p.partition("#")[2].isdecimal()}
    return [*page_list.warnings, *page_list.unknown_paths(known | records)]


def left_alone(root: str, most: int = 8) -> list[str]:
    """A line about the files of the input that are no pages, by ending; nothing if there are none."""
    endings = Counter(_ending(f) for f in Folder(root).others() if f != PAGE_LIST)
    if not endings:
        return []
    often = sorted(endings.items(), key=lambda found: (-found[1], found[0]))
    told = [f"{n:,} {ending}" for ending, n in often[:most]]
    more = ["others"] if len(endings) > most else []
    return [f"{sum(endings.values()):,} files were left alone, as they are no pages: {', '.join(told + more)}"]


def _ending(path: str) -> str:
    """`.jsonl.gz` of `a.b.jsonl.gz`: packed files by what is in them."""
    found = re.search(r"(\.[^./]{1,10})?(\.(?:gz|zst|zip|bz2|xz))?$", path.rpartition("/")[2].lower())
    return (found.group() if found else "") or "without an ending"


# --- which issues ---------------------------------------------------------------------------------------------------


def _grouped(
    folder: Folder, files: Iterable[str], top: set[str], batch: str | None, wanted: str = ""
) -> dict[str, tuple[Source, ...]]:
    """issue_id → sources. `wanted`: the only issue that is asked for; then no other JSONL is counted."""
    n_batches = _batches(batch)
    issues: dict[str, list[Source]] = {}
    for path in files:
        for source in _sources(folder, path, top, wanted):
            if n_batches:
                place = int(path_hash(_batch_key(source)), 16) % n_batches
                source = Source(path, f"batch-{place:04d}", source.first_line, source.n_lines, source.offset)
            issues.setdefault(source.issue_id, []).append(source)
    return {i: tuple(sorted(issues[i], key=_reading_order)) for i in sorted(issues)}


def _batches(batch: str | None) -> int:
    if batch is None:
        return 0
    found = re.fullmatch(r"hash:(\d{1,5})", batch)
    if not found or not 1 <= int(found.group(1)) <= MAX_ISSUES:
        raise ValueError(f"--batch must be hash:N with N from 1 to {MAX_ISSUES:,}, not {batch!r}")
    return int(found.group(1))


def _batch_key(source: Source) -> str:
    """What keeps together stays together: the folder, or the part of a JSONL."""
    parent = source.path.rpartition("/")[0]
    return f"{source.path}#{source.first_line}" if source.is_records else parent or source.path


def _sources(folder: Folder, path: str, top: set[str], wanted: str) -> Iterator[Source]:
    if path.lower().endswith(RECORDS_ENDING):
        stem = path[: -len(RECORDS_ENDING)]
        issue_id = issue_slug(stem, key=path)
        if wanted and not wanted.startswith(issue_id):
            return
        for number, (first_line, n_lines, offset) in enumerate(_record_chunks(folder, path), 1):
            yield Source(path, issue_id if number == 1 else f"{issue_id}-{number:04d}", first_line, n_lines, offset)
    elif "/" in path:
        yield Source(path, issue_slug(path.rpartition("/")[0]))
    else:
        # A file beside a folder of its name, and a packed file, get a hash: the plain name is the folder's.
        stem = _stem(path)
        shared = stem in top or not path.endswith(".txt")
        yield Source(path, issue_slug(stem, key=path if shared else ""))


def _stem(path: str) -> str:
    return _ENDINGS.sub("", path.rpartition("/")[2])


def _reading_order(source: Source) -> tuple[list[tuple[int, int, str]], str, int]:
    """Numbers in names count as numbers: 2.txt stands before 10.txt."""
    parts = re.split(r"([0-9]+)", source.path)
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p], source.path, source.first_line


def _record_chunks(folder: Folder, path: str) -> tuple[tuple[int, int, int], ...]:
    stamp = folder.stamp(path)
    try:
        return _chunks_of(folder.fs, folder.full(path), stamp) if stamp else ((1, 1, 0),)
    except (Unreadable, OSError):
        return ((1, 1, 0),)  # reading it will say why


@lru_cache(maxsize=256)
def _chunks_of(fs: Any, full: str, stamp: FileStamp) -> tuple[tuple[int, int, int], ...]:
    """(first line, lines, byte offset) of every part of a JSONL; counted once while its `stamp` is the same."""
    chunks: list[tuple[int, int, int]] = []
    first, offset, lines, at = 1, 0, 0, 0
    with open_file(fs, full) as stream:
        while block := stream.read(1 << 20):
            start = 0
            while (end := block.find(b"\n", start)) >= 0:
                start, lines = end + 1, lines + 1
                if lines == RECORDS_PER_ISSUE:
                    chunks.append((first, lines, offset))
                    first, offset, lines = first + lines, at + start, 0
            at += len(block)
    if at > offset or not chunks:
        chunks.append((first, lines + 1, offset))
    return tuple(chunks)


#: (input, issue_id) → one of its files, for ids that cannot be turned back; an id always stands for the same path.
_KNOWN: dict[tuple[str, str], str] = {}


def _sources_of(folder: Folder, issue_id: str, batch: str | None) -> tuple[Source, ...]:
    """The issue's files as they are now. The whole input is walked only if nothing else helps: an archive is large."""
    if batch:
        return _grouped(folder, *folder.walk(), batch).get(issue_id, ())
    for files in _likely_files(folder, issue_id):
        beside = {f for f in map(_stem, files) if folder.is_folder(f)} if len(files) == 1 else set()
        found = _grouped(folder, files, beside, None, issue_id).get(issue_id)
        if found:
            return found
    issues = _grouped(folder, *folder.walk(), None)
    _KNOWN.update({(folder.base, i): sources[0].path for i, sources in issues.items()})
    return issues.get(issue_id, ())


def _likely_files(folder: Folder, issue_id: str) -> Iterator[list[str]]:
    """Where the issue's files may be: in the folder its id names, or where they were."""
    yield folder.list_one(issue_id.replace(PART, "/"))
    for path in (f"{issue_id}.txt", _KNOWN.get((folder.base, issue_id))):
        if path and "/" in path:
            yield folder.list_one(path.rpartition("/")[0])
        elif path and folder.stamp(path):
            yield [path]


# --- their pages ----------------------------------------------------------------------------------------------------


def _read_page(
    folder: Folder, source: Source, page_list: PageList, *, hashed: bool, seen: set[str]
) -> Iterator[Page | Reject]:
    """The page of one file."""
    shown, digest, n_bytes = _shown(source.path), None, None
    try:
        data = read_file(folder.fs, folder.full(source.path))
        digest, n_bytes = hashlib.sha256(data).hexdigest(), len(data)
        decoded = decode(data)
    except Unreadable as error:
        yield Reject(source.issue_id, shown, None, None, "unreadable", str(error))
    except TooLarge as error:
        yield Reject(source.issue_id, shown, None, None, "too_large", str(error))
    except Undecodable as error:
        yield Reject(source.issue_id, shown, digest, n_bytes, error.reason, error.detail)
    else:
        plain = source.path.endswith(".txt") and not hashed
        name = page_name(_stem(source.path), key="" if plain else f"{source.path}#1")
        facts = page_list.facts.get(shown, PageFacts()).over(facts_of_path(_ENDINGS.sub("", shown)))
        yield Page(
            f"{source.issue_id}/{name}", decoded.text, source.issue_id, shown, digest, n_bytes, decoded.encoding,
            facts.newspaper, facts.issue_date, facts.page_label,
        )  # fmt: skip


def _read_records(
    folder: Folder, source: Source, page_list: PageList, *, hashed: bool, seen: set[str]
) -> Iterator[Page | Reject]:
    """The pages of one part of a JSONL; a bad line is rejected, the others go on."""
    shown, number, n_records = _shown(source.path), source.first_line, 0
    try:
        with open_file(folder.fs, folder.full(source.path)) as stream:
            for line in _lines(stream, source):
                where = f"{shown}#{number}"
                n_records += line is None or bool(line.strip())
                if line is None:
                    yield Reject(source.issue_id, where, None, None, "too_large", f"line {number} is too long")
                elif line.strip():
                    yield _record(source, number, where, line, page_list, hashed, seen)
                number += 1
    except (Unreadable, OSError) as error:
        said = str(error) if isinstance(error, Unreadable) else error.strerror or str(error)
        yield Reject(source.issue_id, f"{shown}#{number}", None, None, "unreadable", said)
    else:
        if not n_records and source.first_line == 1:
            yield Reject(source.issue_id, shown, None, None, "empty", "no record")


def _lines(stream: IO[bytes], source: Source) -> Iterator[bytes | None]:
    """The lines of this part; None for one that is too long."""
    stream.seek(max(0, source.offset - 1))
    if source.offset and stream.read(1) != b"\n":  # the file changed since it was counted
        stream.seek(0)
        for _ in range(source.first_line - 1):
            _next_line(stream)
    for _ in range(source.n_lines):
        line = _next_line(stream)
        if line == b"":
            return
        yield line


def _next_line(stream: IO[bytes]) -> bytes | None:
    line = stream.readline(_MAX_LINE + 1)
    if len(line) <= _MAX_LINE:
        return line
    while line and not line.endswith(b"\n"):
        line = stream.readline(1 << 20)
    return None


def _record(
    source: Source, number: int, where: str, line: bytes, page_list: PageList, hashed: bool, seen: set[str]
) -> Page | Reject:
    def reject(reason: str, detail: str, data: bytes | None = None) -> Reject:
        digest = hashlib.sha256(data).hexdigest() if data is not None else None
        return Reject(source.issue_id, where, digest, len(data) if data is not None else None, reason, detail)

    try:
        record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        if not isinstance(record, dict):
            return reject("bad_record", f"line {number} is no JSON object")
        text = record.get("text")
        if not isinstance(text, str):
            return reject("bad_record", f"line {number}: `text` is {'missing' if text is None else 'no string'}")
        data = text.encode("utf-8")
    except (ValueError, RecursionError) as error:  # ValueError: JSON and Unicode errors alike
        return reject("bad_record", f"line {number}: {error}")
    if len(data) > MAX_PAGE_BYTES:
        return reject("too_large", f"more than {MAX_PAGE_BYTES:,} bytes")
    try:
        decoded = decode(data)
    except Undecodable as error:
        return reject(error.reason, error.detail, data)
    if decoded.encoding not in ("utf-8", "utf-8-sig"):  # the bytes would also pass for another encoding
        return reject("not_chinese", "letters, but neither hanzi nor Chinese marks", data)
    facts = (
        page_list.facts.get(where, page_list.facts.get(_shown(source.path), PageFacts()))
        .over(_facts_of_record(record))
        .over(facts_of_path(_ENDINGS.sub("", _shown(source.path))))
    )
    return Page(
        f"{source.issue_id}/{_record_name(record, source, number, hashed, seen)}", decoded.text, source.issue_id, where,
        hashlib.sha256(data).hexdigest(), len(data), decoded.encoding, facts.newspaper, facts.issue_date,
        facts.page_label,
    )  # fmt: skip


def _record_name(record: dict[str, Any], source: Source, number: int, hashed: bool, seen: set[str]) -> str:
    own = _word(record.get("id")) or ""
    key = f"{source.path}#{number}" if hashed or not own or own in seen else ""
    seen.add(own)
    return page_name(own, key=key)


def _facts_of_record(record: dict[str, Any]) -> PageFacts:
    day = _word(record.get("date"))
    return PageFacts(_word(record.get("newspaper")), parse_day(day) if day else None, _word(record.get("page")))


def _word(value: object) -> str | None:
    """A string or a whole number, as written; None for anything else, and for what cannot be stored."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    word = str(value).strip().encode("utf-8", "replace").decode()
    return word or None


def _shown(path: str) -> str:
    """A path that can be stored: bytes that are no UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
