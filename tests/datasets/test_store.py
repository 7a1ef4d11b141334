from __future__ import annotations

import threading
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets import store as store_module
from pipeline.datasets.schemas import PARTITIONED, SCHEMAS, STAGES
from pipeline.datasets.store import MissingTableError, Store, StoreError, UnwritableError, digest_of


def orphans(*texts: str) -> pa.Table:
    rows = [
        {"orphan_id": f"o{n}", "page_id": "p", "issue_id": "i", "raw_spans": [{"start": n, "end": n + 1}],
         "text": text, "reason": "furniture", "nearest_article_id": None}
        for n, text in enumerate(texts)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCHEMAS["orphans"])


@pytest.fixture(params=["local", "file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    roots = {"local": str(tmp_path), "file": f"file://{tmp_path}", "memory": f"memory://{uuid.uuid4().hex}"}
    return Store(roots[request.param])


def test_round_trip(store: Store) -> None:
    assert store.issues("orphans") == []
    assert not store.exists("orphans", "天津__2025-12-26")
    written = store.write("orphans", "天津__2025-12-26", orphans("版", "面"))
    assert written == store.path("orphans", "天津__2025-12-26")
    assert store.read("orphans", "天津__2025-12-26").equals(orphans("版", "面"))
    assert store.issues("orphans") == ["天津__2025-12-26"]
    assert store.read("orphans", "天津__2025-12-26", ["text"]).column_names == ["text"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
@settings(max_examples=50, deadline=None)
def test_any_text_comes_back(texts: list[str]) -> None:
    store = Store("memory://round-trip")
    store.write("orphans", "i", orphans(*texts))
    assert store.read("orphans", "i").column("text").to_pylist() == texts


def test_places_are_the_contract_s(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.write("orphans", "i", orphans())
    store.write("lines", "i", SCHEMAS["lines"].empty_table())
    store.write_corpus("names", SCHEMAS["names"].empty_table())
    files = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert files == ["_stages/lines/i.parquet", "names.parquet", "orphans/i.parquet"]


def test_same_table_same_bytes(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    first = Path(store.write("orphans", "i", orphans("版", "面"))).read_bytes()
    halves = pa.concat_tables([orphans("版", "面").slice(0, 1), orphans("版", "面").slice(1)])
    assert Path(store.write("orphans", "i", halves)).read_bytes() == first


def test_plain_readers_see_types_and_version(tmp_path: Path) -> None:
    path = Store(str(tmp_path)).write("orphans", "i", orphans("版"))
    schema = pq.read_schema(path)
    assert schema.metadata[b"banmian.schema_version"] == b"1.0"
    assert schema.field("text").metadata[b"description"]
    column = pq.ParquetFile(path).metadata.row_group(0).column(4)
    assert column.compression == "ZSTD"


def test_further_metadata_is_kept(store: Store) -> None:
    data = orphans().replace_schema_metadata({b"banmian.model_id": b"m1", b"pandas": b"{}"})
    store.write("orphans", "i", data)
    metadata = store.read("orphans", "i").schema.metadata
    assert metadata[b"banmian.model_id"] == b"m1"
    assert b"pandas" not in metadata


def test_a_reader_meanwhile_sees_old_or_new(tmp_path: Path) -> None:
    store, seen, faults, stop = Store(str(tmp_path)), set[int](), list[Exception](), threading.Event()
    store.write("orphans", "i", orphans(*"a" * 10))

    def read() -> None:
        try:
            while not stop.is_set():
                seen.update(len(t) for _, t in store.read_all("orphans"))
                seen.update(pq.ParquetFile(p).read().num_rows for p in tmp_path.glob("orphans/*.parquet"))
        except Exception as fault:
            faults.append(fault)

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(60):
        store.write("orphans", "i", orphans(*"a" * (10 if n % 2 else 5000)))
    stop.set()
    reader.join()
    assert faults == []
    assert seen and seen <= {10, 5000}


def test_a_killed_writer_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(tmp_path))
    store.write("orphans", "i", orphans("old"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store_module.os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        store.write("orphans", "i", orphans("new"))
    assert store.read("orphans", "i").column("text").to_pylist() == ["old"]
    assert [p.name for p in (tmp_path / "orphans").iterdir()] == ["i.parquet"]


def test_a_leftover_draft_is_not_read_and_is_swept(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.write("orphans", "i", orphans("版"))
    draft = tmp_path / "orphans" / ".i.parquet.0123.tmp"
    draft.write_bytes(b"PAR1 half a fi")
    assert not list((tmp_path / "orphans").glob("*.parquet"))[1:]
    assert store.issues("orphans") == ["i"]
    assert len(list(store.read_all("orphans"))) == 1
    assert store.sweep() == 0  # it may still be written to
    assert store.sweep(0) == 1
    assert not draft.exists()


def test_delete_issue(store: Store) -> None:
    for table in PARTITIONED + STAGES:
        store.write(table, "i", SCHEMAS[table].empty_table())
    store.write("orphans", "j", orphans())
    assert len(store.delete_issue("i")) == len(PARTITIONED + STAGES)
    assert store.delete_issue("i") == []
    assert store.issues("orphans") == ["j"]


def test_missing_table(store: Store) -> None:
    with pytest.raises(MissingTableError, match=r"orphans/i\.parquet is not there"):
        store.read("orphans", "i")
    with pytest.raises(MissingTableError, match=r"names\.parquet"):
        store.read_corpus("names")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_a_torn_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "orphans").mkdir()
    (tmp_path / "orphans" / "i.parquet").write_bytes(content)
    with pytest.raises(StoreError, match=r"orphans/i\.parquet is torn or no Parquet file"):
        Store(str(tmp_path)).read("orphans", "i")


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    path = Path(Store(str(tmp_path)).write("orphans", "i", orphans(*"版面" * 50)))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError, match="torn"):
        Store(str(tmp_path)).read("orphans", "i")


def test_damage_inside_a_file_is_found(tmp_path: Path) -> None:
    """Prose that is damaged can still be read as prose: the pages' checksums tell."""
    store = Store(str(tmp_path))
    path = Path(store.write("orphans", "i", orphans(*(f"第{n}版的一段孤零零的文字" for n in range(300)))))
    whole = path.read_bytes()
    for at in range(8, len(whole) // 2, 211):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(StoreError, match="is torn or no Parquet file"):
            store.read("orphans", "i")


def test_what_was_just_written_need_not_be_read_again(store: Store) -> None:
    content = store.encoded("orphans", orphans("题", "报"))
    store.write("orphans", "i", content)
    for digest in (digest_of(content), "0" * 16, None):
        assert store.whole_schema("orphans", "i", digest).equals(SCHEMAS["orphans"])
    with pytest.raises(MissingTableError):
        store.whole_schema("orphans", "j", digest_of(content))


def test_damage_is_found_in_what_was_just_written(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    content = store.encoded("orphans", orphans("版" * 5000))
    file = Path(store.write("orphans", "i", content))
    at = len(content) // 3
    file.write_bytes(content[:at] + bytes(255 - b for b in content[at : at + 4]) + content[at + 4 :])
    with pytest.raises(StoreError, match="torn"):
        store.whole_schema("orphans", "i", digest_of(content))


def test_faults_are_named_without_reading_the_file(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    path = Path(store.write("orphans", "i", orphans("版")))
    assert store.fault("orphans", "i") is None
    assert store.fault("orphans", "never written") is None
    path.write_bytes(path.read_bytes()[:-9])
    assert "torn" in (store.fault("orphans", "i") or "")
    pq.write_table(pa.table({"a": [1]}), path)
    assert "was not written by Banmian" in (store.fault("orphans", "i") or "")
    schema = SCHEMAS["orphans"].set(0, pa.field("orphan_id", pa.int64()))
    pq.write_table(schema.empty_table(), path)
    assert "column orphan_id is int64, not string" in (store.fault("orphans", "i") or "")
    with pytest.raises(StoreError, match="column orphan_id is int64"):
        store.read("orphans", "i")
    path.unlink()
    path.mkdir()
    assert store.fault("orphans", "i")


def test_strangers_among_the_tables_are_named(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for issue_id in ("here", "gone"):
        store.write("orphans", issue_id, orphans("版"))
    assert store.strangers({"here"}) == []
    pq.write_table(pa.table({"a": [1]}), tmp_path / "orphans" / "mine.parquet")
    (tmp_path / "orphans" / "not ours\n.parquet").write_bytes(b"PAR1")
    (tmp_path / "orphans" / "gone.parquet").write_bytes(b"PAR1")
    found = store.strangers({"here"})
    assert len(found) == 3 and all(str(tmp_path) in line for line in found)
    assert any("orphans/mine.parquet was not written by Banmian" in line for line in found)


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(tmp_path))
    store.write("orphans", "i", orphans("old"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module.os, "fsync", full)
    with pytest.raises(UnwritableError, match=r"orphans/i\.parquet cannot be written: No space left on device"):
        store.write("orphans", "i", orphans("new"))
    assert store.read("orphans", "i").column("text").to_pylist() == ["old"]
    assert [p.name for p in (tmp_path / "orphans").iterdir()] == ["i.parquet"]


def _foreign(tmp_path: Path, schema: pa.Schema) -> Store:
    (tmp_path / "orphans").mkdir()
    pq.write_table(schema.empty_table(), tmp_path / "orphans" / "i.parquet")
    return Store(str(tmp_path))


def test_a_foreign_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="was not written by Banmian"):
        _foreign(tmp_path, SCHEMAS["orphans"].remove_metadata()).read("orphans", "i")


def test_another_major_version_is_refused(tmp_path: Path) -> None:
    schema = SCHEMAS["orphans"].with_metadata({"banmian.schema_version": "2.0"})
    with pytest.raises(StoreError, match=r"orphans/i\.parquet has schema version 2\.0, this program reads 1\.0"):
        _foreign(tmp_path, schema).read("orphans", "i")


def test_another_minor_version_is_read(tmp_path: Path) -> None:
    """A newer one has nullable columns more, an older one fewer."""
    schema = SCHEMAS["orphans"].with_metadata({"banmian.schema_version": "1.7"})
    schema = schema.remove(schema.get_field_index("nearest_article_id")).append(pa.field("later", pa.string()))
    assert _foreign(tmp_path, schema).read("orphans", "i").column_names == SCHEMAS["orphans"].names


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    schema = SCHEMAS["orphans"]
    with pytest.raises(StoreError, match="has no column text"):
        _foreign(tmp_path, schema.remove(schema.get_field_index("text"))).read("orphans", "i")


@pytest.mark.parametrize("issue_id", ["", "a/b", "a\\b", "..", "a..b", ".a", "a\0", "a\nb", "a" * 300])
def test_unsafe_issue_ids_are_refused(store: Store, issue_id: str) -> None:
    with pytest.raises(ValueError, match="cannot be an issue_id"):
        store.write("orphans", issue_id, orphans())


def test_unknown_tables_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="'names' is no table of an issue"):
        store.read("names", "i")
    with pytest.raises(ValueError, match="'orphans' is no table about the corpus"):
        store.read_corpus("orphans")
    store.write("orphans", "i", orphans())
    with pytest.raises(ValueError, match="unknown columns colour"):
        store.read("orphans", "i", ["colour"])
