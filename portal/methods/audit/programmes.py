"""What propagation leaves open: linear programs, each of whose solutions vouches for every unknown.

A group is safe once a solution that fits everything published gives it nobody, or five people or more. The truth
itself is one solution, so only another is needed. One objective pushes all open groups at once; what no such push
moves is solved singly, least and largest. Blocks that share no free unknown are solved apart, with one thread and
a fixed seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np
from scipy import sparse

from portal.methods.audit.system import NEAR, AuditError, System
from portal.methods.audit.witnesses import WitnessBook, fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from portal.methods.audit.propagation import Bounds

LOOSE = 1.0e-5
"""A solver's answer within this of a whole number is that number."""

ROUNDS = 24

AIMED_ROUNDS = 6
"""So many pushes are aimed: all up, all down, then each group to the side where it came nearest; the rest are random."""

LARGE = 3_000
"""Beyond so many unknowns the interior point method is far quicker (3.5 s against minutes for 20,000). It needs no
corner of the polyhedron: any solution vouches."""


@dataclass(slots=True)
class Block:
    """Free unknowns that hang together, and the rows among them."""

    unknowns: NDArray[np.int64]
    rows: NDArray[np.int64]
    matrix: sparse.csr_array
    row_low: NDArray[np.float64]
    row_high: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    truth: NDArray[np.float64]
    whole_matrix: sparse.csr_array
    is_free: NDArray[np.bool_]


@dataclass(slots=True)
class Seen:
    """The least and largest value of each unknown in any solution, and how many programs it took."""

    least: NDArray[np.float64]
    largest: NDArray[np.float64]
    programmes: int = 0

    def safe(self, unknowns: NDArray[np.int64], largest_small: int) -> NDArray[np.bool_]:
        """Say which groups have been seen with nobody or with more than a few."""
        outside: NDArray[np.bool_] = (self.least[unknowns] <= LOOSE) | (
            self.largest[unknowns] >= largest_small + 1 - LOOSE
        )
        return outside


def blocks_of(system: System, bounds: Bounds) -> Iterator[Block]:
    """Yield the connected parts of what is still free."""
    is_free = bounds.high - bounds.low > NEAR
    free = np.flatnonzero(is_free)
    fixed_part = np.where(is_free, 0.0, bounds.low)
    matrix = system.matrix[:, free].tocsr()
    moved = system.matrix @ fixed_part
    kept = np.flatnonzero(np.diff(matrix.indptr) > 0)
    matrix = matrix[kept]
    row_low, row_high = (system.row_low - moved)[kept], (system.row_high - moved)[kept]
    links = (abs(matrix).T @ abs(matrix)).tocsr()
    count, label = sparse.csgraph.connected_components(links, directed=False)
    row_label = label[matrix.indices[matrix.indptr[:-1]]] if len(kept) else np.zeros(0, dtype=np.int64)
    column_order, row_order = np.argsort(label, kind="stable"), np.argsort(row_label, kind="stable")
    column_ends = np.searchsorted(label[column_order], np.arange(count + 1))
    row_ends = np.searchsorted(row_label[row_order], np.arange(count + 1))
    for number in range(count):
        columns = column_order[column_ends[number] : column_ends[number + 1]]
        rows = row_order[row_ends[number] : row_ends[number + 1]]
        unknowns = free[columns]
        yield Block(
            unknowns, kept[rows], matrix[rows][:, columns].tocsr(), row_low[rows], row_high[rows],
            bounds.low[unknowns], bounds.high[unknowns], system.truth[unknowns], system.matrix, is_free,
        )  # fmt: skip


class Solver:
    """One block in HiGHS; only the objective changes between runs, so that the simplex method starts where it last ended."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy ships it without types
        for name, value in (("output_flag", False), ("threads", 1), ("random_seed", 1), ("parallel", "off")):
            self.highs.setOptionValue(name, value)
        if len(block.unknowns) > LARGE:
            self.highs.setOptionValue("solver", "ipm")
            self.highs.setOptionValue("run_crossover", "off")
        model = highspy.HighsLp()
        size = len(block.unknowns)
        model.num_col_, model.num_row_ = size, block.matrix.shape[0]
        model.col_cost_ = np.zeros(size)
        model.col_lower_, model.col_upper_ = block.low, block.high
        model.row_lower_, model.row_upper_ = block.row_low, block.row_high
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = block.matrix.indptr.astype(np.int32)
        model.a_matrix_.index_ = block.matrix.indices.astype(np.int32)
        model.a_matrix_.value_ = block.matrix.data
        self.highs.passModel(model)

    def solve(self, costs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Minimise the costs and return the values of the block's unknowns."""
        size = len(costs)
        self.highs.changeColsCost(size, np.arange(size, dtype=np.int32), costs)
        self.highs.run()
        status = self.highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise AuditError(f"A linear program ended as {status}; the statements may contradict each other.")
        return np.array(self.highs.getSolution().col_value)

    def resting_on(self) -> NDArray[np.int64]:
        """Return the unknowns whose bounds hold up the last solution.

        They are the free ones whose dual value is not zero, and the known ones in rows whose dual value is not zero.
        """
        solution = self.highs.getSolution()
        free = self.block.unknowns[np.abs(np.array(solution.col_dual)) > NEAR]
        rows = self.block.rows[np.abs(np.array(solution.row_dual)) > NEAR]
        terms = self.block.whole_matrix[rows].indices
        known = terms[~self.block.is_free[terms]]
        resting: NDArray[np.int64] = np.unique(np.concatenate([free, known.astype(np.int64)]))
        return resting


def vouch(
    block: Block,
    seen: Seen,
    wanted: NDArray[np.bool_],
    largest_small: int,
    *,
    earlier: Sequence[NDArray[np.float64]] = (),
    book: WitnessBook | None = None,
) -> dict[int, tuple[float, float, frozenset[int]]]:
    """Return the wanted groups of a block that no solution saves: least, largest, and the unknowns this rests on.

    `earlier` are differences from the truth that fitted a publication before this one; `book` keeps those that fit.
    """
    book = book or WitnessBook(len(wanted))
    for difference in earlier:
        values = block.truth + difference[block.unknowns]
        if fits(block, values):
            _note(seen, block, values, book)
    inside = np.flatnonzero(wanted[block.unknowns])
    inside = inside[~seen.safe(block.unknowns[inside], largest_small)]
    if not len(inside):
        return {}
    solver = Solver(block)
    inside = _push_together(solver, block, seen, inside, largest_small, book)
    failures: dict[int, tuple[float, float, frozenset[int]]] = {}
    for place in inside.tolist():
        unknown = int(block.unknowns[place])
        if seen.safe(block.unknowns[[place]], largest_small)[0]:
            continue
        found = _singly(solver, block, seen, place, largest_small, book)
        if found is not None:
            failures[unknown] = found
    return failures


def _note(seen: Seen, block: Block, values: NDArray[np.float64], book: WitnessBook) -> None:
    seen.least[block.unknowns] = np.minimum(seen.least[block.unknowns], values)
    seen.largest[block.unknowns] = np.maximum(seen.largest[block.unknowns], values)
    book.add(block, values - block.truth)


def _push_together(
    solver: Solver,
    block: Block,
    seen: Seen,
    inside: NDArray[np.int64],
    largest_small: int,
    book: WitnessBook,
) -> NDArray[np.int64]:
    """Push all open groups up, down, where they came nearest, or at random; stop when a round saves few."""
    rng = np.random.Generator(np.random.PCG64(1))
    enough = largest_small + 1.0
    for turn in range(ROUNDS):
        if len(inside) <= 1:
            break
        costs = np.zeros(len(block.unknowns))
        costs[inside] = _signs(turn, seen, block.unknowns[inside], enough, rng)
        seen.programmes += 1
        _note(seen, block, solver.solve(costs), book)
        left = inside[~seen.safe(block.unknowns[inside], largest_small)]
        slow = turn >= AIMED_ROUNDS and len(left) > 0.9 * len(inside)  # a tenth
        inside = left
        if slow:
            break
    return inside


def _signs(
    turn: int, seen: Seen, unknowns: NDArray[np.int64], enough: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return -1 for the groups to be pushed up and 1 for those to be pushed down."""
    if turn < 2:  # noqa: PLR2004 - all up, then all down
        return np.full(len(unknowns), (-1.0, 1.0)[turn])
    if turn >= AIMED_ROUNDS:
        return rng.choice([-1.0, 1.0], len(unknowns))
    upwards = enough - seen.largest[unknowns] < seen.least[unknowns]
    nearest: NDArray[np.float64] = np.where(upwards, -1.0, 1.0)
    return nearest if turn % 2 == 0 else -nearest


def _singly(
    solver: Solver, block: Block, seen: Seen, place: int, largest_small: int, book: WitnessBook
) -> tuple[float, float, frozenset[int]] | None:
    costs = np.zeros(len(block.unknowns))
    extremes: list[float] = []
    resting: set[int] = set()
    for sign in (-1.0, 1.0):
        costs[place] = sign
        values = solver.solve(costs)
        resting.update(solver.resting_on().tolist())
        seen.programmes += 1
        _note(seen, block, values, book)
        extremes.append(float(values[place]))
        if seen.safe(block.unknowns[[place]], largest_small)[0]:
            return None
    largest, least = np.floor(extremes[0] + LOOSE), np.ceil(extremes[1] - LOOSE)
    return float(least), float(largest), frozenset(resting)
