"""Medians of records, shown beside the number of the records that they are taken of and hidden with it.

A median cannot be worked from published numbers. It is of ten records or more, in whole units, and stands only
where the count of its records is published, so that it speaks of no group that is hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from portal.methods.rates import median_cells
from portal.pipelines.figures import breakdown_columns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import duckdb

    from portal.pipelines.specification import Measure, Specification

RETURNED = "returned"


def medians_of(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    *,
    snapshot: Path,
    predicates: Mapping[str, str],
    protected: pa.Table,
) -> list[pa.Table]:
    """Return the medians of a period, one row for each cell of ``protected`` that a table shows them in."""
    wanted = specification.medians()
    return [_median(connection, specification, measure, snapshot, predicates, protected) for measure in wanted]


def _median(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    measure: Measure,
    snapshot: Path,
    predicates: Mapping[str, str],
    protected: pa.Table,
) -> pa.Table:
    counted = specification.measure(measure.of[0])
    shown = {
        ",".join(columns): {perspective for perspective, name in pairs if name == measure.id}
        for columns, pairs in zip(breakdown_columns(specification), specification.breakdowns().values(), strict=True)
    }
    population = {
        specification.population_of(perspective, counted): perspective
        for perspectives in shown.values()
        for perspective in perspectives
    }
    labels = [name for name in protected.column_names if name not in {"perspective", "measure", "value", "status"}]
    found = _by_cell(connection, specification, measure, snapshot, {name: predicates[name] for name in population})
    rows = []
    for row in protected.to_pylist():
        perspective = population.get(row["perspective"], "")
        if row["measure"] != counted.quantity or perspective not in shown[row["breakdown"]]:
            continue
        cell = {name: row[name] for name in labels}
        value, status = found.get((row["perspective"], *(cell[name] for name in sorted(labels))), (None, "c"))
        if row["value"] is None:
            value, status = None, row["status"]
        value = None if value is None else round(value, measure.decimals)
        rows.append(
            {**cell, "perspective": perspective, "measure": measure.id, "value": value, "status": status, "source": RETURNED}
        )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=protected.schema.append(pa.field("source", pa.string())))


def _by_cell(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    measure: Measure,
    snapshot: Path,
    predicates: Mapping[str, str],
) -> dict[tuple[str, ...], tuple[float | None, str]]:
    """Return the medians by population and cell, the labels of the cell in the order of their names."""
    table = median_cells(
        connection,
        f"read_parquet('{snapshot}')",
        value=measure.value,
        breakdowns=breakdown_columns(specification),
        perspectives=predicates,
        unit="record_key" if specification.measure(measure.of[0]).method == "count" else "worker_key",
        minimum_people=specification.protection.threshold,
    )
    names = sorted(name for name in table.column_names if name not in {"perspective", "value", "status"})
    return {
        (row["perspective"], *(str(row[name]) for name in names)): (row["value"], row["status"])
        for row in table.to_pylist()
    }
