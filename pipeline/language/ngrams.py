"""Character n-gram model, order 5, interpolated by Witten and Bell (1991, method C) over raw counts.

Raw counts are kept, so that what a page itself contributed can be taken away when that page is scored: a page must
not confirm its own errors. An n-gram is a number in base `SIZE` (6,8xx⁵ < 2⁶⁴); each order is a sorted array of such
numbers beside its counts, so that a model is plain arrays which workers map into memory.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.language.alphabet import BREAK, PARAGRAPH, SIZE, Ids, encode
from pipeline.text.memo import last_answer

ORDER = 5
_CHUNK = 2_000_000  # characters counted at once: about 100 MB of working memory
_SHORT_LINE = 16  # characters: the longest name of a column
_UNASKED = -2  # in an `OwnShare`: not found out yet
_ENDINGS = "。！？…”’」』；;.!?"

Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NgramCounts:
    """Counts of the n-grams of orders 1..ORDER: sorted keys and how often each was seen."""

    keys: tuple[Keys, ...]
    counts: tuple[Counts, ...]

    @property
    def n_chars(self) -> int:
        return int(self.counts[0].sum())


def text_ids(text: str) -> Ids:
    """A text as the model reads it: every line that ends a sentence ends a paragraph; other line breaks (a column's
    hard wrap, a headline) are a `BREAK`, over which nothing is counted."""
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    sizes = np.array([len(line) for line in lines], dtype=np.int64)
    ended = np.array([line[-1] in _ENDINGS for line in lines], dtype=np.bool_)
    ends = 2 + np.cumsum(sizes) + np.append(0, np.cumsum(1 + 2 * ended))[:-1]
    ids = np.full(2 + int(sizes.sum() + (1 + 2 * ended).sum()), BREAK, dtype=np.uint16)
    ids[1] = PARAGRAPH
    if lines:
        ids[np.arange(sizes.sum()) + np.repeat(ends - np.cumsum(sizes), sizes)] = encode("".join(lines))
        ids[ends[ended]] = ids[ends[ended] + 2] = PARAGRAPH
    return ids


def ngram_keys(ids: Ids, n: int) -> tuple[Keys, npt.NDArray[np.bool_]]:
    """The n-gram that ends at each position, and whether it is one (complete, no break, no paragraph inside)."""
    padded = np.append(np.zeros(ORDER, dtype=np.uint16), ids)[None, :]
    keys, valid = next(islice(_growing_keys(padded, ORDER), n - 1, None))
    return keys[0], valid[0]


def _growing_keys(rows: Ids, first: int) -> Iterator[tuple[Keys, npt.NDArray[np.bool_]]]:
    """For n = 1 .. ORDER, the n-gram that ends at each position from column `first` on, and whether it is one.

    What is yielded is worked on further; there are at least ORDER - 1 columns before `first`.
    """
    end = rows.shape[1]
    keys = rows[:, first:].astype(np.uint64)
    valid = rows[:, first:] != BREAK
    base = 1
    yield keys, valid
    for back in range(1, ORDER):
        base *= SIZE
        before = rows[:, first - back : end - back]
        keys = keys + before * np.uint64(base)
        valid = valid & (before != BREAK)
        if back > 1:  # the first character of an n-gram may begin a paragraph, the last may end one
            valid &= rows[:, first - back + 1 : end - back + 1] != PARAGRAPH
        yield keys, valid


def count(texts: Iterable[str]) -> NgramCounts:
    """Count all texts, a chunk at a time."""
    totals: NgramCounts | None = None
    for ids in _chunks(texts):
        part = count_ids(ids)
        totals = part if totals is None else add(totals, part)
    return totals or count_ids(np.zeros(0, dtype=np.uint16))


def _chunks(texts: Iterable[str]) -> Iterator[Ids]:
    held: list[Ids] = []
    size = 0
    for text in texts:
        ids = text_ids(text)
        held.append(ids)
        size += len(ids)
        if size >= _CHUNK:
            yield np.concatenate(held)
            held, size = [], 0
    if held:
        yield np.concatenate(held)


def count_ids(ids: Ids) -> NgramCounts:
    keys: list[Keys] = []
    counts: list[Counts] = []
    padded = np.append(np.zeros(ORDER, dtype=np.uint16), ids)[None, :]
    for found, valid in _growing_keys(padded, ORDER):
        unique, number = np.unique(found[valid], return_counts=True)
        keys.append(unique)
        counts.append(number.astype(np.uint32))
    return NgramCounts(tuple(keys), tuple(counts))


def add(a: NgramCounts, b: NgramCounts) -> NgramCounts:
    """The counts of both."""
    merged = [_merged(*both) for both in zip(a.keys, a.counts, b.keys, b.counts, strict=True)]
    return NgramCounts(tuple(keys for keys, _ in merged), tuple(counts for _, counts in merged))


def _merged(keys: Keys, counts: Counts, more: Keys, and_counts: Counts) -> tuple[Keys, Counts]:
    """Two sorted tables as one."""
    at = find_sorted(keys, more)
    known = at >= 0
    counts = counts.copy()
    counts[at[known]] += and_counts[known]
    keys, counts = np.concatenate([keys, more[~known]]), np.concatenate([counts, and_counts[~known]])
    order = np.argsort(keys, kind="stable")  # two runs in order: quickly done
    return keys[order], counts[order]


def find(table: Keys, wanted: Keys) -> npt.NDArray[np.int64]:
    """Where each of `wanted` stands in the sorted `table`; -1 = nowhere."""
    order = np.argsort(wanted)  # sorted questions walk through memory in order: several times faster
    result = np.empty(len(wanted), dtype=np.int64)
    result[order] = find_sorted(table, wanted[order])
    return result


def find_sorted(table: Keys, wanted: Keys) -> npt.NDArray[np.int64]:
    """The same for `wanted` that are sorted."""
    if not len(table) or not len(wanted):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.searchsorted(table, wanted)
    at[at == len(table)] = 0
    at[table[at] != wanted] = -1
    return at


def find_between(table: Keys, first: Counts | Places, last: Counts | Places, wanted: Keys) -> Places:
    """Where each of `wanted` stands in the sorted `table` from place `first` to before `last`, its own of each; -1 =
    nowhere. No `last` is less than its `first`. A binary search of all at once, without branches: where the parts are
    short, several times faster than one of the table."""
    if not len(table):
        return np.full(len(wanted), -1)
    at = first.astype(np.int64)
    size = last.astype(np.int64) - at
    some, most = size > 0, int(size.max(initial=0))
    while most > 1:  # `most` is halved as the sizes are, and never less than one of them
        half = size >> 1
        at += half * (table.take(at + half, mode="clip") <= wanted)
        size -= half
        most -= most >> 1
    return np.where(some & (table.take(at, mode="clip") == wanted), at, -1)


def _sorted_counts(table: Keys, counts: Counts, wanted: Keys) -> npt.NDArray[np.int64]:
    """The counts of sorted keys; 0 for those that are not there."""
    at = find_sorted(table, wanted)
    result = np.zeros(len(wanted), dtype=np.int64)
    known = at >= 0
    result[known] = counts[at[known]]
    return result


@dataclass(frozen=True)
class OwnShare(NgramCounts):
    """What one text contributed to a model, aligned with its n-grams of each order. Filled in as it is asked for, since
    most questions are about few n-grams; the values are the same, whoever asks first.

    at: where each stands in the model's table; -1 = in no other text, which is as if it had never been seen.
    followers, kinds (orders 1 to ORDER - 1): how often each was followed in the text, and by how many characters that
    followed it nowhere else. `_UNASKED` in any of them: not yet found out.
    """

    at: tuple[Places, ...]
    followers: tuple[Places, ...]
    kinds: tuple[Places, ...]


@dataclass(frozen=True, eq=False)
class NgramModel:
    """A trained model. `lines` are hashes of short lines that stand in several texts, `line_texts` in how many: names
    of columns, mostly. `followers[n]` and `starts[n]` are aligned with the keys of order n + 1: how often that n-gram
    was followed, and where those one character longer begin in their table (and, last of all, where they end), so that
    `starts[n][i + 1] - starts[n][i]` is by how many different characters. `seen` are hashes of the texts it was trained
    on."""

    grams: NgramCounts
    followers: tuple[Counts, ...]
    starts: tuple[Counts, ...]
    seen: Keys
    lines: Keys
    line_texts: Counts
    model_id: str
    info: dict[str, Any]

    @property
    def n_chars(self) -> int:
        return int(self.info["n_chars"])

    def has_seen(self, text: str) -> bool:
        """Was this very text part of the training?"""
        return bool(len(self.seen)) and find(self.seen, np.array([text_hash(text)], dtype=np.uint64))[0] >= 0

    def own_counts(self, text: str) -> OwnShare | None:
        """What `text` contributed to the model, if anything: to be taken away when it is scored."""
        return _own_share(self, text)

    def texts_with_line(self, line: str) -> int:
        """In how many of the training texts this short line stands alone; 0 for one or none."""
        at = find(self.lines, np.array([text_hash(line.strip())], dtype=np.uint64))[0]
        return int(self.line_texts[at]) if at >= 0 else 0

    def counts_of(self, keys: Keys, n: int, own: OwnShare | None = None) -> npt.NDArray[np.int64]:
        """How often the n-grams `keys` were seen, without `own`."""
        order = np.argsort(keys)
        counts = np.empty(len(keys), dtype=np.int64)
        counts[order] = self._counts_of_sorted(keys[order], n, own)
        return counts

    def _counts_of_sorted(self, keys: Keys, n: int, own: OwnShare | None = None) -> npt.NDArray[np.int64]:
        counts = _sorted_counts(self.grams.keys[n - 1], self.grams.counts[n - 1], keys)
        if own is not None:
            counts -= _sorted_counts(own.keys[n - 1], own.counts[n - 1], keys)
        return np.maximum(counts, 0)

    def logprobs(self, ids: Ids, own: OwnShare | None = None) -> Floats:
        """Natural-log probability of each character given the up to four before it; `len(ids)` values.

        Positions whose left context does not belong to them (the first four of each row, when rows were laid end to
        end) must be ignored by the caller; `row_logprobs` reads rows.
        """
        result: Floats = self.row_logprobs(np.append(np.zeros(ORDER, dtype=np.uint16), ids)[None, :], len(ids), own)[0]
        return result

    def row_logprobs(self, rows: Ids, last: int, own: OwnShare | None = None) -> Floats:
        """The same for the `last` characters of each row, given those before them in it; shape (rows, last).

        A row has at least four characters before them (`BREAK` where there are none).
        """
        rows = np.hstack([np.full((len(rows), max(0, last + ORDER - rows.shape[1])), BREAK, dtype=np.uint16), rows])
        first = rows.shape[1] - last - 1  # the column before: its n-grams are contexts
        shape = (len(rows), last + 1)
        probability = np.full((len(rows), last), 1.0 / SIZE)
        shorter, mine = np.zeros(shape, dtype=np.int64), None  # where the n-gram one character shorter stands
        for n, (keys, alive) in enumerate(_growing_keys(rows, first), start=1):
            if n > 1:  # an n-gram was only seen where its end and its beginning were
                alive = alive & (shorter >= 0)
                alive[:, 1:] &= shorter[:, :-1] >= 0
            if n == ORDER:
                alive[:, 0] = False
            if n == 1:
                total, types = self._all(own)
                followed, kinds = np.full(probability.shape, total), np.full(probability.shape, types)
            else:
                followed, kinds = self._context(shorter[:, :-1], None if mine is None else mine[:, :-1], n, own)
            shorter, mine, hit = self._hits(keys, alive, shorter, n, own)
            mixed = (hit[:, 1:] + kinds * probability) / np.maximum(followed + kinds, 1e-12)
            probability = np.where(followed > 0, mixed, probability)
        result: Floats = np.log(probability)
        return result

    def encode(self, text: str) -> Ids:
        """One number a character; line breaks become the paragraph mark."""
        return encode(text)

    def bigram_counts(self, ids: Ids, own: OwnShare | None = None) -> Floats:
        """How often each pair of neighbours was seen; `len(ids) - 1` values."""
        keys, _ = ngram_keys(ids, 2)
        return self.counts_of(keys[1:], 2, own).astype(np.float64)

    def find(self, keys: Keys, n: int, beginnings: Places) -> Places:
        """Where sorted n-grams stand in their table; -1 = nowhere. `beginnings`: where they stand without their last
        character; -1 = not known."""
        if n <= 2:  # so much begins with one character that its part is no shorter way
            return find_sorted(self.grams.keys[n - 1], keys)
        found = np.empty(len(keys), dtype=np.int64)
        told = beginnings >= 0
        inside, starts = beginnings[told], self.starts[n - 2]
        found[told] = find_between(self.grams.keys[n - 1], starts[inside], starts[inside + 1], keys[told])
        found[~told] = find_sorted(self.grams.keys[n - 1], keys[~told])
        return found

    def kinds(self, at: Places, n: int) -> Counts:
        """By how many different characters the n-grams at these places were followed."""
        starts = self.starts[n - 1]
        return starts[at + 1] - starts[at]

    def _elsewhere(self, own: OwnShare, n: int, mine: Places, beginnings: Places) -> Places:
        """Where n-grams of a text (`mine`: their rows in `own`) stand in the table; -1 = in no other text.
        `beginnings`: where they stand without their last character; -1 = not known."""
        at, counts = own.at[n - 1], self.grams.counts[n - 1]
        new = np.flatnonzero(at[mine] == _UNASKED)
        asked = mine[new]
        found = self.find(own.keys[n - 1][asked], n, beginnings[new])
        at[asked] = np.where(counts[found] > own.counts[n - 1][asked], found, -1)
        return at[mine]

    def _followed_here(self, own: OwnShare, n: int, mine: Places) -> tuple[Places, Places]:
        """How often n-grams of a text (`mine`: their rows in `own`) were followed in it, and by how many characters
        that followed them nowhere else. `_elsewhere` was asked about them before."""
        followers, kinds = own.followers[n - 1], own.kinds[n - 1]
        asked = np.zeros(len(kinds), dtype=np.bool_)
        asked[mine] = True
        new = np.flatnonzero(asked & (kinds == _UNASKED))
        wanted, longer = own.keys[n - 1][new] * np.uint64(SIZE), own.keys[n]
        first = np.searchsorted(longer, wanted)
        sizes = np.searchsorted(longer, wanted + np.uint64(SIZE)) - first
        context = np.repeat(np.arange(len(new)), sizes)
        rows = np.arange(len(context)) + np.repeat(first - (np.cumsum(sizes) - sizes), sizes)
        alone = self._elsewhere(own, n + 1, rows, own.at[n - 1][new][context]) < 0
        followers[new] = np.bincount(context, own.counts[n][rows], len(new))
        # the last to be filled in: it tells that both are known
        kinds[new] = np.bincount(context, alone, len(new))
        return followers[mine], kinds[mine]

    def _all(self, own: OwnShare | None) -> tuple[float, float]:
        total, types = float(self.grams.counts[0].sum()), float(len(self.grams.keys[0]))
        if own is not None:
            total -= float(own.counts[0].sum())
            every = np.arange(len(own.keys[0]))
            types -= int((self._elsewhere(own, 1, every, np.full(len(every), -1)) < 0).sum())
        return max(total, 0.0), types if total > 0 else 0.0

    def _hits(
        self, keys: Keys, alive: npt.NDArray[np.bool_], shorter: Places, n: int, own: OwnShare | None
    ) -> tuple[Places, Places, Floats]:
        """Where the n-grams stand in the table and in `own` (-1 = nowhere), and how often they were seen elsewhere;
        those that are not `alive` stand nowhere. `shorter`: where those one character shorter stand that end there."""
        at, mine, hit = np.full(keys.shape, -1), np.full(keys.shape, -1), np.zeros(keys.shape)
        places = np.flatnonzero(alive)
        asked = keys.ravel()[places]
        order = np.argsort(asked)  # sorted questions walk through memory in order: several times faster
        places, asked = places[order], asked[order]
        beginnings = np.hstack([np.full((len(keys), 1), -1), shorter[:, :-1]]).ravel()[places]
        if own is None:
            found = self.find(asked, n, beginnings)
        else:
            inside = find_sorted(own.keys[n - 1], asked)
            mine.ravel()[places] = inside
            found = np.empty(len(asked), dtype=np.int64)
            here, others = np.flatnonzero(inside >= 0), np.flatnonzero(inside < 0)
            found[here] = self._elsewhere(own, n, inside[here], beginnings[here])
            found[others] = self.find(asked[others], n, beginnings[others])
        known = np.flatnonzero(found >= 0)
        places, found = places[known], found[known]
        at.ravel()[places] = found
        hit.ravel()[places] = self.grams.counts[n - 1][found]
        if own is not None:
            hit.ravel()[places] -= np.append(own.counts[n - 1], 0)[mine.ravel()[places]]
        return at, mine, hit

    def _context(self, at: Places, mine: Places | None, n: int, own: OwnShare | None) -> tuple[Floats, Floats]:
        """How often, and by how many kinds, the contexts of n-grams were followed elsewhere: `at` these places of the
        table, `mine` in `own`."""
        followed, kinds = np.zeros(at.shape), np.zeros(at.shape)
        known = at >= 0
        total = self.followers[n - 2][at[known]].astype(np.float64)
        types = self.kinds(at[known], n - 1).astype(np.float64)
        if own is not None and mine is not None:
            here = np.flatnonzero(mine[known] >= 0)
            in_text, alone = self._followed_here(own, n - 1, mine[known][here])
            total[here] -= in_text
            types[here] -= alone
        followed[known], kinds[known] = np.maximum(total, 0), np.maximum(types, 0)
        return followed, kinds

    def perplexity(self, texts: Iterable[str]) -> float | None:
        """Per character, of text that was held back; None when there is none."""
        total, n = 0.0, 0
        for text in texts:
            ids = text_ids(text)
            counted = (ids != BREAK) & (np.arange(len(ids)) > 1)
            total += float(self.logprobs(ids)[counted].sum())
            n += int(counted.sum())
        return float(np.exp(-total / n)) if n else None

    def save(self, folder: Path) -> None:
        """Plain arrays and a JSON; the same model gives the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in self._arrays():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        (folder / "model.json").write_text(
            json.dumps({"model_id": self.model_id, **self.info}, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
            encoding="utf-8",
        )

    def _arrays(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        for n in range(ORDER):
            yield f"keys{n + 1}", self.grams.keys[n]
            yield f"counts{n + 1}", self.grams.counts[n]
        for n in range(ORDER - 1):
            yield f"followers{n + 1}", self.followers[n]
            yield f"starts{n + 1}", self.starts[n]
        yield "seen", self.seen
        yield "lines", self.lines
        yield "line_texts", self.line_texts

    @classmethod
    def load(cls, folder: Path) -> NgramModel:
        """Map a saved model into memory (read-only; shared between workers)."""
        info = json.loads((folder / "model.json").read_text(encoding="utf-8"))

        def array(name: str) -> npt.NDArray[Any]:
            # as a plain array over the mapped memory: indexing a `np.memmap` costs several times as much
            return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))

        def starts(n: int) -> Counts:
            if (folder / f"starts{n}.npy").exists():
                return array(f"starts{n}")
            return _starts(array(f"kinds{n}"))  # as earlier versions stored them

        grams = NgramCounts(
            tuple(array(f"keys{n + 1}") for n in range(ORDER)), tuple(array(f"counts{n + 1}") for n in range(ORDER))
        )
        return cls(
            grams,
            tuple(array(f"followers{n + 1}") for n in range(ORDER - 1)),
            tuple(starts(n + 1) for n in range(ORDER - 1)),
            array("seen"),
            array("lines"),
            array("line_texts"),
            info.pop("model_id"),
            info,
        )


def text_hash(text: str) -> int:
    """64 bits that name a text."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def train(texts: Iterable[str]) -> NgramModel:
    """Learn from texts (a page or an article each). The order of the texts does not matter; one that comes twice
    counts once."""
    hashes: set[int] = set()
    lines: Counter[int] = Counter()

    def watched() -> Iterator[str]:
        for text in texts:
            name = text_hash(text)
            if name not in hashes:
                hashes.add(name)
                lines.update(short_lines(text))
                yield text

    grams = count(watched())
    recurring = sorted((line, n) for line, n in lines.items() if n > 1)
    return build(
        grams,
        np.array(sorted(hashes), dtype=np.uint64),
        np.array([line for line, _ in recurring], dtype=np.uint64),
        np.array([n for _, n in recurring], dtype=np.uint32),
        len(hashes),
    )


def short_lines(text: str) -> set[int]:
    """Hashes of the lines of a text that could be a column's name."""
    return {text_hash(line) for line in map(str.strip, text.splitlines()) if 2 <= len(line) <= _SHORT_LINE}


def build(grams: NgramCounts, seen: Keys, lines: Keys, line_texts: Counts, n_texts: int = 0) -> NgramModel:
    """The model of given counts."""
    followers: list[Counts] = []
    starts: list[Counts] = []
    for n in range(1, ORDER):
        at = find_sorted(grams.keys[n - 1], grams.keys[n] // np.uint64(SIZE))  # where an n-gram is, its beginning is
        size = len(grams.keys[n - 1])
        followers.append(np.bincount(at, weights=grams.counts[n], minlength=size).astype(np.uint32))
        starts.append(_starts(np.bincount(at, minlength=size)))
    digest = hashlib.sha256()
    for keys, counts in zip(grams.keys, grams.counts, strict=True):
        digest.update(keys.tobytes())
        digest.update(counts.tobytes())
    for array in (seen, lines, line_texts):
        digest.update(array.tobytes())
    info = {"n_chars": grams.n_chars, "n_texts": n_texts, "order": ORDER, "alphabet": SIZE}
    return NgramModel(grams, tuple(followers), tuple(starts), seen, lines, line_texts, digest.hexdigest()[:16], info)


def _starts(kinds: npt.NDArray[np.integer[Any]]) -> Counts:
    """Where those that begin with each n-gram start in the table of the longer ones."""
    return np.append(0, np.cumsum(kinds)).astype(np.uint32)


def empty_model() -> NgramModel:
    """A model that has seen nothing and says so."""
    nothing = np.zeros(0, dtype=np.uint64)
    return build(count_ids(np.zeros(0, dtype=np.uint16)), nothing, nothing, np.zeros(0, dtype=np.uint32))


@last_answer  # a page is asked for by several steps in a row
def _own_share(model: NgramModel, text: str) -> OwnShare | None:
    if not model.has_seen(text):
        return None
    own = count_ids(text_ids(text))
    unasked = [np.full(len(keys), _UNASKED) for keys in own.keys]
    return OwnShare(
        own.keys,
        own.counts,
        tuple(unasked),
        tuple(u.copy() for u in unasked[:-1]),
        tuple(u.copy() for u in unasked[:-1]),
    )
