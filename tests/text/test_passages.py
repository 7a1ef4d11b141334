"""Answers about passages are kept as long as the passages are the very same."""

from __future__ import annotations

from collections.abc import Sequence

from correction_pages import passages

from pipeline.text.passages import Passage, forget, remembered, remembered_together

PAGE = "春耕生产\n老街书场\n运河码头"


def test_each_passage_is_asked_once() -> None:
    asked: list[str] = []

    def lengths(new: Sequence[Passage], known: object) -> list[int]:
        asked.extend(p.text for p in new)
        return [len(p.text) for p in new]

    first, second, third = passages(PAGE)
    known, other = object(), object()
    assert remembered(lengths, [first, second], known) == [4, 4]
    assert remembered(lengths, [second, third, first], known) == [4, 4, 4]
    assert asked == ["春耕生产", "老街书场", "运河码头"]
    remembered(lengths, [first], other)
    assert asked[3:] == ["春耕生产"], "what else was known counts, too"


def test_a_page_is_asked_again_when_any_of_its_passages_is_another() -> None:
    asked: list[str] = []

    def joined(read: Sequence[Passage], known: object) -> str:
        asked.append("".join(p.text for p in read))
        return asked[-1]

    first, second, third = passages(PAGE)
    known, other = object(), object()

    def ask(*read: Passage, about: object = known) -> str:
        return remembered_together(joined, list(read), about)

    pages = [(first, second), (first, second, third), (first, third, second), (first,), (first, passages(PAGE)[1])]
    for page in pages:
        n = len(asked)
        assert ask(*page) == ask(*page) == "".join(p.text for p in page)
        assert len(asked) == n + 1
    ask(*pages[-1], about=other)
    assert len(asked) == len(pages) + 1
    assert ask() == "" == ask(), "no passages: nowhere to keep it"


def test_what_is_forgotten_is_asked_again() -> None:
    asked: list[int] = []

    def count(read: Sequence[Passage]) -> int:
        asked.append(len(read))
        return len(read)

    read = passages(PAGE)
    assert remembered_together(count, read) == remembered_together(count, read) == 3
    forget(read)
    assert remembered_together(count, read) == 3
    assert asked == [3, 3]
