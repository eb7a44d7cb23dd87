"""What a chart says by itself: true of what is shown, silent about what is hidden."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from portal.publications.charts import Chart, ChartKind, Point, Series, render
from portal.publications.figures import table_of_chart
from portal.publications.findings import directions, leading, title_of


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
        ((row("Nurses", 20, 50), row("Doctors", 10, 40)), "Nurses largest in both"),
        # A cell may be hidden for another reason than being small.
        ((row("Nurses", 20, 50), row("Doctors", 10, None)), "Nurses largest of those shown in both"),
        ((row("Nurses", 20, 50), row("Doctors", 10, None, statuses={1: "z"})), "Nurses largest in both"),
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
        ((row("A", 1, 2), row("B", 3, 4), row("C", 1, 2)), "up in all 3 since Place 0"),
        ((row("A", 1),), "first figures, Place 0"),
    ],
)
def test_directions_count_every_series_once(series, said):
    assert directions(series, 0) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((3, 1, 2), "Place 0 (3) / Place 1 (1)"),
        ((3, 3, 1), "Place 0 and Place 1 (3) / Place 2 (1)"),
        ((3, 3, 3, 1), "Place 0 and 2 others (3) / Place 3 (1)"),
        ((None, None), "[c] / [c]"),
    ],
)
def test_a_tie_is_not_decided_by_the_alphabet(values, said):
    class Seen:
        period = "2022-03"

        def measure(self, _name):
            return SimpleNamespace(decimals=0, unit="people")

        def label(self, _dimension, code):
            return code

    block = {"title": "{highest} / {lowest}", "x": "geography_code", "cells": {"measure": "headcount"}}
    assert title_of(block, Seen(), (row("", *values),)) == said


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


def test_the_table_of_a_chart_has_what_there_are_more_of_down_its_side():
    labels = {"name": "t", "x_label": "Area", "value_label": "People", "by_label": "Role"}
    few = table_of_chart(Chart(ChartKind.LINE, "T", "S", (row("A", 1, 2), row("B", 3, 4))), **labels)
    assert [column["label"] for column in few["columns"]] == ["Area", "A", "B"]
    many = table_of_chart(Chart(ChartKind.STACKED, "T", "S", tuple(row(name, 1, 2) for name in "ABCDE")), **labels)
    assert [column["label"] for column in many["columns"]] == ["Role", "Place 0", "Place 1"]
    assert [(line["header"], [cell["text"] for cell in line["cells"]]) for line in many["rows"]][:2] == [
        ("A", ["1", "2"]),
        ("B", ["1", "2"]),
    ]
