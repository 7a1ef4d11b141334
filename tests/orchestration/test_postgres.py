"""The instance on a real PostgreSQL, with the very configuration that docs/operations.md shows."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
PORT = 5432  # of the socket's name and the documented block; another one is taken by the test
PAGE = "春灌用上智能闸门\n本报讯（记者 周文涛）3日,清河灌区的12座智能闸门同时开启。\n"


def programs() -> Path | None:
    """Where Debian's packages, or others, put initdb and pg_ctl."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own folder: whenever another pytest starts, that is closed to all other users again."""
    with tempfile.TemporaryDirectory(prefix="banmian-pg-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def server(folder: Path, unused_port: int) -> Iterator[int]:
    """A PostgreSQL of its own, with the user and the database of the docs; yields its port."""
    pytest.importorskip("dagster_postgres", reason="the extra `postgres` is not installed")
    bin_ = programs()
    if bin_ is None:
        pytest.skip("no PostgreSQL: install the package `postgresql`")
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        folder.chmod(0o755)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, capture_output=True, cwd=folder)

    (folder / "password").write_text("secret", encoding="utf-8")
    (folder / "password").chmod(0o644)
    data, options = str(folder / "data"), f"-p {unused_port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run(
        str(bin_ / "initdb"),
        "-D",
        data,
        "-U",
        "banmian",
        "-A",
        "scram-sha-256",
        f"--pwfile={folder / 'password'}",
        "-N",
    )
    run(str(bin_ / "pg_ctl"), "-D", data, "-l", str(folder / "log"), "-w", "-o", options, "start")
    try:
        environment = {**os.environ, "PGPASSWORD": "secret"}
        database = [str(bin_ / "createdb"), "-h", "127.0.0.1", "-p", str(unused_port), "-U", "banmian", "banmian"]
        subprocess.run(database, check=True, capture_output=True, env=environment)
        yield unused_port
    finally:
        run(str(bin_ / "pg_ctl"), "-D", data, "-m", "immediate", "stop")


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def documented() -> str:
    """The block of docs/operations.md that configures the storage."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(storage:\n.*?)```", text, re.S)
    return block


def test_the_documented_configuration_works(server: int, tmp_path: Path) -> None:
    from pipeline.settings import INSTANCE_YAML

    source, home = tmp_path / "in", tmp_path / "home"
    source.mkdir()
    (source / "04.txt").write_text(PAGE, encoding="utf-8")
    home.mkdir()
    block = documented()
    assert f"port: {PORT}" in block
    (home / "dagster.yaml").write_text(INSTANCE_YAML + block.replace(str(PORT), str(server)), encoding="utf-8")
    assert "storage" in yaml.safe_load((home / "dagster.yaml").read_text(encoding="utf-8"))
    env = {**os.environ, "DAGSTER_HOME": str(home), "BANMIAN_PG_HOST": "127.0.0.1", "BANMIAN_PG_PASSWORD": "secret"}
    banmian = [sys.executable, "-m", "pipeline", "run", "--input", str(source), "--output", str(tmp_path / "out")]
    done = subprocess.run(banmian, capture_output=True, text=True, env=env, cwd=ROOT, check=False)
    assert done.returncode == 0 and "1 cleaned now" in done.stdout, done.stderr
    assert not list(home.rglob("*.db"))  # nothing fell back to SQLite
    import psycopg2

    with psycopg2.connect(host="127.0.0.1", port=server, user="banmian", password="secret", dbname="banmian") as db:
        cursor = db.cursor()
        cursor.execute("SELECT pipeline_name, status FROM runs ORDER BY id")
        runs = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION'")
        (materialised,) = cursor.fetchone()
    assert ("clean_issues", "SUCCESS") in runs and {status for _, status in runs} == {"SUCCESS"}
    assert materialised > 10
