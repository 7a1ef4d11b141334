"""Reprints over issues, in files: the same as in memory, whatever the order, the workers, and what was there before."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipeline.reprints as job
from pipeline.datasets import stage
from pipeline.datasets.schemas import SCHEMAS
from pipeline.datasets.stage import Stage
from pipeline.datasets.store import Store
from pipeline.engines import LocalEngine
from pipeline.language.reprints import find_reprints

HANZI = [chr(c) for c in range(0x4E00, 0x4E00 + 3000)]
LOCAL = LocalEngine()


def prose(seed: int, n: int = 160) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice(HANZI) for _ in range(n))


def edited(text: str, seed: int) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice(HANZI) if rng.random() < 0.05 else c for c in text)


#: What an issue may print: originals, and copies of every kind of the same few.
TEXTS = [
    *(prose(i) for i in range(4)),
    *(edited(prose(i), i) for i in range(4)),
    *(prose(i)[:90] for i in range(4)),
    prose(0) + prose(1),
    prose(0) + "，" + prose(9, 60),
    prose(7),
    "本报讯",
]


def put(output: Path, issue: str, texts: list[str]) -> None:
    schema = SCHEMAS["articles"]
    row = {f.name: None if f.nullable else _nothing(f.type) for f in schema}
    rows = [{**row, "article_id": f"{issue}/1@{n}", "issue_id": issue, "text": t} for n, t in enumerate(texts)]
    Store(str(output)).write("articles", issue, pa.Table.from_pylist(rows, schema=schema))


def _nothing(kind: pa.DataType) -> object:
    if pa.types.is_list(kind):
        return []
    return (
        ""
        if pa.types.is_string(kind) or pa.types.is_large_string(kind)
        else 0
        if not pa.types.is_boolean(kind)
        else False
    )


def table(output: Path) -> bytes:
    return (output / "reprints.parquet").read_bytes()


def expected(issues: dict[str, list[str]]) -> list[dict[str, object]]:
    found = find_reprints((f"{i}/1@{n}", t) for i, texts in issues.items() for n, t in enumerate(texts))
    return [vars(r) for r in found]


def written(output: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = Store(str(output)).read_corpus("reprints").to_pylist()
    return [{**r, "similarity": round(float(str(r["similarity"])), 4)} for r in rows]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many bundles, hash parts and tasks, though the corpus is small."""
    monkeypatch.setattr(stage, "ISSUES", 2)
    monkeypatch.setattr(job, "BYTES", 40_000)
    monkeypatch.setattr(job, "ALIGNED_AT_ONCE", 3)


def test_files_and_memory_give_the_same(tmp_path: Path) -> None:
    issues = {f"i{n}": [TEXTS[(n * 5 + k * 3) % len(TEXTS)] for k in range(4)] for n in range(9)}
    for issue, texts in issues.items():
        put(tmp_path, issue, texts)
    job.write_reprints(LOCAL, str(tmp_path), set(issues))
    assert written(tmp_path) == expected(issues)
    assert {r["kind"] for r in written(tmp_path)} >= {"original", "exact", "near", "contained"}


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(
        st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from(TEXTS), max_size=4), max_size=4),
        min_size=2,
        max_size=4,
    )
)
def test_what_was_there_before_makes_no_difference(
    days: list[dict[str, list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Issues are added, changed and taken away; after each day the table is that of a folder that never saw another."""
    output, issues = tmp_path_factory.mktemp("grown"), dict[str, list[str]]()
    for day in days:
        for issue, texts in day.items():
            if texts:
                issues[issue] = texts
                put(output, issue, texts)
            else:
                issues.pop(issue, None)
        job.write_reprints(LOCAL, str(output), set(issues))
        assert written(output) == expected(issues)
    fresh = tmp_path_factory.mktemp("fresh")
    for issue, texts in issues.items():
        put(fresh, issue, texts)
    job.write_reprints(LOCAL, str(fresh), set(issues))
    assert table(output) == table(fresh)


def test_only_what_changed_is_worked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issues = {f"i{n}": [prose(n), edited(prose(n), 1), prose(n + 50)] for n in range(16)}
    for issue, texts in issues.items():
        put(tmp_path, issue, texts)
    job.write_reprints(LOCAL, str(tmp_path), set(issues))
    first = table(tmp_path)
    signed: list[tuple[str, ...]] = []
    aligned: list[int] = []
    sign, align = job.sign, job.align
    monkeypatch.setattr(job, "sign", lambda task: signed.append(task.issues) or sign(task))
    monkeypatch.setattr(job, "align", lambda task: aligned.append(align(task)) or aligned[-1])
    job.write_reprints(LOCAL, str(tmp_path), set(issues))
    assert (signed, aligned, table(tmp_path)) == ([], [], first)
    put(tmp_path, "i3", [*issues["i3"], edited(prose(5), 9)])
    job.write_reprints(LOCAL, str(tmp_path), set(issues))
    assert len(signed) == 1 and "i3" in signed[0]
    assert 0 < sum(aligned) <= 4  # the new article with the two of its kind, and with the canonical one


def test_two_workers_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for n in range(6):
        for output in (one, two):
            put(output, f"i{n}", [TEXTS[(n * 7 + k) % len(TEXTS)] for k in range(5)])
    present = {f"i{n}" for n in range(6)}
    job.write_reprints(LOCAL, str(one), present)
    engine = LocalEngine(2)
    try:
        job.write_reprints(engine, str(two), present)
    finally:
        engine.close()
    assert table(one) == table(two)
    names = [sorted(p.relative_to(o).as_posix() for p in o.rglob("*.parquet")) for o in (one, two)]
    assert names[0] == names[1]


def test_a_killed_run_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(6):
        put(tmp_path, f"i{n}", [TEXTS[(n * 7 + k) % len(TEXTS)] for k in range(5)])
    present = {f"i{n}" for n in range(6)}
    for step in ("sign", "meet", "count", "gather", "align"):
        whole, calls = getattr(job, step), []

        def killed(task: job.Task, whole=whole, calls=calls) -> int:  # type: ignore[no-untyped-def]
            if len(calls) == 1:
                raise KeyboardInterrupt
            calls.append(task)
            return int(whole(task))

        with monkeypatch.context() as patched:
            patched.setattr(job, step, killed)
            with pytest.raises(KeyboardInterrupt):
                job.write_reprints(LOCAL, str(tmp_path), present)
    job.write_reprints(LOCAL, str(tmp_path), present)
    fresh = tmp_path / "fresh"
    for n in range(6):
        put(fresh, f"i{n}", [TEXTS[(n * 7 + k) % len(TEXTS)] for k in range(5)])
    job.write_reprints(LOCAL, str(fresh), present)
    assert table(tmp_path) == table(fresh)


def test_a_damaged_stage_file_is_made_again(tmp_path: Path) -> None:
    put(tmp_path, "a", [prose(1), prose(2)])
    put(tmp_path, "b", [prose(1)])
    job.write_reprints(LOCAL, str(tmp_path), {"a", "b"})
    before = table(tmp_path)
    for file in (tmp_path / "_stages").rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[:-9])
    put(tmp_path, "b", [prose(1), prose(3)])
    job.write_reprints(LOCAL, str(tmp_path), {"a", "b"})
    assert table(tmp_path) == before


def test_what_nobody_needs_any_more_is_removed(tmp_path: Path) -> None:
    put(tmp_path, "a", [prose(1), prose(2)])
    put(tmp_path, "b", [edited(prose(1), 1)])
    job.write_reprints(LOCAL, str(tmp_path), {"a", "b"})
    job.write_reprints(LOCAL, str(tmp_path), {"a"})
    assert written(tmp_path) == []
    kept = {step: len(Stage(str(tmp_path), step).there()) for step in job.STEPS}
    assert {step for step, n in kept.items() if n > 1} <= {job.CANDIDATES}
    assert not any(kept[s] for s in (job.MEETINGS, job.PAIRS, job.WANTED, job.GATHERED))
    assert not sum(
        Stage(str(tmp_path), job.VERDICTS).read(k).num_rows for k in Stage(str(tmp_path), job.VERDICTS).there()
    )


def test_an_object_store_holds_the_same(tmp_path: Path) -> None:
    url = f"memory://{tmp_path.name}"
    for n in range(4):
        put(tmp_path, f"i{n}", TEXTS[n::3])
        Store(url).write("articles", f"i{n}", Store(str(tmp_path)).read("articles", f"i{n}"))
    present = {f"i{n}" for n in range(4)}
    here = job.write_reprints(LOCAL, str(tmp_path), present)
    assert here.num_rows and job.write_reprints(LOCAL, url, present).equals(here)
    assert job.write_reprints(LOCAL, url, present).equals(here)


def test_a_folder_without_articles_has_no_reprints(tmp_path: Path) -> None:
    assert job.write_reprints(LOCAL, str(tmp_path), set()).num_rows == 0


def test_hash_parts_are_alike_in_size(tmp_path: Path) -> None:
    """The least of six hashes is chosen: ranges of them would put half of all into the first of eight."""
    put(tmp_path, "a", [prose(100 + i, 400) for i in range(40)])
    job.sign(job.Task(str(tmp_path), "k", n_parts=8, issues=("a",)))
    signed = Stage(str(tmp_path), job.SHINGLES)
    parts = [signed.read("k", part) for part in range(8)]
    sizes = [part.num_rows for part in parts]
    assert sum(sizes) > 3_000 and max(sizes) < 1.3 * sum(sizes) / 8
    assert {n % 8 for n in parts[3].column("number").to_pylist()} == {3}


def test_verdicts_of_other_code_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a", TEXTS)
    first = job.write_reprints(LOCAL, str(tmp_path), {"a"})
    assert len(job._remembered(str(tmp_path)).pairs) > 0
    monkeypatch.setattr(job, "software_version", lambda: "another")
    assert not len(job._remembered(str(tmp_path)).pairs)
    assert job.write_reprints(LOCAL, str(tmp_path), {"a"}) == first
    (key,) = Stage(str(tmp_path), job.VERDICTS).there()
    assert key.startswith(job._code()), "and the old ones are gone"
