"""How much of a change is the definition, and how much is real.

Between two periods both the workforce and the definition may change. Four figures tell the two
apart: each period counted under each definition. There are two orders in which the changes can be
taken, definition first or time first, and they give different answers where the two interact. The
Shapley value is their mean: it treats both orders alike, leaves no residual, and gives a factor
that changes nothing a share of nothing. With two factors:

    definition = ½ [(before, new − before, old) + (after, new − after, old)]
    real       = ½ [(after, old − before, old) + (after, new − before, new)]

Where one of the mixed figures cannot be had (the earlier records do not hold what the new rule
asks for), the other gives a split in one order, and the result says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise

Number = int | Fraction
Coalition = frozenset[str]


@dataclass(frozen=True)
class ChangeSplit:
    """A change, exactly the sum of its two parts."""

    total: Fraction
    definition: Fraction
    real: Fraction
    #: "shapley", or which period alone told the definition's part: "after" or "before"
    method: str


def split_change(
    *,
    before_old: Number | None,
    before_new: Number | None,
    after_old: Number | None,
    after_new: Number | None,
) -> ChangeSplit | None:
    """Split the change from ``before_old`` to ``after_new`` into definition and real change.

    Take published figures, so that the split gives away no more than they do. None where the
    published change itself or both mixed figures are missing.
    """
    if before_old is None or after_new is None:
        return None
    start, end = Fraction(before_old), Fraction(after_new)
    effects = {}
    if before_new is not None:
        effects["before"] = Fraction(before_new) - start
    if after_old is not None:
        effects["after"] = end - Fraction(after_old)
    if not effects:
        return None
    definition = sum(effects.values(), Fraction(0)) / len(effects)
    method = "shapley" if len(effects) > 1 else next(iter(effects))
    total = end - start
    return ChangeSplit(total=total, definition=definition, real=total - definition, method=method)


def shapley(factors: Sequence[str], value: Callable[[Coalition], Number]) -> dict[str, Fraction]:
    """Return each factor's part of ``value(all) − value(none)``: its mean effect over every order.

    ``value`` is asked once for each set of factors taken at their new state.
    """
    if len(set(factors)) != len(factors):
        raise ValueError("A factor is named twice.")
    values = {coalition: Fraction(value(coalition)) for coalition in _coalitions(factors)}
    count = len(factors)
    parts = dict.fromkeys(factors, Fraction(0))
    for factor in factors:
        for coalition in _coalitions([name for name in factors if name != factor]):
            orders = math.factorial(len(coalition)) * math.factorial(count - len(coalition) - 1)
            effect = values[coalition | {factor}] - values[coalition]
            parts[factor] += Fraction(orders, math.factorial(count)) * effect
    return parts


def _coalitions(factors: Sequence[str]) -> Iterable[Coalition]:
    for size in range(len(factors) + 1):
        yield from (frozenset(names) for names in combinations(factors, size))


def split_series(
    periods: Sequence[str],
    figures: Mapping[tuple[str, str], Number],
    definitions: Mapping[str, str],
) -> list[tuple[str, str, ChangeSplit | None]]:
    """Split each step of a series: ``figures`` by (period, definition), the one in force by period.

    A step within one definition is all real. Steps are (period before, period after, split).
    """
    steps = []
    for before, after in pairwise(periods):
        old, new = definitions[before], definitions[after]
        steps.append(
            (
                before,
                after,
                split_change(
                    before_old=figures.get((before, old)),
                    before_new=figures.get((before, new)),
                    after_old=figures.get((after, old)),
                    after_new=figures.get((after, new)),
                ),
            ),
        )
    return steps
