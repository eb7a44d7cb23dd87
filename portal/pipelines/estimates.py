"""Figures that make up for the organisations that did not answer, with their uncertainty.

The frame is everybody who was asked. Strata are joined by a written order until enough answered
in each; an organisation that answered stands for others of its stratum in the measure of its
declared size, or of numbers where a size is not known; weights may be raked to margins of the
frame (see frames). Every figure is of the returned records and of what was filled (see filling),
weighted: a person in two organisations is shared between them, so that a frame that answered
completely gives exactly the returned figure. Each says by how much it was helped: returned,
carried forward, imputed or weighted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from portal.methods.audit.facts import NOTHING_SAID
from portal.methods.estimation import WEIGHTED, response_rates
from portal.methods.uncertainty import describe
from portal.pipelines.derived import ESTIMATED
from portal.pipelines.estimate_sums import NUMBERS, keys_of, populations_of, sums_of
from portal.pipelines.figures import CONFIDENTIAL, breakdown_columns
from portal.pipelines.filling import fill_records
from portal.pipelines.frames import frames_of
from portal.pipelines.observations import GOOD, NOT_AVAILABLE, UNRELIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from portal.pipelines.estimate_sums import Cell, Given, Sums
    from portal.pipelines.filling import FilledRecords, Sealed
    from portal.pipelines.frames import Frame, Frames
    from portal.pipelines.specification import Estimation, Specification

NANO = 1e9
CELLS_AT_ONCE = 500
#: Degrees of freedom where only filled items make a figure uncertain: as many as there are people.
MANY = 1_000_000
WEIGHTS = ("least_weight", "largest_weight")


def estimates_of(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    *,
    filled: FilledRecords,
    frames: Frames,
    predicates: Mapping[str, str],
    cells: pa.Table,
) -> pa.Table:
    """Return estimate, standard error and limits of every cell and quantity that an estimate is asked of; unprotected.

    ``cells`` are those of the returned records; beside them stands what they are with what was filled.
    """
    wanted = {specification.measure(measure.of[0]).quantity: None for measure in specification.estimates()}
    sums, labels = sums_of(connection, specification, filled, frames.whole, predicates, cells)
    left_out_by = _left_out_by(specification, filled, predicates)
    at = labels.index("perspective")
    rows: list[tuple[object, ...]] = []
    for population, held in groupby(sums.of_cell.items(), key=lambda item: item[0][at]):
        part = list(held)
        for start in range(0, len(part), CELLS_AT_ONCE):
            chunk = part[start : start + CELLS_AT_ONCE]
            for quantity in wanted:
                rows += _estimated(chunk, quantity, frames, sums, left_out_by[population])
    return _table(rows, labels, frames.whole)


def _table(rows: list[tuple[object, ...]], labels: Sequence[str], frame: Frame) -> pa.Table:
    texts = [*labels, "quantity", "source"]
    names = [*texts, "returned", "filled", "estimate", "standard_error", "low", "high", *WEIGHTS]
    columns = list(zip(*((*row, *frame.stretch) for row in rows), strict=True)) or [()] * len(names)
    return pa.table(
        {
            name: pa.array(list(column), pa.string() if name in texts else pa.float64())
            for name, column in zip(names, columns, strict=True)
        }
    )


def _left_out_by(
    specification: Specification, filled: FilledRecords, predicates: Mapping[str, str]
) -> dict[str, frozenset[str]]:
    """Return for each group of records the organisations that left out the answer that it hangs on."""
    return {
        population: filled.left_out_by.get(str(measure.where.get("quantity", "")), frozenset())
        for population, measure in populations_of(specification, predicates).items()
    }


def _estimated(
    part: Sequence[tuple[Cell, Given]], quantity: str, frames: Frames, sums: Sums, left_out_by: frozenset[str]
) -> list[tuple[object, ...]]:
    unit, number = NANO if quantity == "fte" else 1.0, NUMBERS[quantity]
    values: NDArray[np.float64] = np.zeros((len(part), len(frames.whole.answered)))
    filled = np.array([sums.filled[cell][number] / unit for cell, _ in part])
    for row, (_, given) in enumerate(part):
        for place, numbers in given:
            values[row, place] = numbers[quantity] / unit
        summed = values[row].sum()
        # Somebody in two organisations is shared between them.
        values[row] *= filled[row] / summed if summed else 0.0
    totals, errors, freedom = frames.totals(values, left_out_by)
    errors = np.hypot(errors, totals * sums.item_error([cell for cell, _ in part]))
    rows: list[tuple[object, ...]] = []
    for row, (cell, _) in enumerate(part):
        error, held = float(errors[row]), float(filled[row])
        # What was returned or filled is there: raked weights below one do not take it away.
        total = max(float(totals[row]), held)
        returned = sums.returned[cell][number] / unit if cell in sums.returned else 0.0
        found = describe(total, error, freedom or MANY)
        # Nor is the truth less than what was returned. Filling may move somebody to another cell.
        low = max(min(returned, total), found.low)
        high = max(found.high, low)
        rows.append((*cell, quantity, sums.source(cell, held, total), returned, held, total, error, low, high))
    return rows


def shown_estimates(specification: Specification, estimates: pa.Table, protected: pa.Table) -> pa.Table:
    """Return what may be published of estimates, beside cells that protection and audit have looked at.

    Rounded like the figures that they stand beside, hidden with them, marked by how far they can be trusted.
    """
    labels = [name for name in protected.column_names if name not in {"measure", "value", "status"}]
    found = dict(zip(keys_of(estimates, [*labels, "quantity"]), estimates.to_pylist(), strict=True))
    shows = _shows(specification)
    at, where = labels.index("perspective"), labels.index("breakdown")
    rows = []
    for key, status in zip(keys_of(protected, [*labels, "measure"]), protected["status"].to_pylist(), strict=True):
        for perspective, name in shows.get((key[where], key[at], key[-1]), ()):
            part = ESTIMATED[specification.measure(name).method]
            figure = _figure(found.get(key), part, status, specification.estimation)
            source = found[key]["source"] if key in found else WEIGHTED
            rows.append((*key[:at], perspective, *key[at + 1 : -1], name, *figure, source))
    names = [*labels, "measure", "value", "status", "source"]
    parts = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table(
        {
            name: pa.array(list(column), pa.float64() if name == "value" else pa.string())
            for name, column in zip(names, parts, strict=True)
        }
    )


def _shows(specification: Specification) -> dict[tuple[str, str, str], list[tuple[str, str]]]:
    """Return, for a breakdown, population and quantity, the perspectives and measures that show its estimate."""
    shows: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for columns, pairs in zip(breakdown_columns(specification), specification.breakdowns().values(), strict=True):
        for perspective, name in sorted(pairs):
            measure = specification.measure(name)
            if measure.is_estimated:
                counted = specification.measure(measure.of[0])
                population = specification.population_of(perspective, counted)
                shows[",".join(columns), population, counted.quantity].append((perspective, name))
    return shows


def _figure(row: Mapping[str, float] | None, part: str, status: str, rule: Estimation) -> tuple[float | None, str]:
    if status:
        return None, status
    if row is None:
        return None, CONFIDENTIAL
    variation = row["standard_error"] / row["estimate"] if row["estimate"] else 0.0
    if variation > rule.not_shown_above:
        return None, NOT_AVAILABLE
    trusted = variation <= rule.unreliable_above and row["returned"] >= rule.coverage_floor * row["estimate"]
    rounded = np.floor(row[part] / rule.base + 0.5) * rule.base
    return float(rounded), GOOD if trusted else UNRELIABLE


def facts_of_estimates(specification: Specification, estimates: pa.Table, protected: pa.Table) -> pa.Table | None:
    """Return what shown estimates say of returned figures, to a reader who knew what was filled and the weights' bounds.

    An estimate is the filled figure stretched by weights between the smallest and the largest; the lower limit is
    never below the returned figure. No reader knows the weights or what was filled, so this gives the audit more
    than any reader has.
    """
    shown = shown_estimates(specification, estimates, protected)
    half = specification.estimation.base / 2
    labels = [name for name in shown.column_names if name not in {"measure", "value", "status", "source"}]
    found = dict(zip(keys_of(estimates, [*labels, "quantity"]), estimates.to_pylist(), strict=True))
    rows = []
    for row in shown.to_pylist():
        measure = specification.measure(row["measure"])
        if row["value"] is None or measure.method == "estimate_high":
            continue
        counted = specification.measure(measure.of[0])
        cell = [row[name] for name in labels]
        cell[labels.index("perspective")] = specification.population_of(row["perspective"], counted)
        implied = _implied(measure.method, row["value"], half, found[*cell, counted.quantity])
        rows.append((*cell, counted.quantity, *implied, "Estimates in this release", f"{row['value']:g}"))
    if not rows:
        return None
    names = [*labels, "measure", *NOTHING_SAID]
    return pa.table(
        {
            name: pa.array(list(column), pa.float64() if name in {"low", "high"} else pa.string())
            for name, column in zip(names, zip(*rows, strict=True), strict=True)
        }
    )


def _implied(method: str, value: float, half: float, known: Mapping[str, float]) -> tuple[float, float]:
    """Return between which numbers a returned figure lies whose estimate or lower limit rounds to a value."""
    put = known["filled"] - known["returned"]
    if method == "estimate":
        low, high = (value - half) / known["largest_weight"], (value + half) / known["least_weight"]
        return max(0.0, low - put), high - put
    # The lower limit is at least the smaller of the returned figure and the estimate.
    return 0.0, value + half - min(0.0, put)


@dataclass(frozen=True)
class Estimates:
    """The estimates of one period."""

    specification: Specification
    table: pa.Table

    def facts(self, protected: pa.Table) -> pa.Table | None:
        """Return what they say beside protected cells as these stand."""
        return facts_of_estimates(self.specification, self.table, protected)

    def shown(self, protected: pa.Table) -> pa.Table:
        """Return what is published of them beside audited cells."""
        return shown_estimates(self.specification, self.table, protected)


def estimate_period(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    *,
    period: str,
    sealed: Mapping[str, Sealed],
    predicates: Mapping[str, str],
    cells: pa.Table,
    seed: int,
) -> tuple[Estimates, dict[str, object]]:
    """Return the estimates of a period, and in plain data how they were made: what was carried, filled and raked."""
    rule = specification.estimation
    filled = fill_records(connection, specification, sealed=sealed, period=period, seed=seed)
    frames = frames_of(sealed[period].frame, rule, filled.carried)
    table = estimates_of(connection, specification, filled=filled, frames=frames, predicates=predicates, cells=cells)
    return Estimates(specification, table), _how(rule, filled, frames.whole)


def _how(rule: Estimation, filled: FilledRecords, frame: Frame) -> dict[str, object]:
    """Return how a period was estimated, in plain data: how much answered, what was filled, how far weights reach."""
    least, largest = frame.stretch
    answered = sorted(frame.answered.keys() - filled.carried)
    rates = response_rates(frame.size_of, answered, [])
    return {
        "asked": len(frame.size_of),
        "answered": len(answered),
        "unit_response": round(rates["unit_response"], 4),
        "coverage": round(rates["coverage"], 4),
        "carried_returns": len(filled.carried),
        "items": filled.items,
        "strata": len(frame.design.frame_numbers),
        "least_weight": round(least, 4),
        "largest_weight": round(largest, 4),
        "raked": list(rule.rake) if frame.raked else [],
        "not_raked": frame.not_raked,
    }
