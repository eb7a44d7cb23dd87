"""Stacked bars: parts of a whole, told apart by hatching as well as colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.publications.charts.bar import BAR, GAP, label_room, place_label, zero_line
from portal.publications.charts.marks import LABEL, SMALL, box_legend, hatch_definitions
from portal.publications.charts.palette import INK, PAPER
from portal.publications.charts.scales import nice_ticks, scale
from portal.publications.charts.svg import tag, text, text_width, wrap
from portal.publications.charts.words import format_value

if TYPE_CHECKING:
    from portal.publications.charts.data import Chart
    from portal.publications.charts.scales import Scale


def draw(chart: Chart, *, width: float, name: str) -> tuple[str, float]:
    """Return the drawing and its height."""
    fills = [f"url(#{name}-{index})" for index in range(len(chart.series))]
    legend, y = box_legend([series.label for series in chart.series], fills, width, 0)
    left = label_room(chart, width)
    along = scale(nice_ticks(_totals(chart)), left + 1, width - _tail_room(chart))
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


def _totals(chart: Chart) -> list[float]:
    columns = zip(*(series.points for series in chart.series), strict=True)
    return [sum(max(point.value or 0.0, 0.0) for point in column) for column in columns]


def _hidden(chart: Chart, index: int) -> str:
    """Return the symbols of the parts of one bar that cannot be drawn."""
    points = [series.points[index] for series in chart.series]
    return " ".join(format_value(None, status=point.status) for point in points if point.value is None)


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
        words = format_value(value, status=series.points[index].status, decimals=chart.decimals)
        wide = text_width(words, SMALL) + 8
        if wide <= end - start - 4:
            middle = (start + end) / 2
            parts.append(tag("rect", x=middle - wide / 2, y=y + 5, width=wide, height=BAR - 6, fill=PAPER, rx=2.0))
            parts.append(text(middle, y + BAR / 2 + 6.5, words, size=SMALL, anchor="middle", fill=INK))
    if hidden := _hidden(chart, index):
        parts.append(text(along(reached) + 6, y + BAR / 2 + 6.5, hidden, size=SMALL))
    return "".join(parts)
