"""Where things are: the settings of the UI and of the command line, and which folders belong together."""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Where the project's checkout is when the package runs from one.
CHECKOUT = Path(__file__).resolve().parent.parent


def project_root() -> Path:
    """The checkout, or, for an installed package, the working directory."""
    return CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()


#: Notes, in the output folder and in a persistent DAGSTER_HOME, which input and output belong together.
PAIR_FILE = "banmian.json"

#: What a fresh DAGSTER_HOME gets: nothing is sent anywhere, and a small machine stays usable.
INSTANCE_YAML = """\
# Written by Banmian; yours to change. docs/operations.md says more.
# See https://docs.dagster.io/deployment/oss/dagster-yaml
telemetry:
  enabled: false

# A small machine stays usable: two runs at a time, and the models are not learned twice at once.
concurrency:
  runs:
    max_concurrent_runs: 2
    tag_concurrency_limits:
      - key: banmian/kind
        value: corpus
        limit: 1

# A run whose process was killed (a restart, a full memory) begins again; one that failed is left for people to see.
run_monitoring:
  enabled: true
  start_timeout_seconds: 600
run_retries:
  enabled: true
  max_retries: 2
  retry_on_asset_or_op_failure: false

# Looks at the input that found nothing are forgotten after a week.
retention:
  sensor:
    purge_after_days:
      skipped: 7
      failure: 30
      success: 90
  schedule:
    purge_after_days:
      skipped: 7
      failure: 30
      success: 90

# Warnings of our own modules are seen in a run's log; what every step does is not repeated on the terminal.
python_logs:
  managed_python_loggers:
    - pipeline
  python_log_level: INFO
"""


class UsageError(Exception):
    """Something the user can put right; the message says what, where and how."""


@dataclass(frozen=True)
class Settings:
    """Folders are absolute paths or fsspec URLs."""

    input: str
    output: str
    reference: str | None = None
    lexicon: str | None = None
    decisions: str | None = None
    engine: str = "local"
    workers: int = 1
    address: str | None = None
    batch: str | None = None

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the UI, from BANMIAN_INPUT and its like; by default `seeds/` and `outputs/`."""
        root = project_root()
        reference, lexicon = env.get("BANMIAN_REFERENCE"), env.get("BANMIAN_LEXICON")
        decisions = env.get("BANMIAN_DECISIONS")
        return cls(
            input=place(env.get("BANMIAN_INPUT") or str(root / "seeds")),
            output=place(env.get("BANMIAN_OUTPUT") or str(root / "outputs")),
            reference=place(reference) if reference else None,
            lexicon=place(lexicon) if lexicon else None,
            decisions=place(decisions) if decisions else None,
            engine=env.get("BANMIAN_ENGINE") or "local",
            workers=whole_number("BANMIAN_WORKERS", 1, env),
            address=env.get("BANMIAN_DASK_ADDRESS") or None,
            batch=env.get("BANMIAN_BATCH") or None,
        )


def whole_number(name: str, default: int, env: Mapping[str, str] = os.environ) -> int:
    """A setting that is a number, not below 0.

    >>> whole_number("BANMIAN_WORKERS", 1, {"BANMIAN_WORKERS": "4"})
    4
    """
    given = env.get(name)
    if not given:
        return default
    if not given.strip().isdecimal():
        raise UsageError(f"{name} must be a whole number, not {given!r}: correct the environment variable or unset it")
    return int(given)


def check_port(host: str, port: int) -> None:
    """Refuses a port that something else listens on, or an address that is not this machine's."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error).split(" (while")[0]
        raise UsageError(f"{host}:{port} cannot be listened on ({reason}): give another --port or --host") from None


def place(path: str) -> str:
    """A folder as it is written down: absolute, or an fsspec URL as given.

    >>> place("s3://bucket/pages/")
    's3://bucket/pages'
    """
    if "://" in path and not path.startswith("file://"):
        return path.rstrip("/")
    return str(Path(path.removeprefix("file://")).expanduser().resolve())


def check_places(settings: Settings) -> None:
    """Refuses folders that would read what was written, or that are not there."""
    source, target = settings.input, settings.output
    if source == target:
        raise UsageError(f"input and output are the same folder ({source}): choose another --output")
    for inner, outer, what in (
        (target, source, "output lies inside the input"),
        (source, target, "input lies inside the output"),
    ):
        if inner.startswith(outer.rstrip("/") + "/"):
            raise UsageError(f"the {what} ({inner} in {outer}): choose folders that do not hold each other")
    if "://" not in source and not Path(source).is_dir():
        found = "is a file" if Path(source).exists() else "does not exist"
        raise UsageError(f"the input folder {source} {found}: give a folder of .txt or .jsonl files")
    if "://" not in target and Path(target).exists() and not Path(target).is_dir():
        raise UsageError(f"the output {target} is a file: give a folder")


def refuse_other_pair(folder: str, settings: Settings, what: str) -> bool:
    """Is it noted in `folder` which input and output it serves? Raises UsageError if it serves others.

    Corpus tables read everything in an output folder, and an instance's history speaks of one input: a second pair
    would mix two archives.
    """
    fs, root = _filesystem(folder)
    note = f"{root}/{PAIR_FILE}"
    if not fs.exists(note):
        return False
    try:
        theirs = dict(json.loads(fs.cat_file(note)))
    except (ValueError, TypeError):
        raise UsageError(
            f"{folder.rstrip('/')}/{PAIR_FILE} is damaged: delete it if {what} {folder} is yours"
        ) from None
    if (theirs.get("input"), theirs.get("output")) != (settings.input, settings.output):
        raise UsageError(
            f"{what} {folder} belongs to input {theirs.get('input')} and output {theirs.get('output')}: "
            f"use another one, or delete {folder.rstrip('/')}/{PAIR_FILE} if the folders only moved"
        )
    if theirs.get("batch") != settings.batch:
        raise UsageError(
            f"{what} {folder} was made with --batch {theirs.get('batch') or '(none)'}, which cannot change there: "
            f"give the same, or another output folder"
        )
    return True


def claim(folder: str, settings: Settings, what: str) -> None:
    """Notes in `folder` which input and output it serves; another pair is refused."""
    if refuse_other_pair(folder, settings, what):
        return
    fs, root = _filesystem(folder)
    ours = {"input": settings.input, "output": settings.output, "batch": settings.batch}
    content = json.dumps(ours, ensure_ascii=False, indent=1).encode()
    try:
        fs.makedirs(root, exist_ok=True)
        if "://" in folder:
            fs.pipe_file(f"{root}/{PAIR_FILE}", content)
        else:  # whole or not at all: a run may be killed here
            draft = Path(root) / f".{PAIR_FILE}.{uuid.uuid4().hex}.tmp"
            draft.write_bytes(content)
            draft.replace(Path(root) / PAIR_FILE)
    except OSError as error:
        raise unwritable(folder, error) from None


def unwritable(folder: str, error: OSError) -> UsageError:
    """What to tell of a folder that cannot be written to."""
    return UsageError(f"{folder} cannot be written to ({error.strerror or error}): give another folder, or make room")


def _filesystem(folder: str) -> tuple[Any, str]:
    import fsspec

    fs, root = fsspec.core.url_to_fs(folder)
    return fs, root.rstrip("/")


def of_this_instance(env: Mapping[str, str] = os.environ) -> Settings:
    """The UI's settings, refused if the Dagster instance or the output folder serves others."""
    settings = Settings.from_environment(env)
    if home := env.get("DAGSTER_HOME"):
        refuse_other_pair(home, settings, "the Dagster instance in")
    refuse_other_pair(settings.output, settings, "the output folder")
    return settings


def prepare_home(home: str) -> Path:
    """A DAGSTER_HOME that can be used: absolute, there, and with a dagster.yaml."""
    path = Path(home).expanduser()
    if not path.is_absolute():
        raise UsageError(f"DAGSTER_HOME must be an absolute path, not {home!r}")
    path.mkdir(parents=True, exist_ok=True)
    if not (path / "dagster.yaml").exists():
        (path / "dagster.yaml").write_text(INSTANCE_YAML, encoding="utf-8")
    return path
