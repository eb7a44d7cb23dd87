"""Line charts: change over time, gaps where a value is hidden, broken lines where a series breaks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from portal.publications.charts.marks import LABEL, SMALL, UNCERTAIN, axis_width, horizontal_grid, line_legend, marker
from portal.publications.charts.palette import GREY, INK, PAPER, colours, dash
from portal.publications.charts.scales import apart, nice_ticks, scale
from portal.publications.charts.svg import lines_of_text, tag, text, text_width, wrap
from portal.publications.charts.words import format_value

if TYPE_CHECKING:
    from portal.publications.charts.data import Chart, Series
    from portal.publications.charts.scales import Scale

ROOM_FOR_LABELS = 500
MANY_POINTS = 16


def draw(chart: Chart, *, width: float, name: str) -> tuple[str, float]:
    """Return the drawing and its height."""
    del name  # lines need no ids
    palette = colours(len(chart.series))
    direct = width >= ROOM_FOR_LABELS
    legend, top = ("", 14.0)
    if not direct and len(chart.series) > 1:
        legend, top = line_legend([series.label for series in chart.series], palette, width, 0)
        top += 10
    height = top + (300.0 if direct else 220.0)
    ticks = nice_ticks(chart.values)
    left = axis_width(ticks)
    right = width - (_label_room(chart, width) if direct else 12.0)
    across, up = _spread(chart, left, right), scale(ticks, height - 34, top)
    parts = [legend, horizontal_grid(ticks, up, left, right), _time_axis(chart.labels, across, height - 12, width)]
    parts.append(_breaks(chart, across, top, height - 34))
    for index, series in enumerate(chart.series):
        parts.append(line_of(series, across, up, colour=palette[index], index=index))
    parts.append(hidden_marks(chart.series, across, height - 34))
    if direct:
        parts.append(_end_labels(chart, up, right + 12, top, height - 34))
    return "".join(parts), height


def line_of(  # everything a line needs to be drawn anywhere
    series: Series,
    across: list[float],
    up: Scale,
    *,
    colour: str,
    index: int,
) -> str:
    """Draw one series: solid between certain values, dotted to an uncertain one, nothing over a gap."""
    parts = []
    points = series.points
    for number in range(1, len(points)):
        before, after = points[number - 1], points[number]
        if before.value is None or after.value is None or after.status == "b":
            continue
        uncertain = after.status in UNCERTAIN or before.status in UNCERTAIN
        pattern = "2 4" if uncertain else dash(index)
        ends = {"x1": across[number - 1], "y1": up(before.value), "x2": across[number], "y2": up(after.value)}
        parts.append(tag("line", **ends, stroke=colour, stroke_width=3.0, stroke_dasharray=pattern))
    for x, point in zip(across, points, strict=True):
        if point.value is not None and (len(points) <= MANY_POINTS or point.status or _alone(points, point)):
            parts.append(marker(index, x, up(point.value), colour, hollow=point.status in UNCERTAIN))
    return "".join(parts)


def hidden_marks(chart_series: tuple[Series, ...], across: list[float], floor: float) -> str:
    """Write the symbol of each hidden value above the axis, on paper so that no line strikes it out."""
    palette = colours(len(chart_series))
    parts = []
    for number, x in enumerate(across):
        hidden = [index for index, series in enumerate(chart_series) if series.points[number].value is None]
        for row, index in enumerate(hidden):
            words = format_value(None, status=chart_series[index].points[number].status)
            y = floor - 6 - 15 * row
            label = text(x, y, words, size=SMALL, anchor="middle", fill=palette[index])
            # A halo of paper, drawn below the letters, keeps a line from striking them out.
            parts.append(tag("g", label, stroke=PAPER, stroke_width=3.0, paint_order="stroke"))
    return "".join(parts)


def _alone(points: tuple, point: object) -> bool:
    """Whether a point has no neighbour to be joined to: without a marker it would vanish."""
    where = points.index(point)
    sides = points[max(where - 1, 0) : where] + points[where + 1 : where + 2]
    return all(side.value is None for side in sides)


def _spread(chart: Chart, left: float, right: float) -> list[float]:
    number = len(chart.labels)
    if number == 1:
        return [(left + right) / 2]
    inset = 16.0
    return [left + inset + (right - left - 2 * inset) * index / (number - 1) for index in range(number)]


def _time_axis(labels: list[str], across: list[float], y: float, width: float) -> str:
    room = (across[1] - across[0]) if len(across) > 1 else 1000.0
    widest = max(text_width(label, SMALL) for label in labels) + 10
    every = max(1, math.ceil(widest / room))
    # Count from the end: the latest period is the one that readers look for.
    wanted = range(len(labels) - 1, -1, -every)
    # A label at the edge of the drawing moves inwards rather than losing its end.
    half = {index: text_width(labels[index], SMALL) / 2 for index in wanted}
    return "".join(
        text(min(across[index], width - half[index]), y, labels[index], size=SMALL, anchor="middle", fill=GREY)
        for index in wanted
    )


def _breaks(chart: Chart, across: list[float], top: float, bottom: float) -> str:
    parts = []
    for index in range(len(chart.labels)):
        if all(series.points[index].status != "b" for series in chart.series):
            continue
        x = across[index] - (across[index] - across[index - 1]) / 2 if index else across[0] - 8
        parts.append(tag("line", x1=x, x2=x, y1=top, y2=bottom, stroke=INK, stroke_width=1.0, stroke_dasharray="4 3"))
        parts.append(text(x + 4, top + 10, "[b] break", size=SMALL, fill=GREY))
    return "".join(parts)


def _label_room(chart: Chart, width: float) -> float:
    if len(chart.series) == 1:
        return 84.0
    widest = max(text_width(series.label, LABEL) for series in chart.series)
    return min(max(widest + 20, 84.0), width * 0.3)


def _end_labels(chart: Chart, up: Scale, x: float, top: float, bottom: float) -> str:
    """Label each line where it ends: its name (when there are several) and its last value."""
    palette = colours(len(chart.series))
    single = len(chart.series) == 1
    room = _label_room(chart, 630) - 14
    ends, blocks = [], []
    for series in chart.series:
        shown = [point for point in series.points if point.value is not None]
        value = format_value(shown[-1].value, status=shown[-1].status, decimals=chart.decimals) if shown else "[c]"
        names = [] if single else wrap(series.label, room, LABEL)
        blocks.append([*names, value])
        ends.append(up(shown[-1].value if shown else 0.0))
    tallest = max(len(block) for block in blocks) * LABEL * 1.2 + 4
    spots = apart(ends, tallest, top, bottom - tallest + 20)
    parts = []
    for index, (block, y) in enumerate(zip(blocks, spots, strict=True)):
        parts.append(lines_of_text(x, y + 4, block, size=LABEL))
        if not single:
            parts.append(
                tag("line", x1=x - 6, x2=x - 6, y1=y - 8, y2=y + tallest - 18, stroke=palette[index], stroke_width=3.0)
            )
    return "".join(parts)
