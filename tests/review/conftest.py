"""An output folder with many suggestions, and a review of it on a real port."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from material.review import Archive, Served, serve, write_archive

from pipeline.review.session import Review, prepare
from pipeline.run import run
from pipeline.settings import PAIR_FILE


@pytest.fixture(scope="session")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Five pages, cleaned once."""
    archive = write_archive(tmp_path_factory.mktemp("review"))
    assert run(archive.settings).exit_code == 0
    return archive


@pytest.fixture
def archive(cleaned: Archive, tmp_path: Path) -> Archive:
    """A copy to write in; it may serve its own input."""
    made = Archive(Path(shutil.copytree(cleaned.folder, tmp_path / "archive")))
    Path(made.output, PAIR_FILE).unlink()
    return made


@pytest.fixture(scope="session")
def review(cleaned: Archive) -> Review:
    """Of the archive that all tests share: `served` cleans up after each of them."""
    return prepare(cleaned.output)


@pytest.fixture(scope="session")
def server(review: Review) -> Iterator[Served]:
    with serve(review) as served:
        yield served


@pytest.fixture
def served(server: Served, cleaned: Archive) -> Iterator[Served]:
    """The server, nothing decided."""
    yield server
    if cleaned.decisions.is_dir():
        cleaned.decisions.rmdir()
    while server.desk.state()["can_undo"]:
        server.desk.undo()
    cleaned.decisions.unlink(missing_ok=True)
