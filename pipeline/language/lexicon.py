"""A user's own knowledge: protected terms, names, places and confusable pairs, read from a folder of plain lists.

    protected.txt      one term a line: never changed, whatever speaks against it
    names.txt          names of persons, separated by white space
    places.txt         names of places, separated by white space
    confusables.csv    a,b and, if wanted, kind,cues_a,cues_b (as in the project's own table)

`names-staff.txt` and `names.csv` are name lists, too; a list as CSV has a column `term`, `name` or `place`. A line that
begins with # is a comment. Everything is UTF-8, with or without a byte order mark.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import fsspec

from pipeline.text.models import ConfusablePair

#: Files that may lie beside the lists and are not read.
IGNORED = re.compile(r"readme.*|license.*|\..*|.*decisions\.csv|.*~", re.IGNORECASE)
_FILE = re.compile(r"(protected|names|places|confusables)([-_. ].*)?\.(txt|csv)", re.IGNORECASE)
#: The column of a list as CSV.
COLUMN = {"protected": "term", "names": "name", "places": "place"}
PAIR_COLUMNS = ("kind", "a", "b", "cues_a", "cues_b", "examples_a", "examples_b", "source")
#: No file of a lexicon is larger.
MAX_BYTES = 32 * 1024 * 1024
LONGEST_TERM, LONGEST_NAME, LONGEST_PLACE, LONGEST_PAIR = 60, 20, 20, 8

_HANZI = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af〇"
_NAME = re.compile(f"[{_HANZI}](?:[{_HANZI}·•]*[{_HANZI}])")
_PLACE = re.compile(f"[{_HANZI}]{{2,}}")
_CUE = re.compile(r"_?…?[^_…!?|]+…?_?(?:!{0,3}|\?)")


class LexiconError(Exception):
    """Something in the lexicon is not as it must be; the message says file, line, and what to do."""


@dataclass(frozen=True)
class UserLexicon:
    """What a user says is right. Lists are sorted, so that equal content is equal."""

    protected: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    confusables: tuple[ConfusablePair, ...] = ()

    @property
    def lexicon_id(self) -> str:
        """Content hash; empty for an empty lexicon. Comments, order and encoding do not count."""
        if not (self.protected or self.names or self.places or self.confusables):
            return ""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]

    def save(self, folder: Path) -> None:
        """Writes it in the form in which it is read."""
        for kind in COLUMN:
            lines = "".join(f"{entry}\n" for entry in getattr(self, kind))
            (folder / f"{kind}.txt").write_text(lines, encoding="utf-8")
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(PAIR_COLUMNS[:5])
        writer.writerows((p.kind, p.a, p.b, "|".join(p.cues_a), "|".join(p.cues_b)) for p in self.confusables)
        (folder / "confusables.csv").write_text(table.getvalue(), encoding="utf-8")


class Line(NamedTuple):
    """A line of a list, and how messages call it."""

    where: str
    text: str


@dataclass
class _Found:
    protected: dict[str, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)
    pairs: dict[frozenset[str], tuple[ConfusablePair, str]] = field(default_factory=dict)


def read_lexicon(folder: str) -> UserLexicon:
    """The lexicon in `folder` (a path or an fsspec URL).

    Raises:
        LexiconError: no such folder, a file that is none of the lists, or an entry that cannot be used.
    """
    fs, root = fsspec.core.url_to_fs(folder)
    if not fs.isdir(root):
        found = "is a file" if fs.exists(root) else "does not exist"
        raise LexiconError(f"it {found}: give a folder with protected.txt, names.txt and the like")
    files: dict[str, bytes] = {}
    for info in sorted(fs.ls(root, detail=True), key=lambda i: str(i["name"])):
        name = str(info["name"]).rstrip("/").rsplit("/", 1)[-1]
        if info["type"] == "directory" or IGNORED.fullmatch(name):
            continue
        files[name] = _content(fs, info, name)
    return parse_lexicon(files)


def _content(fs: Any, info: Mapping[str, Any], name: str) -> bytes:
    if int(info.get("size") or 0) > MAX_BYTES:
        raise LexiconError(f"{name} has more than {MAX_BYTES // 2**20} MB: that is no word list")
    try:
        return bytes(fs.cat_file(info["name"]))
    except OSError as error:
        raise LexiconError(f"{name} cannot be read ({error.strerror or error}): make it readable") from error


def parse_lexicon(files: Mapping[str, bytes]) -> UserLexicon:
    """The lexicon out of files by name.

    >>> parse_lexicon({"names.txt": "周文涛 孟晓岚".encode()}).names
    ('周文涛', '孟晓岚')
    """
    found = _Found()
    for name, data in sorted(files.items()):
        match = _FILE.fullmatch(name)
        if not match:
            raise LexiconError(
                f"{name} is none of the lexicon's lists: call it protected.txt, names.txt, places.txt or "
                "confusables.csv (names-staff.txt is a name list, too), or take it out of the folder"
            )
        kind, ending = match.group(1).lower(), match.group(3).lower()
        _READERS[kind](found, name, _decoded(name, data), ending == "csv")
    return UserLexicon(
        protected=tuple(sorted(found.protected)),
        names=tuple(sorted(found.names)),
        places=tuple(sorted(found.places)),
        confusables=tuple(sorted((p for p, _ in found.pairs.values()), key=lambda p: (p.a, p.b))),
    )


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LexiconError(f"{name}, line {line}: not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8)") from None


# --- lists ----------------------------------------------------------------------------------------------------------


def _read_protected(found: _Found, name: str, text: str, is_csv: bool) -> None:
    for where, term in _entries(name, text, is_csv, "protected"):
        if not term.isprintable():
            raise LexiconError(f"{where}: {term!r} holds a character that cannot be seen; take it out")
        if len(term) > LONGEST_TERM:
            raise LexiconError(f"{where}: {term[:12]}… has {len(term)} characters, a term has {LONGEST_TERM} at most")
        found.protected[term] = None


def _read_names(found: _Found, name: str, text: str, is_csv: bool) -> None:
    for where, person in _words(_entries(name, text, is_csv, "names"), is_csv):
        if not _NAME.fullmatch(person) or len(person) > LONGEST_NAME:
            raise LexiconError(
                f"{where}: {person!r} is no name in hanzi (2 to {LONGEST_NAME} characters, · between the parts): "
                "correct it, or put it into protected.txt"
            )
        found.names[person] = None


def _read_places(found: _Found, name: str, text: str, is_csv: bool) -> None:
    for where, place in _words(_entries(name, text, is_csv, "places"), is_csv):
        if not _PLACE.fullmatch(place) or len(place) > LONGEST_PLACE:
            raise LexiconError(
                f"{where}: {place!r} is no place in hanzi (2 to {LONGEST_PLACE} characters): correct it, or put it "
                "into protected.txt"
            )
        found.places[place] = None


def _entries(name: str, text: str, is_csv: bool, kind: str) -> Iterator[Line]:
    """What a list holds, stripped; blank lines and comments left out."""
    if not is_csv:
        for number, line in _lines(text):
            yield Line(f"{name}, line {number}", line.strip())
        return
    for where, row in _rows(name, text, (COLUMN[kind],)):
        if entry := row[COLUMN[kind]]:
            yield Line(where, entry)


def _words(lines: Iterator[Line], is_csv: bool) -> Iterator[Line]:
    """The words of each line; a cell of a CSV is one."""
    for where, text in lines:
        for word in [text] if is_csv else text.split():
            yield Line(where, word)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line


def _rows(name: str, text: str, needed: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV with a header, cells stripped; each line is a row."""
    header: list[str] = []
    for number, line in _lines(text):
        where = f"{name}, line {number}"
        try:
            cells = [c.strip() for c in next(csv.reader([line], strict=True))]
        except csv.Error as error:
            raise LexiconError(f"{where}: no line of a CSV ({error})") from None
        if not header:
            header = cells
            missing = [c for c in needed if c not in header]
            if missing:
                raise LexiconError(f"{where}: the header has no column {missing[0]!r}; it says {','.join(header)}")
            if len(set(header)) < len(header):
                raise LexiconError(f"{where}: a column stands twice in the header {','.join(header)}")
            continue
        if len(cells) != len(header):
            raise LexiconError(f"{where}: {len(cells)} cells, the header has {len(header)}")
        yield where, dict(zip(header, cells, strict=True))


# --- pairs ----------------------------------------------------------------------------------------------------------


def _read_confusables(found: _Found, name: str, text: str, is_csv: bool) -> None:
    if not is_csv:
        raise LexiconError(f"{name}: confusable pairs stand in a table; call it confusables.csv")
    for where, row in _rows(name, text, ("a", "b")):
        unknown = [c for c in row if c not in PAIR_COLUMNS]
        if unknown:
            raise LexiconError(f"{name}: unknown column {unknown[0]!r}; there are {','.join(PAIR_COLUMNS)}")
        pair = _pair(where, row)
        key = frozenset((pair.a, pair.b))
        if key in found.pairs:
            raise LexiconError(f"{where}: {pair.a} and {pair.b} stand already in {found.pairs[key][1]}")
        found.pairs[key] = (pair, where)


def _pair(where: str, row: Mapping[str, str]) -> ConfusablePair:
    a, b = row["a"], row["b"]
    cues_a, cues_b = (_cues(where, row.get(c, "")) for c in ("cues_a", "cues_b"))
    kind = row.get("kind", "") or ("word" if cues_a or cues_b else "form")
    if kind not in ("word", "form"):
        raise LexiconError(f"{where}: kind is `word` (both are words) or `form` (b is a misprint of a), not {kind!r}")
    for form in (a, b):
        if not _PLACE.fullmatch(form) or len(form) > LONGEST_PAIR:
            raise LexiconError(f"{where}: {form!r} must be 2 to {LONGEST_PAIR} hanzi")
    if len(a) != len(b) or sum(x != y for x, y in zip(a, b, strict=True)) != 1:
        raise LexiconError(f"{where}: {a} and {b} must differ in exactly one character")
    if kind == "word" and not (cues_a or cues_b):
        raise LexiconError(f"{where}: {a} and {b} are both words, so cues must tell them apart: fill cues_a or cues_b")
    return ConfusablePair(a, b, cues_a, cues_b, cast(Literal["word", "form"], kind))


def _cues(where: str, cell: str) -> tuple[str, ...]:
    cues = tuple(c.strip() for c in cell.split("|") if c.strip())
    for cue in cues:
        if not _CUE.fullmatch(cue):
            raise LexiconError(
                f"{where}: {cue!r} is no cue; write 词, 词_ (right before), _词 (right after), 词… (before) or …词 "
                "(after), with ! if strong, !! if decisive, !!! for a set phrase, ? if it only protects"
            )
    return cues


_READERS: dict[str, Callable[[_Found, str, str, bool], None]] = {
    "protected": _read_protected,
    "names": _read_names,
    "places": _read_places,
    "confusables": _read_confusables,
}
