"""Parts of a block that are looked at alone, because a small program costs far less than a large one.

Hold everything but one table at its true number: what still fits then fits as it is, so a part can save a group and
never condemn it. Leave out every row that is far from a group: what the other rows prove is proved, so the
neighbourhood can condemn a group and never save it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

STEPS = 2
"""A row is one step from another that speaks of the same unknown."""

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from portal.methods.audit.programmes import Block


def part_of(block: Block, free: NDArray[np.bool_], rows: NDArray[np.int64] | None = None) -> Block:
    """Return a block of its own: the free unknowns, the others held at the truth, and the given rows among them.

    Without rows, all that speak of a free unknown.
    """
    matrix = block.matrix[:, np.flatnonzero(free)].tocsr()
    if rows is None:
        rows = np.flatnonzero(np.diff(matrix.indptr) > 0)
    held = (block.matrix @ np.where(free, 0.0, block.truth))[rows]
    return type(block)(
        block.unknowns[free], block.rows[rows], matrix[rows], block.row_low[rows] - held, block.row_high[rows] - held,
        block.low[free], block.high[free], block.truth[free], block.whole_matrix, block.is_free,
    )  # fmt: skip


def rows_near(block: Block, place: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the rows within some steps of a group, and which unknowns they speak of."""
    matrix, by_unknown = block.matrix, block.matrix.T.tocsr()
    rows = _indices(by_unknown, np.array([place]))
    for _ in range(STEPS):
        rows = _indices(by_unknown, _indices(matrix, rows))
    columns = np.zeros(len(block.unknowns), dtype=bool)
    columns[_indices(matrix, rows)] = True
    return rows, columns


def _indices(matrix: sparse.csr_array, lines: NDArray[np.int64]) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.unique(matrix[lines].indices.astype(np.int64))
    return found
