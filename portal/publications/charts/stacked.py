"""Stacked bars: parts of a whole, told apart by hatching as well as colour.

More than five parts cannot be told apart: the drawing shows the four largest and adds up the rest.
The table beneath has them all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from portal.publications.charts.bar import BAR, GAP, label_room, place_label, zero_line
from portal.publications.charts.data import Series
from portal.publications.charts.marks import LABEL, SMALL, box_legend, hatch_definitions
from portal.publications.charts.palette import INK, PAPER
from portal.publications.charts.scales import scale
from portal.publications.charts.svg import tag, text, text_width, wrap
from portal.publications.charts.words import format_value

if TYPE_CHECKING:
    from portal.publications.charts.data import Chart, Point
    from portal.publications.charts.scales import Scale

MOST_PARTS = 5
LABELLED_SHARE = 0.7


def draw(chart: Chart, *, width: float, name: str) -> tuple[str, float]:
    """Return the drawing and its height."""
    chart = _few(chart)
    fills = [f"url(#{name}-{index})" for index in range(len(chart.series))]
    legend, y = box_legend([series.label for series in chart.series], fills, width, 0)
    left = label_room(chart, width)
    along = scale([0.0, max(_totals(chart)) or 1.0], left + 1, width - _tail_room(chart))
    parts, first = [hatch_definitions(name, len(chart.series)), legend], y
    for index, label in enumerate(chart.labels):
        lines = wrap(label, left - 12 if left else width, LABEL)
        y, words, from_y = place_label(lines, y, left, BAR + 6)
        parts.append(words + _stack(chart, index, along, from_y, fills))
        if not left:
            parts.append(zero_line(along, from_y, y))
        y += GAP
    if left:
        parts.append(zero_line(along, first, y - GAP / 2))
    return "".join(parts), y


def _few(chart: Chart) -> Chart:
    """Return the chart with its parts in order of size, all but the largest four added up."""
    # A part that does not apply anywhere is no part: the table says so.
    parts = [series for series in chart.series if any(point.status != "z" for point in series.points)]
    ordered = sorted(parts or chart.series, key=lambda series: -sum(point.value or 0.0 for point in series.points))
    if len(ordered) <= MOST_PARTS:
        return replace(chart, series=tuple(ordered))
    kept, rest = ordered[: MOST_PARTS - 1], ordered[MOST_PARTS - 1 :]
    columns = zip(*(series.points for series in rest), strict=True)
    other = Series(f"{len(rest)} smaller parts", tuple(_added_up(column) for column in columns))
    return replace(chart, series=(*kept, other))


def _added_up(points: tuple[Point, ...]) -> Point:
    """Return the sum of what is shown; where any part is hidden, its symbol stands beside the sum."""
    shown = [point.value for point in points if point.value is not None]
    hidden = next((point.status for point in points if point.value is None), "")
    return replace(points[0], value=sum(shown) if shown else None, status=hidden)


def _totals(chart: Chart) -> list[float]:
    columns = zip(*(series.points for series in chart.series), strict=True)
    return [sum(max(point.value or 0.0, 0.0) for point in column) for column in columns]


def _hidden(chart: Chart, index: int) -> str:
    """Return the symbols of the parts of one bar that cannot be drawn, each once."""
    points = [series.points[index] for series in chart.series]
    symbols = [format_value(None, status=point.status) for point in points if point.value is None or point.status]
    return " ".join(dict.fromkeys(symbols))


def _tail_room(chart: Chart) -> float:
    return max(text_width(_hidden(chart, index), SMALL) for index in range(len(chart.labels))) + 12


def _stack(chart: Chart, index: int, along: Scale, y: float, fills: list[str]) -> str:
    parts, reached = [], 0.0
    for number, series in enumerate(chart.series):
        value = series.points[index].value
        if value is None or value <= 0:
            continue
        start, end = along(reached), along(reached + value)
        reached += value
        parts.append(
            tag(
                "rect",
                x=start,
                y=y + 2,
                width=end - start,
                height=BAR,
                fill=fills[number],
                stroke=PAPER,
                stroke_width=1.5,
            ),
        )
        words = format_value(value, decimals=chart.decimals)
        wide = text_width(words, SMALL) + 8
        # A label that hides most of its part says less than the part itself: the table has the number.
        if wide <= (end - start) * LABELLED_SHARE:
            middle = (start + end) / 2
            parts.append(tag("rect", x=middle - wide / 2, y=y + 5, width=wide, height=BAR - 6, fill=PAPER, rx=2.0))
            parts.append(text(middle, y + BAR / 2 + 6.5, words, size=SMALL, anchor="middle", fill=INK))
    if hidden := _hidden(chart, index):
        parts.append(text(along(reached) + 6, y + BAR / 2 + 6.5, hidden, size=SMALL))
    return "".join(parts)
