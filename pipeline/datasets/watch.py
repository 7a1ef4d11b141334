"""What is new, changed or gone in the input since the last look.

A file counts once it has been still for a moment, so that a half-written one is not read. Its content is hashed only
when size or time changed, so that a look at a large archive is cheap.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.datasets import inputs
from pipeline.datasets.folder import FileStamp, Folder

#: Seconds for which a file must not have changed.
STILL = 5.0
#: In the manifest, beside an issue's files: what was decided about its pages. No path has such a name.
DECIDED = "\0decided"


class Seen(NamedTuple):
    """A file as it was when its issue was last counted."""

    size: int
    mtime: float
    sha256: str


#: issue_id → path → the file. No files: the issue vanished.
Manifest = dict[str, dict[str, Seen]]


@dataclass(frozen=True)
class Look:
    """Issues by what happened to them, and the manifest to remember. `waiting` issues hold a file that is not still."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    waiting: tuple[str, ...]
    manifest: Manifest


def look(root: str, batch: str | None, before: Manifest, now: float, decided: Mapping[str, str] | None = None) -> Look:
    """Compares the input with what was seen before. `decided`: issue_id → a digest of what people decided about it;
    another digest is a change of the issue."""
    folder, stamps = Folder(root), {s.path: s for s in inputs.fingerprint(root)}
    new, changed, waiting = [], [], []
    after: Manifest = {}
    issues = inputs.list_issues(root, batch)
    for issue_id, sources in issues.items():
        paths, known = {s.path for s in sources}, before.get(issue_id)
        if any(p not in stamps or abs(now - stamps[p].mtime) < STILL for p in paths):
            waiting.append(issue_id)
            if known is not None:
                after[issue_id] = known
            continue
        after[issue_id] = {p: _seen(folder, stamps[p], (known or {}).get(p)) for p in sorted(paths)}
        if decided and issue_id in decided:
            after[issue_id][DECIDED] = Seen(0, 0.0, decided[issue_id])
        if known is None:
            new.append(issue_id)
        elif _hashes(known) != _hashes(after[issue_id]):
            changed.append(issue_id)
    gone = tuple(sorted(i for i, files in before.items() if files and i not in issues))
    after.update({i: {} for i in before if i not in issues})  # remembered as empty: should it return, it has changed
    return Look(tuple(new), tuple(changed), gone, tuple(waiting), after)


def _seen(folder: Folder, stamp: FileStamp, known: Seen | None) -> Seen:
    if known and (known.size, known.mtime) == (stamp.size, stamp.mtime):
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
