"""Rules for sums: a total must not tell one contributor what another gave.

Contributions are those of organisation groups, largest first, and never negative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

HUNDRED = 100


def p_percent_fails(
    total: NDArray[np.int64], largest: NDArray[np.int64], second: NDArray[np.int64], percent: int
) -> NDArray[np.bool_]:
    """Say where the second contributor could estimate the largest within `percent` of it.

    The second takes itself from the total; what is left beyond the largest is all the doubt it has. Sums of
    nano-units reach 10^18, so the comparison is made by dividing, in whole numbers, not by multiplying. A negative
    contribution (real returns hold corrections) only makes the rest smaller; a negative sum is never shown.
    """
    rest = total - largest - second
    limit = largest // HUNDRED * percent + (largest % HUNDRED) * percent // HUNDRED
    exact = (largest % HUNDRED) * percent % HUNDRED
    fails: NDArray[np.bool_] = (
        (total < 0) | (largest < 0) | (total > 0) & ((rest < limit) | ((rest == limit) & (exact > 0)))
    )
    return fails


def dominance_fails(
    contributions: Sequence[float], *, largest: int, percent: float, weights: Sequence[float] | None = None
) -> bool:
    """Say whether the `largest` greatest contributions exceed `percent` of the total.

    With sampling weights the contributions themselves stand against the weighted total: what a contributor gave
    is what a rival would work out, and the total is what is published.
    """
    values = np.asarray(contributions, dtype=np.float64)
    if (values < 0).any():
        raise ValueError("A contribution is negative; the rule does not apply.")
    total = float(values.sum() if weights is None else values @ np.asarray(weights, dtype=np.float64))
    return total > 0 and float(np.sort(values)[::-1][:largest].sum()) * HUNDRED > percent * total
