"""Walking the input folder: which page files there are, on any fsspec URL."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import fsspec
from fsspec.implementations.local import LocalFileSystem

#: One page a file.
PAGE_ENDINGS = (".txt", ".txt.gz", ".txt.zst")
#: One page a line.
RECORDS_ENDING = ".jsonl"
#: Stands for all pages of a folder that cannot be listed.
UNREADABLE = "(folder).txt"


class FileStamp(NamedTuple):
    """One input file as it was seen: enough to tell whether it changed."""

    path: str
    size: int
    mtime: float


class Folder:
    """The input folder. Paths are relative to it, with `/`. Hidden files and folders are left out."""

    def __init__(self, root: str) -> None:
        fs, base = fsspec.core.url_to_fs(str(root))
        self.fs: Any = fs
        self.base: str = base.rstrip("/")
        self._local = isinstance(fs, LocalFileSystem)
        if not self.is_folder(""):
            raise FileNotFoundError(f"the input folder {root} is not there")
        if not self._local:
            self.fs.invalidate_cache()  # what was listed before may be out of date

    def full(self, path: str) -> str:
        return f"{self.base}/{path}" if path else self.base or "/"

    def walk(self) -> tuple[list[str], set[str]]:
        """All page files, and the names of the folders in the root."""
        files, top = self._everything()
        return _pages_among(files), top

    def others(self) -> list[str]:
        """The files that are read as no page, hidden ones left out."""
        files = _shown(self._everything()[0])
        pages = set(_pages_among(files))
        return sorted(f for f in files if f not in pages)

    def _everything(self) -> tuple[list[str], set[str]]:
        return self._walk_local() if self._local else self._walk_remote()

    def list_one(self, folder: str) -> list[str]:
        """The page files directly in one folder; nothing if it is not there."""
        try:
            return _pages_among(self._scan(folder)[0])
        except OSError:
            return []

    def is_folder(self, path: str) -> bool:
        return bool(self.fs.isdir(self.full(path)))

    def stamp(self, path: str) -> FileStamp | None:
        """Size and time of a file; None if it is not there or no file."""
        try:
            if self._local:
                found = Path(self.full(path)).stat()
                return FileStamp(path, found.st_size, found.st_mtime) if stat.S_ISREG(found.st_mode) else None
            info = self.fs.info(self.full(path))
        except OSError:
            return None
        return FileStamp(path, int(info.get("size") or 0), _time_of(info))

    def _scan(self, folder: str) -> tuple[list[str], list[str], list[str]]:
        """Files, folders and linked folders directly in one folder, without the hidden ones."""
        found: tuple[list[str], list[str], list[str]] = [], [], []
        if self._local:
            with os.scandir(self.full(folder)) as entries:
                kinds = [(e.name, (2 if e.is_symlink() else 1) if _is_dir(e) else 0) for e in entries]
        else:
            rows = self.fs.ls(self.full(folder), detail=True)
            kinds = [(r["name"].rstrip("/").rpartition("/")[2], int(r["type"] == "directory")) for r in rows]
        for name, kind in sorted(kinds):
            if not name.startswith("."):
                found[kind].append(f"{folder}/{name}" if folder else name)
        return found

    def _walk_remote(self) -> tuple[list[str], set[str]]:
        files = [str(f)[len(self.base) :].lstrip("/") for f in self.fs.find(self.base or "/")]
        return files, {f.split("/")[0] for f in files if "/" in f}

    def _walk_local(self) -> tuple[list[str], set[str]]:
        """Linked folders come after the real ones, and no folder is read twice: so links cannot lead in circles, and
        a folder keeps its own name."""
        found, folders, linked = self._scan("")
        top, seen = {*folders, *linked}, {self._identity("")}
        while folders or linked:
            folder = folders.pop() if folders else linked.pop(0)
            try:
                if (identity := self._identity(folder)) in seen:
                    continue
                seen.add(identity)
                files, deeper, links = self._scan(folder)
            except OSError:
                files, deeper, links = [f"{folder}/{UNREADABLE}"], [], []
            found += files
            folders += deeper
            linked += links
        return found, top

    def _identity(self, folder: str) -> tuple[int, int]:
        found = Path(self.full(folder)).stat()
        return found.st_dev, found.st_ino


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _shown(files: Iterable[str]) -> list[str]:
    return [f for f in files if not any(part.startswith(".") for part in f.split("/"))]


def _pages_among(files: Iterable[str]) -> list[str]:
    return sorted(f for f in _shown(files) if f.lower().endswith((*PAGE_ENDINGS, RECORDS_ENDING)))


def _time_of(info: dict[str, Any]) -> float:
    for key in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = info.get(key)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, int | float):
            return float(value)
    return 0.0
