"""Tile maps: one tile an area, shaded in four steps, each with its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.publications.charts import bar
from portal.publications.charts.layouts import REGIONS, layout_for
from portal.publications.charts.marks import LABEL, SMALL
from portal.publications.charts.palette import GREY, INK, PAPER, SEQUENTIAL, shade
from portal.publications.charts.scales import class_limits, decimals_of
from portal.publications.charts.svg import lines_of_text, tag, text, text_width, wrap
from portal.publications.charts.words import format_value

if TYPE_CHECKING:
    from portal.publications.charts.data import Chart, Point

ROOM_FOR_NAMES = 500
SPACE = 4.0
NAME = 12.0
WIDEST_TILE = 190.0


def draw(chart: Chart, *, width: float, name: str) -> tuple[str, float]:
    """Return the drawing and its height; areas without a place on the grid become bars."""
    points = chart.series[0].points
    layout = layout_for({point.code for point in points})
    if layout is None:
        return bar.draw(chart, width=width, name=name)
    columns = 1 + max(place[0] for place in layout.values())
    rows = 1 + max(place[1] for place in layout.values())
    wide = min((width + SPACE) / columns - SPACE, WIDEST_TILE)
    tall = 84.0 if layout is REGIONS else min(max(wide, 46.0), 84.0)
    steps = class_limits([point.value for point in points if point.value is not None])
    key, top = _key(chart, steps, width)
    parts = [key]
    for point in points:
        column, row, short = layout[point.code]
        x, y = column * (wide + SPACE), top + row * (tall + SPACE)
        roomy = width >= ROOM_FOR_NAMES or layout is REGIONS
        parts.append(_tile(chart, point, (x, y, wide, tall), steps, short if roomy else ""))
    return "".join(parts), top + rows * (tall + SPACE)


def _tile(
    chart: Chart,
    point: Point,
    box: tuple[float, float, float, float],
    steps: list[float],
    name: str,
) -> str:
    x, y, wide, tall = box
    fill, ink = (PAPER, INK) if point.value is None else shade(point.value, steps)
    words = format_value(point.value, status=point.status, decimals=chart.decimals)
    look = {"fill": fill, "stroke": GREY, "stroke_width": 1.0}
    if point.value is None:
        look["stroke_dasharray"] = "4 3"
    parts = [tag("rect", x=x + 0.5, y=y + 0.5, width=wide - 1, height=tall - 1, **look)]
    size = LABEL if text_width(words, LABEL) <= wide - 6 else 11.0
    label = wrap(name, wide - 4, NAME, most=3) if name else [point.code]
    names = lines_of_text(x + wide / 2, y + 17, label, size=NAME, anchor="middle")
    parts.append(tag("g", names.replace(f'fill="{INK}"', f'fill="{ink}"')))
    parts.append(text(x + wide / 2, y + tall - 9, words, size=size, anchor="middle", fill=ink, weight="bold"))
    return "".join(parts)


def _key(chart: Chart, steps: list[float], width: float) -> tuple[str, float]:
    """Draw what each shade stands for; return it and its height."""
    if not steps:
        return "", 2.0
    box = min(width / len(SEQUENTIAL), 150.0)
    places = max(decimals_of(steps), 0) if len(steps) > 1 else chart.decimals
    parts = []
    for index, bottom in enumerate(steps):
        fill, ink = shade(bottom, steps)
        words = format_value(bottom, decimals=places)
        if index == len(steps) - 1 or width < ROOM_FOR_NAMES:
            words += " or more" if width >= ROOM_FOR_NAMES else "+"
        else:
            words += f" to under {format_value(steps[index + 1], decimals=places)}"
        look = {"fill": fill, "stroke": GREY, "stroke_width": 1.0}
        parts.append(tag("rect", x=box * index + 0.5, y=0.5, width=box - 2, height=22.0, **look))
        parts.append(text(box * index + box / 2, 16, words, size=SMALL, anchor="middle", fill=ink))
    return "".join(parts), 34.0
