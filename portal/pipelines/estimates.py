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
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from portal.methods.audit.facts import NOTHING_SAID
from portal.methods.estimation import CARRIED, DONOR, RETURNED, WEIGHTED, EstimationError, response_rates
from portal.methods.measures import compute_cells
from portal.methods.uncertainty import describe
from portal.pipelines.derived import ESTIMATED
from portal.pipelines.figures import CONFIDENTIAL, breakdown_columns
from portal.pipelines.filling import fill_records
from portal.pipelines.frames import frame_of
from portal.pipelines.observations import NOT_AVAILABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from portal.pipelines.filling import FilledRecords, Sealed
    from portal.pipelines.frames import Frame
    from portal.pipelines.specification import Estimation, Specification

NANO = 1e9
NUMBERS = {"headcount": "people", "posts": "posts", "fte": "fte_nano"}
CELLS_AT_ONCE = 500
GOOD, UNRELIABLE = "e", "u"
#: Relative difference that is rounding of the arithmetic and not a weight.
SAME = 1e-6
WEIGHTS = ("least_weight", "largest_weight")


Given = list[tuple[int, dict[str, float]]]
Cell = tuple[str, ...]


@dataclass(frozen=True)
class Sums:
    """What each organisation gave to each cell, the cell as returned and as filled, and where its records came from."""

    of_cell: dict[Cell, Given]
    returned: Mapping[Cell, Mapping[str, int]]
    filled: Mapping[Cell, Mapping[str, int]]
    sources: Mapping[Cell, set[str]]

    def source(self, cell: Cell, filled: float, estimate: float) -> str:
        """Return the farthest step that a figure needed from what was returned."""
        if abs(estimate - filled) > SAME * max(1.0, filled):
            return WEIGHTED
        found = self.sources.get(cell, set())
        if found - {RETURNED, CARRIED}:
            return DONOR
        return CARRIED if CARRIED in found else RETURNED


def estimates_of(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    *,
    filled: FilledRecords,
    frame: Frame,
    predicates: Mapping[str, str],
    cells: pa.Table,
) -> pa.Table:
    """Return estimate, standard error and limits of every cell and quantity that an estimate is asked of; unprotected.

    ``cells`` are those of the returned records; beside them stands what they are with what was filled.
    """
    wanted = {specification.measure(measure.of[0]).quantity: None for measure in specification.estimates()}

    def counted(*by: str) -> pa.Table:
        asked = [(*columns, *by) for columns in breakdown_columns(specification)]
        return compute_cells(connection, filled.relation, breakdowns=asked, perspectives=predicates, contributors=False)

    given = counted("organisation_key")
    labels = [name for name in given.column_names if name not in {*NUMBERS.values(), "cell_key", "organisation_key"}]
    sums = Sums(
        of_cell=_by_cell(given, labels, frame),
        returned=_numbers(cells, labels),
        filled=_numbers(counted() if filled.anything else cells, labels),
        sources=_sources(counted("source"), labels) if filled.anything else {},
    )
    rows: list[tuple[object, ...]] = []
    for start in range(0, len(sums.of_cell), CELLS_AT_ONCE):
        part = list(sums.of_cell.items())[start : start + CELLS_AT_ONCE]
        for quantity in wanted:
            rows += _estimated(part, quantity, frame, sums)
    texts = [*labels, "quantity", "source"]
    names = [*texts, "returned", "filled", "estimate", "standard_error", "low", "high", *WEIGHTS]
    columns = list(zip(*((*row, *frame.stretch) for row in rows), strict=True)) or [()] * len(names)
    return pa.table(
        {
            name: pa.array(list(column), pa.string() if name in texts else pa.float64())
            for name, column in zip(names, columns, strict=True)
        }
    )


def _keys(table: pa.Table, labels: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(table[name].to_pylist() for name in labels), strict=True))


def _without(cell: Cell, at: int, name: str) -> Cell:
    """Return a cell whose breakdown does not name a column any more."""
    return (*cell[:at], cell[at].removesuffix(name).removesuffix(","), *cell[at + 1 :])


def _numbers(table: pa.Table, labels: Sequence[str]) -> dict[Cell, dict[str, int]]:
    return dict(zip(_keys(table, labels), table.select(list(NUMBERS.values())).to_pylist(), strict=True))


def _sources(table: pa.Table, labels: Sequence[str]) -> dict[Cell, set[str]]:
    """Return which sources the records of each cell came from."""
    at = labels.index("breakdown")
    found: dict[Cell, set[str]] = defaultdict(set)
    for cell, source in zip(_keys(table, labels), table["source"].to_pylist(), strict=True):
        found[_without(cell, at, "source")].add(source)
    return found


def _by_cell(given: pa.Table, labels: Sequence[str], frame: Frame) -> dict[Cell, Given]:
    """Return what each organisation gave to each cell."""
    at = labels.index("breakdown")
    keys = given["organisation_key"].to_pylist()
    if strangers := set(keys) - frame.answered.keys():
        raise EstimationError(
            f"{len(strangers):,} organisations have records and are not in the frame as having answered: their returns "
            "were stored under another key or form of pseudonyms. docs/runbooks/keys.md says what to do."
        )
    numbers = [given[name].to_pylist() for name in NUMBERS.values()]
    found: dict[Cell, Given] = defaultdict(list)
    for cell, key, *values in zip(_keys(given, labels), keys, *numbers, strict=True):
        name = _without(cell, at, "organisation_key")
        found[name].append((frame.answered[key], dict(zip(NUMBERS, map(float, values), strict=True))))
    return dict(sorted(found.items()))


def _estimated(part: list[tuple[Cell, Given]], quantity: str, frame: Frame, sums: Sums) -> list[tuple[object, ...]]:
    unit, number = NANO if quantity == "fte" else 1.0, NUMBERS[quantity]
    values: NDArray[np.float64] = np.zeros((len(part), len(frame.answered)))
    filled = np.array([sums.filled[cell][number] / unit for cell, _ in part])
    for row, (_, given) in enumerate(part):
        for place, numbers in given:
            values[row, place] = numbers[quantity] / unit
        summed = values[row].sum()
        # Somebody in two organisations is shared between them.
        values[row] *= filled[row] / summed if summed else 0.0
    totals, errors, freedom = frame.totals(values)
    rows: list[tuple[object, ...]] = []
    for row, (cell, _) in enumerate(part):
        error, held = float(errors[row]), float(filled[row])
        # What was returned or filled is there: raked weights below one do not take it away.
        total = max(float(totals[row]), held)
        returned = sums.returned[cell][number] / unit if cell in sums.returned else 0.0
        found = describe(total, error, freedom) if freedom else None
        # Nor is the truth less than what was returned. Filling may move somebody to another cell.
        low = max(min(returned, total), found.low) if found else total
        high = max(found.high, low) if found else total
        rows.append((*cell, quantity, sums.source(cell, held, total), returned, held, total, error, low, high))
    return rows


def shown_estimates(specification: Specification, estimates: pa.Table, protected: pa.Table) -> pa.Table:
    """Return what may be published of estimates, beside cells that protection and audit have looked at.

    Rounded like the figures that they stand beside, hidden with them, marked by how far they can be trusted.
    """
    labels = [name for name in protected.column_names if name not in {"measure", "value", "status"}]
    found = dict(zip(_keys(estimates, [*labels, "quantity"]), estimates.to_pylist(), strict=True))
    shows = _shows(specification)
    at, where = labels.index("perspective"), labels.index("breakdown")
    rows = []
    for key, status in zip(_keys(protected, [*labels, "measure"]), protected["status"].to_pylist(), strict=True):
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
    found = dict(zip(_keys(estimates, [*labels, "quantity"]), estimates.to_pylist(), strict=True))
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
    filled = fill_records(connection, rule, sealed=sealed, period=period, seed=seed)
    frame = frame_of(sealed[period].frame, rule, filled.carried)
    table = estimates_of(connection, specification, filled=filled, frame=frame, predicates=predicates, cells=cells)
    return Estimates(specification, table), _how(rule, filled, frame)


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
