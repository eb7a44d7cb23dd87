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


def propagate(system: System, low: NDArray[np.float64], high: NDArray[np.float64]) -> Bounds:
    """Return the narrowest bounds that follow from one row at a time."""
    matrix = system.matrix
    columns, values = matrix.indices, matrix.data
    lengths = np.diff(matrix.indptr)
    row_of = np.repeat(np.arange(matrix.shape[0]), lengths)
    starts = matrix.indptr[:-1][lengths > 0]
    filled = np.flatnonzero(lengths > 0)
    bounds = Bounds(low.copy(), high.copy(), low, high)
    _whole(system, bounds)
    positive = values > 0
    for sweep in range(MOST_SWEEPS):
        smallest = values * np.where(positive, bounds.low[columns], bounds.high[columns])
        largest = values * np.where(positive, bounds.high[columns], bounds.low[columns])
        least, most = np.zeros(matrix.shape[0]), np.zeros(matrix.shape[0])
        if len(starts):
            least[filled] = np.add.reduceat(smallest, starts)
            most[filled] = np.add.reduceat(largest, starts)
        # what is left for one term when the others take their least or their most
        upper = system.row_high[row_of] - (least[row_of] - smallest)
        lower = system.row_low[row_of] - (most[row_of] - largest)
        new_high = np.where(positive, upper, lower) / values
        new_low = np.where(positive, lower, upper) / values
        moved = _improve(bounds, columns, row_of, new_low, is_low=True, sweep=sweep)
        moved |= _improve(bounds, columns, row_of, new_high, is_low=False, sweep=sweep)
        _whole(system, bounds)
        if not moved:
            break
    return bounds


def _improve(
    bounds: Bounds,
    columns: NDArray[np.int32],
    row_of: NDArray[np.int64],
    offered: NDArray[np.float64],
    *,
    is_low: bool,
    sweep: int,
) -> bool:
    """Take the best offer for each unknown where it is better than what is known."""
    current = bounds.low if is_low else bounds.high
    better = offered > current[columns] + NEAR if is_low else offered < current[columns] - NEAR
    places = np.flatnonzero(better)
    if not len(places):
        return False
    order = np.lexsort((row_of[places], -offered[places] if is_low else offered[places], columns[places]))
    sorted_places = places[order]
    first = np.append(True, np.diff(columns[sorted_places]) != 0)
    best = sorted_places[first]
    current[columns[best]] = offered[best]
    bounds.steps.append(Step(columns[best].astype(np.int64), row_of[best].astype(np.int64), is_low, sweep))
    return True


def _whole(system: System, bounds: Bounds) -> None:
    """Round the bounds of whole numbers inwards."""
    whole = system.whole
    bounds.low[whole] = np.ceil(bounds.low[whole] - NEAR)
    bounds.high[whole] = np.floor(bounds.high[whole] + NEAR)
    if (bounds.low > bounds.high + NEAR).any():
        at = int(np.argmax(bounds.low - bounds.high))
        raise AuditError(f"The statements contradict each other at {system.names[at]}.")
