"""`banmian query`: the tables can be asked, and nothing else of the machine."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.datasets.querying import TABLES, QueryError, answered, row_counts
from pipeline.datasets.schemas import SCHEMAS
from pipeline.datasets.store import Store


def rows(output: Path, sql: str) -> list[dict[str, object]]:
    with answered(str(output), sql) as reader:
        found: list[dict[str, object]] = reader.read_all().to_pylist()
    return found


def banmian(*args: str) -> Result:
    return CliRunner().invoke(main, list(args), env={"DAGSTER_HOME": None})


def test_every_table_is_a_view_with_the_contract_s_columns(cleaned: Path) -> None:
    for name in TABLES:
        with answered(str(cleaned), f"SELECT * FROM {name}") as reader:
            assert reader.schema.names == SCHEMAS[name].names
    assert rows(cleaned, "SELECT count(DISTINCT page_id) AS n FROM articles") == [{"n": 5}]
    joined = "SELECT count(*) AS n FROM articles JOIN paragraphs USING (article_id)"
    assert rows(cleaned, joined) == [{"n": row_counts(str(cleaned))["paragraphs"]}]


def test_a_table_that_is_not_there_is_empty(tmp_path: Path, cleaned: Path) -> None:
    store = Store(str(tmp_path))
    issue = Store(str(cleaned)).issues("articles")[0]
    store.write("articles", issue, Store(str(cleaned)).read("articles", issue))
    assert rows(tmp_path, "SELECT count(*) AS n FROM reprints") == [{"n": 0}]
    assert rows(tmp_path, "SELECT count(*) > 0 AS some FROM articles") == [{"some": True}]


@pytest.mark.parametrize(
    "sql",
    [
        "COPY articles TO '{folder}/out.csv'",
        "COPY (SELECT 1) TO '/dev/stdout'",
        "CREATE TABLE t AS SELECT 1",
        "INSERT INTO articles VALUES (1)",
        "DELETE FROM articles",
        "DROP VIEW articles",
        "ATTACH '{folder}/other.db'",
        "EXPORT DATABASE '{folder}/all'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "PRAGMA enable_profiling",
        "CALL pragma_version()",
        "CREATE SECRET (TYPE s3)",
        "SELECT 1; DROP VIEW articles",
        "",
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_blob('{secret}')",
        "SELECT * FROM read_json('{secret}')",
        "SELECT * FROM read_parquet('{folder}/*.parquet')",
        "SELECT * FROM parquet_schema('{folder}/x.parquet')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM sniff_csv('{secret}')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM query('COPY (SELECT 1) TO ''{folder}/out.csv''')",
        "SELECT * FROM 'https://example.com/x.parquet'",
        "SELECT * FROM 's3://bucket/x.parquet'",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM os",
        "SELECT * FROM store",
        "EXPLAIN ANALYZE COPY articles TO '{folder}/out.csv'",
        "WITH gone AS (DELETE FROM articles RETURNING *) SELECT * FROM gone",
    ],
)  # fmt: skip
def test_a_query_cannot_write_nor_reach_outside(cleaned: Path, tmp_path: Path, sql: str) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    before = {p: p.stat().st_mtime_ns for p in cleaned.rglob("*")}
    store = before  # a variable of this program, which SQL must not see
    with pytest.raises(QueryError):
        rows(cleaned, sql.format(folder=tmp_path, secret=tmp_path / "secret.csv"))
    assert [p.name for p in tmp_path.iterdir()] == ["secret.csv"]
    assert {p: p.stat().st_mtime_ns for p in cleaned.rglob("*")} == store


def test_what_explains_is_a_question(cleaned: Path) -> None:
    assert [r["column_name"] for r in rows(cleaned, "DESCRIBE names")] == SCHEMAS["names"].names
    assert len(rows(cleaned, "SHOW TABLES")) == len(TABLES)
    assert rows(cleaned, "EXPLAIN SELECT 1") and rows(cleaned, "FROM articles LIMIT 1")


def test_a_mistake_is_told_with_advice(cleaned: Path) -> None:
    with pytest.raises(QueryError, match='Did you mean "articles"'):
        rows(cleaned, "SELECT * FROM artcles")
    with pytest.raises(QueryError, match="Only the tables of the output folder can be asked: pages, "):
        rows(cleaned, "SELECT * FROM read_csv('/etc/passwd')")


def test_a_torn_table_is_named(cleaned: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(cleaned / "articles", tmp_path / "articles")
    torn = sorted((tmp_path / "articles").iterdir())[0]
    torn.write_bytes(torn.read_bytes()[:100])
    with pytest.raises(QueryError, match=torn.name):
        rows(tmp_path, "SELECT * FROM articles")


def test_the_answer_as_table_csv_json_and_parquet(cleaned: Path, tmp_path: Path) -> None:
    asked = [
        "query",
        "SELECT headline, authors, issue_date FROM articles ORDER BY article_id",
        "--output",
        str(cleaned),
    ]
    truth = rows(cleaned, asked[1])
    table = banmian(*asked, "--rows", "2")
    assert table.exit_code == 0 and f"{len(truth)} rows; the first 2 are shown" in table.stdout
    found = list(csv.DictReader(io.StringIO(banmian(*asked, "--format", "csv").stdout)))
    assert [r["headline"] for r in found] == [r["headline"] or "" for r in truth]
    assert [json.loads(r["authors"]) for r in found] == [r["authors"] for r in truth]
    made = json.loads(banmian(*asked, "--format", "json").stdout)
    assert [r["headline"] for r in made] == [r["headline"] for r in truth] and made[0]["issue_date"] == "2025-03-03"
    assert made == [json.loads(line) for line in banmian(*asked, "--format", "jsonl").stdout.splitlines()]
    for name in ("a.csv", "a.json", "a.jsonl", "a.parquet"):
        assert f"{len(truth)} rows in " in banmian(*asked, "--to", str(tmp_path / name)).stdout
    assert pq.read_table(tmp_path / "a.parquet").to_pylist() == truth
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == made


def test_the_tables_and_their_columns_are_told(cleaned: Path) -> None:
    told = banmian("query", "--output", str(cleaned)).stdout
    assert all(name in told for name in TABLES)
    assert "Reporters and" in banmian("query", "articles", "--output", str(cleaned)).stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["SELECT 1", "--output", "{tmp}"], "holds no tables: give --output DIR"),
        (["SELECT 1", "--format", "parquet"], "give --to FILE.parquet"),
        (["SELECT 1", "--to", "{tmp}/a.xlsx"], "name it .csv, .json, .jsonl or .parquet"),
        (["SELECT 1", "--to", "{tmp}/no/a.csv"], "a.csv cannot be written: No such file or directory"),
        (["SELECT 1", "--to", "{tmp}/no/a.parquet"], "a.parquet cannot be written"),
        (["SELCT 1"], "syntax error"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_to_do(
    cleaned: Path, tmp_path: Path, args: list[str], message: str
) -> None:
    given = [a.format(tmp=tmp_path) for a in args]
    result = banmian("query", *given, *([] if "--output" in given else ["--output", str(cleaned)]))
    assert result.exit_code == 2, result.output
    assert message in result.stderr and "Traceback" not in result.output


def test_the_tables_of_an_object_store_can_be_asked(cleaned: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.put(f"{cleaned}/articles/", "/asked/articles/", recursive=True)
    memory.put(f"{cleaned}/pages/", "/asked/pages/", recursive=True)
    try:
        with answered("memory://asked", "SELECT count(*) AS n FROM articles JOIN pages USING (page_id)") as reader:
            assert reader.read_all().to_pylist() == rows(cleaned, "SELECT count(*) AS n FROM articles")
    finally:
        memory.rm("/asked", recursive=True)
