"""The promises, proved from the published Parquet files alone: what a stranger could check without our code.

Nothing of the pipeline is imported: files are read with pyarrow, and the input with the standard library.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import zstandard

Row = dict[str, Any]
_MARKS = {
    "utf-8-sig": (b"\xef\xbb\xbf", "utf-8"),
    "utf-16": (b"\xff\xfe", "utf-16-le"),
    "utf-16-be-sig": (b"\xfe\xff", "utf-16-be"),
    "utf-32": (b"\xff\xfe\0\0", "utf-32-le"),
    "utf-32-be-sig": (b"\0\0\xfe\xff", "utf-32-be"),
}


def rows(output: Path, table: str) -> list[Row]:
    """All rows of a table, issue by issue."""
    return [row for file in sorted((output / table).glob("*.parquet")) for row in pq.read_table(file).to_pylist()]


def breaches(source: Path, output: Path) -> list[str]:
    """What is wrong with an output: a character lost, a page that is not its file, a text that is not its spans."""
    return [*_lost(output), *_not_the_bytes(source, output), *_not_rendered(output), *_not_keys(output)]


def ends(output: Path) -> dict[str, set[str]]:
    """File → how it (each of its records) ended: `page` or the reason of a reject."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows(output, "rejects"):
        found[_file_of(row["source"])].add(row["reason"])
    for row in rows(output, "pages"):
        found[_file_of(row["source"])].add("page")
    return found


def wrong_ends(expected: Mapping[str, tuple[str, ...]], output: Path) -> list[str]:
    """Files that did not end as they must."""
    found = ends(output)
    wrong = [f"{name!r} ended nowhere" for name in expected if name not in found]
    wrong += [f"nobody knows of {name!r}" for name in found if name not in expected]
    for name in expected.keys() & found.keys():
        if "anything" not in expected[name] and (odd := found[name] - set(expected[name])):
            wrong.append(f"{name!r} ended as {', '.join(sorted(odd))}, not as {' or '.join(expected[name])}")
    return wrong


def fingerprint(output: Path) -> str:
    """One hash of every Parquet file's bytes, models and report included, without what is no result."""
    digest = hashlib.sha256()
    for path in sorted(p for p in output.rglob("*") if p.is_file() and not _is_note(p, output)):
        digest.update(path.relative_to(output).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _is_note(path: Path, output: Path) -> bool:
    """Which folders belong together, who holds the lock: not what was found in the pages."""
    return path.parent == output and path.suffix != ".parquet"


def _file_of(shown: str) -> str:
    """`file.jsonl#12` → `file.jsonl`."""
    head, _, line = shown.rpartition("#")
    return head if line.isdecimal() and head.lower().endswith(".jsonl") else shown


def _lost(output: Path) -> Iterator[str]:
    """The ledger tiles every page, and what it calls blank is blank."""
    ledger: dict[str, list[Row]] = defaultdict(list)
    for row in rows(output, "ledger"):
        ledger[row["page_id"]].append(row)
    withheld = {row["source"] for row in rows(output, "rejects") if row["reason"] == "invariant_failed"}
    for page in rows(output, "pages"):
        at, text = 0, page["text"]
        if page["source"] in withheld:
            yield f"{page['page_id']} is withheld"
            continue
        for row in ledger.pop(page["page_id"], []):
            if row["raw_start"] != at:
                yield f"{page['page_id']}: nothing is said of [{at}, {row['raw_start']})"
            at = row["raw_end"]
            if row["disposition"] == "blank" and not _blank(text[row["raw_start"] : at]):
                yield f"{page['page_id']}: [{row['raw_start']}, {at}) is not blank"
        if at != len(text) or len(text) != page["n_chars"]:
            yield f"{page['page_id']}: nothing is said of [{at}, {len(text)})"
    yield from (f"the ledger speaks of {page_id}, which is no page" for page_id in ledger)


def _blank(text: str) -> bool:
    return all(c.isspace() or unicodedata.category(c) in ("Cf", "Cc") for c in text)


def _not_the_bytes(source: Path, output: Path) -> Iterator[str]:
    """Every page gives back its file's bytes (its record's text)."""
    files = {os.fsencode(p).decode("utf-8", "backslashreplace"): p for p in _files(source)}
    prefix = os.fsencode(source).decode("utf-8", "backslashreplace") + "/"
    for page in rows(output, "pages"):
        mark, codec = _MARKS.get(page["encoding"], (b"", page["encoding"]))
        data = mark + page["text"].encode(codec)
        if hashlib.sha256(data).hexdigest() != page["sha256"] or len(data) != page["n_bytes"]:
            yield f"{page['page_id']}: the text is not the page's bytes"
        shown = _file_of(page["source"])
        path = files.get(prefix + shown)
        if path is None:
            yield f"{page['source']}: no such file"
        elif data != (_record(path, page["source"]) if shown != page["source"] else _unpacked(path)):
            yield f"{page['source']}: the page is not the file"


def _files(source: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(source):
        yield from (Path(folder) / name for name in names)


def _unpacked(path: Path) -> bytes:
    data, name = path.read_bytes(), path.name.lower()
    if name.endswith(".gz"):
        return gzip.decompress(data)
    if name.endswith(".zst"):
        return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
    return data


def _record(path: Path, source: str) -> bytes:
    line = path.read_bytes().split(b"\n")[int(source.rpartition("#")[2]) - 1]
    return str(json.loads(line.decode("utf-8-sig"))["text"]).encode()


def _not_rendered(output: Path) -> Iterator[str]:
    """Every paragraph is its raw spans with the rendered edits, and undoing those gives the raw text."""
    texts: dict[str, str] = defaultdict(str, {p["page_id"]: p["text"] for p in rows(output, "pages")})
    edits: dict[str, list[Row]] = defaultdict(list)
    for e in rows(output, "edits"):
        if texts[e["page_id"]][e["raw_start"] : e["raw_end"]] != e["before"]:
            yield f"{e['edit_id']} says {e['before']!r}"
        if e["status"] in ("applied", "accepted"):
            edits[e["page_id"]].append(e)
    for own in edits.values():
        own.sort(key=lambda e: (e["raw_start"], e["raw_end"]))
    for table in ("paragraphs", "duplicates", "orphans"):
        for row in rows(output, table):
            shown = "".join(_rendered(texts[row["page_id"]], s, edits[row["page_id"]]) for s in row["raw_spans"])
            if shown != row["text"]:
                yield f"{table}: {row['text'][:30]!r} is not what its spans and edits give"


def _rendered(text: str, span: Mapping[str, int], edits: list[Row]) -> str:
    made, at = "", span["start"]
    for e in edits:
        inside = span["start"] <= e["raw_start"] and e["raw_end"] <= span["end"]
        empty = e["raw_start"] == e["raw_end"]
        if not inside or (empty and e["raw_start"] == span["end"] and not _ends_there(text, span, e)):
            continue
        made += text[at : e["raw_start"]] + e["after"]
        at = e["raw_end"]
    return made + text[at : span["end"]]


def _ends_there(text: str, span: Mapping[str, int], edit: Row) -> bool:
    """An insertion at a span's end belongs to it only if no other span begins there: line breaks stand between."""
    return edit["raw_start"] == len(text) or text[edit["raw_start"]] in "\r\n" or span["end"] == len(text)


def _not_keys(output: Path) -> Iterator[str]:
    """Ids are unique, and what they name is there."""
    for table, key in {"pages": "page_id", "articles": "article_id", "edits": "edit_id", "orphans": "orphan_id",
                       "duplicates": "duplicate_id", "quality": "page_id"}.items():  # fmt: skip
        counted = Counter(row[key] for row in rows(output, table))
        yield from (f"{table}.{key} {value!r} stands {n} times" for value, n in counted.items() if n > 1)
    pages = {row["page_id"] for row in rows(output, "pages")}
    articles = {row["article_id"] for row in rows(output, "articles")}
    for table in ("articles", "paragraphs", "edits", "duplicates", "orphans", "ledger", "quality"):
        for row in rows(output, table):
            if row["page_id"] not in pages:
                yield f"{table} speaks of {row['page_id']!r}, which is no page"
    for row in rows(output, "paragraphs"):
        if row["article_id"] not in articles:
            yield f"paragraphs speak of {row['article_id']!r}, which is no article"
