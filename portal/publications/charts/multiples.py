"""Small multiples: one small line chart a series, all on one scale, so that shapes compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.publications.charts.line import hidden_marks, line_of
from portal.publications.charts.marks import LABEL, SMALL, axis_width, horizontal_grid
from portal.publications.charts.palette import CATEGORICAL, GREY
from portal.publications.charts.scales import nice_ticks, scale
from portal.publications.charts.svg import lines_of_text, tag, text, wrap
from portal.publications.charts.words import format_value

if TYPE_CHECKING:
    from portal.publications.charts.data import Chart, Series

PANEL_WIDE = 141.0
GUTTER = 18.0
TALL = 190.0
AXIS = 13.0


def draw(chart: Chart, *, width: float, name: str) -> tuple[str, float]:
    """Return the drawing and its height."""
    del name  # lines need no ids
    columns = max(1, min(len(chart.series), int((width + GUTTER) // (PANEL_WIDE + GUTTER))))
    panel = (width - GUTTER * (columns - 1)) / columns
    parts = []
    for index, series in enumerate(chart.series):
        x = (index % columns) * (panel + GUTTER)
        y = (index // columns) * TALL
        parts.append(tag("g", _panel(chart, series, panel), transform=f"translate({x:.1f} {y:.1f})"))
    rows = -(-len(chart.series) // columns)
    return "".join(parts), rows * TALL


def _panel(chart: Chart, series: Series, wide: float) -> str:
    ticks = nice_ticks(chart.values, wanted=3)
    left = axis_width(ticks)
    up = scale(ticks, TALL - 36, 58)
    number = len(series.points)
    step = (wide - left - 26) / max(number - 1, 1)
    across = [left + 12 + step * index for index in range(number)]
    shown = [point for point in series.points if point.value is not None]
    last = format_value(shown[-1].value, status=shown[-1].status, decimals=chart.decimals) if shown else ""
    parts = [
        lines_of_text(0, LABEL, wrap(series.label, wide - 8, LABEL), size=LABEL),
        horizontal_grid(ticks, up, left, wide - 6),
        line_of(series, across, up, colour=CATEGORICAL[0], index=0),
        hidden_marks((series,), across, TALL - 36),
        text(0, TALL - 18, chart.labels[0] if number > 1 else "", size=AXIS, fill=GREY),
        text(wide, TALL - 18, chart.labels[-1], size=AXIS, anchor="end", fill=GREY),
    ]
    if shown:
        # The last value stands above its point, where no line runs.
        y = max(up(shown[-1].value or 0) - 10, 46)
        parts.append(text(wide - 6, y, last, size=SMALL, anchor="end", weight="bold"))
    return "".join(parts)
