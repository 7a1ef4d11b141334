from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import os
import shutil
import tempfile
import tracemalloc
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import fsspec
import pytest
import zstandard

from pipeline.datasets import inputs, unpack
from pipeline.datasets.inputs import (
    TooManyIssues,
    fingerprint,
    left_alone,
    list_issues,
    page_list_warnings,
    read_issue,
)
from pipeline.text.decode import encode
from pipeline.text.document import Page

TEXT = "天津日报\n本报讯 今日天气晴。\n"
SEED = Path(__file__).parents[2] / "seeds" / "000_dfba5c87776d0f68.txt"


def put(root: Path, path: str, content: bytes | str = TEXT) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)


def put_records(root: Path, path: str, *records: object) -> None:
    put(root, path, "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records))


def read_all(root: Path, batch: str | None = None) -> tuple[dict[str, Page], dict[str, str]]:
    """Pages by source, reasons by source."""
    pages: dict[str, Page] = {}
    reasons: dict[str, str] = {}
    for issue_id in list_issues(str(root), batch):
        found, rejects = read_issue(str(root), issue_id, batch)
        pages.update({p.source: p for p in found})
        reasons.update({r.source: r.reason for r in rejects})
        assert all(p.issue_id == issue_id for p in found) and all(r.issue_id == issue_id for r in rejects)
    assert len({p.page_id for p in pages.values()}) == len(pages)
    return pages, reasons


def only_reject(root: Path) -> inputs.Reject:
    ((issue_id, sources),) = list_issues(str(root)).items()
    pages, (reject,) = read_issue(str(root), sources)
    assert not pages and reject.issue_id == issue_id
    return reject


# --- which issues ---------------------------------------------------------------------------------------------------


@pytest.mark.seed
def test_the_seed_keeps_its_name() -> None:
    (issue_id,) = list_issues(str(SEED.parent))
    (page,), rejects = read_issue(str(SEED.parent), issue_id)
    assert page.page_id == "000_dfba5c87776d0f68/000_dfba5c87776d0f68" and not rejects
    assert page.sha256 == hashlib.sha256(SEED.read_bytes()).hexdigest()
    assert encode(page.text, page.encoding) == SEED.read_bytes()


def test_a_sub_folder_is_an_issue_and_a_root_file_is_one(tmp_path: Path) -> None:
    for path in ("b.txt", "a.txt", "tj/2025-12-26/10.txt", "tj/2025-12-26/2.txt", "tj/2025-12-27/1.txt"):
        put(tmp_path, path)
    put(tmp_path, "notes.md")
    issues = list_issues(str(tmp_path))
    assert {i: [s.path for s in sources] for i, sources in issues.items()} == {
        "a": ["a.txt"],
        "b": ["b.txt"],
        "tj__2025-12-26": ["tj/2025-12-26/2.txt", "tj/2025-12-26/10.txt"],
        "tj__2025-12-27": ["tj/2025-12-27/1.txt"],
    }
    assert list(issues) == sorted(issues)
    for issue_id, sources in issues.items():
        assert read_issue(str(tmp_path), issue_id) == read_issue(str(tmp_path), sources)


def test_names_that_could_meet_do_not(tmp_path: Path) -> None:
    for path in ("a.txt", "a/a.txt", "a.txt.gz", "A.txt", "a.TXT", "A/a.txt", "a/a.txt.gz", "a__b/1.txt", "a/b/1.txt"):
        put(tmp_path, path, gzip.compress(TEXT.encode()) if path.endswith(".gz") else TEXT)
    put_records(tmp_path, "a.jsonl", {"text": TEXT})
    issues = list_issues(str(tmp_path))
    assert sum(len(s) for s in issues.values()) == 10
    assert len({i.casefold() for i in issues}) == len(issues) == 9  # two files of a/ are one issue
    pages, reasons = read_all(tmp_path)
    assert len(pages) == 10 and not reasons
    assert pages["a/a.txt"].page_id == "a/a"


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    for path in (".a.txt", ".git/a.txt", "x/.hidden/a.txt", "x/a.txt"):
        put(tmp_path, path)
    assert list(list_issues(str(tmp_path))) == ["x"]


def test_what_is_read_as_no_page_is_counted(tmp_path: Path) -> None:
    put(tmp_path, "a.txt")
    put(tmp_path, "pages.csv", "path\n")
    put(tmp_path, ".hidden.pdf")
    assert left_alone(str(tmp_path)) == []
    for path in ("d/1.pdf", "d/2.PDF", "more.jsonl.gz", "d/README", "d.e/x", "\udcff.\udcfe"):
        put(tmp_path, path)
    assert left_alone(str(tmp_path)) == [
        "6 files were left alone, as they are no pages: 2 .pdf, 2 without an ending, 1 .jsonl.gz, 1 .\udcfe"
    ]
    assert list(read_all(tmp_path)[0]) == ["a.txt"]


def test_links_in_circles_end(tmp_path: Path) -> None:
    put(tmp_path, "z/1.txt")
    (tmp_path / "z" / "up").symlink_to("..")
    (tmp_path / "a").symlink_to("z")
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "self.txt").symlink_to("self.txt")
    pages, reasons = read_all(tmp_path)
    assert list(pages) == ["z/1.txt"]
    assert reasons == {"self.txt": "unreadable"}


def test_a_linked_folder_outside_is_read(tmp_path: Path) -> None:
    put(tmp_path / "far", "1.txt")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "2025-12-26").symlink_to(tmp_path / "far")
    pages, _ = read_all(tmp_path / "in")
    assert list(pages) == ["2025-12-26/1.txt"]


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is not there"):
        list_issues(str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="holds no issue 'gone'"):
        read_issue(str(tmp_path), "gone")


def test_an_issue_is_listed_afresh(tmp_path: Path) -> None:
    put(tmp_path, "A b/1.txt")
    (issue_id,) = list_issues(str(tmp_path))
    assert len(read_issue(str(tmp_path), issue_id)[0]) == 1
    put(tmp_path, "A b/2.txt")
    assert len(read_issue(str(tmp_path), issue_id)[0]) == 2


def test_too_many_issues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_ISSUES", 3)
    for n in range(4):
        put(tmp_path, f"d{n}/1.txt")
    with pytest.raises(TooManyIssues, match="--batch hash:N"):
        list_issues(str(tmp_path))
    assert 1 <= len(list_issues(str(tmp_path), "hash:2")) <= 2


def test_batches_keep_pages_apart(tmp_path: Path) -> None:
    for folder in ("a", "b", "c", "d"):
        put(tmp_path, f"{folder}/1.txt")
    put(tmp_path, "1.txt")
    put_records(tmp_path, "e.jsonl", {"id": "1", "text": TEXT}, {"id": "1", "text": TEXT})
    issues = list_issues(str(tmp_path), "hash:2")
    assert set(issues) <= {"batch-0000", "batch-0001"}
    assert len(read_all(tmp_path, "hash:2")[0]) == 7


@pytest.mark.parametrize("batch", ["hash:0", "hash:", "hash:x", "7", "hash:999999"])
def test_wrong_batches_are_refused(tmp_path: Path, batch: str) -> None:
    with pytest.raises(ValueError, match="--batch must be hash:N"):
        list_issues(str(tmp_path), batch)


def test_other_file_systems() -> None:
    root = f"memory://{uuid.uuid4().hex}"
    fs = fsspec.filesystem("memory")
    for path in ("a.txt", "tj/2025-12-26/04.txt", ".git/b.txt"):
        fs.pipe_file(f"{root}/{path}", TEXT.encode())
    fs.pipe_file(f"{root}/x.jsonl", json.dumps({"text": TEXT}).encode())
    issues = list_issues(root)
    assert list(issues)[:2] == ["a", "tj__2025-12-26"] and len(issues) == 3
    for issue_id, sources in issues.items():
        (page,), rejects = read_issue(root, issue_id)
        assert page.text == TEXT and not rejects
        assert read_issue(root, sources)[0] == [page]
    assert [s.path for s in fingerprint(root)] == ["a.txt", "tj/2025-12-26/04.txt", "x.jsonl"]


def test_fingerprint_changes_with_the_file(tmp_path: Path) -> None:
    put(tmp_path, "a.txt")
    (before,) = fingerprint(str(tmp_path))
    put(tmp_path, "a.txt", TEXT * 2)
    (after,) = fingerprint(str(tmp_path))
    assert (before.path, before.size) == ("a.txt", len(TEXT.encode())) and after != before


# --- pages and rejects ----------------------------------------------------------------------------------------------


def test_packed_pages(tmp_path: Path) -> None:
    data = TEXT.encode("gb18030")
    frames = zstandard.compress(data[:10]) + zstandard.compress(data[10:])
    put(tmp_path, "d/1.txt", data)
    put(tmp_path, "d/1.txt.gz", gzip.compress(data))
    put(tmp_path, "d/1.txt.zst", frames)
    pages, rejects = read_issue(str(tmp_path), "d")
    assert not rejects
    assert {(p.text, p.n_bytes, p.sha256, p.encoding) for p in pages} == {
        (TEXT, len(data), hashlib.sha256(data).hexdigest(), "gb18030")
    }
    assert pages[0].page_id == "d/1" and len({p.page_id for p in pages}) == 3


_GZ, _ZST = gzip.compress(TEXT.encode()), zstandard.compress(TEXT.encode())


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\xe3\x80\x80\n", "empty"),
        ("a.txt", b"%PDF-1.7 \x00\x01\x02", "binary"),
        ("a.txt", TEXT.encode()[:-5] + b"\xff\xfe\x80" + TEXT.encode(), "undecodable"),
        ("a.txt", b"The quick brown fox", "not_chinese"),
        ("a.txt.gz", _GZ[:-10], "unreadable"),
        ("a.txt.gz", b"no gzip", "unreadable"),
        ("a.txt.gz", _GZ[:12] + b"\xff" * 8 + _GZ[20:], "unreadable"),
        ("a.txt.zst", _ZST[:-3], "unreadable"),
        ("a.txt.zst", b"no zstd", "unreadable"),
        ("a.txt.gz", gzip.compress(b""), "empty"),
        ("a.jsonl", b"", "empty"),
        ("a.jsonl", b"\n\n", "empty"),
        ("a.jsonl", b"{", "bad_record"),
        ("a.jsonl", b"\xff\xfe", "bad_record"),
        ("a.jsonl", b"[" * 100_000, "bad_record"),
        ("a.jsonl", b'["text"]', "bad_record"),
        ("a.jsonl", b'{"id": 1}', "bad_record"),
        ("a.jsonl", b'{"text": 7}', "bad_record"),
        ("a.jsonl", b'{"text": "\\ud800"}', "bad_record"),
        ("a.jsonl", b'{"text": ""}', "empty"),
        ("a.jsonl", b'{"text": "plain English"}', "not_chinese"),
    ],
)
def test_bad_input_is_rejected_with_its_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    put(tmp_path, name, content)
    reject = only_reject(tmp_path)
    assert reject.reason == reason, reject
    assert reject.source.startswith(name) and reject.detail and str(tmp_path) not in reject.detail


def test_a_decodable_reject_knows_its_bytes(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", b"The quick brown fox")
    reject = only_reject(tmp_path)
    assert (reject.n_bytes, reject.sha256) == (19, hashlib.sha256(b"The quick brown fox").hexdigest())


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.txt.zst"])
def test_pages_over_the_limit_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(unpack.read_file, "__defaults__", (1000,))
    pack = {"a.txt": bytes, "a.txt.gz": gzip.compress, "a.txt.zst": zstandard.compress}[name]
    put(tmp_path, f"in/{name}", pack("版面".encode().ljust(1000)))
    assert len(read_issue(str(tmp_path), "in")[0]) == 1
    put(tmp_path, f"in/{name}", pack("版面".encode().ljust(1001)))
    assert only_reject(tmp_path).reason == "too_large"


@pytest.mark.parametrize("name", ["a.txt.gz", "a.txt.zst"])
def test_bombs_are_stopped(tmp_path: Path, name: str) -> None:
    pack = gzip.compress if name.endswith("gz") else zstandard.compress
    put(tmp_path, name, pack(b" " * (200 << 20)))
    assert only_reject(tmp_path).reason == "too_large"


def test_a_record_over_the_limit_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_PAGE_BYTES", 100)
    monkeypatch.setattr(inputs, "_MAX_LINE", 300)
    put_records(tmp_path, "a.jsonl", {"text": "版" * 34}, {"text": "版" * 200}, {"text": "版面"})
    (issue_id,) = list_issues(str(tmp_path))
    pages, rejects = read_issue(str(tmp_path), issue_id)
    assert [(r.source, r.reason) for r in rejects] == [("a.jsonl#1", "too_large"), ("a.jsonl#2", "too_large")]
    assert [p.source for p in pages] == ["a.jsonl#3"]


_NEWS = "春灌用上智能闸门\n本报讯 3日,清河灌区的闸门同时开启。\n"


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        ("a.txt", b"", "no visible character"),
        ("a.txt", b"\x89PNG\r\n\x1a\n", "begins like a binary file: b'\\x89PNG'"),
        ("a.txt", _NEWS.encode() + b"\x00", "NUL bytes, and no UTF-16 or UTF-32 text"),
        ("a.txt", bytes(99), "NUL bytes, and no UTF-16 or UTF-32 text"),
        ("a.txt", _NEWS.encode()[:-3], "broken UTF-8 at byte 73: unexpected end of data"),
        ("a.txt", _NEWS.encode() + b"\xff", "broken UTF-8 at byte 77: invalid start byte"),
        (
            "a.txt",
            3 * _NEWS.encode("gb18030") + "版面内容\n".encode(),
            "mixed encodings: line 7 is utf-8, others are gb18030",
        ),
        ("a.txt", codecs.BOM_UTF16_LE + b"\x2d", "a UTF-16 or UTF-32 byte order mark, but broken text after it"),
        ("a.txt", "café à la crème".encode("latin-1"), "neither UTF-8, UTF-16, GB18030 nor Big5 gives plausible text"),
        ("a.txt", b"no Chinese at all", "letters, but neither hanzi nor Chinese marks"),
        ("a.txt.gz", _GZ[:-9], "Compressed file ended before the end-of-stream marker was reached"),
        ("a.txt.gz", b"no gzip", "Not a gzipped file (b'no')"),
        ("a.txt.zst", _ZST[:-3], "the zstd frame ends before its end mark"),
        ("a.txt.gz", gzip.compress(bytes(1 << 20)) * 70, "more than 16,777,216 bytes"),
        ("a.jsonl", b'{"text": ', "line 1: Expecting value: line 1 column 10 (char 9)"),
        ("a.jsonl", b'["text"]', "line 1 is no JSON object"),
        ("a.jsonl", b'{"id": 1}', "line 1: `text` is missing"),
        ("a.jsonl", b'{"text": ["x"]}', "line 1: `text` is no string"),
        ("a.jsonl", b"\n", "no record"),
    ],
)
def test_what_a_person_is_told(tmp_path: Path, name: str, content: bytes, detail: str) -> None:
    put(tmp_path, name, content)
    assert only_reject(tmp_path).detail == detail


@pytest.fixture
def somebody() -> Iterator[Path]:
    """A folder that belongs to a user who may not do everything: root reads what is forbidden."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        shutil.rmtree(folder)


def test_forbidden_files_and_folders(somebody: Path) -> None:
    for path in ("a.txt", "a.jsonl", "d/1.txt", "e/1.txt"):
        put(somebody, path)
    for path in ("a.txt", "a.jsonl", "d"):
        (somebody / path).chmod(0)
    (somebody / "e").chmod(0o444)  # its names can be read, its files not
    issues = list_issues(str(somebody))
    rejects = [r for sources in issues.values() for r in read_issue(str(somebody), sources)[1]]
    told = {r.source: (r.reason, r.detail) for r in rejects}
    (somebody / "d").chmod(0o700)
    (somebody / "e").chmod(0o700)
    assert set(told.values()) == {("unreadable", "Permission denied")}
    assert set(told) == {"a.txt", "a.jsonl#1", "d/(folder).txt", "e/1.txt"}


def test_links_in_circles_are_told(tmp_path: Path) -> None:
    (tmp_path / "self.txt").symlink_to("self.txt")
    assert only_reject(tmp_path).detail == "Too many levels of symbolic links"


def test_a_line_of_five_megabytes_is_one_page(tmp_path: Path) -> None:
    line = "天津日报今天出版。" * (5_000_000 // 27 + 1)
    put(tmp_path, "a.txt", line)
    (page,) = read_all(tmp_path)[0].values()
    assert page.n_bytes >= 5_000_000 and page.text == line


def test_a_file_of_200_megabytes_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    put(tmp_path, "a.txt")
    os.truncate(tmp_path / "a.txt", 200 << 20)
    tracemalloc.start()
    reject = only_reject(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (reject.reason, reject.detail) == ("too_large", "more than 16,777,216 bytes")
    assert peak < 150 << 20


def test_what_is_no_file_and_what_vanished_is_unreadable(tmp_path: Path) -> None:
    put(tmp_path, "gone/1.txt")
    put(tmp_path, "gone/2.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "broken.txt").symlink_to("nowhere")
    issues = list_issues(str(tmp_path))
    (tmp_path / "gone" / "1.txt").unlink()
    pages, rejects = read_issue(str(tmp_path), [s for sources in issues.values() for s in sources])
    assert [p.source for p in pages] == ["gone/2.txt"]
    assert {r.source: r.reason for r in rejects} == dict.fromkeys(
        ["broken.txt", "gone/1.txt", "pipe.txt"], "unreadable"
    )


def test_an_unlistable_folder_is_a_reject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "d/1.txt")
    put(tmp_path, "e/1.txt")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("/d"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    pages, reasons = read_all(tmp_path)
    assert list(pages) == ["e/1.txt"] and list(reasons.values()) == ["unreadable"]


def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xff\xfe"
    Path(os.fsdecode(folder)).mkdir()
    Path(os.fsdecode(folder + b"/\xb0\xe6.txt")).write_text(TEXT, encoding="utf-8")
    pages, reasons = read_all(tmp_path)
    ((source, page),) = pages.items()
    assert source == "\\xff\\xfe/\\xb0\\xe6.txt" and not reasons
    (page.page_id + page.issue_id).encode()


# --- records --------------------------------------------------------------------------------------------------------


def test_records(tmp_path: Path) -> None:
    records = [
        {"text": "版面一", "id": "x", "newspaper": "天津日报", "date": "2025-12-26", "page": 4},
        {"text": "版面二", "id": "x"},
        {"text": "版面三", "id": 7, "date": "soon"},
        {"text": "版面四"},
    ]
    put_records(tmp_path, "a.jsonl", *records)
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write('oops\n\n{"text": "版面五"}')
    (issue_id,) = list_issues(str(tmp_path))
    pages, (reject,) = read_issue(str(tmp_path), issue_id)
    assert [p.text for p in pages] == ["版面一", "版面二", "版面三", "版面四", "版面五"]
    assert [p.source for p in pages] == [f"a.jsonl#{n}" for n in (1, 2, 3, 4, 7)]
    assert (reject.source, reject.reason) == ("a.jsonl#5", "bad_record") and "line 5" in reject.detail
    names = [p.page_id.removeprefix(f"{issue_id}/") for p in pages]
    assert names[0] == "x" and names[2] == "7" and names[1].startswith("x-") and len(set(names)) == 5
    first = pages[0]
    assert (first.newspaper, first.issue_date, first.page_label) == ("天津日报", date(2025, 12, 26), "4")
    assert pages[2].issue_date is None
    assert (first.n_bytes, first.sha256) == (9, hashlib.sha256("版面一".encode()).hexdigest())


def test_a_jsonl_is_cut_into_issues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "RECORDS_PER_ISSUE", 3)
    put_records(tmp_path, "a.jsonl", *({"text": f"版面{n}", "id": "same"} for n in range(7)))
    issues = list_issues(str(tmp_path))
    assert [len(read_issue(str(tmp_path), i)[0]) for i in issues] == [3, 3, 1]
    first = next(iter(issues))
    assert list(issues) == [first, f"{first}-0002", f"{first}-0003"]
    assert sorted(p.text for p in read_all(tmp_path)[0].values()) == [f"版面{n}" for n in range(7)]
    put_records(tmp_path, "a.jsonl", *({"text": f"版面第{n}页"} for n in range(7)))  # other offsets: counted anew
    assert [p.text for s in issues.values() for p in read_issue(str(tmp_path), s)[0]] == [
        f"版面第{n}页" for n in range(7)
    ]


def test_a_byte_order_mark_is_kept_or_skipped(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", b"\xef\xbb\xbf" + json.dumps({"text": "\ufeff版面"}).encode())
    (issue_id,) = list_issues(str(tmp_path))
    (page,), _ = read_issue(str(tmp_path), issue_id)
    assert encode(page.text, page.encoding) == "\ufeff版面".encode() and page.n_bytes == 9


# --- what is known of a page ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "facts"),
    [
        ("tianjin-daily/2025-12-26/04.txt", ("tianjin-daily", date(2025, 12, 26), "04")),
        ("2025-12-26/04.txt", (None, date(2025, 12, 26), "04")),
        ("20251226/A04.txt.gz", (None, date(2025, 12, 26), "A04")),
        ("天津日报/20251226/要闻.txt", ("天津日报", date(2025, 12, 26), "要闻")),
        ("2025-12-26/第4版.txt", (None, date(2025, 12, 26), "4")),
        ("2025-12-26/scan_0004_final.txt", (None, date(2025, 12, 26), None)),
        ("20251226.txt", (None, date(2025, 12, 26), None)),
        ("2025-13-26/04.txt", (None, None, None)),
        ("scans/04.txt", (None, None, None)),
        ("04.txt", (None, None, None)),
    ],
)
def test_the_path_tells(tmp_path: Path, path: str, facts: tuple[object, ...]) -> None:
    put(tmp_path, path, gzip.compress(TEXT.encode()) if path.endswith(".gz") else TEXT)
    (page,) = read_all(tmp_path)[0].values()
    assert (page.newspaper, page.issue_date, page.page_label) == facts


def test_pages_csv_tells_more(tmp_path: Path) -> None:
    put(tmp_path, "2025-12-26/04.txt")
    put(tmp_path, "b.txt")
    put_records(tmp_path, "c.jsonl", {"text": TEXT, "page": "9"})
    rows = "path,newspaper,date,page\n2025-12-26/04.txt,今晚报,,\nb.txt,,20250101,要闻\nc.jsonl#1,每日新报,,\n"
    put(tmp_path, "pages.csv", rows.encode("gb18030"))
    pages, _ = read_all(tmp_path)
    assert page_list_warnings(str(tmp_path)) == []
    known = {s: (p.newspaper, p.issue_date, p.page_label) for s, p in pages.items()}
    assert known == {
        "2025-12-26/04.txt": ("今晚报", date(2025, 12, 26), "04"),
        "b.txt": (None, date(2025, 1, 1), "要闻"),
        "c.jsonl#1": ("每日新报", None, "9"),
    }


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        ("file,date\nb.txt,2025-01-01\n", "line 1: no column `path`"),
        ("", "line 1: no column `path`"),
        ("path,day\nb.txt,x\n", "line 1: unknown column 'day'"),
        ("path,newspaper,date,page\nb.txt,,26.12.2025,\n", "line 2: '26.12.2025' is no date"),
        ("path,newspaper,date,page\n\nz.txt,,,\n", "line 3: there is no page 'z.txt'"),
        ("path,newspaper,date,page\nb.txt,,,\nb.txt,,,\n", "line 3: path repeated"),
        ("newspaper,date,page,path\nx,\n", "line 2: 2 cells, 4 expected"),
        (b"\xff\xff\xff", "neither UTF-8 nor GB18030"),
        ("path,newspaper,date,page\n" + '"' + "x" * 200_000, "field larger than field limit"),
    ],
)
def test_a_wrong_pages_csv_is_a_warning(tmp_path: Path, content: str | bytes, warning: str) -> None:
    put(tmp_path, "b.txt")
    put(tmp_path, "pages.csv", content)
    (page,) = read_all(tmp_path)[0].values()
    assert (page.newspaper, page.issue_date) == (None, None)
    assert any(warning in w and w.startswith("pages.csv") for w in page_list_warnings(str(tmp_path)))
