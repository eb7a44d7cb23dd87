"""What a chart says by itself: true of what is shown, silent about what is hidden."""

from __future__ import annotations

import pytest

from portal.publications.charts import Chart, ChartKind, Point, Series, render
from portal.publications.findings import directions, leading


def row(name: str, *values: float | None, statuses: dict[int, str] | None = None) -> Series:
    labels = [f"Place {number}" for number in range(len(values))]
    return Series(
        name,
        tuple(
            Point(label, value, (statuses or {}).get(place, "c" if value is None else ""))
            for place, (label, value) in enumerate(zip(labels, values, strict=True))
        ),
    )


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ((row("Nurses", 20, 30), row("Doctors", 10, 40)), "Nurses largest in 1 of 2"),
        ((row("Nurses", 20, 50), row("Doctors", 10, 40)), "Nurses largest in 2 of 2"),
        # A cell may be hidden for another reason than being small.
        ((row("Nurses", 20, 50), row("Doctors", 10, None)), "Nurses largest of those shown in 2 of 2"),
        ((row("Nurses", 20, 50), row("Doctors", 10, None, statuses={1: "z"})), "Nurses largest in 2 of 2"),
        ((row("Nurses", None, None), row("Doctors", None, None)), "[c]"),
    ],
)
def test_the_largest_part_is_named_with_how_often(series, said):
    assert leading(series) == said


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ((row("A", 1, 2), row("B", 3, 2), row("C", 2, 2)), "up in 1 of 3, down in 1, unchanged in 1 since Place 0"),
        ((row("A", 1, None), row("B", 3, 4)), "up in 1 of 2, not comparable in 1 since Place 0"),
        ((row("A", 1, 5, statuses={1: "b"}),), "not comparable in 1 of 1 since Place 0"),
        ((row("A", 1),), "first figures, Place 0"),
    ],
)
def test_directions_count_every_series_once(series, said):
    assert directions(series, 0) == said


def test_a_stack_of_many_parts_adds_up_the_small_ones_and_keeps_their_hidden_cells_visible():
    parts = [row(f"Part {number}", 1000 - 100 * number, 50) for number in range(6)]
    drawing = render(Chart(ChartKind.STACKED, "T", "S", (*parts, row("Hidden", 5, None))), name="x")
    assert "3 smaller parts" in drawing
    assert "Part 3" in drawing
    assert "Part 4" not in drawing.split("</desc>")[1]
    assert drawing.count("[c]") == 1


def test_a_part_that_applies_nowhere_is_not_drawn():
    absent = row("Absent", None, None, statuses={0: "z", 1: "z"})
    drawing = render(Chart(ChartKind.STACKED, "T", "S", (row("A", 1, 2), absent)), name="x").split("</desc>")[1]
    assert "Absent" not in drawing
    assert "[z]" not in drawing
