"""Frozen dataclasses of which a page makes thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass

    def record(*, frozen: bool, slots: bool = False):
        """`dataclass(frozen=True)`, but that at run time nothing stands guard over the fields: the guard would make
        an object seven times as dear to create. The type checker, which sees a frozen one, keeps it."""
        assert frozen
        return dataclass(slots=slots, unsafe_hash=True)


__all__ = ["record"]
