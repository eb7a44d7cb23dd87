"""Range charts: a value and how far it could lie from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.publications.charts.bar import BAR, GAP, label_room, place_label
from portal.publications.charts.marks import LABEL, SMALL, UNCERTAIN, decimals_of, line_legend, marker
from portal.publications.charts.palette import GREY, GRID, colours
from portal.publications.charts.scales import nice_ticks, scale
from portal.publications.charts.svg import tag, text, text_width, wrap
from portal.publications.charts.words import format_value

if TYPE_CHECKING:
    from portal.publications.charts.data import Chart, Point
    from portal.publications.charts.scales import Scale


def draw(chart: Chart, *, width: float, name: str) -> tuple[str, float]:
    """Return the drawing and its height."""
    del name  # ranges need no ids
    palette = colours(len(chart.series))
    several = len(chart.series) > 1
    legend, y = line_legend([one.label for one in chart.series], palette, width, 0) if several else ("", 6.0)
    left = label_room(chart, width)
    ticks = nice_ticks(chart.values, wanted=4)
    along = scale(ticks, left + 12, width - 30)
    rows, first = [], y
    for index, label in enumerate(chart.labels):
        lines = wrap(label, left - 12 if left else width, LABEL)
        y, words, from_y = place_label(lines, y, left, BAR * len(chart.series))
        rows.append(words)
        for number, series in enumerate(chart.series):
            middle = from_y + number * BAR + BAR / 2
            rows.append(_interval(chart, series.points[index], along, middle, palette[number], number))
        y += GAP
    return "".join([legend, _grid(ticks, along, first, y - 4), *rows]), y + 16


def _grid(ticks: list[float], along: Scale, top: float, bottom: float) -> str:
    places = decimals_of(ticks)
    parts = []
    for tick in ticks:
        x = along(tick)
        parts.append(tag("line", x1=x, x2=x, y1=top, y2=bottom, stroke=GREY if tick == 0 else GRID, stroke_width=1.0))
        parts.append(text(x, bottom + 16, format_value(tick, decimals=places), size=SMALL, anchor="middle", fill=GREY))
    return "".join(parts)


def _interval(chart: Chart, point: Point, along: Scale, y: float, colour: str, index: int) -> str:
    words = format_value(point.value, status=point.status, decimals=chart.decimals)
    if point.value is None:
        return text(along(0) + 6, y + 5, words, size=SMALL)
    parts = []
    reach = along(point.value)
    if point.low is not None and point.high is not None:
        low, high = along(point.low), along(point.high)
        reach = high
        parts.append(tag("line", x1=low, x2=high, y1=y, y2=y, stroke=colour, stroke_width=3.0))
        caps = ({"x1": end, "x2": end, "y1": y - 6, "y2": y + 6} for end in (low, high))
        parts.extend(tag("line", **cap, stroke=colour, stroke_width=3.0) for cap in caps)
    parts.append(marker(index, along(point.value), y, colour, hollow=point.status in UNCERTAIN))
    room = along(along.high) + 28 - reach - 8
    if text_width(words, SMALL) <= room:
        parts.append(text(reach + 8, y + 4.5, words, size=SMALL))
    else:
        before = along(point.low if point.low is not None else point.value)
        parts.append(text(before - 8, y + 4.5, words, size=SMALL, anchor="end"))
    return "".join(parts)
