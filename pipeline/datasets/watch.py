"""What is new, changed or gone in the input since the last look.

A file counts once it has been still for a moment, so that a half-written one is not read. Its content is hashed only
when size or time changed, so that a look at a large archive is cheap.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.datasets import inputs
from pipeline.datasets.folder import FileStamp, Folder
from pipeline.datasets.page_facts import PAGE_LIST, read_page_list

#: Seconds for which a file must not have changed.
STILL = 5.0
#: Seconds after which a look leaves what it has not read yet for the next one: Dagster gives a sensor a minute.
BUDGET = 25.0
#: In the manifest, beside an issue's files: what was decided about its pages, and what `pages.csv` says of them. No
#: path has such a name.
DECIDED = "\0decided"
LISTED = "\0listed"


class Seen(NamedTuple):
    """A file as it was when its issue was last counted."""

    size: int
    mtime: float
    sha256: str


#: issue_id → path → the file. No files: the issue vanished.
Manifest = dict[str, dict[str, Seen]]


@dataclass(frozen=True)
class Look:
    """Issues by what happened to them, and the manifest to remember. `waiting` issues hold a file that is not still;
    `unread` ones are left for the next look."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    waiting: tuple[str, ...]
    manifest: Manifest
    unread: tuple[str, ...] = ()


def look(
    root: str,
    batch: str | None,
    before: Manifest,
    now: float,
    decided: Mapping[str, str] | None = None,
    budget: float = BUDGET,
) -> Look:
    """Compares the input with what was seen before. `decided`: issue_id → a digest of what people decided about it;
    another digest is a change of the issue. So is another row about its pages in `pages.csv`."""
    folder, stamps = Folder(root), {s.path: s for s in inputs.fingerprint(root)}
    new, changed, waiting, unread = [], [], [], []
    after: Manifest = {}
    listed, deadline = _listed(root, folder, now), time.monotonic() + budget
    issues = inputs.list_issues(root, batch)
    for issue_id, sources in issues.items():
        paths, known = {s.path for s in sources}, before.get(issue_id)
        if any(p not in stamps or abs(now - stamps[p].mtime) < STILL for p in paths):
            waiting.append(issue_id)
            if known is not None:
                after[issue_id] = known
            continue
        if time.monotonic() > deadline and any(_differs(stamps[p], (known or {}).get(p)) for p in paths):
            unread.append(issue_id)
            if known is not None:
                after[issue_id] = known
            continue
        after[issue_id] = {p: _seen(folder, stamps[p], (known or {}).get(p)) for p in sorted(paths)}
        facts = _listed_of(listed, paths, known)
        if facts:
            after[issue_id][LISTED] = facts
        if decided and issue_id in decided:
            after[issue_id][DECIDED] = Seen(0, 0.0, decided[issue_id])
        if known is None:
            new.append(issue_id)
        elif _hashes(known) != _hashes(after[issue_id]):
            changed.append(issue_id)
    gone = tuple(sorted(i for i, files in before.items() if files and i not in issues))
    after.update({i: {} for i in before if i not in issues})  # remembered as empty: should it return, it has changed
    return Look(tuple(new), tuple(changed), gone, tuple(waiting), after, tuple(unread))


def _listed(root: str, folder: Folder, now: float) -> dict[str, str] | None:
    """Path → a digest of what `pages.csv` says of it (and of its records); None while the list is being written."""
    stamp = folder.stamp(PAGE_LIST)
    if stamp and abs(now - stamp.mtime) < STILL:
        return None
    rows: dict[str, list[str]] = {}
    for where, facts in sorted(read_page_list(root).facts.items()):
        path, _, number = where.rpartition("#")
        rows.setdefault(path if path and number.isdecimal() else where, []).append(f"{where}: {facts}")
    return {path: hashlib.sha256("\n".join(lines).encode()).hexdigest() for path, lines in rows.items()}


def _listed_of(listed: Mapping[str, str] | None, paths: Iterable[str], known: Mapping[str, Seen] | None) -> Seen | None:
    if listed is None:
        return (known or {}).get(LISTED)
    shown = (os.fsencode(p).decode("utf-8", "backslashreplace") for p in sorted(paths))
    found = [listed[p] for p in shown if p in listed]
    return Seen(0, 0.0, hashlib.sha256("".join(found).encode()).hexdigest()) if found else None


def _differs(stamp: FileStamp, known: Seen | None) -> bool:
    return known is None or (known.size, known.mtime) != (stamp.size, stamp.mtime)


def _seen(folder: Folder, stamp: FileStamp, known: Seen | None) -> Seen:
    if known and not _differs(stamp, known):
        return known
    digest = hashlib.sha256()
    try:
        with folder.fs.open(folder.full(stamp.path), "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError:
        return Seen(stamp.size, stamp.mtime, "unreadable")
    return Seen(stamp.size, stamp.mtime, digest.hexdigest())


def _hashes(files: Mapping[str, Seen]) -> dict[str, str]:
    return {path: seen.sha256 for path, seen in files.items()}


def pack(value: object) -> str:
    """JSON, small enough for a cursor: a file takes some 60 bytes."""
    return base64.b64encode(zlib.compress(json.dumps(value, ensure_ascii=False).encode())).decode()


def unpack_manifest(packed: object) -> Manifest:
    """The manifest out of a cursor."""
    assert isinstance(packed, dict)
    return {i: {p: Seen(*seen) for p, seen in files.items()} for i, files in packed.items()}


def unpack(text: str | None) -> dict[str, object]:
    """What `pack` packed; nothing for a cursor that is not there or not ours."""
    if not text:
        return {}
    try:
        value = json.loads(zlib.decompress(base64.b64decode(text)))
    except (ValueError, zlib.error):
        return {}
    return value if isinstance(value, dict) else {}
