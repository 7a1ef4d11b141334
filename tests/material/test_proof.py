"""The proof from the published tables finds what is wrong with them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from material import proof

OLDER = Path(__file__).parents[1] / "datasets" / "older_output"
ISSUE = "evening__2025-03-01"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    shutil.copytree(OLDER / "input", tmp_path / "in")
    shutil.copytree(OLDER / "tables", tmp_path / "out")
    return tmp_path / "in", tmp_path / "out"


def changed(output: Path, table: str, change: Callable[[pa.Table], pa.Table]) -> None:
    path = output / table / f"{ISSUE}.parquet"
    pq.write_table(change(pq.read_table(path)), path)


def text_changed(table: pa.Table) -> pa.Table:
    at = table.schema.get_field_index("text")
    return table.set_column(at, table.schema.field(at), pc.replace_substring(table.column("text"), "闸门", "闸们"))


def test_a_sound_output_has_no_breach(folders: tuple[Path, Path]) -> None:
    assert proof.breaches(*folders) == []
    ends = {"evening/2025-03-01/01.txt": ("page",), "evening/2025-03-01/02.txt": ("page",),
            "evening/2025-03-01/03.txt": ("binary",), "records.jsonl": ("page",)}  # fmt: skip
    assert proof.wrong_ends(ends, folders[1]) == []


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("ledger", lambda t: t.slice(1), "nothing is said of"),
        ("ledger", lambda t: t.slice(0, t.num_rows - 1), "nothing is said of"),
        ("pages", text_changed, "the text is not the page's bytes"),
        ("paragraphs", text_changed, "is not what its spans and edits give"),
        ("edits", lambda t: t.slice(1), "is not what its spans and edits give"),
        ("articles", lambda t: t.slice(1), "which is no article"),
        ("articles", lambda t: pa.concat_tables([t, t]), "stands 2 times"),
        ("pages", lambda t: t.slice(1), "which is no page"),
    ],
)
def test_what_is_wrong_is_found(
    folders: tuple[Path, Path], table: str, change: Callable[[pa.Table], pa.Table], said: str
) -> None:
    changed(folders[1], table, change)
    assert any(said in breach for breach in proof.breaches(*folders)), proof.breaches(*folders)


def test_a_file_that_is_not_the_page_is_found(folders: tuple[Path, Path]) -> None:
    (folders[0] / "evening/2025-03-01/01.txt").write_text("另一页", encoding="utf-8")
    (folders[0] / "evening/2025-03-01/02.txt").unlink()
    assert any("01.txt: the page is not the file" in b for b in proof.breaches(*folders))
    assert any("02.txt: no such file" in b for b in proof.breaches(*folders))


def test_wrong_ends_are_found(folders: tuple[Path, Path]) -> None:
    expected = {"evening/2025-03-01/01.txt": ("binary",), "lost.txt": ("page",)}
    wrong = proof.wrong_ends(expected, folders[1])
    assert any("ended as page, not as binary" in line for line in wrong)
    assert any("'lost.txt' ended nowhere" in line for line in wrong)
    assert any("nobody knows of 'records.jsonl'" in line for line in wrong)


def test_the_fingerprint_sees_every_byte(folders: tuple[Path, Path]) -> None:
    before = proof.fingerprint(folders[1])
    (folders[1] / "banmian.json").write_text("{}")
    assert proof.fingerprint(folders[1]) == before
    with (folders[1] / "edits" / f"{ISSUE}.parquet").open("ab") as file:
        file.write(b"x")
    assert proof.fingerprint(folders[1]) != before
