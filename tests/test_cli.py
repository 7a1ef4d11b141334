"""The command line: exit codes, messages, and what a user sees."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline import steps
from pipeline.cli import main
from pipeline.datasets.store import Store

PAGE = (
    "春灌用上智能闸门\n本报讯（记者 周文涛）3日,清河灌区的12座智能闸门同时开启。\n“水就到了地头。”种粮大户韩立新说。\n"
)


def banmian(*args: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(args), input=stdin, env={"DAGSTER_HOME": None})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    (made / "04.txt").write_text(PAGE, encoding="utf-8")
    return made


def test_a_run_prints_what_it_did(folder: Path, tmp_path: Path) -> None:
    result = banmian("run", "--input", str(folder), "--output", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    rows = dict(re.findall(r"^([a-z ,]+?)  +(.+?) *$", result.stdout, re.MULTILINE))
    assert rows["pages"] == "1" and rows["articles"] == "1"
    assert rows["characters lost"] == "0" and rows["pages withheld"] == "0"
    assert int(rows["edits, normalise"]) >= 1
    report = re.search(r"^report: (.+)$", result.stdout, re.MULTILINE)
    assert report and Path(report[1]).exists()


def test_bad_input_ends_in_rejects_and_the_rest_passes(folder: Path, tmp_path: Path) -> None:
    (folder / "empty.txt").touch()
    (folder / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (folder / "unknown.txt").write_bytes(bytes(range(128, 256)) * 40)
    good = json.dumps({"id": "a", "text": PAGE}, ensure_ascii=False)
    (folder / "records.jsonl").write_text(f"{good}\n{{broken\n{good.replace('3日', '4日')}\n", encoding="utf-8")
    result = banmian("run", "--input", str(folder), "--output", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    reasons = {
        r["source"]: r["reason"] for _, t in Store(str(tmp_path / "out")).read_all("rejects") for r in t.to_pylist()
    }
    assert reasons.pop("unknown.txt") in ("undecodable", "binary", "not_chinese")
    assert reasons == {"empty.txt": "empty", "picture.txt": "binary", "records.jsonl#2": "bad_record"}
    assert "1 bad_record, 1 binary, 1 empty" in result.stdout
    assert sum(t.num_rows for _, t in Store(str(tmp_path / "out")).read_all("pages")) == 3


def test_a_withheld_page_is_exit_1(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps.heart, "finish_page", lambda *_: 1 / 0)
    result = banmian("run", "--input", str(folder), "--output", str(tmp_path / "out"), "--workers", "1")
    assert result.exit_code == 1
    assert "withheld: 04.txt: a step failed: ZeroDivisionError" in result.stdout


def test_a_failed_step_is_exit_1_and_one_line(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "write", full)
    result = banmian("run", "--input", str(folder), "--output", str(tmp_path / "out"), "--workers", "1")
    assert result.exit_code == 1
    assert "failed: read_pages: " in result.stdout and "No space left on device" in result.stdout
    assert "Traceback" not in result.output


def usage_errors(folder: Path, out: Path) -> dict[str, tuple[list[str], str]]:
    """What is wrong → the arguments, and what the message must say."""
    run = ["run", "--input", str(folder), "--output", str(out)]
    empty = folder.parent / "empty"
    empty.mkdir()
    return {
        "no input": (["run", "--output", str(out)], "Missing option '--input'"),
        "input missing": (
            ["run", "--input", str(folder / "no"), "--output", str(out)],
            "does not exist: give a folder",
        ),
        "input a file": (["run", "--input", str(folder / "04.txt"), "--output", str(out)], "is a file: give a folder"),
        "input empty": (["run", "--input", str(empty), "--output", str(out)], "holds no .txt"),
        "same folder": (["run", "--input", str(folder), "--output", str(folder)], "are the same folder"),
        "output inside": (["run", "--input", str(folder), "--output", str(folder / "o")], "lies inside the input"),
        "input inside": (["run", "--input", str(folder), "--output", str(folder.parent)], "lies inside the output"),
        "output a file": (
            ["run", "--input", str(empty), "--output", str(folder / "04.txt")],
            "is a file: give a folder",
        ),
        "no reference": ([*run, "--reference", str(empty)], "no reference text at"),
        "engine": ([*run, "--engine", "spark"], "'spark' is not one of"),
        "address alone": ([*run, "--dask-address", "tcp://127.0.0.1:1"], "--dask-address needs --engine dask"),
        "workers": ([*run, "--workers", "0"], "Invalid value for '--workers'"),
        "batch": ([*run, "--batch", "7"], "--batch must be hash:N"),
        "no lexicon": (
            [*run, "--lexicon", str(empty / "no")],
            "it does not exist: give a folder",
        ),
        "port": (["ui", "--port", "99999"], "Invalid value for '--port'"),
        "unknown option": ([*run, "--colour"], "No such option"),
        "clean nothing": (["clean", str(folder / "no.txt")], "cannot be read"),
    }


def test_wrong_usage_is_exit_2_and_says_what_to_do(folder: Path, tmp_path: Path) -> None:
    for what, (args, message) in usage_errors(folder, tmp_path / "out").items():
        result = banmian(*args)
        assert result.exit_code == 2, (what, result.output)
        assert message in result.stderr, (what, result.stderr)
        assert "Traceback" not in result.output, what


def test_an_output_folder_serves_one_input(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "05.txt").write_text(PAGE, encoding="utf-8")
    out = str(tmp_path / "out")
    assert banmian("run", "--input", str(folder), "--output", out).exit_code == 0
    result = banmian("run", "--input", str(other), "--output", out)
    assert result.exit_code == 2 and f"belongs to input {folder}" in result.stderr
    result = banmian("run", "--input", str(folder), "--output", out, "--batch", "hash:4")
    assert result.exit_code == 2 and "--batch (none), which cannot change" in result.stderr


def test_an_instance_serves_one_pair(folder: Path, tmp_path: Path) -> None:
    def run(output: str) -> Result:
        args = ["run", "--input", str(folder), "--output", str(tmp_path / output)]
        return CliRunner().invoke(main, args, env={"DAGSTER_HOME": str(tmp_path / "home")})

    assert run("out").exit_code == 0
    assert (tmp_path / "home" / "dagster.yaml").exists()
    assert run("out").exit_code == 0
    second = run("elsewhere")
    assert second.exit_code == 2 and "the Dagster instance in" in second.stderr
    for file in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert not file.read_bytes().startswith((b"\x80\x04", b"\x80\x05")), f"{file} is pickled"


def test_reference_text_feeds_the_model_alone(folder: Path, tmp_path: Path) -> None:
    reference = tmp_path / "news.txt"
    reference.write_text("清河灌区位于平原东部。" * 50, encoding="utf-8")
    out = tmp_path / "out"
    result = banmian("run", "--input", str(folder), "--output", str(out), "--reference", str(reference))
    assert result.exit_code == 0
    assert sum(t.num_rows for _, t in Store(str(out)).read_all("pages")) == 1
    (model,) = (out / "_models" / "language").glob("*/model.json")
    assert json.loads(model.read_text())["n_texts"] == 2


def test_clean_prints_the_articles(folder: Path) -> None:
    result = banmian("clean", str(folder / "04.txt"))
    assert result.exit_code == 0
    assert result.stdout.startswith("春灌用上智能闸门\n周文涛\n")
    assert "3日，清河灌区" in result.stdout


def test_clean_reads_standard_input_and_prints_json() -> None:
    result = banmian("clean", "-", "--json", stdin=PAGE.encode("gb18030"))
    assert result.exit_code == 0
    page = json.loads(result.stdout)
    assert page["page"]["encoding"] == "gb18030"
    assert [a["headline"] for a in page["articles"]] == ["春灌用上智能闸门"]
    assert "春灌" in result.stdout  # hanzi, not escapes


def test_clean_says_why_it_rejects() -> None:
    result = banmian("clean", "-", stdin=b"\x89PNG\r\n")
    assert result.exit_code == 1 and "is rejected (binary)" in result.stderr


def test_clean_reads_no_more_than_a_page_may_have() -> None:
    result = banmian("clean", "/dev/zero")
    assert result.exit_code == 1 and "is rejected (too_large): more than 16,777,216 bytes" in result.stderr


def test_no_name_commands_the_terminal(folder: Path, tmp_path: Path) -> None:
    (folder / "pages.csv").write_text("path\n\x1b[2J\u202egone.txt\n", encoding="utf-8")
    result = banmian("run", "--input", str(folder), "--output", str(tmp_path / "out"))
    assert "there is no page" in result.stdout and "\x1b" not in result.output and "\u202e" not in result.output
    result = banmian("clean", str(tmp_path / "\x1b]0;x\x07\n.txt"))
    assert result.exit_code == 2 and "\\x1b]0;x\\x07\\n.txt cannot be read" in result.stderr


def test_a_terminal_without_hanzi_is_no_obstacle(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "clean", str(folder / "04.txt")],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        check=False,
    )
    assert done.returncode == 0 and rb"\u6625\u704c" in done.stdout, done.stderr


@pytest.mark.parametrize("args", [["--help"], ["run", "--help"], ["clean", "--help"]])
def test_help_teaches_by_example(args: list[str]) -> None:
    result = banmian(*args)
    assert result.exit_code == 0
    assert "banmian " in result.stdout and (args == ["--help"] or "Examples:" in result.stdout)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, pipeline.cli, pipeline\n"
        "heavy = {'dagster', 'pandas', 'pyarrow', 'numpy', 'jieba', 'rich'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_python_m_pipeline_is_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "pipeline", "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "banmian" in done.stdout


def test_forget_deletes_an_issue_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    (folder / "05.txt").write_text(PAGE.replace("闸门", "水渠"), encoding="utf-8")
    out = tmp_path / "out"
    assert banmian("run", "--input", str(folder), "--output", str(out)).exit_code == 0
    assert banmian("forget", "06", "--output", str(out)).exit_code == 2
    result = banmian("forget", "05", "--output", str(out))
    assert result.exit_code == 0, result.output
    store = Store(str(out))
    for table in ("pages", "articles", "ledger", "lines"):
        assert store.issues(table) == ["04"]
    assert (folder / "05.txt").exists()
