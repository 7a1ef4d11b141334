"""Plots as shapes on a sheet: what the templates draw as inline SVG. Pure arithmetic, no drawing library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.reports.wording import form

WIDTH, HEIGHT = 560, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 10, 26
#: Height of a row in a ranked plot, and what its names may take.
ROW, NAMES = 22, 190
#: Width of a hanzi and of a Latin letter, at 12 px.
WIDE, NARROW = 12.0, 6.6


@dataclass(frozen=True)
class Bar:
    """A rectangle; `said` is shown when it is pointed at, `kind` chooses its colour."""

    x: float
    y: float
    width: float
    height: float
    said: str
    kind: str = ""


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Plot:
    """A plot with its numbers, which stand below it as a table."""

    title: str
    summary: str
    height: int
    columns: tuple[str, str]
    rows: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...] = ()
    points: str = ""
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    names: tuple[Tick, ...] = ()
    width: int = WIDTH
    left: int = LEFT
    ground: int = HEIGHT - BOTTOM
    dots: tuple[Bar, ...] = field(default=())


def columns(
    title: str, summary: str, values: Sequence[tuple[str, float]], unit: str, *, kind: str = "", share: bool = False
) -> Plot:
    """Upright bars, one for each (label, value), in the given order."""
    top, steps = _scale(max((v for _, v in values), default=0.0), not share)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(values))
    width = max(1.0, min(step * 0.82, 46.0))
    bars = tuple(
        Bar(
            round(LEFT + step * (n + 0.5) - width / 2, 2), round(_y(v, top), 2), round(width, 2),
            round(HEIGHT - BOTTOM - _y(v, top), 2), _told(label, v, unit, share), kind,
        )
        for n, (label, v) in enumerate(values)
    )  # fmt: skip
    ticks = tuple(Tick(round(LEFT + step * (n + 0.5), 2), values[n][0]) for n in _shown_labels(values, step))
    table = tuple((label, said(v, share)) for label, v in values)
    return Plot(title, summary, HEIGHT, ("", _head(unit)), table, bars, "", ticks, _y_ticks(top, steps, share))


def line(
    title: str, summary: str, values: Sequence[tuple[str, float | None]], unit: str, *, share: bool = False
) -> Plot:
    """A line through (label, value); where there is no value there is a gap in the table and none in the line."""
    known = [(n, label, v) for n, (label, v) in enumerate(values) if v is not None]
    top, steps = _scale(max((v for _, _, v in known), default=0.0), False)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(values))
    places = [(round(LEFT + step * (n + 0.5), 2), round(_y(v, top), 2), label, v) for n, label, v in known]
    dots = tuple(Bar(x, y, 0, 0, _told(label, v, unit, share)) for x, y, label, v in places)
    ticks = tuple(Tick(round(LEFT + step * (n + 0.5), 2), values[n][0]) for n in _shown_labels(values, step))
    table = tuple((label, "" if v is None else said(v, share)) for label, v in values)
    points = " ".join(f"{x},{y}" for x, y, _, _ in places)
    return Plot(
        title, summary, HEIGHT, ("", _head(unit)), table, (), points, ticks, _y_ticks(top, steps, share), dots=dots
    )  # fmt: skip


def ranked(title: str, summary: str, values: Sequence[tuple[str, float, str]], unit: str) -> Plot:
    """Lying bars, the longest first: (name, value, kind)."""
    top = max((v for _, v, _ in values), default=0.0) or 1.0
    room = WIDTH - NAMES - RIGHT - 44
    bars = tuple(
        Bar(NAMES, n * ROW + 4, round(max(1.0, room * v / top), 2), ROW - 8, _told(name, v, unit), kind)
        for n, (name, v, kind) in enumerate(values)
    )
    names = tuple(Tick(n * ROW + ROW / 2, shortened(name, NAMES - 12)) for n, (name, _, _) in enumerate(values))
    ends = tuple(Tick(round(b.x + b.width + 6, 2), said(v)) for b, (_, v, _) in zip(bars, values, strict=True))
    table = tuple((name, said(v)) for name, v, _ in values)
    height = max(1, len(values)) * ROW + 4
    return Plot(title, summary, height, ("", _head(unit)), table, bars, "", ends, (), names, left=NAMES, ground=height)


def histogram(title: str, summary: str, counts: Sequence[int], unit: str) -> Plot:
    """Counts of values between 0 and 1, in bins of equal width."""
    n = len(counts)
    labels = [f"{i / n:.2f}–{(i + 1) / n:.2f}" for i in range(n)]
    plot = columns(title, summary, list(zip(labels, map(float, counts), strict=True)), unit)
    step = (WIDTH - LEFT - RIGHT) / n
    ticks = tuple(Tick(round(LEFT + step * n * i / 5, 2), f"{i / 5:.1f}") for i in range(6))
    return Plot(plot.title, plot.summary, HEIGHT, plot.columns, plot.rows, plot.bars, "", ticks, plot.y_ticks)


def _head(unit: str) -> str:
    """What stands over the numbers of a table."""
    return form(0, unit) if unit else "share"


def _told(label: str, value: float, unit: str, share: bool = False) -> str:
    return f"{label}: {said(value, share)} {form(value, unit) if unit else ''}".rstrip()


def said(value: float, share: bool = False) -> str:
    """A number as people write it.

    >>> said(1234.0), said(0.0123, share=True), said(45.678)
    ('1,234', '1.2 %', '45.7')
    """
    if share:
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def shortened(name: str, room: float) -> str:
    """The name, cut where it would leave its room (in pixels).

    >>> shortened("a name", 200), shortened("一个很长的名字", 40)
    ('a name', '一个…')
    """
    used = 0.0
    for n, char in enumerate(name):
        used += WIDE if ord(char) > 0x2E00 else NARROW
        if used > room:
            return f"{name[: max(1, n - 1)]}…"
    return name


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value / top if top else 0.0)


#: Round tops of a scale, in units of a power of ten, and into how many steps each is cut.
_TOPS = {1.0: 2, 1.5: 3, 2.0: 2, 3.0: 3, 4.0: 4, 5.0: 5, 6.0: 3, 8.0: 4, 10.0: 2}


def _scale(value: float, whole: bool) -> tuple[float, int]:
    """A round top not below the value, and into how many steps the scale is cut; `whole` numbers have no halves.

    >>> _scale(7.2, True), _scale(1300, True), _scale(0.034, False), _scale(1, True)
    ((8.0, 4), (1500.0, 3), (0.04, 4), (1.0, 1))
    """
    if value <= 0:
        return 1.0, 1
    unit: float = 10.0 ** math.floor(math.log10(value))
    for factor, steps in _TOPS.items():
        top = round(unit * factor, 12)
        if top >= value * (1 - 1e-9) and not (whole and top != int(top)):
            return top, steps if not whole or top % steps == 0 else 1
    return unit * 10, 2


def _y_ticks(top: float, steps: int, share: bool) -> tuple[Tick, ...]:
    marks = [top * i / steps for i in range(steps + 1)]
    return tuple(Tick(round(_y(m, top), 2), said(m, share)) for m in marks)


def _shown_labels(values: Sequence[tuple[str, float | None]], step: float) -> list[int]:
    """Which labels have room below the axis; always the first."""
    widest = max((sum(WIDE if ord(c) > 0x2E00 else NARROW for c in label) for label, _ in values), default=0.0)
    every = max(1, math.ceil((widest + 10) / step))
    return list(range(0, len(values), every))
