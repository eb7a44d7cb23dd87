"""The methods that a measure of a specification may name.

What is counted goes through protection and audit. What is derived is worked from published values,
so that it says nothing that they do not. What is estimated stands beside what was returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from portal.methods import draw_audit, rates

if TYPE_CHECKING:
    from collections.abc import Callable

HUNDRED, PER = 100.0, 10_000
#: Method to what protection and audit call the quantity.
COUNTED: dict[str, str] = {"distinct_workers": "headcount", "count": "headcount", "posts": "posts", "fte_sum": "fte"}


@dataclass(frozen=True)
class Derived:
    """How many published values a rate takes, and the rate; None where it cannot be had."""

    takes: int
    work: Callable[..., float | None]


def _percent(value: float | None) -> float | None:
    return None if value is None else HUNDRED * value


def _opening(joiners: float | None, leavers: float | None, closing: float | None) -> float | None:
    """Return who was there at the start: those at the end, less who came, and who left."""
    if joiners is None or leavers is None or closing is None:
        return None
    return closing - joiners + leavers


def _of_chance(end: int, expected: float | None, variance: float | None) -> float | None:
    if expected is None or variance is None:
        return None
    return draw_audit.limits_of_chance(expected, variance)[end]


DERIVED: dict[str, Derived] = {
    "share": Derived(2, lambda part, whole: _percent(rates.share(part, whole))),
    "ratio": Derived(2, partial(rates.ratio, per=1)),
    "vacancy_rate": Derived(2, lambda vacancies, posts: _percent(rates.vacancy_rate(vacancies, posts))),
    # Joiners, leavers and staff at the end: the opening number follows from them.
    "joiner_rate": Derived(
        3,
        lambda joiners, left, closing: _percent(rates.joiner_rate(joiners, _opening(joiners, left, closing), closing)),
    ),
    "leaver_rate": Derived(
        3, lambda joiners, left, closing: _percent(rates.leaver_rate(left, _opening(joiners, left, closing), closing))
    ),
    "stability_index": Derived(2, lambda stayers, opening: _percent(rates.stability_index(stayers, opening))),
    # Expected number and variance of draws: between which numbers 95 of 100 would lie.
    "chance_low": Derived(2, partial(_of_chance, 0)),
    "chance_high": Derived(2, partial(_of_chance, 1)),
    "per_10000": Derived(2, partial(rates.ratio, per=PER)),
}
#: Measures of inequality over the groups of a level (see gradients); the adjusted ones within areas, pooled.
ADJUSTED = frozenset({"adjusted_ratio", "adjusted_ratio_low", "adjusted_ratio_high"})
#: Each group against the reference of its kind: of "sex-female" and "sex-male", the one that the measure names.
REFERRED = frozenset({"reference_ratio", "reference_ratio_low", "reference_ratio_high"})
ACROSS = ADJUSTED | REFERRED | {
    "rate_ratio", "rate_ratio_low", "rate_ratio_high", "slope_index", "relative_index", "concentration_index",
    "wagstaff_index", "erreygers_index", "hoover_index", "funnel_low", "funnel_high",
}  # fmt: skip
#: Taken from the records of the cell, shown where the number of the records is and ten or more have a value.
MEDIAN = "median"
#: Method to the part of the estimate that it shows.
ESTIMATED: dict[str, str] = {"estimate": "estimate", "estimate_low": "low", "estimate_high": "high"}
