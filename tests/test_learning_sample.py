"""Of a large input the language model learns from a part: which, hangs on the pages alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import corpus
from pipeline.corpus import learn_language


def write(folder: Path, numbers: list[int]) -> str:
    for n in numbers:
        (folder / f"day{n % 5}").mkdir(parents=True, exist_ok=True)
        (folder / f"day{n % 5}" / f"{n}.txt").write_text(
            f"第{n}号堤坝今日完工，记者从河务局获悉。\n" * 20, encoding="utf-8"
        )
    return str(folder)


def test_a_small_input_is_learned_from_whole(tmp_path: Path) -> None:
    assert learn_language(write(tmp_path / "in", list(range(100))), str(tmp_path / "out")).n_texts == 100


def test_of_a_large_one_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "in", list(range(400)))
    size = sum(f.stat().st_size for f in (tmp_path / "in").rglob("*.txt"))
    monkeypatch.setattr(corpus, "LEARNED_BYTES", size // 4)
    one = learn_language(source, str(tmp_path / "one"))
    assert 60 < one.n_texts < 140
    other = learn_language(write(tmp_path / "other", list(range(399, -1, -1))), str(tmp_path / "two"))
    assert other.model_id == one.model_id
    named = learn_language(source, str(tmp_path / "three"), reference=write(tmp_path / "reference", [1000, 1001]))
    assert named.n_texts == one.n_texts + 2  # reference text is always read
