"""Numbers with their nouns, as they are said to people."""

from __future__ import annotations


def counted(n: int, noun: str, many: str = "") -> str:
    """The number and the noun in its right form; `many`: the plural, where it takes more than an s.

    >>> counted(1, "page"), counted(0, "page"), counted(1234, "newspaper issue")
    ('1 page', '0 pages', '1,234 newspaper issues')
    >>> counted(2, "entry", "entries")
    '2 entries'
    """
    return f"{n:,} {form(n, noun, many)}"


def form(n: float, noun: str, many: str = "") -> str:
    """The noun alone, as it stands behind the number.

    >>> form(1, "page"), form(0.5, "page"), form(2, "page of a paper", "pages of a paper")
    ('page', 'pages', 'pages of a paper')
    """
    return noun if n == 1 else many or f"{noun}s"
