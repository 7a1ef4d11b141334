"""Answers are kept as long as their owner lives, and no longer."""

from __future__ import annotations

import gc
import weakref

from pipeline.text.memo import last_answer


class Table:
    """Something that answers are worked out from."""


def test_the_last_answer_of_each_owner_is_kept() -> None:
    asked: list[object] = []

    @last_answer
    def found(owner: Table, word: str) -> list[str]:
        asked.append((owner, word))
        return [word]

    one, other = Table(), Table()
    first = found(one, "版")
    assert found(other, "版") is not first
    assert found(one, "版") is first
    assert found(one, "面") == ["面"]
    assert found(one, "版") == first
    assert asked == [(one, "版"), (other, "版"), (one, "面"), (one, "版")]


def test_an_owner_is_not_held() -> None:
    found = last_answer(lambda owner: "answer")
    owner = Table()
    found(owner)
    held = weakref.ref(owner)
    gc.disable()  # it goes at once, not with the next collection
    try:
        del owner
        assert held() is None
    finally:
        gc.enable()
