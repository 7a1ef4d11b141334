"""Answers kept for what they were worked out from, and no longer than it lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

Owner = TypeVar("Owner")
Others = ParamSpec("Others")
Answer = TypeVar("Answer")


def last_answer(
    find: Callable[Concatenate[Owner, Others], Answer],
) -> Callable[Concatenate[Owner, Others], Answer]:
    """`find(owner, *others)`, where the last answer for each owner is kept as long as the owner lives.

    `functools.lru_cache` would hold the owner: a language model takes hundreds of megabytes. An answer must not refer
    to its owner, or both would stay for ever. An owner is hashed by identity (a dataclass with `eq=False`); the others
    are told apart by equality.
    """
    kept: WeakKeyDictionary[Any, tuple[Any, Answer]] = WeakKeyDictionary()

    @wraps(find)
    def ask(owner: Owner, /, *others: Others.args, **named: Others.kwargs) -> Answer:
        known = kept.get(owner)
        if known is None or known[0] != (others, named):
            kept[owner] = known = (others, named), find(owner, *others, **named)
        return known[1]

    return ask
