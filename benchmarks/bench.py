"""What the parts share: where things are, a scratch folder, and runs of the program in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from material.load import GoldPage, invented_pages

from benchmarks import ROOT

LAUNCH = Path(__file__).with_name("launch.py")


class RunFailedError(Exception):
    """A measured command ended with an error; the message holds its last lines."""


@dataclass(frozen=True)
class Usage:
    """What a command took."""

    wall: float
    cpu: float
    peak_mb: float


@dataclass
class Bench:
    """One call of `python -m benchmarks`. Long runs that two parts need are made once."""

    scratch: Path
    shared: Path = ROOT.parent / "shared"
    runs: int = 5  # of the seed
    variants: int = 3  # of each invented page
    varied_seeds: int = 20
    seeds: Path = ROOT / "seeds"
    paragraphs: Path | None = None  # for `marks`
    text_field: str = "truth"
    show_faults: int = 0
    sizes: Sequence[float] = (1, 10, 100)  # MB, for `scale`
    usage: dict[str, Usage] = field(default_factory=dict)

    @cached_property
    def invented(self) -> list[GoldPage]:
        """The invented pages that others are made of."""
        return invented_pages()

    @property
    def kit(self) -> Path:
        return self.shared / "evaluation"

    @property
    def dev(self) -> Path:
        return self.shared / "dev"

    @property
    def corpus(self) -> Path:
        return self.dev / "corpus"

    @cached_property
    def dev_output(self) -> Path:
        """The dev pages, cleaned."""
        return self.cleaned("pages", self.dev / "pages", self.corpus)

    @cached_property
    def ocr_output(self) -> Path:
        """The pages that were really read by OCR, cleaned."""
        return self.cleaned("ocr_pages", self.dev / "ocr_pages", self.corpus)

    def cleaned(self, name: str, source: Path, reference: Path | None = None) -> Path:
        """The output folder of `banmian run` over a folder; what it took stands in `usage[name]`."""
        output = self.scratch / name
        more = ["--reference", str(reference)] if reference and reference.exists() else []
        self.usage[name] = measured(
            [sys.executable, "-m", "pipeline", "run", "--input", str(source), "--output", str(output), *more]
        )
        return output


def measured(command: Sequence[str]) -> Usage:
    """What a command takes, in a process of its own, on a temporary Dagster instance.

    Raises:
        RunFailedError: it did not end well.
    """
    done = subprocess.run(
        [sys.executable, str(LAUNCH), *command],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "DAGSTER_HOME"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RunFailedError(done.stderr[-2000:])
    said = json.loads(done.stdout.splitlines()[-1])
    if said.pop("exit_code"):
        raise RunFailedError(done.stderr[-2000:])
    return Usage(**said)
