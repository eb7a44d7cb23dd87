"""What a version says of its estimates: response, coverage, what was filled, and how much of each figure is not returned.

Shares are worked from the published values, so that they say nothing that those do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from portal.methods.estimation import CARRIED, DONOR, LOGICAL, RETURNED
from portal.methods.rates import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pyarrow as pa

    from portal.pipelines.specification import Measure, Specification, Table

SMALL, BASE = 10, 5
HUNDRED = 100
Row = dict[str, Any]


def estimation_of(specification: Specification, lineage: Mapping[str, Any], observations: Path) -> dict[str, Any]:
    """Return the rule of estimates, what was done by it in each period, and the share that was not returned.

    Nothing of a series that is published as returned.
    """
    measures = specification.estimates()
    if not measures:
        return {}
    totals = [item for item in measures if item.method == "estimate"]
    shown = _published(specification, observations, totals)
    return {
        "estimation": {
            **specification.estimation.model_dump(mode="json"),
            "measures": [{"id": item.id, "method": item.method, "of": item.of[0]} for item in measures],
            "by_period": {
                period: _made(specification, how) for period, how in sorted(lineage.get("estimation", {}).items())
            },
            "headlines": _of_headlines(specification, totals, shown),
            "tables": [
                {"id": table.id, "title": table.title, "measure": item.id, "share": found}
                for table in specification.tables
                for item in totals
                if (found := _of_table(specification, table, item, shown)) is not None
            ],
        }
    }


def _made(specification: Specification, how: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was done in a period; how many people an item was filled of is protected as any count is."""
    questions = specification.kind.questions
    items = {
        name: {"of": "answers" if name in questions else "people", **_item(counts)}
        for name, counts in how["items"].items()
    }
    return {**how, "items": items}


def _item(counts: Mapping[str, int]) -> dict[str, Any]:
    filled = {name: _rounded(counts.get(name, 0)) for name in (LOGICAL, CARRIED, DONOR)}
    response = share(_rounded(counts[RETURNED]), _rounded(sum(counts.values())))
    return {
        "item_response": None if response is None else round(response, 3),
        **filled,
        "missing": _rounded(counts[""]),
    }


def _rounded(number: int) -> int | None:
    """Return a count to the nearest five; None where it is too small to be shown."""
    return BASE * ((number + BASE // 2) // BASE) if number >= SMALL else None


def _published(specification: Specification, observations: Path, totals: Iterable[Measure]) -> list[Row]:
    wanted = sorted({name for item in totals for name in (item.id, item.of[0])})
    columns = [*specification.columns(), "measure", "value"]
    table: pa.Table = pq.read_table(observations, columns=columns, filters=[("measure", "in", wanted)])
    last = pc.max(table["time_period"]).as_py()
    return [row for row in table.to_pylist() if row["time_period"] == last]


def _shares(rows: Iterable[Row], estimate: Measure) -> float | None:
    """Return which share of the shown estimates of some cells is not of returned records."""
    cells: dict[tuple[Any, ...], dict[str, float]] = {}
    for row in rows:
        if row["value"] is not None:
            key = tuple(value for name, value in row.items() if name not in {"measure", "value"})
            cells.setdefault(key, {})[row["measure"]] = row["value"]
    both = [found for found in cells.values() if {estimate.id, estimate.of[0]} <= found.keys()]
    returned = share(sum(found[estimate.of[0]] for found in both), sum(found[estimate.id] for found in both))
    return None if returned is None else round(1 - returned, 3)


def _of_headlines(specification: Specification, totals: Iterable[Measure], rows: list[Row]) -> list[dict[str, Any]]:
    known = {item.id: item for item in totals}
    found = []
    for headline in specification.headlines:
        if headline.measure not in known:
            continue
        cell = dict(headline.filters)
        if specification.perspectives:
            cell["perspective"] = specification.default_perspective
        here = [row for row in rows if all(row[name] == code for name, code in cell.items())]
        found.append({"id": headline.id, "label": headline.label, "share": _shares(here, known[headline.measure])})
    return found


def _of_table(specification: Specification, table: Table, estimate: Measure, rows: list[Row]) -> float | None:
    if table.measures and estimate.id not in table.measures:
        return None
    perspective = specification.default_perspective
    here = [
        row
        for row in rows
        if (not perspective or row["perspective"] == perspective)
        and all(row.get(f"{name}_level", levels[0]) in levels for name, levels in table.levels.items())
    ]
    return _shares(here, estimate)
