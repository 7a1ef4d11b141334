"""The shelf of models: `<output>/_models/<kind>/<model_id>/…`, never changed once there, and `current`, a pointer.

A model's id is the hash of its content, so equal input gives the same folder and an older issue can always be scored
again by the model that cleaned it.
"""

from __future__ import annotations

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


class Shelf:
    """One kind of model (`language`, `names`) in one output folder."""

    def __init__(self, output: str, kind: str) -> None:
        self.fs, root = fsspec.core.url_to_fs(output)
        self.root = f"{root.rstrip('/')}/{FOLDER}/{kind}"

    def current(self) -> str | None:
        """The model that new issues are cleaned with, if one was learned."""
        try:
            model_id = bytes(self.fs.cat_file(f"{self.root}/{POINTER}")).decode().strip()
        except FileNotFoundError:
            return None
        return model_id if self.holds(model_id) else None

    def holds(self, model_id: str) -> bool:
        return bool(self.fs.isdir(f"{self.root}/{model_id}"))

    def put(self, model_id: str, save: Callable[[Path], None]) -> None:
        """Stores a model (`save` writes its files into a folder) and makes it the current one."""
        self.fs.makedirs(self.root, exist_ok=True)
        if not self.holds(model_id):
            self._store(model_id, save)
        self._replace(f"{self.root}/{POINTER}", f"{model_id}\n".encode())

    def _store(self, model_id: str, save: Callable[[Path], None]) -> None:
        target = f"{self.root}/{model_id}"
        if not self._is_local():
            with tempfile.TemporaryDirectory() as folder:
                save(Path(folder))
                self.fs.put(f"{folder}/", f"{target}/", recursive=True)
            return
        draft = Path(self.root) / f".draft-{uuid.uuid4().hex}"
        draft.mkdir()
        try:
            save(draft)
            draft.rename(target)
        except OSError:
            if not self.holds(model_id):  # else another run has just stored the same model
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _replace(self, path: str, content: bytes) -> None:
        if not self._is_local():
            self.fs.pipe_file(path, content)
            return
        draft = Path(f"{path}.{uuid.uuid4().hex}")
        draft.write_bytes(content)
        draft.replace(path)

    def folder(self, model_id: str) -> Path:
        """A local folder with the model's files; a remote model is fetched once a process."""
        path = f"{self.root}/{model_id}"
        return Path(path) if self._is_local() else _fetch(self.fs, path)

    def _is_local(self) -> bool:
        protocol = self.fs.protocol
        return "file" in ((protocol,) if isinstance(protocol, str) else protocol)


@lru_cache(maxsize=4)
def _fetch(fs: Any, path: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="banmian-model-"))
    fs.get(f"{path}/", f"{folder}/", recursive=True)
    return folder
