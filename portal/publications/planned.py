"""From what a specification plans for a release to blocks: headline figures, sentences, charts and tables.

The words are plain templates; every figure in them is a reference. What stands here is marked as the
machine's until a person accepts it.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join

from portal.publications.blocks import filters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

PERIOD = "time_period"
MOVEMENT = "{subject} {movement} in {period}."
# What the machine can say of a chart without taking sides. Its section’s heading says what it is about.
MOST_IN = "Most in {highest}, fewest in {lowest}"
LARGEST = "Largest: {highest}. Smallest: {lowest}"
# Of rates and the like nobody has “most”.
HIGHEST_IN = "Highest in {highest}, lowest in {lowest}"
HIGHEST = "Highest: {highest}. Lowest: {lowest}"
PEOPLE = "people"
FEWEST_HEADLINES = 2
MOST_HEADLINES = 6


@dataclass(frozen=True, slots=True)
class PlannedFigure:
    """A chart or table that the specification has. ``name`` is that of its cells, whatever its words."""

    name: str
    kind: str
    heading: str
    value: dict[str, Any]

    def section(self) -> dict[str, Any]:
        """Return a section of it alone, marked as the machine's."""
        body = [_block(self.kind, self.value)]
        return _block("section", {"heading": self.heading, "machine_written": True, "body": body})


def _block(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, "id": str(uuid.uuid4())}


def _selection(planned: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "measure": planned["measure"],
        "filters": [
            {"dimension": dimension, "code": code} for dimension, code in (planned.get("filters") or {}).items()
        ],
        "perspective": "",
        "period": "",
    }


def headlines(described: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the headline figures: two to six, or none."""
    planned = described.get("headlines", [])[:MOST_HEADLINES]
    if len(planned) < FEWEST_HEADLINES:
        return []
    return [_block("figure", {"label": one["label"], "cells": _selection(one), "compare": True}) for one in planned]


def sentences(described: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a sentence about each headline figure."""
    units = _units(described)
    return [
        _block(
            "sentence",
            {
                "text": MOVEMENT,
                # Versions that were made before specifications wrote a subject have none.
                "subject": one.get("subject") or _subject(one["label"], units.get(one["measure"], "")),
                "cells": _selection(one),
                "machine_written": True,
            },
        )
        for one in described.get("headlines", [])
    ]


def _units(described: Mapping[str, Any]) -> dict[str, str]:
    return {measure["id"]: measure.get("unit", "") for measure in described["measures"]}


def _subject(label: str, unit: str) -> str:
    """Return the subject of a sentence: people are counted by number, other measures have a name of their own."""
    if unit != PEOPLE:
        return label
    return f"The number of {label[:1].lower()}{label[1:]}"


def figures(described: Mapping[str, Any]) -> list[PlannedFigure]:
    """Return every chart and table of the plan, in its order."""
    units = _units(described)
    charts = [_planned(one, "chart", _chart(one, units.get(one["measure"], ""))) for one in described.get("charts", [])]
    return charts + [_planned(one, "table", _table(one)) for one in described.get("tables", [])]


def _planned(one: Mapping[str, Any], kind: str, value: dict[str, Any]) -> PlannedFigure:
    name = hashlib.sha256(repr(_cells_and_form(kind, value)).encode()).hexdigest()[:12]
    return PlannedFigure(name, kind, str(one["title"]), value)


def _chart(one: Mapping[str, Any], unit: str) -> dict[str, Any]:
    return {
        "title": _finding(one, unit),
        "subtitle": one.get("subtitle") or one["title"],
        "kind": one["kind"],
        "cells": _selection(one),
        "x": one["x"],
        "series": one.get("series", ""),
        "largest_first": _by_size(one),
        "folded": one.get("folded", False),
        "description": "",
    }


def _table(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": one["title"],
        "cells": _selection(one),
        "rows": one["rows"],
        "columns": one.get("columns", ""),
        "only_shown": one.get("only_shown", False),
        "folded": one.get("folded", False),
    }


def _finding(planned: Mapping[str, Any], unit: str) -> str:
    """Return the title of a chart: what its data shows, as far as a machine may say it."""
    title, kind = planned["title"], planned["kind"]
    if kind == "stacked":
        return f"{title}: {{leading}}"
    if kind == "multiples" and planned["x"] == PERIOD:
        return f"{title}: {{directions}}"
    if planned.get("series") or kind not in {"bar", "tile_map", "line"}:
        return str(title)
    if planned["x"] == PERIOD:
        return f"{title}: {{movement}}"
    if unit == PEOPLE:
        return MOST_IN if planned["x"] == "geography_code" else LARGEST
    return HIGHEST_IN if planned["x"] == "geography_code" else HIGHEST


def _by_size(planned: Mapping[str, Any]) -> bool:
    """Whether bars stand in the order of their size: not where their categories have an order of their own."""
    listed = planned.get("order") == "listed" or planned["x"] in {"perspective", PERIOD}
    return planned["kind"] in {"bar", "stacked", "range"} and not listed


def lacking(planned: Iterable[PlannedFigure], sections: Iterable[Any]) -> list[PlannedFigure]:
    """Return what of a plan is not in the sections of a page, told by the cells it shows.

    Words and order are the editor's, and a bar chart made of a planned line is still the planned one.
    """
    there = [(block.block_type, block.value) for section in sections for block in section.value["body"]]
    there = [figure for figure in there if figure[0] in {"chart", "table"}]
    left = [one for one in planned if not _take(there, one, _cells_and_form)]
    return [one for one in left if not _take(there, one, _cells)]


def _take(there: list[tuple[str, Any]], one: PlannedFigure, key: Callable[[str, Any], Hashable]) -> bool:
    """Take the first figure that shows what was planned off the list; say whether there was one."""
    wanted = key(one.kind, one.value)
    for figure in there:
        if key(*figure) == wanted:
            there.remove(figure)
            return True
    return False


def _cells(kind: str, value: Mapping[str, Any]) -> tuple[Hashable, ...]:
    names = ("x", "series") if kind == "chart" else ("rows", "columns")
    columns = [value.get(name) or "" for name in names]
    if kind == "table":
        columns.sort()  # turned on its side it shows the same
    filters = tuple(sorted(filters_of(value["cells"]).items()))
    return kind, value["cells"]["measure"], filters, *columns


def _cells_and_form(kind: str, value: Mapping[str, Any]) -> tuple[Hashable, ...]:
    return (*_cells(kind, value), value.get("kind", ""))


def notes(described: Mapping[str, Any]) -> str:
    """Return the notes of the specification as a list."""
    written = described.get("notes", [])
    items = format_html_join("", "<li>{}</li>", ((note,) for note in written))
    return format_html("<ul>{}</ul>", items) if written else ""
