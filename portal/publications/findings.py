"""What a chart may say in its title by itself: which is highest, which leads, which way things moved. No opinions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.publications.binding import PERIOD
from portal.publications.changes import PER_CENT, change_between
from portal.publications.charts import format_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.datasets.metadata import Measure
    from portal.publications.binding import Binding
    from portal.publications.charts import Point, Series

NO_VALUE = "[c]"
NOT_KNOWN = "not_known"
BOTH = 2


def title_of(block: Mapping[str, Any], binding: Binding, series: tuple[Series, ...]) -> str:
    """Return the title of a chart block with what it takes from the data."""
    if "{" not in block["title"]:
        return str(block["title"])
    points = series[0].points
    known = (point for point in points if point.value is not None and point.code != NOT_KNOWN)
    shown = sorted(known, key=lambda point: point.value or 0.0)
    measure = binding.measure(block["cells"]["measure"])
    over_time = block["x"] == PERIOD
    found: str = block["title"].format(
        highest=_alike(shown, shown[-1], measure) if shown else NO_VALUE,
        lowest=_alike(shown, shown[0], measure) if shown else NO_VALUE,
        leading=leading(series),
        movement=movement(points, measure.decimals, measure.unit) if over_time else "",
        directions=directions(series, measure.decimals) if over_time else "",
        period=binding.label(PERIOD, binding.period),
    )
    return found


def _alike(points: list[Point], sought: Point, measure: Measure) -> str:
    """Name who has a value, and the value: “Midlands (1,530)”. A tie is not decided by the alphabet."""
    first, *others = [_short(point.label) for point in points if point.value == sought.value]
    value = format_value(sought.value, status=sought.status, decimals=measure.decimals)
    if measure.unit == PER_CENT:
        value = value.replace(" ", "% ", 1) if " " in value else f"{value}%"
    if len(others) > 1:
        return f"{first} and {len(others)} others ({value})"
    return f"{' and '.join([first, *others])} ({value})"


def _short(label: str) -> str:
    """Leave out of the name of an integrated care board what all their names share."""
    return label.removeprefix("NHS ").removesuffix(" ICB") if label.endswith(" ICB") else label


def movement(points: tuple[Point, ...], decimals: int, unit: str) -> str:
    """Say how the last period moved from the one before."""
    now, before = points[-1], points[-2] if len(points) > 1 else None
    return change_between(now, before, decimals=decimals, unit=unit).movement


def leading(series: tuple[Series, ...]) -> str:
    """Name the series that is largest in most categories, and in how many: “Nurses largest in all 7”.

    A hidden value may be large, so where one is, the words claim only what is shown.
    """
    columns = list(zip(*(one.points for one in series), strict=True))
    wins = [0] * len(series)
    for column in columns:
        values = [-1.0 if point.value is None else point.value for point in column]
        if max(values) > 0:
            wins[values.index(max(values))] += 1
    if not any(wins):
        return NO_VALUE
    whole = all(point.value is not None or point.status == "z" for column in columns for point in column)
    most = wins.index(max(wins))
    return f"{series[most].label} largest{'' if whole else ' of those shown'} in {_of(wins[most], len(columns))}"


def _of(number: int, every: int) -> str:
    """Say how many of how many, as people say it: “3 of 7”, “both”, “all 7”."""
    if number < every or every == 1:
        return f"{number} of {every}"
    return "both" if every == BOTH else f"all {every}"


def directions(series: tuple[Series, ...], decimals: int) -> str:
    """Count the series that rose and fell in the last period: “up in 5 of 7, down in 2 since Sep 2025”."""
    if len(series[0].points) == 1:
        return f"first figures, {series[0].points[0].label}"
    found = {"up": 0, "down": 0, "unchanged": 0, "not comparable": 0}
    for one in series:
        moved = change_between(one.points[-1], one.points[-2], decimals=decimals).absolute
        way = "not comparable" if moved is None else "up" if moved > 0 else "down" if moved < 0 else "unchanged"
        found[way] += 1
    (way, number), *rest = [(way, number) for way, number in found.items() if number]
    others = [f"{way} in {number}" for way, number in rest]
    return f"{', '.join([f'{way} in {_of(number, len(series))}', *others])} since {series[0].points[-2].label}"
