"""The benchmarks' functions on tiny input. No time is judged here."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from material.load import ROOT, GoldPage, invented_pages
from material.perfect import perfect_tables
from rich.console import Console

sys.path.insert(0, str(ROOT))

from benchmarks import dev, gold, joins, language, marks, pages, seed, speed
from benchmarks.__main__ import MORE, PARTS, main
from benchmarks.bench import Bench, RunFailedError, Usage, measured
from benchmarks.table import Table, show, shown, skipped
from pipeline.language.load import load_models
from pipeline.language.ngrams import NgramModel

TEXT = (
    "春灌用上智能闸门\n本报讯（记者 周文涛）3日,清河灌区的12座智能闸门同时开启。\n“水就到了地头。”种粮大户韩立新说。\n"
)
Json = dict[str, Any]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Nothing of `../shared` at hand."""
    return Bench(tmp_path, shared=tmp_path / "nowhere")


def two_pages() -> list[GoldPage]:
    return [invented_pages("synthetic")[0], invented_pages("known_failures")[0]]


def perfect() -> Callable[[str], Json]:
    answers = {p.raw: perfect_tables(p.raw, p.gold) for p in two_pages()}
    return answers.__getitem__


# --- tables ---------------------------------------------------------------------------------------------------------


def test_a_table_is_printed_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("figures", ("name", "n", "share"), [("一", 12345, 0.5), ("二", None, 1234.5)], ("a note",))
    show(table, Console(width=80, highlight=False))
    printed = capsys.readouterr().out
    assert (
        "12,345" in printed and "0.500" in printed and "1,234.5" in printed and "–" in printed and "a note" in printed
    )
    assert json.loads(json.dumps(table.as_json()))["rows"] == [["一", 12345, 0.5], ["二", None, 1234.5]]
    assert shown("d* [x]") == "d* [x]"


def test_what_was_skipped_says_why(bench: Bench) -> None:
    for part in (dev, joins, marks):
        (table,) = part.tables(bench)
        assert table.rows == () and table.notes[0].startswith("skipped: ")
    assert skipped("t", "no page").notes == ("skipped: no page",)


# --- runs -----------------------------------------------------------------------------------------------------------


def test_a_command_is_measured() -> None:
    usage = measured([sys.executable, "-c", "print('heard')"])
    assert usage.wall > 0 and usage.cpu > 0 and usage.peak_mb > 0


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(RunFailedError, match="no good"):
        measured([sys.executable, "-c", "raise SystemExit('no good')"])


def test_limits_are_judged_by_the_worst_run() -> None:
    table = seed.cost_table([Usage(4, 3, 300), Usage(25, 5, 310), Usage(5, 4, 305)])
    assert [row[-1] for row in table.rows] == ["BROKEN", None, "kept"]
    assert [row[1] for row in table.rows] == [5, 4, 305]


def test_sameness_is_told_table_by_table(tmp_path: Path) -> None:
    for run, content in (("a", b"1"), ("b", b"2")):
        for place, data in (("pages/i.parquet", b"same"), ("edits/i.parquet", content), ("names.parquet", b"n")):
            file = tmp_path / run / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    table = seed.sameness_table([seed.digests(tmp_path / run) for run in "ab"])
    assert {row[0]: row[-1] for row in table.rows} == {"pages": "same", "edits": "DIFFERENT", "names": "same"}


# --- quality --------------------------------------------------------------------------------------------------------


def test_known_failures_are_shown_and_not_counted() -> None:
    table = pages.quality_table("pages", pages.scores(two_pages(), perfect()))
    assert [row[0] for row in table.rows] == ["synthetic", "all of these", "known_failures (not counted)"]
    for row in table.rows:
        assert len(row) == len(table.columns)
        assert row[table.columns.index("exact")] == 1
    assert table.notes == []


def test_a_page_that_loses_text_is_named() -> None:
    page = two_pages()[0]
    answer = perfect_tables(page.raw, page.gold)
    answer["paragraphs"].pop()
    (note,) = pages.quality_table("pages", pages.scores([page], lambda _: answer)).notes
    assert page.name in note and "lost" in note


def test_the_dev_table_tells_where_the_gain_falls_short() -> None:
    figures = {"pages": 2, "B-cubed F1": 0.9, "articles exact": 0.3, "duplicates R": 1.0}
    table = dev.dev_table(figures, Usage(1, 1, 1))
    assert [row[-1] for row in table.rows] == [None, "", "SHORT", ""]


def test_the_kits_figures_are_read() -> None:
    prf = {"P": 0.5, "R": 0.5, "F1": 0.5}
    edits = {"names_fixed": "1/3", "text_fixed": "2/5", "false_edits": 0, "wrong_fixes": 0}
    names = ("pages", "b3_f1", "articles_exact", "headline_em", "byline_em", "chars_lost", "chars_doubled",
             "contract_violations", "pages_missing")  # fmt: skip
    groups = dict.fromkeys(("boundary", "join", "join_far", "duplicate"), prf)
    figures = dev.figures_of(
        dict.fromkeys(names, 1) | groups | {"join_blend": "1/4", "edits_applied": edits, "edits_suggested": edits}
    )
    assert figures["blends re-attached"] == 0.25 and figures["misprints applied"] == 3
    assert set(dev.PROTOTYPE) <= set(figures)


def test_repeats_that_the_gold_lacks() -> None:
    known, natural = (gold.Repeat("exact", ((a, a + 10),), ((50, 60),), 1.0) for a in (0, 100))
    page = gold.OutputPage("p", "", (), (known, natural))
    rows = dev.unknown_of(page, {"duplicates": [{"raw_spans": [[1, 10]], "peer_spans": [[50, 60]]}]})
    assert [row[2] for row in rows] == ["100–110"]


def test_confidences_are_held_against_the_gold() -> None:
    text = "甲甲\n乙乙\n丙丙\n丁丁\n"
    truth = {"articles": [{"segments": [{"role": "body", "raw_spans": [[0, 2], [6, 8]]}]}]}
    made = (gold.Joined(2, 6, "column", 0.95), gold.Joined(2, 3, "line", 0.55), gold.Joined(8, 9, "line", 0.98))
    judged = joins.judge(gold.OutputPage("p", text, made, ()), truth)
    assert judged == [("far", (0.95, True)), ("near", (0.55, False)), ("wrapped", (0.98, False))]
    rows = {row[0]: row[1:] for row in joins.reliability([claim for _, claim in judged[:2]])}
    assert rows["0.95–1.00"] == (1, 0.95, 1.0) and rows["0.50–0.60"] == (1, 0.55, 0.0)
    assert rows["0.60–0.70"] == (0, None, None)
    assert "100.0%" in joins.bins_table(judged).notes[0]
    assert len(joins.kinds_table(judged).rows) == 4


def test_published_pages_are_read(tmp_path: Path) -> None:
    from pipeline.run import run
    from pipeline.settings import Settings

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "d01.txt").write_text(TEXT, encoding="utf-8")
    assert run(Settings(str(tmp_path / "in"), str(tmp_path / "out"))).exit_code == 0
    (page,) = gold.read_output(tmp_path / "out", ["d01"])
    assert page.text == TEXT and page.joins == page.duplicates == ()


# --- speed ----------------------------------------------------------------------------------------------------------


def test_pages_of_a_size() -> None:
    for size in (1_000, 20_000):
        (page,) = speed.joined_pages(two_pages(), size, 1)
        assert 0.8 * size < len(page.encode()) <= size + 1
    assert speed.joined_pages(two_pages(), 9_000, 2) == speed.joined_pages(two_pages(), 9_000, 2)
    assert speed.cut(["甲乙丙"], 4) == "甲\n"


def test_the_steps_are_the_page() -> None:
    models = load_models()
    assert len(speed.steps(TEXT, models)) == 8
    (row,) = speed.page_table({"one": [TEXT]}, models).rows
    assert row[:2] == ("one", 1) and len(row) == 8
    assert speed.step_table("one", [TEXT, TEXT], models).rows[-1][0] == "all"


def test_a_page_that_would_take_too_long_is_not_tried() -> None:
    table = speed.size_table({"it": lambda size: speed.cut([TEXT * 9], size)}, load_models(), (500, 10**12))
    assert len(table.rows) == 1 and table.notes[0].startswith("skipped: it, ")


def test_correction_of_the_golds_own_text(bench: Bench) -> None:
    row = speed.correction_table(bench, load_models()).rows[0]
    assert row[0] == "ours" and isinstance(row[2], int) and row[2] > 10_000


def test_a_language_model_is_learned_and_timed(tmp_path: Path) -> None:
    found = language.timing(tmp_path, [TEXT, TEXT.replace("清", "青")])
    assert found["n_chars"] == NgramModel.load(tmp_path).n_chars > 0


# --- marks, the program ---------------------------------------------------------------------------------------------


def test_marks(bench: Bench) -> None:
    bench.paragraphs = bench.scratch / "p.jsonl"
    bench.paragraphs.write_text('{"truth": "他说，水来了；真的！\\n时间是9:30。"}\n', encoding="utf-8")
    right, restored, speeds = marks.tables(bench)
    assert right.rows[:2] == [("all rules", 0), ("changes of more than form", 0)]
    assert restored.rows == [(3, 3, 1.0, 0)]
    assert len(speeds.rows) == 3


def test_the_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paragraphs, report = tmp_path / "p.jsonl", tmp_path / "out.json"
    paragraphs.write_text('{"truth": "水来了。"}\n', encoding="utf-8")
    assert main(["marks", "--paragraphs", str(paragraphs), "--json", str(report)]) == 0
    assert "narrowed marks" in capsys.readouterr().out
    assert [t["title"] for t in json.loads(report.read_text(encoding="utf-8"))["marks"]][1] == "marks: narrowed marks"
    with pytest.raises(SystemExit) as wrong:
        main(["nonsense"])
    assert wrong.value.code == 2


def test_a_part_that_breaks_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(bench: Bench) -> list[Table]:
        raise ValueError("out of paper")

    monkeypatch.setattr(marks, "tables", broken)
    assert main(["marks"]) == 1
    assert "out of paper" in capsys.readouterr().out


def test_every_part_is_in_the_readme() -> None:
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in readme for name in (*PARTS, *MORE))
