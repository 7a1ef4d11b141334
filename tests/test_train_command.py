"""`banmian train`: weights out of gold pages."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from click.testing import CliRunner

from pipeline.cli import main

WILD = Path(__file__).parent / "pages" / "in_the_wild"


def test_weights_are_learned_and_written(tmp_path: Path) -> None:
    gold = tmp_path / "gold"
    gold.mkdir()
    for path in [*WILD.glob("w0[1-3]*.txt"), *WILD.glob("w0[1-3]*.gold.json")]:
        shutil.copy(path, gold)
    articles = tmp_path / "clean.jsonl"
    body = "3日，清河灌区的12座智能闸门同时开启。\\n“水就到了地头。”种粮大户韩立新说。"
    rows = [f'{{"headline": "智能闸门开启第{n}天", "authors": ["周文涛"], "body": "{body}"}}' for n in range(8)]
    articles.write_text("\n".join(rows) + "\n", encoding="utf-8")
    out = tmp_path / "weights.csv"
    few = ["--simulate", "4", "--fits", "2"]
    arguments = ["train", str(gold), "--articles", str(articles), *few, "--output", str(out)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    first, *lines = out.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# made by banmian train over 1 folder of")
    names = {row[0] for row in csv.reader(lines)}
    assert {"seam.bias", "new.short", "heads.headline.longest"} <= names
    assert any(name.startswith("calibration.") for name in names)


def test_a_folder_without_gold_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["train", str(tmp_path), "--output", str(tmp_path / "w.csv")])
    assert result.exit_code == 2
    assert str(tmp_path) in result.output


def test_a_broken_article_is_named_with_its_line(tmp_path: Path) -> None:
    articles = tmp_path / "clean.jsonl"
    articles.write_text('{"headline": "无正文"}\n', encoding="utf-8")
    arguments = ["train", str(WILD), "--articles", str(articles), "--output", str(tmp_path / "w.csv")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "clean.jsonl, line 1" in result.output
