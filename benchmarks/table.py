"""A table of figures: printed for people, or handed on as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

Value = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Columns and rows; `notes` stand below. A table without rows says in its notes why it was skipped."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    notes: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def skipped(title: str, reason: str) -> Table:
    """What could not be measured, and why."""
    return Table(title, (), (), (f"skipped: {reason}",))


def shown(value: Value) -> str:
    """A cell's text.

    >>> shown(0.98765), shown(123456), shown(None)
    ('0.988', '123,456', '–')
    """
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def show(table: Table, console: Console) -> None:
    """Print a table; numbers stand right."""
    console.print()
    console.print(Text(table.title, style="bold"))
    if table.rows:
        drawn = RichTable(box=None, pad_edge=False, header_style="dim")
        for i, name in enumerate(table.columns):
            numeric = all(not isinstance(row[i], str) for row in table.rows)
            drawn.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
        for row in table.rows:
            drawn.add_row(*(Text(shown(v)) for v in row))
        console.print(drawn)
    for note in table.notes:
        console.print(Text(f"  {note}", style="dim"))
