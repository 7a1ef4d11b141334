"""The progress bar of `banmian run`: on a terminal only, and gone when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from pipeline.run import Progress


class BarProgress(Progress):
    """Draws what it is told."""

    def __init__(self, bar: Bar) -> None:
        self.bar = bar
        self.task = bar.add_task("starting", total=None)

    def begin(self, total: int) -> None:
        self.bar.update(self.task, total=total, completed=0)

    def say(self, what: str) -> None:
        self.bar.update(self.task, description=what)

    def step(self) -> None:
        self.bar.advance(self.task)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A bar on standard error; nothing where that is no terminal."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield BarProgress(bar)
