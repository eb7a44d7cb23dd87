"""How fairly places are shared: rates and their ratios, gradients over deprivation, concentration, outliers.

Groups run from the most deprived (1) to the least. Each formula is written as published by the public-health
offices of England, and each has a case with known digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CONFIDENCE_95 = 1.959963984540054
CONTROL_2 = 1.96
CONTROL_3 = 3.09


class EquityError(ValueError):
    """Numbers that the formula has no meaning for."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95% interval."""

    estimate: float
    low: float
    high: float


def rate(events: float, population: float, per: float = 10_000) -> float:
    """Return events per so many people."""
    if population <= 0:
        raise EquityError("A rate needs a population.")
    return events / population * per


def rate_ratio(events: float, population: float, reference_events: float, reference_population: float) -> Interval:
    """Return the ratio of two rates with its interval on the log scale.

    SE(ln RR) = sqrt(1/x1 - 1/n1 + 1/x2 - 1/n2): each person can have one event, so somebody with two places must be
    counted once.
    """
    if min(events, reference_events) <= 0 or events > population or reference_events > reference_population:
        raise EquityError("Each group needs at least one event and no more events than people.")
    estimate = (events / population) / (reference_events / reference_population)
    error = sqrt(1 / events - 1 / population + 1 / reference_events - 1 / reference_population)
    return Interval(estimate, estimate * exp(-CONFIDENCE_95 * error), estimate * exp(CONFIDENCE_95 * error))


def mantel_haenszel(strata: Sequence[tuple[float, float, float, float]]) -> Interval:
    """Return the rate ratio adjusted for strata such as areas, each (events, people, reference events, people).

    Separates "few places near poor areas" from "poor applicants turned down". The variance is that of Greenland and
    Robins (1985); strata without anybody on one side say nothing and fall out.
    """
    upper = lower = variance = 0.0
    for events, people, reference_events, reference_people in strata:
        total = people + reference_people
        if not people or not reference_people:
            continue
        upper += events * reference_people / total
        lower += reference_events * people / total
        both = events + reference_events
        variance += (both * people * reference_people - events * reference_events * total) / total**2
    if not upper or not lower:
        raise EquityError("No stratum has events on both sides.")
    estimate, error = upper / lower, sqrt(variance / (upper * lower))
    return Interval(estimate, estimate * exp(-CONFIDENCE_95 * error), estimate * exp(CONFIDENCE_95 * error))


def _ranks(population: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle of each group's share of the population, from the most deprived (0) to the least (1)."""
    shares = population / population.sum()
    return np.asarray(np.cumsum(shares) - shares / 2)


def _groups(events: Sequence[float], population: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts, people = np.asarray(events, dtype=np.float64), np.asarray(population, dtype=np.float64)
    if counts.shape != people.shape or len(counts) < 2 or (people <= 0).any() or (counts < 0).any():  # noqa: PLR2004 - a gradient needs two groups
        raise EquityError("Give events and people for at least two groups, and people in each.")
    if not counts.sum():
        raise EquityError("Nobody has an event; there is no gradient.")
    return counts, people


def slope_index(events: Sequence[float], population: Sequence[float], per: float = 10_000) -> float:
    """Return the slope index of inequality: the fitted gap in the rate between the least and the most deprived.

    Least squares of the groups' rates on their ranks, weighted by people.
    """
    counts, people = _groups(events, population)
    ranks, rates = _ranks(people), counts / people * per
    centred = ranks - np.average(ranks, weights=people)
    return float((people * centred * rates).sum() / (people * centred**2).sum())


def relative_index(events: Sequence[float], population: Sequence[float]) -> float:
    """Return the slope index divided by the overall rate (others divide the two ends of the line)."""
    counts, people = _groups(events, population)
    return slope_index(events, population, per=1.0) / float(counts.sum() / people.sum())


def concentration_index(events: Sequence[float], population: Sequence[float]) -> float:
    """Return C = (2/mean) x sum of (share x rate x rank) - 1; above zero, more goes to the less deprived."""
    counts, people = _groups(events, population)
    shares, rates = people / people.sum(), counts / people
    mean = float((shares * rates).sum())
    return 2 / mean * float((shares * rates * _ranks(people)).sum()) - 1


def wagstaff_index(events: Sequence[float], population: Sequence[float]) -> float:
    """Return C / (1 - mean): the concentration index within its bounds for an outcome of yes or no."""
    counts, people = _groups(events, population)
    mean = float(counts.sum() / people.sum())
    if mean >= 1:
        raise EquityError("The index is for an outcome that not everybody has.")
    return concentration_index(events, population) / (1 - mean)


def erreygers_index(events: Sequence[float], population: Sequence[float]) -> float:
    """Return 4 x mean x C."""
    counts, people = _groups(events, population)
    return 4 * float(counts.sum() / people.sum()) * concentration_index(events, population)


def hoover_index(events: Sequence[float], population: Sequence[float]) -> float:
    """Return the share of places that would have to move for each area to have its share of people."""
    counts, people = _groups(events, population)
    return float(np.abs(counts / counts.sum() - people / people.sum()).sum() / 2)


def funnel_limits(overall: float, population: float, deviations: float = CONTROL_2) -> tuple[float, float]:
    """Return control limits around an overall proportion for an area of this size, within 0 and 1."""
    if not 0 <= overall <= 1 or population <= 0:
        raise EquityError("The overall value is a proportion and the area has people.")
    spread = deviations * sqrt(overall * (1 - overall) / population)
    return max(0.0, overall - spread), min(1.0, overall + spread)
