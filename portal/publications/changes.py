"""What happened since the period before, in numbers and in neutral words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.publications.charts import format_value

if TYPE_CHECKING:
    from portal.datasets.queries import Observation
    from portal.publications.charts import Point

PER_CENT = "%"


@dataclass(frozen=True, slots=True)
class Change:
    """What happened since the period before, in numbers and in words."""

    absolute: float | None
    percent: float | None
    movement: str


def change_between(
    now: Observation | Point | None, before: Observation | Point | None, *, decimals: int, unit: str = ""
) -> Change:
    """Compare two published values; what is hidden cannot be compared, and the words say so."""
    value = None if now is None else now.value
    if value is None:
        return Change(None, None, "cannot be shown")
    shown = format_value(value, decimals=decimals) + (PER_CENT if unit == PER_CENT else "")
    if before is None or before.value is None or (now is not None and now.status == "b"):
        return Change(None, None, f"was {shown}")
    difference = round(value - before.value, decimals)
    if difference == 0:
        return Change(0.0, 0.0, f"was unchanged at {shown}")
    verb = "rose" if difference > 0 else "fell"
    size = moved_words(difference, decimals, unit)
    percent = None if before.value == 0 else 100 * difference / before.value
    # A percentage of a percentage is read wrongly.
    share = "" if percent is None or unit == PER_CENT else f" ({abs(percent):,.1f}%)"
    return Change(difference, percent, f"{verb} by {size}{share} to {shown}")


def moved_words(change: float, places: int, unit: str) -> str:
    """Write the size of a change; one of a percentage is in percentage points."""
    words = format_value(abs(change), decimals=places)
    return f"{words} percentage points" if unit == PER_CENT else words
