"""What cleaned a page: the package's version, and a hash of the code and the word lists it came with."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: The floors and modules whose code decides what the tables hold.
DECIDING = ("text", "language", "datasets", "steps.py", "corpus.py", "reprints.py")


@cache
def software_version() -> str:
    """`0.1.0+3f2a…`: changes whenever the code that makes the tables does, so that nothing stale is kept."""
    return f"{_release()}+{_code_hash()}"


def _release() -> str:
    try:
        return version("banmian")
    except PackageNotFoundError:
        return "0"


def _code_hash() -> str:
    root = Path(__file__).parent
    seen = hashlib.sha256()
    found = (p for name in DECIDING for p in (root / name, *(root / name).rglob("*")) if _counts(p))
    for path in sorted(found):
        seen.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return seen.hexdigest()[:12]


def _counts(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
