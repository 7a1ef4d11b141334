"""A review of an invented archive, served on a real port."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from material.suggestions import write_pages
from pipeline.review.desk import Desk
from pipeline.review.guard import new_token
from pipeline.review.server import build_app, listen, server
from pipeline.review.session import Review
from pipeline.review.suggestions import Context, Suggestion
from pipeline.settings import Settings

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
SHA = "ab" * 32


@dataclass(frozen=True)
class Archive:
    """Input, output and decisions of one test."""

    folder: Path

    @property
    def settings(self) -> Settings:
        return Settings(str(self.folder / "in"), str(self.folder / "out"))

    @property
    def output(self) -> str:
        return self.settings.output

    @property
    def decisions(self) -> Path:
        return self.folder / "out.decisions.csv"


def write_archive(folder: Path) -> Archive:
    """Five pages of four suggestions each, about eleven rivers; the first also holds markup in its text and name."""
    write_pages(folder / "in", n_pages=5, a_page=4, n_rivers=11)
    path = folder / "in" / "riverside" / "2025-03-01" / "01.txt"
    marked = path.read_text(encoding="utf-8").replace("漂着", f"漂着{SCRIPT}")
    path.with_name("<b>&'.txt").write_text(marked, encoding="utf-8")
    path.unlink()
    return Archive(folder)


@dataclass(frozen=True)
class Served:
    """A review that answers."""

    desk: Desk
    port: int
    token: str


@contextmanager
def serve(review: Review) -> Iterator[Served]:
    own, token = listen(), new_token()
    port = own.getsockname()[1]
    ours = server(build_app(review.desk, token, port, review.facts))
    thread = threading.Thread(target=ours.run, kwargs={"sockets": [own]}, daemon=True)
    thread.start()
    while not ours.started:
        time.sleep(0.01)
    try:
        yield Served(review.desk, port, token)
    finally:
        ours.should_exit = True
        thread.join(10)
        own.close()


def suggestion(
    page: str, before: str = "揄", after: str = "榆", around: str = "在{}林河边", **changed: object
) -> Suggestion:
    left, right = around.split("{}")
    made = Suggestion(
        f"issue/{page}", SHA, f"{page}.txt", "河边", 7, 8, before, after, "place_name", 0.65, "because",
        Context("", left, before, right, ""),
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]
