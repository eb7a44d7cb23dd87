"""Parts that several kinds of chart share: grids, markers, legends, hatching."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.publications.charts.palette import CATEGORICAL, GREY, GRID, INK, PAPER, dash
from portal.publications.charts.scales import decimals_of
from portal.publications.charts.svg import tag, text, text_width, wrap
from portal.publications.charts.words import format_value

if TYPE_CHECKING:
    from portal.publications.charts.scales import Scale

SMALL = 14.0
LABEL = 15.0
UNCERTAIN = frozenset({"p", "e", "u"})
MARKERS = 4
LINE_SAMPLE = 28


def marker(shape: int, x: float, y: float, colour: str, *, hollow: bool = False, radius: float = 4.5) -> str:
    """Draw a marker whose shape tells the series; hollow means provisional, estimated or unreliable."""
    look = {"fill": PAPER if hollow else colour, "stroke": colour, "stroke_width": 2.0}
    kind = shape % MARKERS
    if kind == 0:
        return tag("circle", cx=x, cy=y, r=radius, **look)
    if kind == 1:
        return tag("rect", x=x - radius, y=y - radius, width=2 * radius, height=2 * radius, **look)
    up, side = radius * 1.3, radius * 1.2
    if kind == 2:  # noqa: PLR2004 - the third of four shapes
        points = f"{x:.1f},{y - up:.1f} {x + side:.1f},{y + radius:.1f} {x - side:.1f},{y + radius:.1f}"
    else:
        points = f"{x:.1f},{y - up:.1f} {x + side:.1f},{y:.1f} {x:.1f},{y + up:.1f} {x - side:.1f},{y:.1f}"
    return tag("polygon", points=points, **look)


def horizontal_grid(ticks: list[float], scale: Scale, left: float, right: float) -> str:
    """Draw the grid of a vertical axis with its labels to the left; zero is darker."""
    places = decimals_of(ticks)
    parts = []
    for tick in ticks:
        y = scale(tick)
        line = {"stroke": GREY if tick == 0 else GRID, "stroke_width": 1.5 if tick == 0 else 1.0}
        parts.append(tag("line", x1=left, x2=right, y1=y, y2=y, **line))
        label = format_value(tick, decimals=places)
        parts.append(text(left - 8, y + SMALL * 0.35, label, size=SMALL, anchor="end", fill=GREY))
    return "".join(parts)


def axis_width(ticks: list[float]) -> float:
    """Return how much room the labels of a vertical axis need."""
    places = decimals_of(ticks)
    return max(text_width(format_value(tick, decimals=places), SMALL) for tick in ticks) + 12


def hatch_definitions(name: str, number: int) -> str:
    """Return patterns ``name-0`` … that tell stacked parts apart without colour."""
    lines = (
        "",
        "M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6",
        "M0 4 H8",
        "M4 0 V8",
        "M0 0 L8 8 M-2 6 L2 10 M6 -2 L10 2",
        "M2 2 h2",
    )
    patterns = []
    for index in range(number):
        base = tag("rect", width=8.0, height=8.0, fill=CATEGORICAL[index % len(CATEGORICAL)])
        path = lines[index % len(lines)]
        over = tag("path", d=path, stroke=PAPER, stroke_width=1.2, fill="none") if path else ""
        patterns.append(
            tag("pattern", base, over, id=f"{name}-{index}", width=8.0, height=8.0, patternUnits="userSpaceOnUse"),
        )
    return tag("defs", *patterns)


def line_legend(labels: list[str], palette: tuple[str, ...], width: float, top: float) -> tuple[str, float]:
    """Draw a legend of lines with their markers; return it and its height."""
    labels = _fitting(labels, width)
    parts = []
    spots, height = _spots(labels, width)
    for index, (x, row) in enumerate(spots):
        y = top + row * 22 + 11
        parts.append(
            tag(
                "line",
                x1=x,
                x2=x + LINE_SAMPLE,
                y1=y,
                y2=y,
                stroke=palette[index],
                stroke_width=3.0,
                stroke_dasharray=dash(index),
            )
            + marker(index, x + LINE_SAMPLE / 2, y, palette[index])
            + text(x + LINE_SAMPLE + 6, y + 5, labels[index], size=LABEL),
        )
    return "".join(parts), height


def box_legend(labels: list[str], fills: list[str], width: float, top: float) -> tuple[str, float]:
    """Draw a legend of filled boxes; return it and its height."""
    labels = _fitting(labels, width)
    parts = []
    spots, height = _spots(labels, width)
    for index, (x, row) in enumerate(spots):
        y = top + row * 22 + 3
        parts.append(
            tag("rect", x=x + 8, y=y, width=16.0, height=16.0, fill=fills[index], stroke=INK, stroke_width=0.5)
            + text(x + LINE_SAMPLE + 6, y + 13, labels[index], size=LABEL),
        )
    return "".join(parts), height


def _fitting(labels: list[str], width: float) -> list[str]:
    """Return the labels, each no wider than a row of the legend."""
    return [wrap(label, width - LINE_SAMPLE - 6, LABEL, most=1)[0] for label in labels]


def _spots(labels: list[str], width: float) -> tuple[list[tuple[float, int]], float]:
    spots: list[tuple[float, int]] = []
    x, row = 0.0, 0
    for label in labels:
        need = LINE_SAMPLE + 6 + text_width(label, LABEL) + 18
        if x and x + need > width:
            x, row = 0.0, row + 1
        spots.append((x, row))
        x += need
    return spots, (row + 1) * 22 + 8
