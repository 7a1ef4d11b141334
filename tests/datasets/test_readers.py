"""The tables in the tools that people use: DuckDB, pandas, Polars and `datasets` read the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest

from pipeline.datasets.schemas import CORPUS, PARTITIONED


def files(output: Path, table: str) -> str:
    return str(output / f"{table}.parquet" if table in CORPUS else output / table / "*.parquet")


def by_duckdb(output: Path, table: str) -> tuple[int, list[str]]:
    found = duckdb.sql(f"FROM '{files(output, table)}'")
    return len(found.fetchall()), found.columns


def by_pandas(output: Path, table: str) -> tuple[int, list[str]]:
    found = pd.read_parquet(output / (f"{table}.parquet" if table in CORPUS else table))
    return len(found), list(found.columns)


def by_polars(output: Path, table: str) -> tuple[int, list[str]]:
    found = pl.read_parquet(files(output, table))
    return found.height, found.columns


def test_all_give_the_same_counts_over_every_table(cleaned: Path) -> None:
    for table in (*PARTITIONED, *CORPUS):
        found = {by(cleaned, table)[0] for by in (by_duckdb, by_pandas, by_polars)}
        assert len(found) == 1, (table, found)
        assert by_duckdb(cleaned, table)[1] == by_pandas(cleaned, table)[1] == by_polars(cleaned, table)[1]


def test_datasets_gives_them_too(cleaned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    datasets = pytest.importorskip("datasets", reason="the library `datasets` is not installed")
    datasets.disable_progress_bars()
    for table in ("pages", "articles", "duplicates", "rejects", "names"):
        found = datasets.load_dataset(
            "parquet", data_files=files(cleaned, table), split="train", cache_dir=str(tmp_path / "cache")
        )
        assert found.num_rows == by_duckdb(cleaned, table)[0]
    articles = datasets.load_dataset(
        "parquet", data_files=files(cleaned, "articles"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert articles[0]["raw_spans"][0].keys() == {"start", "end"}


def test_the_same_questions_have_the_same_answers(cleaned: Path) -> None:
    authors = f"SELECT unnest(authors) AS author FROM '{files(cleaned, 'articles')}'"
    sql = f"SELECT author, count(*) FROM ({authors}) GROUP BY ALL"
    asked = dict(duckdb.sql(sql).fetchall())
    pandas = pd.read_parquet(cleaned / "articles").explode("authors").groupby("authors").size().to_dict()
    polars = pl.read_parquet(files(cleaned, "articles")).explode("authors").drop_nulls("authors")
    assert asked == pandas == dict(polars.group_by("authors").len().iter_rows())
    assert asked


def test_spark_gives_them_too(cleaned: Path) -> None:
    """Where pyspark and a Java are at hand; they are not among the test tools, for their size."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if not shutil.which("java"):
        pytest.skip("no Java for Spark")
    spark = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        for table in (*PARTITIONED, *CORPUS):
            found = spark.read.parquet(str(cleaned / (f"{table}.parquet" if table in CORPUS else table)))
            assert (len(found.collect()), found.columns) == by_duckdb(cleaned, table), table
    finally:
        spark.stop()
