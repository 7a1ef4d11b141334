"""Freed memory, given back to the system.

The C library keeps what numpy frees between arrays that are still in use: some hundred MB a worker, after the tables of
a language model were put in order.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Seconds between two times; one takes some milliseconds.
EVERY = 1.0

_last = float("-inf")


@cache
def _trim() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`; None where there is none."""
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return trim


def give_back() -> bool:
    """Gives back what is free, unless that was done less than `EVERY` ago; was it done?"""
    global _last
    trim, now = _trim(), time.monotonic()
    if trim is None or now - _last < EVERY:
        return False
    trim(0)
    _last = now
    return True


def tidily(fn: Callable[[T], R], task: T) -> R:
    """`fn(task)`, and what it freed is given back."""
    result = fn(task)
    give_back()
    return result
