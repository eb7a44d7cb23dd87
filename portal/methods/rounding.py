"""Controlled rounding: every cell and every margin of a small table to a neighbouring multiple, and still adding up.

One choice for each inner cell (down or up) and for each margin, one equation for each margin, the least total
distance: a mixed-integer program. Multiples of the base stay as they are.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import highspy
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CELLS = 1_000


class RoundingError(ValueError):
    """The table cannot be rounded so that it adds up."""


def controlled_rounding(table: NDArray[np.int64], base: int = 5, *, seconds: float = 60.0) -> NDArray[np.int64]:
    """Return the inner table, rounded; its margins are then sums of the rounded cells.

    The distance that is least is the sum over inner cells and margins of what each was moved.
    """
    cells = np.asarray(table, dtype=np.int64)
    if cells.size > MOST_CELLS or (cells < 0).any() or base < 1:
        raise RoundingError(f"Up to {MOST_CELLS} cells, none negative, and a base of at least 1.")
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy ships it without types
    for name, value in (("output_flag", False), ("threads", 1), ("random_seed", 1), ("mip_rel_gap", 0.0)):
        solver.setOptionValue(name, value)
    solver.setOptionValue("time_limit", seconds)
    numbers = np.arange(cells.size).reshape(cells.shape)
    for count in cells.reshape(-1).tolist():
        _add_choice(solver, count, base)
    for axes in _margins(cells.ndim):
        sums = np.atleast_1d(cells.sum(axis=axes))
        members = np.moveaxis(numbers, axes, range(-len(axes), 0)).reshape(*sums.shape, -1)
        for place in np.ndindex(sums.shape):
            _add_margin(solver, int(sums[place]), members[place], cells.reshape(-1), base)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RoundingError("No rounding was found in which every margin stays next to its number.")
    up = np.round(np.array(solver.getSolution().col_value)[: cells.size]).astype(np.int64).reshape(cells.shape)
    rounded: NDArray[np.int64] = (cells // base + up) * base
    return rounded


def rounding_distance(table: NDArray[np.int64], rounded: NDArray[np.int64]) -> int:
    """Return how far all cells and margins were moved."""
    before, after = np.asarray(table), np.asarray(rounded)
    moved = int(np.abs(after - before).sum())
    return moved + sum(
        int(np.abs(np.asarray(after.sum(axis=axes) - before.sum(axis=axes))).sum()) for axes in _margins(before.ndim)
    )


def _margins(dimensions: int) -> list[tuple[int, ...]]:
    """Return every non-empty set of axes to add over."""
    return [
        tuple(axis for axis, chosen in enumerate(choice) if chosen)
        for choice in product((False, True), repeat=dimensions)
        if any(choice)
    ]


def _add_choice(solver: highspy.Highs, count: int, base: int) -> int:
    """Add one down-or-up variable with its distance as cost, and return its number."""
    remainder = count % base
    number = int(solver.getNumCol())
    solver.addVar(0.0, 1.0 if remainder else 0.0)
    solver.changeColCost(number, float(base - 2 * remainder))
    solver.changeColIntegrality(number, highspy.HighsVarType.kInteger)
    return number


def _add_margin(
    solver: highspy.Highs, total: int, members: NDArray[np.int64], cells: NDArray[np.int64], base: int
) -> None:
    margin = _add_choice(solver, total, base)
    columns = np.append(members, margin).astype(np.int32)
    values = np.append(np.ones(len(members)), -1.0)
    difference = float(total // base - int((cells[members] // base).sum()))
    solver.addRow(difference, difference, len(columns), columns, values)
