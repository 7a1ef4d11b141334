"""Reference text of every kind is read; what cannot be read is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from pipeline.datasets.reference import ReferenceTextError, reference_texts


def test_every_kind_is_read(tmp_path: Path) -> None:
    jsonl = "".join(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in ("乙", "丙")).encode()
    (tmp_path / "a.txt").write_text("甲", encoding="utf-8-sig")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(jsonl))
    (tmp_path / "c.txt.zst").write_bytes(zstandard.compress("丁".encode()))
    (tmp_path / "ignored.md").write_text("戊")
    assert list(reference_texts(str(tmp_path))) == ["甲", "乙", "丙", "丁"]
    assert list(reference_texts(str(tmp_path / "a.txt"))) == ["甲"]


@pytest.mark.parametrize("name", ["nothing-here", "note.md"])
def test_no_match_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "note.md").write_text("x")
    with pytest.raises(ReferenceTextError, match="no reference text at"):
        list(reference_texts(str(tmp_path / name)))


@pytest.mark.parametrize("line", ["{", "[]", '{"text": 3}', '{"body": "x"}'])
def test_a_broken_record_is_named_by_file_and_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"text": "甲"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(ReferenceTextError, match=r"r\.jsonl, line 2: no JSON object with a field `text`"):
        list(reference_texts(str(path)))


def test_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_bytes("甲乙".encode("gb18030"))
    with pytest.raises(ReferenceTextError, match="must be UTF-8"):
        list(reference_texts(str(tmp_path)))
