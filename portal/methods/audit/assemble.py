"""Build the system of a publication from the atoms of its cells and its facts.

Rows of the system: a perspective is its part inside another plus the rest; a cell is the sum of the cells of a
finer table. People with posts in two of those cells make the sum larger than the whole: the excess is taken as
known, which gives the reader more than any reader has. But somebody with a post of one perspective here and one of
another there is in both in the whole and in neither cell: where that happens, only whole perspectives add up.

Groups of the same records are one unknown, and a group of no records is nobody: that they are the same, or empty, is
taken as known as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from portal.methods.audit.facts import FTE, PEOPLE, POSTS, QUANTITIES
from portal.methods.audit.groups import Kinds, kinds_of
from portal.methods.audit.hierarchies import Coarser, Hierarchies, coarser_columns, is_coarser, read_codes
from portal.methods.audit.system import NEAR, PLENTY, AuditError, Fact, System
from portal.methods.measures import TOTAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

NANO = 1e9
NOT_DIMENSIONS = {
    "breakdown", "members", "people", "posts", "fte_nano", "record_hash",
    "perspective", "measure", "low", "high", "where", "shown",
}  # fmt: skip


@dataclass(slots=True)
class Grid:
    """Cells of all breakdowns: codes by dimension (0 is the total), and the numbers of every kind in them."""

    breakdowns: list[tuple[str, ...]]
    dimensions: list[str]
    codes: list[list[str]]
    cell_breakdown: NDArray[np.int64]
    cell_codes: NDArray[np.int64]
    numbers: dict[str, NDArray[np.float64]]
    hashes: NDArray[np.uint64]
    atom_cells: NDArray[np.int64]
    fact_cells: NDArray[np.int64]
    coarser: Coarser = field(default_factory=dict)

    def name(self, cell: int) -> str:
        """Return a cell in words: its codes, or 'total'."""
        used = [
            self.codes[at][code]
            for at, code in enumerate(self.cell_codes[cell].tolist())
            if self.codes[at][code] != TOTAL
        ]
        return ", ".join(used) or "total"


def assemble(
    atoms: pa.Table, facts: pa.Table, perspectives: Sequence[str], hierarchies: Hierarchies | None = None
) -> tuple[System, Grid, Kinds, NDArray[np.int64]]:
    """Return the system, its cells and kinds, and the unknown of every cell and kind (-1 where there is none)."""
    kinds = kinds_of(perspectives, sorted(set(_memberships(atoms))))
    grid = _grid(atoms, facts, kinds)
    grid.coarser = coarser_columns(hierarchies or {}, grid.dimensions, grid.codes)
    bits = {name: at for at, name in enumerate(perspectives)}
    try:
        fact_kinds = np.array(
            [kinds.of_perspective[bits[name]] for name in facts.column("perspective").to_pylist()], dtype=np.int64
        )
    except KeyError as error:
        raise AuditError(f"A fact speaks of the perspective {error.args[0]}, which the audit was not given.") from None
    unknowns, first = _number(grid, kinds, fact_kinds)
    measures = [name for name in QUANTITIES if name == PEOPLE or name in set(facts.column("measure").to_pylist())]
    system = _system(grid, kinds, unknowns, first, measures, facts, fact_kinds)
    system.check()
    return system, grid, kinds, unknowns


def _grid(atoms: pa.Table, facts: pa.Table, kinds: Kinds) -> Grid:
    dimensions = [name for name in atoms.column_names if name not in NOT_DIMENSIONS]
    stray = [name for name in facts.column_names if name not in {*NOT_DIMENSIONS, *dimensions}]
    if stray:
        raise AuditError(f"Facts use {', '.join(stray)}, of which the audit has seen no records.")
    tables = (atoms, facts)
    labels, breakdown = _encode([_texts(table, "breakdown") for table in tables], first=None)
    codes, columns = [], [breakdown]
    for name in dimensions:
        texts = [_texts(table, name) for table in tables]
        values, numbers = _encode(texts, first=TOTAL)
        codes.append(values)
        columns.append(numbers)
    keys = np.stack(columns, axis=1)
    cells, where = np.unique(keys, axis=0, return_inverse=True)
    where = where.reshape(-1)
    atom_cells, fact_cells = where[: atoms.num_rows], where[atoms.num_rows :]
    grid = Grid(
        [tuple(label.split(",")) if label else () for label in labels],
        dimensions, codes, cells[:, 0], cells[:, 1:], {},
        np.zeros((len(cells), len(kinds.sets)), dtype=np.uint64), atom_cells, fact_cells,
    )  # fmt: skip
    _fill(grid, atoms, kinds)
    return grid


def _texts(table: pa.Table, name: str) -> list[str]:
    return table.column(name).to_pylist() if name in table.column_names else [TOTAL] * table.num_rows


def _encode(texts: list[list[str]], *, first: str | None) -> tuple[list[str], NDArray[np.int64]]:
    values = sorted({text for part in texts for text in part} - {first})
    values = values if first is None else [first, *values]
    place = {text: at for at, text in enumerate(values)}
    return values, np.array([place[text] for part in texts for text in part], dtype=np.int64)


def _memberships(atoms: pa.Table) -> list[int]:
    """Return the membership of every row as one number, bit i for the i-th perspective: there may be any number."""
    texts = atoms.column("members").to_pylist()
    numbers = {text: int(text[::-1], 2) for text in set(texts)}
    return [numbers[text] for text in texts]


def _fill(grid: Grid, atoms: pa.Table, kinds: Kinds) -> None:
    """Add the atoms of each cell up to its kinds; record hashes add up as well, modulo 2^64."""
    place = {atom: at for at, atom in enumerate(kinds.atoms)}
    members = np.array([place[atom] for atom in _memberships(atoms)], dtype=np.int64)
    hashes = np.array([int(text, 16) for text in atoms.column("record_hash").to_pylist()], dtype=np.uint64)
    columns = {
        PEOPLE: atoms.column("people").to_numpy().astype(np.float64),
        POSTS: atoms.column("posts").to_numpy().astype(np.float64),
        FTE: atoms.column("fte_nano").to_numpy().astype(np.float64) / NANO,
    }
    shape = grid.hashes.shape
    grid.numbers = {name: np.zeros(shape) for name in columns}
    for kind, held in enumerate(kinds.sets):
        inside = np.isin(members, [place[atom] for atom in held])
        np.add.at(grid.hashes[:, kind], grid.atom_cells[inside], hashes[inside])
        for name, column in columns.items():
            np.add.at(grid.numbers[name][:, kind], grid.atom_cells[inside], column[inside])


def _number(grid: Grid, kinds: Kinds, fact_kinds: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give one number to groups with the same records, and one of its own to each empty group that is spoken of.

    A corrected record may keep its key: groups with other sums are other groups whatever their hash.
    """
    filled = (grid.hashes != 0) | (grid.numbers[PEOPLE] != 0)
    unknowns = np.full(filled.shape, -1, dtype=np.int64)
    at = np.flatnonzero(filled.reshape(-1))
    sums = [np.rint(grid.numbers[name].reshape(-1)[at] * NANO).astype(np.int64).view(np.uint64) for name in QUANTITIES]
    keys = np.stack([grid.hashes.reshape(-1)[at], *sums], axis=1)
    _, first, same = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    unknowns.reshape(-1)[at] = same.reshape(-1)
    owners = at[first]
    spoken = np.unique(grid.fact_cells * len(kinds.sets) + fact_kinds)
    empty = spoken[unknowns.reshape(-1)[spoken] < 0]
    unknowns.reshape(-1)[empty] = len(owners) + np.arange(len(empty))
    return unknowns, np.concatenate([owners, empty])


class _Rows:
    """Terms of rows as they are found; rows that say nothing fall away at the end."""

    def __init__(self) -> None:
        self.rows: list[NDArray[np.int64]] = []
        self.columns: list[NDArray[np.int64]] = []
        self.values: list[NDArray[np.float64]] = []
        self.of_people: list[NDArray[np.bool_]] = []
        self.count = 0

    def add(self, rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        present = columns >= 0
        self.rows.append(rows[present] + self.count)
        self.columns.append(columns[present])
        self.values.append(values[present])

    def end(self, of_people: NDArray[np.bool_]) -> None:
        """Close a batch of rows, and say which of them hold for people and not only for their posts."""
        self.of_people.append(of_people)
        self.count += len(of_people)

    def matrix(self, width: int) -> tuple[sparse.csr_array, NDArray[np.bool_]]:
        """Return the rows that say something, and which of them hold for people."""
        if not self.values:
            return sparse.csr_array((0, width)), np.zeros(0, dtype=bool)
        parts = (np.concatenate(self.values), (np.concatenate(self.rows), np.concatenate(self.columns)))
        matrix = sparse.csr_array(sparse.coo_array(parts, shape=(self.count, width), dtype=np.float64))
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        says = np.diff(matrix.indptr) > 0
        return matrix[says], np.concatenate(self.of_people)[says]


def _structure(grid: Grid, kinds: Kinds, unknowns: NDArray[np.int64]) -> _Rows:
    """Rows that hold for posts and FTE, before the known excess of people in several cells."""
    rows = _Rows()
    cells = np.arange(len(unknowns))
    for terms in kinds.rows:
        for kind, sign in terms:
            rows.add(cells, unknowns[:, kind], np.full(len(cells), sign))
        rows.end(np.ones(len(cells), dtype=bool))
    _add_rollups(rows, grid, kinds, unknowns)
    return rows


def _add_rollups(rows: _Rows, grid: Grid, kinds: Kinds, unknowns: NDArray[np.int64]) -> None:
    """Add the rows of cells that are sums of the cells of a finer table."""
    for parent, child in _rollups(grid):
        of_parent, place = _parents(grid, parent, child)
        inside = np.flatnonzero(place >= 0)
        children = np.flatnonzero(grid.cell_breakdown == child)[inside]
        excess = grid.numbers[PEOPLE][of_parent]
        np.subtract.at(excess, place[inside], grid.numbers[PEOPLE][children])
        nobody_is_in_two = (excess == 0).all(axis=1)
        for kind in range(len(kinds.sets)):
            parts = unknowns[children, kind]
            # A group of which no part is placed below it (its finer code is not known) is no sum that a reader knows.
            is_sum = np.isin(np.arange(len(of_parent)), place[inside][parts >= 0])
            rows.add(
                np.arange(len(of_parent)), np.where(is_sum, unknowns[of_parent, kind], -1), np.ones(len(of_parent))
            )
            rows.add(place[inside], parts, np.full(len(inside), -1.0))
            rows.end(nobody_is_in_two | kinds.add_up[kind])


def _rollups(grid: Grid) -> list[tuple[int, int]]:
    """Pairs of breakdowns where the first is the nearest coarser one of the second."""
    pairs = []
    for child, fine in enumerate(grid.breakdowns):
        coarser = [place for place, names in enumerate(grid.breakdowns) if is_coarser(names, fine, grid.coarser)]
        nearest = [
            place
            for place in coarser
            if not any(is_coarser(grid.breakdowns[place], grid.breakdowns[other], grid.coarser) for other in coarser)
        ]
        pairs += [(place, child) for place in nearest]
    return pairs


def _parents(grid: Grid, parent: int, child: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the parent's cells and, for each cell of the child, the place of its parent among them."""
    of_parent = np.flatnonzero(grid.cell_breakdown == parent)
    of_child = np.flatnonzero(grid.cell_breakdown == child)
    wanted = grid.breakdowns[parent]
    used = [grid.dimensions.index(name) for name in wanted]
    keys = {tuple(codes): at for at, codes in enumerate(grid.cell_codes[of_parent][:, used].tolist())}
    columns = [
        read_codes(name, grid.breakdowns[child], grid.dimensions, grid.cell_codes[of_child], grid.coarser)
        for name in wanted
    ]
    rows = np.stack(columns, axis=1).tolist() if columns else [[]] * len(of_child)
    return of_parent, np.array([keys.get(tuple(codes), -1) for codes in rows], dtype=np.int64)


def _system(
    grid: Grid,
    kinds: Kinds,
    unknowns: NDArray[np.int64],
    first: NDArray[np.int64],
    measures: list[str],
    facts: pa.Table,
    fact_kinds: NDArray[np.int64],
) -> System:
    width = len(first)
    structure, of_people = _structure(grid, kinds, unknowns).matrix(width)
    structures = [structure[of_people] if name == PEOPLE else structure for name in measures]
    # a correction may leave a cell below nothing; the reader takes it as nothing, and so do the sums
    truths = [np.maximum(grid.numbers[name].reshape(-1)[first], 0.0) for name in measures]
    blocks, lows, highs = [], [], []
    for rows, truth in zip(structures, truths, strict=True):
        excess = np.round(rows @ truth, 9)
        lows.append(excess)
        highs.append(excess)
    blocks = [sparse.block_diag(structures, format="csr")]
    for smaller, larger in ((FTE, PEOPLE), (PEOPLE, POSTS)):
        if smaller in measures and larger in measures:
            a, b = measures.index(smaller), measures.index(larger)
            holds = np.flatnonzero(truths[a] <= truths[b] + NEAR)
            blocks.append(_at_most(holds, a, b, width, len(measures)))
            lows.append(np.zeros(len(holds)))
            highs.append(np.full(len(holds), PLENTY))
    names = [f"{kinds.names[at % len(kinds.names)]}: {grid.name(at // len(kinds.names))}" for at in first.tolist()]
    return System(
        [f"{name} ({measure})" for measure in measures for name in names],
        np.concatenate(truths),
        np.repeat([name != FTE for name in measures], width),
        np.repeat([name == PEOPLE for name in measures], width),
        np.full(width * len(measures), PLENTY),
        sparse.csr_array(sparse.vstack(blocks, format="csr")),
        np.concatenate(lows),
        np.concatenate(highs),
        _read_facts(grid, unknowns, truths[0], measures, facts, fact_kinds),
        _parts(grid, unknowns, width, len(measures)),
    )


def _parts(grid: Grid, unknowns: NDArray[np.int64], width: int, measures: int) -> list[NDArray[np.int64]]:
    """Return the unknowns of each table, in all its kinds and measures."""
    parts = []
    for breakdown in range(len(grid.breakdowns)):
        inside = np.unique(unknowns[grid.cell_breakdown == breakdown])
        inside = inside[inside >= 0]
        parts.append(np.concatenate([inside + at * width for at in range(measures)]))
    return parts


def _at_most(holds: NDArray[np.int64], a: int, b: int, width: int, measures: int) -> sparse.csr_array:
    rows = np.tile(np.arange(len(holds)), 2)
    columns = np.concatenate([holds + b * width, holds + a * width])
    values = np.repeat([1.0, -1.0], len(holds))
    return sparse.csr_array(sparse.coo_array((values, (rows, columns)), shape=(len(holds), width * measures)))


def _read_facts(
    grid: Grid,
    unknowns: NDArray[np.int64],
    people: NDArray[np.float64],
    measures: list[str],
    facts: pa.Table,
    fact_kinds: NDArray[np.int64],
) -> list[Fact]:
    width = len(people)
    offsets = {name: at * width for at, name in enumerate(measures)}
    places = unknowns[grid.fact_cells, fact_kinds]
    columns = [facts.column(name).to_pylist() for name in ("measure", "low", "high", "where", "shown")]
    return [
        Fact(offsets[measure] + int(place), low, high, where, shown, max(1.0, float(people[place])))
        for place, measure, low, high, where, shown in zip(places.tolist(), *columns, strict=True)
    ]
