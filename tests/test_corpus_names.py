"""Names over the whole corpus: counted by bundles of issues, and only where something changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline import corpus
from pipeline.datasets.stage import Bundle
from pipeline.datasets.store import Store
from pipeline.engines import LocalEngine

LOCAL = LocalEngine()


def test_only_changed_issues_are_counted_again(cleaned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "out"
    shutil.copytree(cleaned, output)
    shutil.rmtree(output / "_stages" / corpus.PEOPLE, ignore_errors=True)
    store = Store(str(output))
    present = set(store.issues("paragraphs"))
    before = (output / "names.parquet").read_bytes()
    corpus.write_names(LOCAL, str(output), present)
    assert (output / "names.parquet").read_bytes() == before
    counted: list[Bundle] = []
    count = corpus._count_people
    monkeypatch.setattr(corpus, "_count_people", lambda task: counted.append(task[1]) or count(task))
    corpus.write_names(LOCAL, str(output), present)
    assert not counted and (output / "names.parquet").read_bytes() == before
    issue = max(present, key=lambda i: store.read("paragraphs", i).num_rows)
    store.write("paragraphs", issue, store.read("paragraphs", issue).slice(0, 3))
    after = corpus.write_names(LOCAL, str(output), present)
    assert [issue in bundle.issues for bundle in counted] == [True]
    assert sum(after.column("mentions").to_pylist()) < sum(
        Store(str(cleaned)).read_corpus("names")["mentions"].to_pylist()
    )


def test_damaged_counts_are_made_again(cleaned: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    shutil.copytree(cleaned, output)
    present = set(Store(str(output)).issues("paragraphs"))
    before = corpus.write_names(LOCAL, str(output), present)
    for file in (output / "_stages" / corpus.PEOPLE).glob("*.parquet"):
        file.write_bytes(file.read_bytes()[:-9])
    assert corpus.write_names(LOCAL, str(output), present).equals(before)
