"""Reprints over the whole corpus: map → files by hash part → map → alignment → clusters, on any engine.

1. *sign*: for each bundle of issues, the winnowed shingles of its articles, cut into hash parts.
2. *meet*: for each hash part, the pairs of texts that meet in its shingles, cut into ranges of texts.
3. *count*: for each range of texts, the pairs that met often enough: the candidates.
4. *gather* and *align*: the texts of the candidates that were never aligned before, brought to the tasks that align
   them. What was found stays, by the content of the two texts.
5. clusters: union-find over candidates.

What was made from unchanged content is kept under `_stages/` and not made again; the table is the same as from
nothing. This process holds eight bytes an article, the candidates, and what the table holds; the texts are held by
workers, a bundle or a task at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.datasets.schemas import SCHEMAS
from pipeline.datasets.stage import BYTES, Bundle, DigestTask, Stage, bundled, digest, power_of_two
from pipeline.datasets.store import MissingTableError, Store, StoreError
from pipeline.engines import Engine
from pipeline.language import reprints as rules
from pipeline.language.reprints import Article, Floats, Ints, Links, Meetings, Reprint, Rows
from pipeline.language.winnowing import BITS, Hashes, keys_of, winnow
from pipeline.steps import forget_models
from pipeline.version import software_version

SHINGLES, TEXTS, MEETINGS, CANDIDATES = "shingles", "texts", "meetings", "candidates"
PAIRS, WANTED, GATHERED, VERDICTS = "pairs", "wanted", "gathered", "verdicts"
STEPS = (SHINGLES, TEXTS, MEETINGS, CANDIDATES, PAIRS, WANTED, GATHERED, VERDICTS)
#: Hash parts for each `BYTES` of articles: the pairs that meet in one part are held at once.
PARTS_A_BUNDLE = 4
#: Pairs that one task aligns.
ALIGNED_AT_ONCE = 2_000
#: Rounds in which only those pairs are aligned that would link what is not linked yet; then all that are left.
ROUNDS = 3


@dataclass(frozen=True)
class Task:
    """One piece of a step: which part of which files, and what to call the result."""

    output: str
    key: str
    part: int = 0
    n_parts: int = 1
    keys: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()
    every: bool = False


@dataclass(frozen=True)
class Known:
    """Pairs that were aligned, sorted by `pairs` (a name for the two texts' names)."""

    pairs: Hashes
    kinds: npt.NDArray[np.str_]
    similarities: Floats

    def at(self, pairs: Hashes) -> Ints:
        """Where the pairs stand; -1 = never aligned."""
        if not len(self.pairs):
            return np.full(len(pairs), -1)
        found = np.minimum(np.searchsorted(self.pairs, pairs), len(self.pairs) - 1)
        return np.where(self.pairs[found] == pairs, found, -1)


def write_reprints(engine: Engine, output: str, present: Collection[str]) -> pa.Table:
    """The table `reprints`, from the articles of the issues whose sources are still there."""
    try:
        rows = _find(engine, output, present)
    except StoreError:  # a damaged file between the steps is no reason to fail: all can be made again
        for step in STEPS:
            Stage(output, step).keep(())
        rows = _find(engine, output, present)
    table = pa.Table.from_pylist([vars(r) for r in rows], schema=SCHEMAS["reprints"])
    Store(output).write_corpus("reprints", table)
    return table


def _find(engine: Engine, output: str, present: Collection[str]) -> list[Reprint]:
    groups, size = bundled(output, "articles", present)
    if not groups:
        return []
    parts = power_of_two(PARTS_A_BUNDLE * size / BYTES)
    bundles = _signed(engine, output, groups, parts)
    keys = tuple(b.key for b in bundles)
    first, second = _candidates(engine, output, keys, parts)
    known = _aligned(engine, output, keys, first, second, _remembered(output))
    at = known.at(pair_names(first, second))
    related = (at >= 0) & (known.kinds[at] != "") if len(known.pairs) else at >= 0
    links = Links()
    for a, b in zip(first[related].tolist(), second[related].tolist(), strict=True):
        links.join(a, b)
    clusters = _clusters(output, keys, links)
    by_chief = [(rules.canonical(articles).name, articles) for articles in clusters]
    pairs = sorted({(min(n, a.name), max(n, a.name)) for n, articles in by_chief for a in articles if a.name != n})
    ends = np.array(pairs, dtype=np.uint64).reshape(-1, 2)
    known = _aligned(engine, output, keys, ends[:, 0], ends[:, 1], known, every=True)
    used = np.unique(np.append(pair_names(first, second), pair_names(ends[:, 0], ends[:, 1])))
    _remember(output, known, used)
    for step, kept in ((SHINGLES, keys), (TEXTS, keys), *((s, ()) for s in (MEETINGS, PAIRS, WANTED, GATHERED))):
        Stage(output, step).keep(kept)
    rows = [row for articles in clusters for row in _rows(articles, known)]
    return sorted(rows, key=lambda r: (r.cluster_id, r.article_id))


def _rows(articles: Sequence[Article], known: Known) -> Iterator[Reprint]:
    chief = rules.canonical(articles)
    others = sorted({a.name for a in articles} - {chief.name})
    at = known.at(pair_names(*_sorted_pairs(np.array(others, dtype=np.uint64), chief.name)))
    said = {n: (str(known.kinds[i]), float(known.similarities[i])) for n, i in zip(others, at.tolist(), strict=True)}
    return rules.cluster(articles, said)


def _sorted_pairs(names: Hashes, other: int) -> tuple[Hashes, Hashes]:
    against = np.full(len(names), other, dtype=np.uint64)
    return np.minimum(names, against), np.maximum(names, against)


def pair_names(first: Hashes, second: Hashes) -> Hashes:
    """64 bits that name two texts."""
    mixed = first * np.uint64(0x9E3779B97F4A7C15) ^ (second * np.uint64(0xC2B2AE3D27D4EB4F) >> np.uint64(7))
    mixed ^= second * np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(32)
    return mixed * np.uint64(0xBF58476D1CE4E5B9)


def _key(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _code() -> str:
    """How the names of files begin whose content hangs on the code as much as on what they were made from."""
    return _key(software_version())[:8]


def _signed(engine: Engine, output: str, groups: Sequence[tuple[str, ...]], parts: int) -> list[Bundle]:
    """Step 1, for the bundles whose content has changed."""
    contents = engine.map(digest, [DigestTask(output, ("articles",), issues) for issues in groups])
    bundles = [
        Bundle(_key(content, parts, software_version()), issues)
        for content, issues in zip(contents, groups, strict=True)
    ]
    there = Stage(output, SHINGLES).there() & Stage(output, TEXTS).there()
    tasks = [Task(output, b.key, n_parts=parts, issues=b.issues) for b in bundles if b.key not in there]
    for _ in engine.map(sign, tasks):
        pass
    return bundles


def sign(task: Task) -> int:
    """The shingles of a bundle's articles, in hash parts, and its texts; returns how many texts."""
    store, begin = Store(task.output), 0
    texts: list[pa.Table] = [_TEXTS.empty_table()]
    held: list[tuple[Hashes, Ints, npt.NDArray[np.uint8]]] = []
    for issue in task.issues:
        try:
            articles = store.read("articles", issue, ["article_id", "text"])
        except MissingTableError:
            continue
        keys = keys_of(articles.column("text").to_pylist())
        long = np.flatnonzero(keys.lengths() >= rules.MIN_CHARS)
        keys = keys.only(long)
        shingles = winnow(keys)
        held.append((shingles.numbers, shingles.texts.astype(np.int64) + begin, shingles.marks))
        columns = {
            "name": keys.names(),
            "issue_id": [issue] * len(keys),
            "article_id": articles.column("article_id").take(pa.array(long)).combine_chunks(),
            "row": long,
            "n_chars": keys.lengths(),
            "needed": rules.needed(shingles, len(keys)),
        }
        texts.append(pa.table(columns).cast(_TEXTS))
        begin += len(keys)
    Stage(task.output, SHINGLES).write(task.key, _ranges(held, task.n_parts))
    Stage(task.output, TEXTS).write(task.key, [pa.concat_tables(texts)])
    return begin


_TEXTS = pa.schema([
    ("name", pa.uint64()), ("issue_id", pa.string()), ("article_id", pa.string()), ("row", pa.int64()),
    ("n_chars", pa.int64()), ("needed", pa.uint8()),
])  # fmt: skip


def _ranges(held: Sequence[tuple[Hashes, Ints, npt.NDArray[np.uint8]]], n_parts: int) -> Iterator[pa.Table]:
    numbers = np.concatenate([np.zeros(0, dtype=np.uint64), *(h[0] for h in held)])
    texts = np.concatenate([np.zeros(0, dtype=np.uint32), *(h[1].astype(np.uint32) for h in held)])
    marks = np.concatenate([np.zeros(0, dtype=np.uint8), *(h[2] for h in held)])
    # By the last bits: of six hashes the least was chosen, so that more than half of all begin with three zeros.
    sorted_by = (numbers & np.uint64(n_parts - 1)) << np.uint64(BITS) | numbers
    order = np.argsort(sorted_by, kind="stable")
    numbers, texts, marks = numbers[order], texts[order], marks[order]
    cuts = np.searchsorted(sorted_by[order], np.arange(n_parts + 1, dtype=np.uint64) << np.uint64(BITS))
    for a, b in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        yield pa.table({"number": numbers[a:b], "text": texts[a:b], "marks": marks[a:b]})


def _candidates(engine: Engine, output: str, keys: tuple[str, ...], parts: int) -> tuple[Hashes, Hashes]:
    """Steps 2 and 3, if anything has changed: the names of the texts of each pair, the smaller first."""
    key = _key(keys, parts)
    made = [f"{key}-{part}" for part in range(parts)]
    stage = Stage(output, CANDIDATES)
    if missing := [name for name in made if name not in stage.there()]:
        met = Stage(output, MEETINGS).there()
        tasks = [Task(output, name, part, parts, keys) for part, name in enumerate(made)]
        for _ in engine.map(meet, [t for t in tasks if t.key not in met]):
            pass
        for _ in engine.map(count, [t for t in tasks if t.key in missing]):
            pass
    stage.keep(made)
    found = pa.concat_tables([stage.read(name) for name in made])
    return found.column("first").to_numpy(), found.column("second").to_numpy()


def _names(output: str, keys: Sequence[str]) -> list[Hashes]:
    stage = Stage(output, TEXTS)
    return [stage.read(key, columns=["name"]).column("name").to_numpy() for key in keys]


@lru_cache(maxsize=1)
def _ranked(output: str, keys: tuple[str, ...]) -> tuple[Hashes, list[npt.NDArray[np.uint32]], npt.NDArray[np.uint8]]:
    """The names of all texts, sorted; the ranks of each bundle's texts among them; and what each name needs. A process
    that is given many parts reads this once."""
    stage = Stage(output, TEXTS)
    own = [stage.read(key, columns=["name", "needed"]) for key in keys]
    names = [table.column("name").to_numpy() for table in own]
    every, first = np.unique(np.concatenate(names), return_index=True)
    needed = np.concatenate([table.column("needed").to_numpy() for table in own])[first]
    return every, [np.searchsorted(every, n).astype(np.uint32) for n in names], needed


def meet(task: Task) -> int:
    """The pairs that meet in one hash part, in ranges of their first text; returns how many."""
    forget_models()
    every, ranks, _ = _ranked(task.output, task.keys)
    stage, held = Stage(task.output, SHINGLES), []
    for key, own in zip(task.keys, ranks, strict=True):
        rows = stage.read(key, task.part)
        held.append(
            (rows.column("number").to_numpy(), own[rows.column("text").to_numpy()], rows.column("marks").to_numpy())
        )
    joined = Rows(*(np.concatenate(column) for column in zip(*held, strict=True)))
    met = rules.meetings(joined, len(every), (task.n_parts - 1).bit_length())
    borders = np.array([len(every) * i // task.n_parts << 32 for i in range(task.n_parts + 1)], dtype=np.uint64)
    cuts = np.searchsorted(met.pairs, borders).tolist()
    Stage(task.output, MEETINGS).write(
        task.key,
        (pa.table({"pair": met.pairs[a:b], "shared": met.shared[a:b]}) for a, b in pairwise(cuts)),
    )
    return len(met.pairs)


def count(task: Task) -> int:
    """The candidates of one range of texts, out of all hash parts; returns how many."""
    stem = task.key.rsplit("-", 1)[0]
    stage = Stage(task.output, MEETINGS)
    held = pa.concat_tables([stage.read(f"{stem}-{part}", task.part) for part in range(task.n_parts)])
    met: Meetings = rules.summed(held.column("pair").to_numpy(), held.column("shared").to_numpy())
    every, _, needed = _ranked(task.output, task.keys)
    a, b = rules.candidates(met, needed)
    Stage(task.output, CANDIDATES).write(task.key, [pa.table({"first": every[a], "second": every[b]})])
    return len(a)


def _remembered(output: str) -> Known:
    """What earlier runs of the same code have aligned, also one that was killed."""
    stage = Stage(output, VERDICTS)
    return _known([stage.read(key) for key in sorted(stage.there()) if key.startswith(_code())])


def _known(tables: Sequence[pa.Table]) -> Known:
    schema = pa.schema([("pair", pa.uint64()), ("kind", pa.string()), ("similarity", pa.float32())])
    found = pa.concat_tables([schema.empty_table(), *tables])
    pairs, first = np.unique(found.column("pair").to_numpy(), return_index=True)
    kinds = np.array(found.column("kind").to_pylist(), dtype="<U9")
    return Known(pairs, kinds[first], found.column("similarity").to_numpy()[first])


def _remember(output: str, known: Known, used: Hashes) -> None:
    """One file for all, without pairs of texts that are gone."""
    at = known.at(used)
    at = at[at >= 0]
    table = _verdicts(known.pairs[at], known.kinds[at], known.similarities[at])
    key = f"{_code()}{_key(hashlib.sha256(known.pairs[at].tobytes()).hexdigest())}"
    stage = Stage(output, VERDICTS)
    if stage.there() != {key}:
        stage.write(key, [table])
        stage.keep({key})


def _verdicts(pairs: Hashes, kinds: object, similarities: object) -> pa.Table:
    return pa.table({"pair": pairs, "kind": pa.array(kinds, pa.string()), "similarity": similarities})


def _aligned(
    engine: Engine, output: str, keys: tuple[str, ...], first: Hashes, second: Hashes, known: Known, every: bool = False
) -> Known:
    """Step 4, for the pairs that were never aligned: with `every` for all, else as far as they might link what is not
    linked yet."""
    names = pair_names(first, second)
    at, links = known.at(names), Links()
    if not every and len(known.pairs):
        related = (at >= 0) & (known.kinds[at] != "")
        for a, b in zip(first[related].tolist(), second[related].tolist(), strict=True):
            links.join(a, b)
    new = np.flatnonzero(at < 0)
    new = np.array([i for i in new.tolist() if links.root(int(first[i])) != links.root(int(second[i]))], dtype=np.int64)
    if not len(new):
        return known
    tasks = _shared_out(output, keys, first[new], second[new], every)
    for step, pieces in ((gather, _gathering(output, keys, tasks)), (align, tasks)):
        for _ in engine.map(step, pieces):
            pass
    stage = Stage(output, VERDICTS)
    return _known([_verdicts(known.pairs, known.kinds, known.similarities), *(stage.read(t.key) for t in tasks)])


def _shared_out(output: str, keys: tuple[str, ...], first: Hashes, second: Hashes, every: bool) -> list[Task]:
    """Tasks of so many pairs; those that hang together stand together, so that few texts are needed twice."""
    links = Links()
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        links.join(a, b)
    roots = np.array([links.root(a) for a in first.tolist()], dtype=np.uint64)
    order = np.lexsort((second, first, roots))
    first, second = first[order], second[order]
    key = f"{_code()}{_key(hashlib.sha256(first.tobytes() + second.tobytes()).hexdigest(), every)}"
    n_parts = -(-len(first) // ALIGNED_AT_ONCE)
    cut = [slice(i * ALIGNED_AT_ONCE, (i + 1) * ALIGNED_AT_ONCE) for i in range(n_parts)]
    Stage(output, PAIRS).write(key, (pa.table({"first": first[c], "second": second[c]}) for c in cut))
    return [Task(output, f"{key}-{part}", part, n_parts, keys, every=every) for part in range(n_parts)]


def _gathering(output: str, keys: tuple[str, ...], tasks: Sequence[Task]) -> list[Task]:
    """A task for each bundle: which of its texts are needed, and by which of the tasks that align. Of equal texts the
    first is taken."""
    stem = tasks[0].key.rsplit("-", 1)[0]
    pairs, wanted = Stage(output, PAIRS), []
    for part in range(len(tasks)):
        table = pairs.read(stem, part)
        names = np.unique(np.append(table.column("first").to_numpy(), table.column("second").to_numpy()))
        wanted.append((names, np.full(len(names), part)))
    needed, part_of = (np.concatenate(column) for column in zip(*wanted, strict=True))  # in the order of part and name
    texts, stage, made = Stage(output, TEXTS), Stage(output, WANTED), []
    for key in keys:
        own = texts.read(key, columns=["name", "issue_id", "row"])
        names, first = np.unique(own.column("name").to_numpy(), return_index=True)
        at = np.minimum(np.searchsorted(names, needed), max(len(names) - 1, 0))
        held = names[at] == needed if len(names) else np.zeros(len(needed), dtype=np.bool_)
        if held.any():
            rows = own.take(pa.array(first[at[held]])).append_column("part", pa.array(part_of[held]))
            needed, part_of = needed[~held], part_of[~held]
            stage.write(f"{stem}-{key}", [rows])
            made.append(Task(output, f"{stem}-{key}", n_parts=len(tasks)))
    return made


def gather(task: Task) -> int:
    """The texts of a bundle that are needed, a part for each task that aligns."""
    store, wanted = Store(task.output), Stage(task.output, WANTED).read(task.key)
    texts: dict[tuple[str, int], str] = {}
    places = list(zip(wanted.column("issue_id").to_pylist(), wanted.column("row").to_pylist(), strict=True))
    for issue in sorted({issue for issue, _ in places}):
        column = store.read("articles", issue, ["text"]).column("text")
        texts.update({p: column[p[1]].as_py() for p in places if p[0] == issue})
    name, part = wanted.column("name").to_numpy(), wanted.column("part").to_numpy()
    found = np.array([texts[p] for p in places], dtype=object)
    Stage(task.output, GATHERED).write(
        task.key,
        (
            pa.table({"name": name[part == p], "content": pa.array(found[part == p], pa.large_string())})
            for p in range(task.n_parts)
        ),
    )
    return len(places)


def align(task: Task) -> int:
    """Aligns the pairs of one task; returns how many were aligned."""
    forget_models()
    verdicts = Stage(task.output, VERDICTS)
    stem = task.key.rsplit("-", 1)[0]
    gathered = Stage(task.output, GATHERED)
    sources = sorted(key for key in gathered.there() if key.startswith(f"{stem}-"))
    texts = pa.concat_tables([gathered.read(key, task.part) for key in sources]).sort_by("name")
    pairs = Stage(task.output, PAIRS).read(stem, task.part)
    names, keys = texts.column("name").to_numpy(), keys_of(texts.column("content").to_pylist())
    first, second = (np.searchsorted(names, pairs.column(c).to_numpy()) for c in ("first", "second"))
    open_, links, shingles = np.arange(len(first)), Links(), winnow(keys)
    done: list[pa.Table] = []
    while len(open_):
        now = open_ if task.every or len(done) >= ROUNDS else _forest(first, second, open_, links)
        found = rules.relate(keys, first[now], second[now], shingles)
        for a, b in zip(first[now][found.kinds != ""].tolist(), second[now][found.kinds != ""].tolist(), strict=True):
            links.join(a, b)
        done.append(_verdicts(pair_names(names[first[now]], names[second[now]]), found.kinds, found.similarities))
        left = np.setdiff1d(open_, now, assume_unique=True).tolist()
        open_ = np.array([i for i in left if links.root(int(first[i])) != links.root(int(second[i]))], dtype=np.int64)
    verdicts.write(task.key, [pa.concat_tables(done)])
    return sum(t.num_rows for t in done)


def _forest(first: Ints, second: Ints, open_: Ints, links: Links) -> Ints:
    """Of the open pairs those that would link what is not linked, one after the other."""
    would = Links()
    ends = ((i, links.root(int(first[i])), links.root(int(second[i]))) for i in open_.tolist())
    return np.array([i for i, a, b in ends if would.join(a, b)], dtype=np.int64)


def _clusters(output: str, keys: Sequence[str], links: Links) -> list[list[Article]]:
    """The articles of every cluster: of texts that are linked, and of texts that were printed more than once."""
    names, printed = np.unique(
        np.concatenate([np.zeros(0, dtype=np.uint64), *_names(output, keys)]), return_counts=True
    )
    linked = np.array([n for group in links.groups() for n in group], dtype=np.uint64)
    wanted, stage = np.union1d(names[printed > 1], linked), Stage(output, TEXTS)
    held: dict[int, list[Article]] = {}
    for key in keys:
        own = stage.read(key, columns=["name", "article_id", "n_chars"])
        inside = own.filter(pa.array(np.isin(own.column("name").to_numpy(), wanted)))
        for row in inside.to_pylist():
            article = Article(row["article_id"], row["name"], row["n_chars"])
            held.setdefault(links.root(article.name), []).append(article)
    return [held[root] for root in sorted(held)]
