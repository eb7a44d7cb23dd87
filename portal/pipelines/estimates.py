"""Figures that make up for the organisations that did not answer, with their uncertainty.

The frame is everybody who was asked. Strata are joined by a written order until enough answered
in each; an organisation that answered stands for others of its stratum in the measure of its
declared size, or of numbers where a size is not known. Every figure is of the returned records,
weighted: a person in two organisations is shared between them, so that a frame that answered
completely gives exactly the returned figure.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from portal.methods.audit.facts import NOTHING_SAID
from portal.methods.estimation import EstimationError, collapse_strata
from portal.methods.measures import compute_cells
from portal.methods.uncertainty import RatioDesign, describe, ratio_totals
from portal.pipelines.derived import ESTIMATED
from portal.pipelines.figures import CONFIDENTIAL, breakdown_columns
from portal.pipelines.observations import ESTIMATED as SOURCE
from portal.pipelines.observations import NOT_AVAILABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb
    from numpy.typing import NDArray

    from portal.pipelines.specification import Estimation, Specification

NANO = 1e9
NUMBERS = {"headcount": "people", "posts": "posts", "fte": "fte_nano"}
CELLS_AT_ONCE = 500
GOOD, UNRELIABLE = "e", "u"


@dataclass(frozen=True)
class Frame:
    """Everybody who was asked, and the design of those who answered."""

    answered: dict[str, int]
    design: RatioDesign

    @property
    def stretch(self) -> tuple[float, float]:
        """The smallest and largest weight: an estimate lies between these many times the returned figure."""
        weights = self.design.weights
        return float(weights.min()), float(weights.max())


def frame_of(path: Path, rule: Estimation) -> Frame:
    """Read a sealed frame and join its strata until enough answered in each."""
    table = pq.read_table(path).to_pylist()
    sizes = {row["organisation_key"]: float(row["weight_count"]) for row in table if row["quantity"] == "staff_asked"}
    answered = {row["organisation_key"] for row in table if row["quantity"] == "answered"}
    strata = {
        row["organisation_key"]: tuple(row[name] for name in rule.strata) for row in table if row["quantity"] == "asked"
    }
    respondents = dict.fromkeys(strata.values(), 0)
    for key in answered:
        respondents[strata[key]] += 1
    order = [rule.strata.index(name) for name in rule.collapse]
    target = collapse_strata(respondents, order=order, minimum=rule.minimum)
    return _frame(sorted(answered), {key: "|".join(target[stratum]) for key, stratum in strata.items()}, sizes)


def _frame(answered: list[str], strata: Mapping[str, str], sizes: Mapping[str, float]) -> Frame:
    members: dict[str, list[str]] = defaultdict(list)
    for key, stratum in strata.items():
        members[stratum].append(key)
    # One organisation without a size, and the whole stratum goes by numbers.
    sized = {stratum for stratum, keys in members.items() if all(sizes.get(key, 0) > 0 for key in keys)}
    size_of = {key: sizes[key] if stratum in sized else 1.0 for key, stratum in strata.items()}
    return Frame(
        {key: place for place, key in enumerate(answered)},
        RatioDesign(
            np.array([size_of[key] for key in answered]),
            [strata[key] for key in answered],
            {stratum: sum(size_of[key] for key in sorted(keys)) for stratum, keys in members.items()},
            {stratum: len(keys) for stratum, keys in members.items()},
        ),
    )


def estimates_of(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    *,
    snapshot: Path,
    frame: Frame,
    predicates: Mapping[str, str],
    cells: pa.Table,
) -> pa.Table:
    """Return estimate, standard error and limits of every cell and quantity that an estimate is asked of; unprotected."""
    wanted = {specification.measure(measure.of[0]).quantity: None for measure in specification.estimates()}
    breakdowns = breakdown_columns(specification)
    given = compute_cells(
        connection,
        f"read_parquet('{snapshot}')",
        breakdowns=[(*columns, "organisation_key") for columns in breakdowns],
        perspectives=predicates,
        contributors=False,
    )
    labels = [name for name in given.column_names if name not in {*NUMBERS.values(), "cell_key", "organisation_key"}]
    of_cell = _by_cell(given, labels, frame)
    whole = dict(zip(_keys(cells, labels), cells.select(list(NUMBERS.values())).to_pylist(), strict=True))
    rows = []
    for start in range(0, len(of_cell), CELLS_AT_ONCE):
        part = list(of_cell.items())[start : start + CELLS_AT_ONCE]
        for quantity in wanted:
            rows += _estimated(part, quantity, frame, whole)
    names = [*labels, "quantity", "returned", "estimate", "standard_error", "low", "high"]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table(
        {
            name: pa.array(list(column), pa.string() if place <= len(labels) else pa.float64())
            for place, (name, column) in enumerate(zip(names, columns, strict=True))
        }
    )


Given = list[tuple[int, dict[str, float]]]


def _keys(table: pa.Table, labels: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(table[name].to_pylist() for name in labels), strict=True))


def _by_cell(given: pa.Table, labels: Sequence[str], frame: Frame) -> dict[tuple[str, ...], Given]:
    """Return what each organisation gave to each cell."""
    at = labels.index("breakdown")
    keys = given["organisation_key"].to_pylist()
    if strangers := set(keys) - frame.answered.keys():
        raise EstimationError(
            f"{len(strangers):,} organisations have records and are not in the frame as having answered: their returns "
            "were stored under another key or form of pseudonyms. docs/runbooks/keys.md says what to do."
        )
    numbers = [given[name].to_pylist() for name in NUMBERS.values()]
    found: dict[tuple[str, ...], Given] = defaultdict(list)
    for cell, key, *values in zip(_keys(given, labels), keys, *numbers, strict=True):
        name = (*cell[:at], cell[at].removesuffix("organisation_key").removesuffix(","), *cell[at + 1 :])
        found[name].append((frame.answered[key], dict(zip(NUMBERS, map(float, values), strict=True))))
    return dict(sorted(found.items()))


def _estimated(
    part: list[tuple[tuple[str, ...], Given]],
    quantity: str,
    frame: Frame,
    whole: Mapping[tuple[str, ...], Mapping[str, int]],
) -> list[tuple[object, ...]]:
    unit = NANO if quantity == "fte" else 1.0
    values: NDArray[np.float64] = np.zeros((len(part), len(frame.answered)))
    returned = np.zeros(len(part))
    for row, (cell, given) in enumerate(part):
        for place, numbers in given:
            values[row, place] = numbers[quantity] / unit
        returned[row] = whole[cell][NUMBERS[quantity]] / unit
        summed = values[row].sum()
        # Somebody in two organisations is shared between them.
        values[row] *= returned[row] / summed if summed else 0.0
    totals, errors, freedom = ratio_totals(values, frame.design)
    rows: list[tuple[object, ...]] = []
    for row, (cell, _) in enumerate(part):
        total, error = float(totals[row]), float(errors[row])
        found = describe(total, error, freedom) if freedom else None
        # What was returned is there: the truth cannot be less.
        low = max(float(returned[row]), found.low) if found else total
        high = found.high if found else total
        rows.append((*cell, quantity, float(returned[row]), total, error, low, max(high, low)))
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
            rows.append((*key[:at], perspective, *key[at + 1 : -1], name, *figure, SOURCE))
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


def facts_of_estimates(
    specification: Specification, estimates: pa.Table, protected: pa.Table, frame: Frame
) -> pa.Table | None:
    """Return what shown estimates say of returned figures, for a reader who knew every weight's bounds.

    An estimate is the returned figure stretched by weights between the smallest and the largest;
    the lower limit is never below the returned figure. No reader knows the weights, so this gives
    the audit more than any reader has.
    """
    least, largest = frame.stretch
    shown = shown_estimates(specification, estimates, protected)
    half = specification.estimation.base / 2
    labels = [name for name in shown.column_names if name not in {"measure", "value", "status", "source"}]
    rows = []
    for row in shown.to_pylist():
        measure = specification.measure(row["measure"])
        if row["value"] is None or measure.method == "estimate_high":
            continue
        counted = specification.measure(measure.of[0])
        low = (row["value"] - half) / largest if measure.method == "estimate" else 0.0
        high = (row["value"] + half) / (least if measure.method == "estimate" else 1.0)
        cell = [row[name] for name in labels]
        cell[labels.index("perspective")] = specification.population_of(row["perspective"], counted)
        rows.append((*cell, counted.quantity, low, high, "Estimates in this release", f"{row['value']:g}"))
    if not rows:
        return None
    names = [*labels, "measure", *NOTHING_SAID]
    return pa.table(
        {
            name: pa.array(list(column), pa.float64() if name in {"low", "high"} else pa.string())
            for name, column in zip(names, zip(*rows, strict=True), strict=True)
        }
    )


@dataclass(frozen=True)
class Estimates:
    """The estimates of one period and the frame that they were made with."""

    specification: Specification
    table: pa.Table
    frame: Frame

    def facts(self, protected: pa.Table) -> pa.Table | None:
        """Return what they say beside protected cells as these stand."""
        return facts_of_estimates(self.specification, self.table, protected, self.frame)

    def shown(self, protected: pa.Table) -> pa.Table:
        """Return what is published of them beside audited cells."""
        return shown_estimates(self.specification, self.table, protected)
