"""Runs that are killed at random moments, and the same run in many ways: the output must not tell the difference."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from material import proof
from material.load import invented_pages
from material.nasty import NEWS, OLD_NEWS

from benchmarks import ROOT
from benchmarks.table import Table

ENGINES: dict[str, Sequence[str]] = {
    "local, 1 worker": ("--workers", "1"),
    "local, 2 workers": ("--workers", "2"),
    "dask, 2 workers": ("--workers", "2", "--engine", "dask"),
}
VICTIMS = ("a worker", "the run", "all")
#: Nothing takes longer than this, or it hangs.
PATIENCE = 600.0


@dataclass(frozen=True)
class Kill:
    """A kill and what came of it."""

    engine: str
    victim: str
    seconds: float
    torn: int
    orphans: int
    same: bool
    note: str = ""


def archive(root: Path, order: random.Random | None = None) -> Path:
    """Some newspaper issues of every kind of source, written in the given order."""
    pages = [p.raw for p in invented_pages()]
    files: dict[str, bytes] = {}
    for n, text in enumerate(pages[:12]):
        encoding = ("utf-8", "gb18030", "utf-16")[n % 3]
        files[f"daily/2025-03-{n // 3 + 1:02d}/{n % 3 + 1:02d}.txt"] = text.encode(encoding)
    files["old/1950-01-01/1.txt"] = (OLD_NEWS * 3).encode("big5")
    files["old/1950-01-01/2.txt"] = b"\x89PNG\r\n\x1a\n"
    files["A b/1.txt"] = NEWS.encode()
    files["a b/1.txt"] = NEWS.encode()
    files["loose.txt"] = pages[12 % len(pages)].encode()
    records = "".join(f'{{"id": {n}, "text": "第{n}版\\n{NEWS.splitlines()[1]}"}}\n' for n in range(40))
    files["records.jsonl"] = records.encode() + b"{broken\n"
    names = sorted(files)
    if order:
        order.shuffle(names)
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    return root


def start(source: Path, output: Path, *more: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """`banmian run`, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", "--input", str(source), "--output", str(output), *more],
        cwd=ROOT,
        env={**{k: v for k, v in os.environ.items() if k != "DAGSTER_HOME"}, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and what was printed."""
    said, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, said


class RunFailedError(Exception):
    """An undisturbed run did not end well."""


def undisturbed(source: Path, output: Path, *more: str, env: Mapping[str, str] | None = None) -> tuple[str, float]:
    """The output's fingerprint, and how long the run took.

    Raises:
        RunFailedError: exit code other than 0, or a promise broken.
    """
    began = time.monotonic()
    code, said = finished(start(source, output, *more, env=env))
    took = time.monotonic() - began
    faults = proof.breaches(source, output) if code == 0 else [said[-2000:]]
    if code or faults:
        raise RunFailedError(f"exit code {code}: {'; '.join(faults[:3])}")
    return proof.fingerprint(output), took


# --- kills ----------------------------------------------------------------------------------------------------------


def kills(scratch: Path, seed: int, n: int, deadline: float) -> tuple[list[Kill], Table]:
    """`n` kills (or as many as there is time for), each followed by a rerun."""
    chance, source = random.Random(seed), archive(scratch / "in")
    wanted, _ = undisturbed(source, scratch / "undisturbed", "--workers", "1")
    lengths: dict[str, float] = {}
    done: list[Kill] = []
    for number in range(n):
        if time.monotonic() > deadline:
            break
        engine = list(ENGINES)[number % len(ENGINES)]
        if engine not in lengths:
            lengths[engine] = undisturbed(source, scratch / f"length {number}", *ENGINES[engine])[1]
        victim = "the run" if "1 worker" in engine else VICTIMS[number // len(ENGINES) % len(VICTIMS)]
        home = {"DAGSTER_HOME": str(scratch / f"home {number}")} if number % 4 == 3 else {}
        output = scratch / f"out {number}"
        for _ in range(5):  # a run that had ended was not killed: once more
            kill = _kill(source, output, engine, victim, chance.uniform(0.2, lengths[engine]), wanted, home)
            shutil.rmtree(output, ignore_errors=True)
            if kill:
                done.append(kill)
                break
            lengths[engine] *= 0.8
    return done, kill_table(done, seed, n)


def _kill(
    source: Path, output: Path, engine: str, victim: str, moment: float, wanted: str, env: Mapping[str, str]
) -> Kill | None:
    """A run killed at a moment, and what a rerun makes of it; None if it had ended by then."""
    process = start(source, output, *ENGINES[engine], env=env)
    began = time.monotonic()
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=moment)
    struck = time.monotonic() - began
    if process.poll() is not None:
        return None
    workers, note = _workers(process.pid), ""
    if victim == "a worker" and workers:
        with suppress(ProcessLookupError):
            os.kill(random.Random(moment).choice(workers), signal.SIGKILL)
        code, said = finished(process)  # the run itself must not suffer
        note = "" if code == 0 else f"exit code {code}: {said[-300:]}"
    else:
        victim = "the run" if victim == "a worker" else victim
        if victim == "all":
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.communicate()
    orphans = _left_after(workers, 20.0)
    torn = sum(not _whole(file) for file in output.rglob("*.parquet"))
    code, said = finished(start(source, output, *ENGINES[engine], env=env))
    same = code == 0 and proof.fingerprint(output) == wanted and not _leftovers(output)
    if code:
        note = f"{note} rerun: exit code {code}: {said[-300:]}"
    return Kill(engine, victim, struck, torn, orphans, same, note.strip())


def _workers(pid: int) -> list[int]:
    """The processes below a process."""
    found, queue = [], [pid]
    while queue:
        parent = queue.pop()
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                queue += (children := [int(c) for c in (task / "children").read_text().split()])
                found += children
    return [p for p in found if b"spawn_main" in _command(p)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _left_after(pids: Sequence[int], seconds: float) -> int:
    """How many workers outlive their run by so many seconds; they are ended then."""
    until = time.monotonic() + seconds
    while (alive := [p for p in pids if b"spawn_main" in _command(p)]) and time.monotonic() < until:
        time.sleep(0.1)
    for pid in alive:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(alive)


def _whole(file: Path) -> bool:
    try:
        pq.ParquetFile(file, page_checksum_verification=True).read()
    except Exception:
        return False
    return True


def _leftovers(output: Path) -> list[Path]:
    return [p for p in output.rglob("*") if p.name.endswith(".tmp") or p.name.startswith(".draft-")]


def kill_table(done: Sequence[Kill], seed: int, wanted: int) -> Table:
    rows = [(k.engine, k.victim, k.seconds, k.torn, k.orphans, "yes" if k.same else "NO") for k in done]
    notes = [
        f"{len(done)} kills (asked: {wanted}), seed {seed}: {sum(k.same for k in done)} times the output of an "
        "undisturbed run, byte for byte",
        *(f"kill {n}: {k.note}" for n, k in enumerate(done, 1) if k.note),
    ]
    columns = ("engine", "killed", "after s", "torn tables", "workers left", "rerun identical")
    return Table("kills at random moments, each followed by a rerun", columns, rows, notes)


# --- determinism ----------------------------------------------------------------------------------------------------


def matrix(scratch: Path) -> tuple[bool, Table]:
    """The same input in many ways: one hash."""
    rows, hashes = [], []
    for name, more, env, source in _ways(scratch):
        output = scratch / f"way {len(rows)}"
        found, took = undisturbed(source, output, *more, env=env)
        hashes.append(found)
        rows.append((name, found, took))
        shutil.rmtree(output)
    same = len(set(hashes)) == 1
    notes = [f"{len(hashes)} ways, {len(set(hashes))} hash{'' if same else 'es'} of all tables, models and the report"]
    return same, Table("determinism: the same input in many ways", ("how", "hash", "seconds"), rows, notes)


Way = tuple[str, Sequence[str], Mapping[str, str], Path]


def _ways(scratch: Path) -> Iterator[Way]:
    source, one = archive(scratch / "as listed"), ("--workers", "1")
    for name, more in ENGINES.items():
        yield name, more, {}, source
    yield (
        "hash seed 1, time zone Shanghai, locale C",
        one,
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LC_ALL": "C"},
        source,
    )
    yield (
        "hash seed 42, time zone Los Angeles, UTF-8 locale, 2 workers",
        ("--workers", "2"),
        {"PYTHONHASHSEED": "42", "TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8"},
        source,
    )
    yield "files written in another order", one, {}, archive(scratch / "shuffled", random.Random(1))
    with _elsewhere() as memory:
        yield "files written in a third order, on another file system", one, {}, archive(memory, random.Random(2))
    yield "a persistent instance", one, {"DAGSTER_HOME": str(scratch / "home")}, source


@contextmanager
def _elsewhere() -> Iterator[Path]:
    """A folder on a file system that lists files in another order, where there is one."""
    place = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None

    with tempfile.TemporaryDirectory(prefix="banmian-soak-", dir=place) as folder:
        yield Path(folder) / "in"
