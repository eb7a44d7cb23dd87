"""Perturbation tables: what is added to a count, looked up by the count and by its cell key.

The cell key is the sum of the record keys of the distinct people in a cell, modulo the number of keys, so the
same group of people gets the same change wherever it is shown. Counts above the table's end use its last rows
again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

KEYS = 256
LAST_ROW = 750
REPEATED_ROWS = 250


class PTableError(ValueError):
    """A perturbation table that would leave cells without protection, or with a wrong one."""


@dataclass(frozen=True, slots=True)
class PTable:
    """Changes by row (the count) and column (the cell key); the last `repeated` rows serve larger counts."""

    changes: NDArray[np.int64]
    repeated: int = REPEATED_ROWS

    def __post_init__(self) -> None:
        """Refuse a table that could make a count negative or has no rows to repeat."""
        rows, keys = self.changes.shape
        if keys < 1 or not 1 <= self.repeated < rows:
            raise PTableError(f"A table of {rows} rows and {keys} keys cannot repeat its last {self.repeated} rows.")
        if (self.changes + np.arange(rows)[:, None] < 0).any():
            raise PTableError("The table would make a count negative.")

    @property
    def keys(self) -> int:
        """The number of cell keys."""
        return int(self.changes.shape[1])

    @property
    def largest_change(self) -> int:
        """The largest change of a count that is not removed altogether."""
        counts = np.arange(len(self.changes))[:, None]
        kept = self.changes[self.changes + counts > 0]
        return int(np.abs(kept).max(initial=0))

    def look_up(self, counts: NDArray[np.int64], cell_keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the change of each count."""
        if ((cell_keys < 0) | (cell_keys >= self.keys)).any():
            raise PTableError(f"A cell key lies outside 0 to {self.keys - 1}: take sums modulo {self.keys}.")
        if (counts < 0).any():
            raise PTableError("A count is negative.")
        last = len(self.changes) - 1
        wrapped = (counts - 1) % self.repeated + last - self.repeated + 1
        return self.changes[np.where(counts <= last, counts, wrapped), cell_keys]

    @classmethod
    def ten_five(cls, threshold: int = 10, base: int = 5) -> Self:
        """Return the threshold and rounding rule as a table: it does not depend on the key."""
        rows = LAST_ROW + 1
        if REPEATED_ROWS % base:
            raise PTableError(f"Rounding to {base} does not repeat every {REPEATED_ROWS} counts.")
        counts = np.arange(rows)
        rounded = (2 * counts + base) // (2 * base) * base
        change = np.where(counts < threshold, 0, rounded) - counts
        return cls(np.repeat(change[:, None], KEYS, axis=1).astype(np.int64))

    @classmethod
    def from_rows(
        cls, rows: Iterable[tuple[int, int, int]], *, keys: int = KEYS, repeated: int = REPEATED_ROWS
    ) -> Self:
        """Read rows of count, cell key and change. Every pair must be there once: a gap would protect nothing."""
        table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)
        if not len(table):
            raise PTableError("The table has no rows.")
        counts = np.unique(table[:, 0])
        first, last = int(counts[0]), int(counts[-1])
        if first not in {0, 1} or len(counts) != last - first + 1:
            raise PTableError(
                f"The counts must run from 0 or 1 to the last without a gap; found {len(counts)} of them."
            )
        expected = np.stack(np.meshgrid(counts, np.arange(keys), indexing="ij"), axis=-1).reshape(-1, 2)
        if table.shape[0] != expected.shape[0] or (table[:, :2] != expected).any():
            raise PTableError(
                f"{expected.shape[0]} pairs of count and key are needed, each once, with keys 0 to {keys - 1}; "
                f"the table has {table.shape[0]} rows."
            )
        changes = table[:, 2].reshape(len(counts), keys)
        if first == 1:  # a table without a row for nobody leaves nobody as it is
            changes = np.vstack([np.zeros((1, keys), dtype=np.int64), changes])
        return cls(changes, min(repeated, last))

    @classmethod
    def noise(cls, variance: float, maximum: int, seed: int, *, keys: int = KEYS) -> Self:
        """Make a table of unbiased, bounded noise; zero stays zero and no count falls below zero.

        Each row holds a distribution over the changes -maximum to +maximum with mean zero and, as far as the row
        allows, the variance asked for: the one with the largest entropy, so that nothing else is assumed. The
        shares are turned into whole numbers of keys whose sum is exactly zero, in an order drawn from the seed.
        """
        if not 0 < variance <= maximum**2 or maximum < 1:
            raise PTableError(f"Noise of variance {variance} does not fit within {maximum}.")
        rng = np.random.Generator(np.random.PCG64(seed))
        rows = [np.zeros(keys, dtype=np.int64)]
        steady: NDArray[np.int64] | None = None
        for count in range(1, LAST_ROW + 1):
            if count <= maximum or steady is None:
                steps = np.arange(-min(count, maximum), maximum + 1)
                steady = _whole_keys(steps, _largest_entropy(steps, variance), keys)
            rows.append(rng.permutation(steady))
        return cls(np.array(rows))


def _largest_entropy(steps: NDArray[np.int64], variance: float) -> NDArray[np.float64]:
    """Return weights exp(a·step + b·step²) with mean zero and the variance, by bisection on both numbers."""
    low, high = -60.0, 60.0
    weights = np.ones(len(steps))
    for _ in range(80):
        curve = (low + high) / 2
        weights = _centred(steps, curve)
        if float((weights * steps**2).sum()) > variance:
            high = curve
        else:
            low = curve
    return weights


def _centred(steps: NDArray[np.int64], curve: float) -> NDArray[np.float64]:
    low, high = -400.0, 400.0
    weights = np.ones(len(steps)) / len(steps)
    for _ in range(80):
        tilt = (low + high) / 2
        powers = tilt * steps + curve * steps**2
        weights = np.exp(powers - powers.max())
        weights /= weights.sum()
        if float((weights * steps).sum()) > 0:
            high = tilt
        else:
            low = tilt
    return weights


def _whole_keys(steps: NDArray[np.int64], weights: NDArray[np.float64], keys: int) -> NDArray[np.int64]:
    """Return `keys` changes in the shares of the weights whose sum is exactly zero."""
    shares = weights * keys
    numbers = np.floor(shares).astype(np.int64)
    for place in np.argsort(numbers - shares, kind="stable")[: keys - int(numbers.sum())]:
        numbers[place] += 1
    zero = int(np.flatnonzero(steps == 0)[0])
    while surplus := int((numbers * steps).sum()):
        step = int(np.sign(surplus))
        source = int(np.flatnonzero((steps * step > 0) & (numbers > 0))[0])
        numbers[source] -= 1
        if abs(surplus) >= abs(int(steps[source])):
            numbers[zero] += 1
        else:
            numbers[int(np.flatnonzero(steps == steps[source] - surplus)[0])] += 1
    return np.repeat(steps, numbers)
