"""What propagation leaves open: linear programs, each of whose solutions vouches for every unknown.

A group is safe once a solution that fits everything published gives it nobody, or five people or more. The truth
itself is one solution, so only another is needed. One objective pushes all open groups at once; what no such push
moves is solved singly, least and largest. Blocks that share no free unknown are solved apart, with one thread and
a fixed seed. Of a large block its parts are pushed first, everything else held at the truth (`parts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np
from scipy import sparse

from portal.methods.audit.parts import part_of, rows_near
from portal.methods.audit.system import NEAR, AuditError, System
from portal.methods.audit.witnesses import WitnessBook, fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from portal.methods.audit.propagation import Bounds

LOOSE = 1.0e-5
"""A solver's answer within this of a whole number is that number."""

ROUNDS = 24

AIMED_ROUNDS = 6
"""So many pushes are aimed: all down, all up, then each group to the side where it came nearest; the rest are random."""

NEAREST = 2
"""From this push on, each group is pushed to the side where it came nearest, every second time to the other."""

WEIGHTS = (0.5, 1.5)
"""Groups are pushed with weights drawn at random. With equal ones the interior point method, which stays away from
corners, leaves many groups half way between nobody and five: of a block of 26,000 unknowns 7 pushes then leave 37
groups, where 3 leave 7."""

LARGE = 3_000
"""Beyond so many unknowns the interior point method is far quicker (3.5 s against minutes for 20,000). It needs no
corner of the polyhedron: any solution vouches."""

FEW = 10
"""Of so many that are left in a large block, those that the rows near them give away need no push of the block."""

LARGE_PART = 300
"""A part only vouches, so that the corner is needed still less."""

ROUGH = 1.0e-5
"""A push need not be the best there is: stopping at this gap takes two thirds of the time. Each solution is checked."""


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

    def __init__(self, block: Block, large: int = LARGE) -> None:
        self.block = block
        self.interior = len(block.unknowns) > large
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy ships it without types
        for name, value in (("output_flag", False), ("threads", 1), ("random_seed", 1), ("parallel", "off")):
            self.highs.setOptionValue(name, value)
        if self.interior:
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

    def push(self, costs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a solution that fits and lowers the costs far, though perhaps not as far as can be."""
        if self.interior:
            self.highs.setOptionValue("ipm_optimality_tolerance", ROUGH)
            values = self._run(costs)
            self.highs.setOptionValue("ipm_optimality_tolerance", NEAR * 0.01)
            if fits(self.block, values):
                return values
        return self.solve(costs)

    def solve(self, costs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Minimise the costs and return the values of the block's unknowns."""
        values = self._run(costs)
        status = self.highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise AuditError(f"A linear program ended as {status}; the statements may contradict each other.")
        return values

    def _run(self, costs: NDArray[np.float64]) -> NDArray[np.float64]:
        size = len(costs)
        self.highs.changeColsCost(size, np.arange(size, dtype=np.int32), costs)
        self.highs.run()
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


@dataclass(slots=True)
class Vouching:
    """What one block is looked at with: what has been seen of it, and what was known before."""

    block: Block
    seen: Seen
    largest_small: int
    book: WitnessBook

    def unsaved(self, inside: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those places in the block that no solution has saved yet."""
        return inside[~self.seen.safe(self.block.unknowns[inside], self.largest_small)]

    def note(self, values: NDArray[np.float64]) -> None:
        """Let a solution vouch; one that does not fit says nothing."""
        block, seen = self.block, self.seen
        if not fits(block, values):
            return
        seen.least[block.unknowns] = np.minimum(seen.least[block.unknowns], values)
        seen.largest[block.unknowns] = np.maximum(seen.largest[block.unknowns], values)
        self.book.add(block, values - block.truth)


def vouch(
    block: Block,
    seen: Seen,
    wanted: NDArray[np.bool_],
    largest_small: int,
    *,
    parts: Sequence[NDArray[np.int64]] = (),
    earlier: Sequence[NDArray[np.float64]] = (),
    book: WitnessBook | None = None,
) -> dict[int, tuple[float, float, frozenset[int]]]:
    """Return the wanted groups of a block that no solution saves: least, largest, and the unknowns this rests on.

    `earlier` are differences from the truth that fitted a publication before this one; `book` keeps those that fit.
    `parts` are unknowns that are tried alone first, where the block is large.
    """
    looking = Vouching(block, seen, largest_small, book or WitnessBook(len(wanted)))
    for difference in earlier:
        looking.note(block.truth + difference[block.unknowns])
    inside = looking.unsaved(np.flatnonzero(wanted[block.unknowns]))
    if len(block.unknowns) > LARGE:
        for part in parts:
            _try_part(looking, part, inside)
            inside = looking.unsaved(inside)
    if not len(inside):
        return {}
    solver, everything = Solver(block), np.arange(len(block.unknowns))
    failures: dict[int, tuple[float, float, frozenset[int]]] = {}
    first = 0
    if len(block.unknowns) > LARGE:
        first = NEAREST
        inside = _push_together(looking, solver, inside, everything, looking.note, enough=FEW)
        failures = _given_away_nearby(looking, inside)
        inside = inside[~np.isin(block.unknowns[inside], list(failures))]
    inside = _push_together(looking, solver, inside, everything, looking.note, first=first)
    for place in inside.tolist():
        if len(looking.unsaved(np.array([place]))):
            found = _extremes(looking, solver, place, looking.note)
            if found is not None:
                failures[int(block.unknowns[place])] = found
    return failures


def _try_part(looking: Vouching, part: NDArray[np.int64], inside: NDArray[np.int64]) -> None:
    """Push the groups of one part while everything else stays as it is."""
    block = looking.block
    free = np.isin(block.unknowns, part, assume_unique=True)
    if not free[inside].any():
        return
    columns = np.flatnonzero(free)

    def note(values: NDArray[np.float64]) -> None:
        whole = block.truth.copy()
        whole[columns] = values
        looking.note(whole)

    solver = Solver(part_of(block, free), LARGE_PART)
    _push_together(looking, solver, inside[free[inside]], columns, note)


def _push_together(
    looking: Vouching,
    solver: Solver,
    inside: NDArray[np.int64],
    columns: NDArray[np.int64],
    note: Callable[[NDArray[np.float64]], None],
    *,
    first: int = 0,
    enough: int = 0,
) -> NDArray[np.int64]:
    """Push all open groups down, up, where they came nearest, or at random; stop when a round saves few.

    `columns` are the places in the block of the solver's unknowns; it may be `enough` that so many are left.
    """
    rng = np.random.Generator(np.random.PCG64(1 + first))
    is_part = len(columns) < len(looking.block.unknowns)
    for turn in range(first, AIMED_ROUNDS if is_part else ROUNDS):
        if len(inside) <= enough:
            break
        costs = np.zeros(len(looking.block.unknowns))
        costs[inside] = _signs(turn, looking, inside, rng) * rng.uniform(*WEIGHTS, len(inside))
        looking.seen.programmes += 1
        note(solver.push(costs[columns]))
        left = looking.unsaved(inside)
        few = len(left) > 0.9 * len(inside)
        slow = few and turn >= (1 if is_part else AIMED_ROUNDS) and len(left) > 0
        inside = left
        if slow:
            break
    return inside


def _signs(turn: int, looking: Vouching, inside: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return -1 for the groups to be pushed up and 1 for those to be pushed down.

    Whose bounds leave one way is always pushed that way: the other could not save it, and would use up the room
    that its neighbours need.
    """
    block, most = looking.block, looking.largest_small
    turned = _turned(turn, looking, inside, rng)
    only_up, only_down = block.low[inside] > NEAR, block.high[inside] < most + 1 - NEAR
    signs: NDArray[np.float64] = np.where(only_up, -1.0, np.where(only_down, 1.0, turned))
    return signs


def _turned(turn: int, looking: Vouching, inside: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the signs of this turn for groups that can move both ways."""
    if turn < NEAREST:
        return np.full(len(inside), (1.0, -1.0)[turn])
    if turn >= AIMED_ROUNDS:
        return rng.choice([-1.0, 1.0], len(inside))
    unknowns, seen = looking.block.unknowns[inside], looking.seen
    upwards = looking.largest_small + 1.0 - seen.largest[unknowns] < seen.least[unknowns]
    nearest: NDArray[np.float64] = np.where(upwards, -1.0, 1.0)
    return nearest if turn % 2 == 0 else -nearest


def _given_away_nearby(looking: Vouching, inside: NDArray[np.int64]) -> dict[int, tuple[float, float, frozenset[int]]]:
    """Return the groups that the rows near them give away: what these prove alone is proved."""
    block = looking.block
    failures = {}
    for place in inside.tolist():
        rows, columns = rows_near(block, place)
        near = Solver(part_of(block, columns, rows))
        found = _extremes(looking, near, int(np.flatnonzero(np.flatnonzero(columns) == place)[0]), None)
        if found is not None and found[0] >= 1 and found[1] <= looking.largest_small:
            failures[int(block.unknowns[place])] = found
    return failures


def _extremes(
    looking: Vouching, solver: Solver, place: int, note: Callable[[NDArray[np.float64]], None] | None
) -> tuple[float, float, frozenset[int]] | None:
    costs = np.zeros(len(solver.block.unknowns))
    extremes: list[float] = []
    resting: set[int] = set()
    for sign in (-1.0, 1.0):
        costs[place] = sign
        values = solver.solve(costs)
        resting.update(solver.resting_on().tolist())
        looking.seen.programmes += 1
        extremes.append(float(values[place]))
        if note is not None:
            note(values)
            if looking.seen.safe(solver.block.unknowns[[place]], looking.largest_small)[0]:
                return None
    largest, least = np.floor(extremes[0] + LOOSE), np.ceil(extremes[1] - LOOSE)
    return float(least), float(largest), frozenset(resting)
