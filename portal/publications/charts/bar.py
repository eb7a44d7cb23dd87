"""Bar charts: horizontal bars from zero, so that long names read well, each with its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.publications.charts.marks import LABEL, SMALL, UNCERTAIN, box_legend
from portal.publications.charts.palette import GREY, INK, PAPER, colours
from portal.publications.charts.scales import nice_ticks, scale
from portal.publications.charts.svg import lines_of_text, tag, text, text_width, wrap
from portal.publications.charts.words import format_value

if TYPE_CHECKING:
    from portal.publications.charts.data import Chart, Point
    from portal.publications.charts.scales import Scale

SIDE_LABELS_FROM = 500
BAR = 24.0
GAP = 14.0


def label_room(chart: Chart, width: float) -> float:
    """Return how much room the names take at the side; none on a phone, where they go above."""
    if width < SIDE_LABELS_FROM:
        return 0.0
    widest = max(text_width(label, LABEL) for label in chart.labels)
    return min(widest, width * 0.34) + 12


def value_room(chart: Chart) -> float:
    """Return how much room the longest value takes beyond its bar."""
    written = [written_value(chart, point) for series in chart.series for point in series.points]
    return max(text_width(words, LABEL) for words in written) + 12


def written_value(chart: Chart, point: Point) -> str:
    """Return a value as it stands at the end of its bar."""
    return format_value(point.value, status=point.status, decimals=chart.decimals)


def draw(chart: Chart, *, width: float, name: str) -> tuple[str, float]:
    """Return the drawing and its height."""
    del name  # plain bars need no ids
    palette = colours(len(chart.series))
    several = len(chart.series) > 1
    legend, y = box_legend([one.label for one in chart.series], list(palette), width, 0) if several else ("", 4.0)
    left = label_room(chart, width)
    ticks = nice_ticks(chart.values)
    along = scale(ticks, left + 1, width - value_room(chart))
    thick = BAR if not several else 18.0
    parts, first = [legend], y
    for index, label in enumerate(chart.labels):
        lines = wrap(label, left - 12 if left else width, LABEL)
        y, words, bars_from = place_label(lines, y, left, thick * len(chart.series))
        parts.append(words)
        for number, series in enumerate(chart.series):
            parts.append(_bar(chart, series.points[index], along, bars_from + number * thick, palette[number], thick))
        if not left:  # names stand above their bars: the line of zero must not strike them out
            parts.append(zero_line(along, bars_from, y))
        y += GAP
    if left:
        parts.append(zero_line(along, first, y - GAP / 2))
    return "".join(parts), y


def zero_line(along: Scale, top: float, bottom: float) -> str:
    """Draw the line that bars start from."""
    zero = along(0)
    return tag("line", x1=zero, x2=zero, y1=top, y2=bottom, stroke=GREY, stroke_width=1.5)


def place_label(lines: list[str], y: float, left: float, tall: float) -> tuple[float, str, float]:
    """Write a name beside its bars, or above them; return where the row ends, the text, where bars start."""
    words_tall = len(lines) * LABEL * 1.2
    if not left:
        return y + words_tall + 4 + tall, lines_of_text(0, y + LABEL, lines, size=LABEL), y + words_tall + 4
    row = max(words_tall, tall)
    words = lines_of_text(left - 12, y + (row - words_tall) / 2 + LABEL, lines, size=LABEL, anchor="end")
    return y + row, words, y + (row - tall) / 2


def _bar(chart: Chart, point: Point, along: Scale, y: float, colour: str, thick: float) -> str:
    words = written_value(chart, point)
    if point.value is None:
        return text(along(0) + 6, y + thick / 2 + 5, words, size=LABEL, fill=INK)
    start, end = sorted((along(0), along(point.value)))
    hollow = point.status in UNCERTAIN
    look = {"fill": PAPER if hollow else colour, "stroke": colour, "stroke_width": 2.0 if hollow else 0.0}
    if hollow:
        look["stroke_dasharray"] = "4 2"
    box = tag("rect", x=start, y=y + 2, width=max(end - start, 0.0), height=thick - 4, **look)
    size = LABEL if thick == BAR else SMALL + 0.5
    if point.value < 0:
        return box + text(along(0) + 6, y + thick / 2 + 5, words, size=size)
    return box + text(end + 6, y + thick / 2 + 5, words, size=size)
