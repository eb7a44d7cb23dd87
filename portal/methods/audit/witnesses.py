"""Solutions of an earlier audit, looked at again before any program is solved.

A solution that fits everything published saves a group for as long as it fits. It is kept as the difference from
the truth, by the names of the unknowns, so that it can be tried on a publication with other facts, or other
records: a part of the system that nobody touched is saved at once, and a part that was touched is solved again.
Trying costs one multiplication; nothing is taken on trust.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from portal.methods.audit.system import NEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from portal.methods.audit.programmes import Block
    from portal.methods.audit.system import System

MOST = 240
"""So many solutions are kept; later ones saved ever fewer groups."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Differences from the truth, one row for each solution, and the names of the unknowns."""

    names: Sequence[str] = ()
    differences: tuple[NDArray[np.float64], ...] = ()

    def read_for(self, system: System) -> tuple[NDArray[np.float64], ...]:
        """Return the differences in the order of another system's unknowns; nought where a name is new."""
        if not self.differences:
            return ()
        if list(self.names) == list(system.names):
            return self.differences
        place = {name: at for at, name in enumerate(self.names)}
        found = np.array([place.get(name, -1) for name in system.names], dtype=np.int64)
        return tuple(np.where(found >= 0, difference[found], 0.0) for difference in self.differences)


@dataclass(slots=True)
class WitnessBook:
    """The solutions that fitted in this audit, block by block, to be kept for the next."""

    size: int
    kept: list[NDArray[np.float64]] = field(default_factory=list)
    turn_of: dict[bytes, int] = field(default_factory=dict)

    def add(self, block: Block, difference: NDArray[np.float64]) -> None:
        """Keep a block's solution; solutions of different blocks share a row."""
        key = block.unknowns[:1].tobytes()
        turn = self.turn_of.get(key, 0)
        if turn >= MOST:
            return
        if turn == len(self.kept):
            self.kept.append(np.zeros(self.size))
        self.kept[turn][block.unknowns] = difference
        self.turn_of[key] = turn + 1


def fits(block: Block, values: NDArray[np.float64]) -> bool:
    """Say whether values satisfy every bound and row of a block; what is no number does not."""
    if not ((values >= block.low - NEAR) & (values <= block.high + NEAR)).all():
        return False
    sums = block.matrix @ values
    return bool(((sums >= block.row_low - NEAR) & (sums <= block.row_high + NEAR)).all())
