"""Plots: bars as high as their values, scales that can be read."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pipeline.reports import overview, plots


def test_a_bar_is_as_high_as_its_value() -> None:
    plot = plots.columns("Pages", "by day", [("a", 10.0), ("b", 5.0), ("c", 0.0)], "page")
    high, half, none = plot.bars
    ground, top = plots.HEIGHT - plots.BOTTOM, plots.TOP
    assert (high.y, half.y, none.height) == (top, (ground + top) / 2, 0)
    assert high.said == "a: 10 pages" and plot.rows[1] == ("b", "5")
    assert [t.label for t in plot.y_ticks] == ["0", "5", "10"]


def test_whole_numbers_have_no_halves_on_their_scale() -> None:
    for top in range(1, 30):
        labels = [t.label for t in plots.columns("", "", [("", float(top))], "page").y_ticks]
        assert not [x for x in labels if "." in x], (top, labels)


def test_labels_do_not_run_into_each_other() -> None:
    values = [(f"2025-{m:02d}-{d:02d}", 1.0) for m in (1, 2) for d in range(1, 29)]
    ticks = plots.columns("", "", values, "page").x_ticks
    assert all(b.at - a.at > 70 for a, b in pairwise(ticks))


def test_a_line_leaves_out_what_is_not_known() -> None:
    plot = plots.line("", "", [("a", 0.1), ("b", None), ("c", 0.2)], "", share=True)
    assert len(plot.points.split()) == len(plot.dots) == 2
    assert [v for _, v in plot.rows] == ["10.0 %", "", "20.0 %"]


def test_a_histogram_and_a_ranking_have_a_row_a_bar() -> None:
    assert len(plots.histogram("", "", [0, 3, 1], "article").bars) == 3
    ranked = plots.ranked("", "", [("mark", 9.0, "normalise"), ("narrow", 3.0, "")], "edit")
    assert ranked.bars[0].width == 3 * ranked.bars[1].width


def issue(day: str, n: int = 0) -> dict[str, object]:
    return {"date": day, "issue_id": f"{day}-{n}"}


@pytest.mark.parametrize(
    ("days", "unit", "first"),
    [
        (["2025-03-02", "2025-03-01"], "day", "2025-03-01"),
        ([f"20{y:02d}-{m:02d}-01" for y in range(20, 24) for m in range(1, 13)] * 2, "day", "2020-01-01"),
        (
            [f"20{y:02d}-{m:02d}-{d:02d}" for y in (20, 21) for m in range(1, 13) for d in range(1, 9)],
            "month",
            "2020-01",
        ),
        ([f"{y}-{m:02d}-01" for y in range(1980, 2000) for m in range(1, 13)], "year", "1980"),
        (["", "", "2025-03-01"], "issue, in the order of their names", "1"),
    ],
)
def test_time_is_cut_so_that_a_plot_can_be_read(days: list[str], unit: str, first: str) -> None:
    found, groups = overview.in_time([issue(d, n) for n, d in enumerate(days)])
    assert (found, groups[0][0]) == (unit, first)
    assert sum(len(g) for _, g in groups) == len(days) and len(groups) <= overview.POINTS


def digest_of(*rules: tuple[str, str, str, int]) -> dict[str, object]:
    return {"rules": [list(r) for r in rules], "date": "", "issue_id": "a"}


def test_edits_by_rule_say_what_was_made_what_waits_and_what_was_rejected() -> None:
    found = digest_of(
        ("correct", "place_name", "suggested", 5), ("correct", "place_name", "rejected", 4),
        ("correct", "place_name", "applied", 2), ("correct", "place_name", "accepted", 1),
    )  # fmt: skip
    (plot,) = overview.edit_charts([found], {})
    assert plot.rows == (("place_name (suggested)", "5"), ("place_name (rejected)", "4"), ("place_name", "3"))
    assert [bar.kind for bar in plot.bars] == ["sug", "rej", "correct"]
