"""The shelf of models: whole or not there, and never outside its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.datasets.shelf import Shelf

ID = "0123456789abcdef"


def saved(text: str) -> Callable[[Path], None]:
    def save(folder: Path) -> None:
        (folder / "model.txt").write_text(text)

    return save


def test_a_model_is_stored_and_current(tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path), "language")
    assert shelf.current() is None
    shelf.put(ID, saved("one"))
    assert shelf.current() == ID
    assert (shelf.folder(ID) / "model.txt").read_text() == "one"


@pytest.mark.parametrize("pointer", ["../../elsewhere", "/etc", "", ".", "..", "\ufffd", "a/b", "gone0123"])
def test_a_pointer_leads_nowhere_else(tmp_path: Path, pointer: str) -> None:
    shelf = Shelf(str(tmp_path / "out"), "language")
    shelf.put(ID, saved("one"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/_models/language/current").write_text(pointer)
    assert shelf.current() is None
    if pointer != "gone0123":
        with pytest.raises(ValueError, match="is no model_id"):
            shelf.folder(pointer)


def test_a_killed_learner_leaves_nothing_that_counts(tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path), "language")

    def killed(folder: Path) -> None:
        saved("half")(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shelf.put(ID, killed)
    assert shelf.current() is None and not shelf.holds(ID)
    (tmp_path / "_models/language/.draft-0123").mkdir()
    (tmp_path / "_models/language/.current.0123").touch()
    assert shelf.sweep() == 2
    shelf.put(ID, saved("one"))
    assert shelf.sweep() == 0
    assert sorted(p.name for p in (tmp_path / "_models/language").iterdir()) == [ID, "current"]


def test_a_damaged_model_is_replaced_when_it_is_learned_again(tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path), "language")
    shelf.put(ID, saved("one"))
    (shelf.folder(ID) / "model.txt").write_text("o")
    shelf.put(ID, saved("one"))
    assert (shelf.folder(ID) / "model.txt").read_text() == "one"
    assert sorted(p.name for p in (tmp_path / "_models/language").iterdir()) == [ID, "current"]
