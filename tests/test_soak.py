"""The soak's functions on small input: what it makes, and that it finds what is broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from material.fuzz import KINDS, fuzz_page

from benchmarks import soak, soak_fuzz
from benchmarks.__main__ import main
from benchmarks.soak_fuzz import fuzz, keep
from benchmarks.soak_kills import Kill, archive, kill_table
from benchmarks.soak_load import large_issue, small_pages
from pipeline.datasets.inputs import list_issues
from pipeline.text.document import CleanPage


def test_a_seed_always_makes_the_same_page() -> None:
    pages = [fuzz_page(n) for n in range(300)]
    assert pages == [fuzz_page(n) for n in range(300)]
    assert {p.kind for p in pages} == {name for name, _ in KINDS}
    assert len({p.data for p in pages}) > 290


def test_pages_nobody_wrote_are_sound() -> None:
    tally = fuzz(0, 60, most=150)
    assert tally.faults == []
    assert tally.pages == 150 and tally.found["articles"] > 50


def test_a_lost_character_is_found_kept_and_made_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a pipeline that loses an article of every page that has the word 摄."""
    finish = soak_fuzz.heart.finish_page

    def loses(*args: Any) -> CleanPage:
        clean = finish(*args)
        return replace(clean, articles=clean.articles[:-1]) if "摄" in clean.page.text else clean

    monkeypatch.setattr(soak_fuzz.heart, "finish_page", loses)
    tally = fuzz(0, 60, most=60)
    assert tally.faults and any("I2: " in fault for _, fault in tally.faults)
    (path,) = keep(tally.faults[:1], tmp_path)
    kept = path.read_text(encoding="utf-8")
    assert "摄" in kept and len(kept.splitlines()) <= 3


def test_a_step_that_breaks_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak_fuzz.heart, "normalise_page", lambda *_: 1 / 0)
    tally = fuzz(0, 60, most=3)
    assert len(tally.faults) == 3 and "ZeroDivisionError" in tally.faults[0][1]


def test_the_archives_are_what_they_say(tmp_path: Path) -> None:
    assert len(list_issues(str(archive(tmp_path / "a")))) >= 8
    small = list_issues(str(small_pages(tmp_path / "s", 250)))
    assert [len(sources) for sources in small.values()] == [100, 100, 50]
    (one,) = list_issues(str(large_issue(tmp_path / "l", 12))).values()
    assert len(one) == 12


def test_kills_are_told(tmp_path: Path) -> None:
    table = kill_table([Kill("local", "all", 1.0, 0, 0, True), Kill("dask", "all", 2.0, 1, 0, False, "exit 1")], 7, 20)
    assert [row[-1] for row in table.rows] == ["yes", "NO"]
    assert "2 kills (asked: 20), seed 7: 1 times" in table.notes[0] and "kill 2: exit 1" in table.notes[1]


def test_the_program_writes_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(soak, "REPORT", tmp_path / "RELIABILITY.md")
    monkeypatch.setattr(soak.os, "nice", lambda _: None)
    assert main(["soak", "fuzz", "--pages", "5", "--seed", "3", "--write"]) == 0
    assert "pages that broke an invariant" in capsys.readouterr().out
    text = (tmp_path / "RELIABILITY.md").read_text(encoding="utf-8")
    assert "| first seed | 3,000,000 |" in text and "| pages | 5 |" in text
    with pytest.raises(SystemExit):
        main(["soak", "nonsense"])
