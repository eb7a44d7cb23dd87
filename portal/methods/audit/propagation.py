"""Narrow every unknown by the rows it stands in, again and again, until nothing moves.

What this finds is truly given away; it may miss what only a linear program sees. One sweep looks at all rows at
once. Each improvement keeps the row it came from, so that a finding can be explained.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from portal.methods.audit.system import NEAR, AuditError, System

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_SWEEPS = 200


@dataclass(frozen=True, slots=True)
class Step:
    """The unknowns that one sweep improved on one side, and the row that did it."""

    unknowns: NDArray[np.int64]
    rows: NDArray[np.int64]
    is_low: bool
    sweep: int


@dataclass(slots=True)
class Bounds:
    """What can be known of each unknown, what was stated of it, and how the rest came to be known."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    stated_low: NDArray[np.float64]
    stated_high: NDArray[np.float64]
    steps: list[Step] = field(default_factory=list)


def propagate(
    system: System,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    moved: NDArray[np.int64] | None = None,
) -> Bounds:
    """Return the narrowest bounds that follow from one row at a time.

    `moved` are the only unknowns whose bounds have changed since an earlier propagation came to rest. A sweep looks
    at the rows of what has just moved; the others would offer what they offered before.
    """
    matrix = system.matrix
    row_of = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    bounds = Bounds(low.copy(), high.copy(), low, high)
    _whole(system, bounds)
    places = np.arange(matrix.nnz)
    if moved is not None:
        has_moved = np.zeros(len(low), dtype=bool)
        has_moved[moved] = True
        places = _places_of(matrix.indices, row_of, has_moved)
    for sweep in range(MOST_SWEEPS):
        if not len(places):
            break
        before = bounds.low.copy(), bounds.high.copy()
        _sweep(system, bounds, places, row_of[places], sweep)
        _whole(system, bounds)
        places = _places_of(matrix.indices, row_of, (bounds.low != before[0]) | (bounds.high != before[1]))
    return bounds


def _places_of(
    columns: NDArray[np.int32], row_of: NDArray[np.int64], has_moved: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the places of all terms in the rows where something has moved."""
    at = np.flatnonzero(has_moved[columns])
    if not len(at):
        return at
    wanted = np.zeros(int(row_of[-1]) + 1, dtype=bool)
    wanted[row_of[at]] = True
    return np.flatnonzero(wanted[row_of])


def _sweep(system: System, bounds: Bounds, places: NDArray[np.int64], rows: NDArray[np.int64], sweep: int) -> None:
    """Narrow the terms of whole rows once, all by what was known before the sweep."""
    columns, values = system.matrix.indices[places], system.matrix.data[places]
    positive = values > 0
    smallest = values * np.where(positive, bounds.low[columns], bounds.high[columns])
    largest = values * np.where(positive, bounds.high[columns], bounds.low[columns])
    starts = np.flatnonzero(np.append(True, np.diff(rows) != 0))
    lengths = np.diff(np.append(starts, len(rows)))
    least = np.repeat(np.add.reduceat(smallest, starts), lengths)
    most = np.repeat(np.add.reduceat(largest, starts), lengths)
    # what is left for one term when the others take their least or their most
    upper = system.row_high[rows] - (least - smallest)
    lower = system.row_low[rows] - (most - largest)
    new_high = np.where(positive, upper, lower) / values
    new_low = np.where(positive, lower, upper) / values
    _improve(bounds, columns, rows, new_low, is_low=True, sweep=sweep)
    _improve(bounds, columns, rows, new_high, is_low=False, sweep=sweep)


def _improve(
    bounds: Bounds,
    columns: NDArray[np.int32],
    row_of: NDArray[np.int64],
    offered: NDArray[np.float64],
    *,
    is_low: bool,
    sweep: int,
) -> None:
    """Take the best offer for each unknown where it is better than what is known."""
    current = bounds.low if is_low else bounds.high
    better = offered > current[columns] + NEAR if is_low else offered < current[columns] - NEAR
    places = np.flatnonzero(better)
    if not len(places):
        return
    order = np.lexsort((row_of[places], -offered[places] if is_low else offered[places], columns[places]))
    sorted_places = places[order]
    first = np.append(True, np.diff(columns[sorted_places]) != 0)
    best = sorted_places[first]
    current[columns[best]] = offered[best]
    bounds.steps.append(Step(columns[best].astype(np.int64), row_of[best].astype(np.int64), is_low, sweep))


def _whole(system: System, bounds: Bounds) -> None:
    """Round the bounds of whole numbers inwards."""
    whole = system.whole
    bounds.low[whole] = np.ceil(bounds.low[whole] - NEAR)
    bounds.high[whole] = np.floor(bounds.high[whole] + NEAR)
    if (bounds.low > bounds.high + NEAR).any():
        at = int(np.argmax(bounds.low - bounds.high))
        raise AuditError(f"The statements contradict each other at {system.names[at]}.")
