"""Text on a terminal: names of files and texts of pages may hold anything, and must not command it."""

from __future__ import annotations


def visible(line: str) -> str:
    """A line without what commands a terminal.

    >>> visible("版\\x1b[2J\\u202e")
    '版\\\\x1b[2J\\\\u202e'
    """
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() or c == "\u3000" else c.encode("unicode_escape").decode() for c in line)
