"""From protected cells to the observations of a dataset version: level and code columns, rates, coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from portal.methods.estimation import CARRIED, DONOR, RETURNED, WEIGHTED
from portal.pipelines.code_lists import ENGLAND
from portal.pipelines.derived import DERIVED
from portal.pipelines.figures import CONFIDENTIAL, breakdown_columns
from portal.pipelines.gradients import gradients_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.pipelines.specification import Dimension, Level, Measure, Specification

NOT_AVAILABLE, NOT_APPLICABLE = "x", "z"
#: Marks of estimates: one that can be used, and one that can hardly.
GOOD, UNRELIABLE = "e", "u"
#: How far a figure went from what was returned.
FARTHER = (RETURNED, CARRIED, DONOR, WEIGHTED)
FIGURES = ("measure", "value", "status", "source")
#: Value, status and source.
Figure = tuple[float | None, str, str]


def observations_of(
    specification: Specification,
    protected: Sequence[pa.Table],
    coverage: Mapping[str, Any],
    estimates: Sequence[pa.Table] = (),
) -> pa.Table:
    """Return the observations of all periods, with level and code columns, in canonical order.

    ``estimates`` are protected as they come: one row for each cell and measure.
    """
    whole = pa.concat_tables(protected)
    extra = pa.concat_tables(estimates) if estimates else None
    parts = []
    for (breakdown, pairs), columns in zip(
        specification.breakdowns().items(), breakdown_columns(specification), strict=True
    ):
        label = ",".join(columns)
        figures = _measured(specification, whole.filter(pc.equal(whole["breakdown"], label)), pairs)
        if extra is not None:
            figures = pa.concat_tables(
                [figures, extra.filter(pc.equal(extra["breakdown"], label)).select(figures.column_names)]
            )
        figures = _with_rates(specification, figures, pairs)
        parts.append(_with_levels(specification, figures, breakdown))
    parts += gradients_of(specification, pa.concat_tables(parts))
    table = _with_coverage(pa.concat_tables(parts), coverage)
    return in_order(specification, table)


def in_order(specification: Specification, table: pa.Table) -> pa.Table:
    """Return observations in the canonical order of rows and columns."""
    order = [*specification.columns(), "measure"]
    return table.sort_by([(name, "ascending") for name in order]).select(
        [*order, "value", "status", "source", "coverage_received", "coverage_expected"],
    )


def _measured(specification: Specification, rows: pa.Table, pairs: frozenset[tuple[str, str]]) -> pa.Table:
    """Return the rows of one breakdown under the names of perspectives and measures."""
    named = {
        (specification.population_of(perspective, measure), measure.quantity): (perspective, name)
        for perspective, name in sorted(pairs)
        if (measure := specification.measure(name)).is_counted
    }
    keys = list(zip(rows["perspective"].to_pylist(), rows["measure"].to_pylist(), strict=True))
    rows = rows.filter(pa.array([key in named for key in keys], pa.bool_()))
    names = [named[key] for key in keys if key in named]
    for place, column in enumerate(("perspective", "measure")):
        at = rows.column_names.index(column)
        rows = rows.set_column(at, column, pa.array([name[place] for name in names], pa.string()))
    return rows.append_column("source", _constant(RETURNED, rows.num_rows))


def _with_rates(specification: Specification, rows: pa.Table, pairs: frozenset[tuple[str, str]]) -> pa.Table:
    """Return figures and the rates that are worked from them."""
    rates = [
        _derived(rows, measure, {perspective for perspective, name in pairs if name == measure.id})
        for measure in specification.measures
        if measure.method in DERIVED
    ]
    return pa.concat_tables([rows, *(table for table in rates if table.num_rows)])


def _derived(rows: pa.Table, measure: Measure, perspectives: set[str]) -> pa.Table:
    """Return one rate for every cell of some perspectives, from the values that are published."""
    labels = [name for name in rows.column_names if name not in FIGURES]
    cells: dict[tuple[str, ...], dict[str, Figure]] = {}
    columns = [rows[name].to_pylist() for name in (*labels, *FIGURES)]
    for *cell, name, value, status, source in zip(*columns, strict=True):
        if name in measure.of:
            cells.setdefault(tuple(cell), {})[name] = (value, status, source)
    at = labels.index("perspective")
    found = [
        (*cell, *_rate(measure, [parts[name] for name in measure.of]))
        for cell, parts in cells.items()
        if cell[at] in perspectives and len(parts) == len(set(measure.of))
    ]
    table = {name: pa.array([row[place] for row in found], pa.string()) for place, name in enumerate(labels)}
    table["measure"] = _constant(measure.id, len(found))
    table["value"] = pa.array([row[-3] for row in found], pa.float64())
    table["status"] = pa.array([row[-2] for row in found], pa.string())
    table["source"] = pa.array([row[-1] for row in found], pa.string())
    return pa.table(table).select(rows.column_names)


def _rate(measure: Measure, parts: Sequence[Figure]) -> Figure:
    """Return a rate; it is no more certain than the least of its parts, and goes as far as the farthest."""
    source = max((source for _, _, source in parts), key=FARTHER.index)
    statuses = {status for value, status, _ in parts if value is None}
    for status in (NOT_APPLICABLE, CONFIDENTIAL):
        if status in statuses:
            return None, status, source
    value = DERIVED[measure.method].work(*(value for value, _, _ in parts))
    if value is None:
        return None, NOT_AVAILABLE, source
    marks = {status for _, status, _ in parts}
    return round(value, measure.decimals), next((mark for mark in (UNRELIABLE, GOOD) if mark in marks), ""), source


def _with_levels(specification: Specification, rows: pa.Table, breakdown: tuple[tuple[str, Level], ...]) -> pa.Table:
    """Return rows with level and code columns in place of snapshot columns."""
    chosen = dict(breakdown)
    wanted = {"time_period": rows["time_period"]}
    if specification.perspectives:
        wanted["perspective"] = rows["perspective"]
    for dimension in specification.dimensions:
        wanted |= _dimension_columns(dimension, chosen[dimension.id], rows)
    return pa.table(wanted | {name: rows[name] for name in FIGURES})


def _dimension_columns(dimension: Dimension, level: Level, rows: pa.Table) -> dict[str, Any]:
    codes = rows[level.column].cast(pa.string()) if level.column else _constant(level.total_code, rows.num_rows)
    if len(dimension.levels) == 1:
        return {dimension.id: codes}
    return {f"{dimension.id}_level": _constant(level.id, rows.num_rows), f"{dimension.id}_code": codes}


def _constant(value: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), rows)


def _with_coverage(table: pa.Table, coverage: Mapping[str, Any]) -> pa.Table:
    """Add how many organisations were expected and heard from, where the register says it of the area."""
    received, expected = [], []
    areas = (
        table["geography_code"].to_pylist() if "geography_code" in table.column_names else [ENGLAND] * table.num_rows
    )
    for period, area in zip(table["time_period"].to_pylist(), areas, strict=True):
        of_period = coverage[period]
        is_country = area == ENGLAND
        received.append(of_period["accepted"] if is_country else of_period["accepted_by_region"].get(area))
        expected.append(of_period["expected"] if is_country else of_period["expected_by_region"].get(area))
    return table.append_column("coverage_received", pa.array(received, pa.int32())).append_column(
        "coverage_expected", pa.array(expected, pa.int32())
    )
