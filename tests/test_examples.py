"""The worked example runs as it stands, and what it prints is true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd

EXAMPLE = Path(__file__).parent.parent / "examples" / "analysis.py"


def test_the_worked_example_runs(cleaned: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE), str(cleaned)],
        capture_output=True, text=True, check=False, cwd=tmp_path, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    articles = pd.read_parquet(cleaned / "articles")
    assert f"{len(articles)} articles of 5 pages" in done.stdout
    longest = articles.sort_values("n_chars").iloc[-1]
    assert f"{longest.headline}: read from jianghai-daily/" in done.stdout
    first = articles.explode("authors").groupby("authors").size().max()
    assert f"  {first}  " in done.stdout
    assert "2025-03-03" in done.stdout and "is read as" in done.stdout
