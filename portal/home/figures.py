"""The figures of the home page, read from published dataset versions. No figure is typed anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString, mark_safe

from portal.datasets.queries import UnknownColumnError, observations
from portal.publications.changes import PER_CENT, moved_words
from portal.publications.charts import Point, format_value, sparkline

if TYPE_CHECKING:
    from portal.datasets.models import DatasetVersion
    from portal.datasets.queries import Observation


@dataclass(frozen=True)
class Tile:
    """One headline figure with what a reader must know to use it."""

    label: str
    value: str
    period: str
    change: str
    perspective: str
    coverage: str
    sparkline: SafeString
    url: str


@dataclass(frozen=True)
class Bar:
    """One perspective's count, as a share of the largest."""

    code: str
    label: str
    text: str
    percent: float
    url: str


def default_perspective(version: DatasetVersion) -> str:
    """Return the perspective that a version is shown under unless a reader asks for another."""
    known = version.meta.by_id["perspective"].labels if "perspective" in version.meta.by_id else {}
    named = version.metadata.get("default_perspective", "")
    return named if named in known else next(iter(known), "")


def headline_tiles(version: DatasetVersion, *, url: str, limit: int) -> list[Tile]:
    """Return the first headline figures of a version, under its default perspective."""
    chosen = default_perspective(version)
    named = version.meta.by_id["perspective"].labels.get(chosen, "") if chosen else ""
    tiles = [_tile(version, headline, chosen, named, url) for headline in version.metadata.get("headlines", [])]
    return [tile for tile in tiles if tile is not None][:limit]


def _tile(version: DatasetVersion, headline: dict[str, Any], chosen: str, named: str, url: str) -> Tile | None:
    filters = {**headline.get("filters", {}), **({"perspective": chosen} if chosen else {})}
    try:
        cells = observations(version, measure=headline["measure"], **filters)
    except UnknownColumnError:
        return None
    series = _by_period(version, cells)
    if not series:
        return None
    labels = version.meta.by_id["time_period"].labels
    measure = next((item for item in version.meta.measures if item.id == headline["measure"]), None)
    decimals, unit = (measure.decimals, measure.unit) if measure else (0, "")
    period, last = series[-1]
    points = [Point(labels[code], cell.value, cell.status) for code, cell in series]
    return Tile(
        label=headline["label"],
        value=format_value(last.value, status=last.status, decimals=decimals),
        period=labels[period],
        change=change_in_words(series, labels, decimals, unit),
        perspective=f"Counted as: {named}" if named else "",
        coverage=coverage_in_words(last),
        sparkline=mark_safe(sparkline(points, width=240, height=44)),  # noqa: S308 - drawn by us, text escaped there
        url=url,
    )


def _by_period(version: DatasetVersion, cells: list[Observation]) -> list[tuple[str, Observation]]:
    """Return the cells in order of time. More than one cell a period means that the headline names no single cell."""
    found: dict[str, Observation] = {}
    for cell in cells:
        if cell["time_period"] in found:
            return []
        found[cell["time_period"]] = cell
    return [(period, found[period]) for period in sorted(version.meta.by_id["time_period"].labels) if period in found]


def change_in_words(
    series: list[tuple[str, Observation]], labels: dict[str, str], decimals: int = 0, unit: str = ""
) -> str:
    """Say the change since the period before, from the published values; nothing where one of them is hidden."""
    if len(series) < 2:  # noqa: PLR2004 - a change has two ends
        return ""
    (before, earlier), (_period, later) = series[-2:]
    if earlier.value is None or later.value is None:
        return ""
    change = round(later.value - earlier.value, decimals)
    if not change:
        return f"No change since {labels[before]}"
    size = moved_words(change, decimals, unit)
    # A percentage of a percentage is read wrongly.
    relative = earlier.value and unit != PER_CENT
    percent = f" ({abs(change) / earlier.value:.1%})" if relative else ""
    return f"{'Up' if change > 0 else 'Down'} {size}{percent} since {labels[before]}"


def coverage_in_words(cell: Observation) -> str:
    """Say from how many organisations a figure comes, where the version says so."""
    received, expected = cell.attributes.get("coverage_received"), cell.attributes.get("coverage_expected")
    return f"From {received:,} of {expected:,} organisations" if received is not None and expected else ""


def perspective_bars(version: DatasetVersion, *, url: str) -> tuple[str, list[Bar]]:
    """Return the period, and the first headline under every perspective at that period, in the version's order."""
    headlines = version.metadata.get("headlines", [])
    if not headlines or "perspective" not in version.meta.by_id:
        return "", []
    cells = observations(version, measure=headlines[0]["measure"], **headlines[0].get("filters", {}))
    if not cells:
        return "", []
    latest = max(cell["time_period"] for cell in cells)
    now = {cell["perspective"]: cell for cell in cells if cell["time_period"] == latest}
    largest = max((cell.value or 0 for cell in now.values()), default=0) or 1
    bars = [
        Bar(
            code=code,
            label=label,
            text=format_value(now[code].value, status=now[code].status),
            percent=round(100 * (now[code].value or 0) / largest, 1),
            url=f"{url}?perspective={code}" if url else "",
        )
        for code, label in version.meta.by_id["perspective"].labels.items()
        if code in now
    ]
    return version.meta.by_id["time_period"].labels[latest], bars
