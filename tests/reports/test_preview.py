"""Previews for the Dagster UI: short Markdown that cannot break out of its place."""

from __future__ import annotations

import pyarrow as pa
import pytest
from rich.console import Console

from pipeline.reports.answers import show_answer
from pipeline.reports.preview import changes, escape, headlines, page_changes, top_corrections
from pipeline.text.spans import Edit


def edit(before: str, after: str, stage: str = "normalise", **more: object) -> Edit:
    return Edit(0, len(before), before, after, stage, "rule", **more)  # type: ignore[arg-type]


def test_previews_strike_and_embolden() -> None:
    assert changes("勢,好", [edit("勢", "势", "script")]) == "- …\u200a~~勢~~\u200a\u200a**势**\u200a,好… · rule"
    assert "only suggested" in changes("勢,好", [edit("勢", "势", "correct", status="suggested")])
    assert changes("好", []) == page_changes([]) == "Nothing was changed."
    assert headlines([]) == "No articles."


def test_previews_show_markdown_as_text() -> None:
    assert escape("*a* <b> | `x`\n#") == r"\*a\* \<b\> \| \`x\`⏎\#"


def test_top_corrections_count_words_not_marks() -> None:
    table = top_corrections([edit(",", "，"), *[edit("勢", "势", "script")] * 3])
    assert "| 勢 | 势 | rule | applied | 3 |" in table and "，" not in table


def test_text_cannot_command_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    reader = pa.table({"headline": ["红\x1b[31m字\u202e"], "n": [1]}).to_reader()
    show_answer(reader, Console(width=80), 10)
    shown = capsys.readouterr().out
    assert "红\\x1b[31m字\\u202e" in shown and "\x1b" not in shown


def test_rows_of_many_columns_are_shown_one_below_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    rows = pa.table({f"column_{n}": [f"第{n}列", "另一行"] for n in range(12)})
    show_answer(rows.to_reader(), Console(width=80), 1)
    shown = capsys.readouterr().out
    assert all(f"column_{n} " in shown and f"第{n}列" in shown for n in range(12))
    assert "另一行" not in shown and "2 rows; the first 1 are shown" in shown
    show_answer(rows.to_reader(), Console(width=200), 1)
    assert capsys.readouterr().out.splitlines()[0].split() == [f"column_{n}" for n in range(12)]
