"""The shelf of models: `<output>/_models/<kind>/<model_id>/…`, never changed once there, and `current`, a pointer.

A model's id is the hash of its content, so equal input gives the same folder and an older issue can always be scored
again by the model that cleaned it.
"""

from __future__ import annotations

import filecmp
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import fsspec

FOLDER = "_models"
POINTER = "current"
DRAFT = ".draft-"
#: Anything else is no model, and could lead out of the folder.
_MODEL_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")


class Shelf:
    """One kind of model (`language`, `names`) in one output folder."""

    def __init__(self, output: str, kind: str) -> None:
        self.fs, root = fsspec.core.url_to_fs(output)
        self.root = f"{root.rstrip('/')}/{FOLDER}/{kind}"

    def current(self) -> str | None:
        """The model that new issues are cleaned with, if one was learned."""
        try:
            model_id = bytes(self.fs.cat_file(f"{self.root}/{POINTER}")).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return None
        return model_id if self.holds(model_id) else None

    def holds(self, model_id: str) -> bool:
        return bool(_MODEL_ID.fullmatch(model_id) and self.fs.isdir(f"{self.root}/{model_id}"))

    def put(self, model_id: str, save: Callable[[Path], None]) -> None:
        """Stores a model (`save` writes its files into a folder) and makes it the current one."""
        self.fs.makedirs(self.root, exist_ok=True)
        self._store(model_id, save)
        self._replace(f"{self.root}/{POINTER}", f"{model_id}\n".encode())

    def sweep(self) -> int:
        """Removes what a killed run left behind; returns how much. Nobody else may be learning."""
        if not self._is_local():
            return 0
        root = Path(self.root)
        left = [p for p in root.glob(".*") if p.name.startswith((DRAFT, f".{POINTER}."))] if root.is_dir() else []
        for path in left:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        return len(left)

    def _store(self, model_id: str, save: Callable[[Path], None]) -> None:
        """A model that is there already is left alone, unless it is damaged."""
        if not self._is_local():
            with tempfile.TemporaryDirectory() as folder:
                save(Path(folder))
                self.fs.put(f"{folder}/", f"{self.root}/{model_id}/", recursive=True)
            return
        target, draft = Path(self.root) / model_id, Path(self.root) / f"{DRAFT}{uuid.uuid4().hex}"
        damaged = draft.with_name(f"{draft.name}-damaged")
        draft.mkdir()
        try:
            save(draft)
            if target.exists() and not _same(draft, target):
                target.rename(damaged)
            draft.rename(target)
        except OSError:
            if not self.holds(model_id):  # else it is there already, or another run has just stored it
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            shutil.rmtree(damaged, ignore_errors=True)

    def _replace(self, path: str, content: bytes) -> None:
        if not self._is_local():
            self.fs.pipe_file(path, content)
            return
        draft = Path(self.root) / f".{POINTER}.{uuid.uuid4().hex}"
        draft.write_bytes(content)
        draft.replace(path)

    def folder(self, model_id: str) -> Path:
        """A local folder with the model's files; a remote model is fetched once a process.

        Raises:
            ValueError: what is given is no model's id.
        """
        if not _MODEL_ID.fullmatch(model_id):
            raise ValueError(f"{model_id!r} is no model_id")
        path = f"{self.root}/{model_id}"
        return Path(path) if self._is_local() else _fetch(self.fs, path)

    def _is_local(self) -> bool:
        protocol = self.fs.protocol
        return "file" in ((protocol,) if isinstance(protocol, str) else protocol)


def _same(one: Path, other: Path) -> bool:
    names = sorted(p.name for p in one.iterdir())
    _, differing, unreadable = filecmp.cmpfiles(one, other, names, shallow=False)
    return names == sorted(p.name for p in other.iterdir()) and not differing and not unreadable


@lru_cache(maxsize=4)
def _fetch(fs: Any, path: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="banmian-model-"))
    fs.get(f"{path}/", f"{folder}/", recursive=True)
    return folder
