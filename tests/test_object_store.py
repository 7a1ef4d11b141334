"""`banmian run` between two buckets of a real S3 server on this machine: everything but the disks is as it would be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from material import proof
from material.load import ROOT, invented_pages

from pipeline.datasets.querying import answered
from pipeline.run import forget, run
from pipeline.settings import Settings, UsageError

pytest.importorskip("s3fs")
pytest.importorskip("moto.server")

PLACES = Settings("s3://scans/in", "s3://cleaned/out")
KEYS = {"AWS_ACCESS_KEY_ID": "press", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True)
class Buckets:
    """An S3 server with an empty bucket for the input and one for the output."""

    files: Any  # s3fs, without a memory of listings

    def stamps(self) -> dict[str, Any]:
        """The output's tables, and when each was written."""
        return {
            f: row["ETag"] + str(row["LastModified"])
            for f, row in self.files.find("cleaned/out", detail=True).items()
            if f.endswith(".parquet")
        }


@pytest.fixture(scope="module")
def buckets() -> Iterator[Buckets]:
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    files = s3fs.S3FileSystem(
        key="press", secret="secret", client_kwargs={"endpoint_url": url},
        use_listings_cache=False, skip_instance_cache=True,
    )  # fmt: skip
    for bucket in ("scans", "cleaned"):
        files.mkdir(bucket)
    with pytest.MonkeyPatch.context() as environment:
        for name in [n for n in os.environ if n.startswith(("AWS_", "FSSPEC_")) or n == "DAGSTER_HOME"]:
            environment.delenv(name)
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": url}.items():
            environment.setenv(name, value)
        yield Buckets(files)
    server.stop()


def test_a_run_between_buckets(buckets: Buckets, tmp_path: Path) -> None:
    pages = [p.raw.encode() for p in invented_pages("synthetic")[:3]]
    for n, page in enumerate(pages[:2]):
        buckets.files.pipe_file(f"scans/in/daily/2025-03-0{n + 1}/01.txt", page)
        (folder := tmp_path / "in" / "daily" / f"2025-03-0{n + 1}").mkdir(parents=True)
        (folder / "01.txt").write_bytes(page)

    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "run", "--input", PLACES.input, "--output", PLACES.output],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "2 (2 cleaned now)" in done.stdout, done.stdout + done.stderr
    local, fetched = tmp_path / "out", tmp_path / "fetched"
    assert run(Settings(str(tmp_path / "in"), str(local))).exit_code == 0
    buckets.files.get("cleaned/out/", f"{fetched}/", recursive=True)
    for folder in (local, fetched):
        for notes in ("report", "_stages"):  # the report names its folder, what is kept between runs goes by addresses
            shutil.rmtree(folder / notes)
    assert proof.fingerprint(fetched) == proof.fingerprint(local)  # the tables and the models

    written = buckets.stamps()
    assert run(PLACES).cleaned == 0
    assert {f: s for f, s in buckets.stamps().items() if "2025-03" in f} == {
        f: s for f, s in written.items() if "2025-03" in f
    }

    buckets.files.pipe_file("scans/in/daily/2025-03-03/01.txt", pages[2])
    assert run(PLACES).cleaned == 1
    now = buckets.stamps()
    assert [f for f in now if "2025-03-03" in f and f not in written]
    assert all(now[f] == s for f, s in written.items() if "2025-03" in f)

    with answered(PLACES.output, "SELECT issue_id FROM articles GROUP BY ALL ORDER BY ALL") as answer:
        issues = answer.read_all().column("issue_id").to_pylist()
    assert issues == [f"daily__2025-03-0{n}" for n in (1, 2, 3)]

    buckets.files.rm("scans/in/daily/2025-03-01", recursive=True)
    assert forget(PLACES.output, issues[:1])
    assert not [f for f in buckets.stamps() if issues[0] in f]


def test_a_bucket_that_is_not_there_is_wrong_usage(buckets: Buckets) -> None:
    with pytest.raises(UsageError, match="s3://nowhere/in"):
        run(replace(PLACES, input="s3://nowhere/in"))
