"""What a chart is, before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChartKind(StrEnum):
    """The kinds of chart that can be drawn."""

    LINE = "line"
    BAR = "bar"
    STACKED = "stacked"
    RANGE = "range"
    MULTIPLES = "multiples"
    TILE_MAP = "tile_map"


@dataclass(frozen=True, slots=True)
class Point:
    """One observation: what it is of, its value if it may be shown, and its status symbol."""

    label: str
    value: float | None
    status: str = ""
    low: float | None = None
    high: float | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A named row of points."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: the title says the finding, the subtitle the measure, the unit and the period."""

    kind: ChartKind
    title: str
    subtitle: str
    series: tuple[Series, ...]
    decimals: int = 0
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse series that do not share their categories: they could not share an axis."""
        if not self.series or not self.series[0].points:
            raise ValueError("A chart needs at least one series with one point.")
        labels = [point.label for point in self.series[0].points]
        if any([point.label for point in series.points] != labels for series in self.series[1:]):
            raise ValueError("Every series of a chart needs the same categories in the same order.")

    @property
    def labels(self) -> list[str]:
        """The categories along the axis."""
        return [point.label for point in self.series[0].points]

    @property
    def values(self) -> list[float]:
        """Every value that is shown, with the ends of ranges."""
        points = [point for series in self.series for point in series.points]
        shown = [number for point in points for number in (point.value, point.low, point.high)]
        return [number for number in shown if number is not None]
