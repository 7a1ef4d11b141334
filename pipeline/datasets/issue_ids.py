"""Names of newspaper issues and pages: readable, safe as file names, and never shared by two of them.

A path whose parts are plain keeps its name, parts joined by `__`. Any other gets a hash of the path, so that no name
depends on which others there are. Names that look as if they had a hash count as not plain.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from functools import lru_cache

#: Between the parts of a path.
PART = "__"
MAX_SLUG_BYTES = 120
MAX_PAGE_NAME = 200

_PLAIN = re.compile(r"[^\W_](?:[\w.-]*[^\W_])?")
_HASHED = re.compile(r"(?:^|-)[0-9a-f]{12}(?:-\d+)?$")
_UNSAFE = re.compile(r"[^\w.-]+")
#: Names that Windows keeps for devices.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")


def path_hash(path: str) -> str:
    """Twelve hex digits of a path (any file name, also one that is no valid Unicode)."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


@lru_cache(maxsize=4096)
def issue_slug(path: str, *, key: str = "") -> str:
    """The issue_id of a relative path. With `key` (what tells this issue from others of that path), always hashed.

    >>> issue_slug("tianjin-daily/2025-12-26"), issue_slug("天津日报")
    ('tianjin-daily__2025-12-26', '天津日报')
    >>> issue_slug("A4 版")
    'a4-版-c9099f84b28b'
    """
    slug = path.replace("/", PART)
    if not key and all(_is_plain(part) for part in path.split("/")) and _fits(slug):
        return slug
    return f"{_shortened(path)}-{path_hash(key or path)}"


def page_name(stem: str, *, key: str = "") -> str:
    """The last part of a page_id; `key` as in `issue_slug`, but case and any printable character are kept.

    >>> page_name("000_dfba5c87776d0f68"), page_name("04", key="04.txt.gz#1")
    ('000_dfba5c87776d0f68', '04-ca4495da0f7f')
    """
    plain = stem.isprintable() and stem == stem.strip() and 0 < len(stem) <= MAX_PAGE_NAME
    if plain and not key and not _HASHED.search(stem):
        return stem
    kept = "".join(c if c.isprintable() else "-" for c in stem.strip())[:MAX_PAGE_NAME]
    return f"{kept}-{path_hash(key or stem)}" if kept else path_hash(key or stem)


def _is_plain(part: str) -> bool:
    """The same whatever a file system makes of case and of composed characters, and without surprises in it."""
    if not _PLAIN.fullmatch(part) or PART in part or ".." in part or _DEVICES.fullmatch(part):
        return False
    return part == _folded(part)


def _fits(slug: str) -> bool:
    return len(slug.encode()) <= MAX_SLUG_BYTES and not _HASHED.search(slug)


def _folded(part: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", part).casefold())


def _shortened(path: str) -> str:
    """A readable remainder of the path: safe characters, folded, cut at a character."""
    slug = _UNSAFE.sub("-", _folded(path).replace("/", PART))
    slug = re.sub(r"\.{2,}", ".", slug).encode()[:MAX_SLUG_BYTES].decode(errors="ignore")
    return slug.strip("-._") or "issue"
