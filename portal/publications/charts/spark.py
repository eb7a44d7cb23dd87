"""Sparklines: the shape of a series beside its figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.publications.charts.data import Series
from portal.publications.charts.line import line_of
from portal.publications.charts.palette import CATEGORICAL
from portal.publications.charts.scales import Scale
from portal.publications.charts.svg import tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.publications.charts.data import Point


def sparkline(points: Sequence[Point], *, width: float = 120, height: float = 32) -> str:
    """Draw the points as a small line without words; the figure beside it says them, so it is hidden from readers."""
    values = [point.value for point in points if point.value is not None]
    if len(values) < 2:  # noqa: PLR2004 - a line needs two ends
        return ""
    up = Scale(min(0.0, *values), max(0.0, *values), height - 6, 6)
    step = (width - 12) / max(len(points) - 1, 1)
    across = [6 + step * index for index in range(len(points))]
    body = line_of(Series("", tuple(points)), across, up, colour=CATEGORICAL[0], index=0)
    return tag(
        "svg",
        body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        width=float(width),
        height=float(height),
        aria_hidden="true",
        focusable="false",
        preserveAspectRatio="xMinYMid",
        class_="app-sparkline",
    )
