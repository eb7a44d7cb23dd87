"""How far an estimate may be off: stratified jackknife, rescaled bootstrap, intervals and quality marks.

Both methods work on a matrix of replicate weights, one row a replicate; a statistic takes such a matrix and returns
one number a row, so the same statistic serves the estimate and its error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]

QUALITY_MARKS = ((0.05, "precise"), (0.10, "reasonably precise"), (0.20, "acceptable"))
UNRELIABLE = "unreliable"
RAKED_WITHIN = 1e-10


class UncertaintyError(ValueError):
    """A design without a measurable error."""


@dataclass(frozen=True, slots=True)
class Uncertain:
    """An estimate with its standard error, 95% interval, coefficient of variation and mark."""

    estimate: float
    standard_error: float
    low: float
    high: float
    variation: float | None
    mark: str


def total_of(values: NDArray[np.float64]) -> Statistic:
    """Return the statistic 'weighted total'."""
    return lambda weights: np.asarray(weights @ values)


def ratio_of(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> Statistic:
    """Return the statistic 'ratio of two weighted totals'."""
    return lambda weights: np.asarray((weights @ numerator) / (weights @ denominator))


def separate_ratio_total(
    values: NDArray[np.float64], sizes: NDArray[np.float64], strata: Sequence[str], frame_sizes: Mapping[str, float]
) -> Statistic:
    """Return the statistic 'sum over strata of frame size times reported per size'."""
    names = np.asarray(strata)
    parts = [(names == name, frame_sizes[str(name)]) for name in np.unique(names)]

    def statistic(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        whole = np.zeros(len(weights))
        for inside, size in parts:
            whole += size * (weights[:, inside] @ values[inside]) / (weights[:, inside] @ sizes[inside])
        return whole

    return statistic


def jackknife(
    statistic: Statistic,
    weights: NDArray[np.float64],
    strata: Sequence[str],
    frame_numbers: Mapping[str, int] | None = None,
) -> Uncertain:
    """Leave out one organisation at a time, the rest of its stratum standing in for it.

    The squares are taken around the full estimate; with `frame_numbers` the part of a stratum that answered has no
    error left.
    """
    names = np.asarray(strata)
    weights = np.asarray(weights, dtype=np.float64)
    replicates = np.repeat(weights[None, :], len(weights), axis=0)
    scales = np.zeros(len(weights))
    for name in np.unique(names):
        inside = np.flatnonzero(names == name)
        number = len(inside)
        if number < 2:  # noqa: PLR2004 - one respondent shows no spread
            raise UncertaintyError(f"Stratum {name} has one respondent; join it to another.")
        replicates[np.ix_(inside, inside)] *= number / (number - 1)
        replicates[inside, inside] = 0.0
        rest = 1.0 if frame_numbers is None else 1 - number / frame_numbers[str(name)]
        scales[inside] = rest * (number - 1) / number
    estimate = float(statistic(weights[None, :])[0])
    variance = float((scales * (statistic(replicates) - estimate) ** 2).sum())
    return describe(estimate, float(np.sqrt(variance)), len(weights) - len(np.unique(names)))


@dataclass(frozen=True, slots=True)
class RatioDesign:
    """Which units answered: their sizes and strata, and the number and total size of each stratum of the frame."""

    sizes: NDArray[np.float64]
    strata: Sequence[str]
    frame_sizes: Mapping[str, float]
    frame_numbers: Mapping[str, int]

    @property
    def weights(self) -> NDArray[np.float64]:
        """How many times its own size each unit stands for: the same within a stratum."""
        names = np.asarray(self.strata)
        weights = np.ones(len(names))
        for name in np.unique(names):
            inside = names == name
            weights[inside] = self.frame_sizes[str(name)] / self.sizes[inside].sum()
        return weights


def ratio_totals(
    values: NDArray[np.float64], design: RatioDesign
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Return total and standard error of each row of `values` (rows are figures, columns are units), and the freedom.

    The same as `jackknife` of `separate_ratio_total` for each row, all rows at once.
    """
    names = np.asarray(design.strata)
    totals, variances = np.zeros(len(values)), np.zeros(len(values))
    freedom = 0
    for name in np.unique(names):
        inside = np.flatnonzero(names == name)
        number, whole = len(inside), design.frame_sizes[str(name)]
        held, sizes = values[:, inside], design.sizes[inside]
        sums, size = held.sum(axis=1), float(sizes.sum())
        totals += whole * sums / size
        rest = 1 - number / design.frame_numbers[str(name)]
        if not rest:
            continue
        if number < 2:  # noqa: PLR2004 - one respondent shows no spread
            raise UncertaintyError(f"Stratum {name} has one respondent; join it to another.")
        freedom += number - 1
        without = whole * ((sums[:, None] - held) / (size - sizes)[None, :]) - (whole * sums / size)[:, None]
        variances += rest * (number - 1) / number * (without**2).sum(axis=1)
    return totals, np.sqrt(variances), freedom


def errors_with_put(
    totals: NDArray[np.float64], returned_totals: NDArray[np.float64], returned_errors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the standard errors of totals in which something stands for organisations that did not answer.

    Nothing in a last return or a donor's answer shows how good it is, so it is not taken for an answer: the error is
    that of the estimate from those who answered alone, and how far the two estimates lie apart.
    """
    return np.asarray(np.hypot(returned_errors, totals - returned_totals))


def variance_of_filled(filled: NDArray[np.float64], answered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the variance of counts of which so many people are there by an answer that was filled, and so many by their own.

    Of m people counted by a filled answer and r by their own: m is the variance of what the missing answers were, m
    that of the donors' answers, and m² / r that of the share that donors are drawn by. As for a rare answer, which is
    the largest that it can be.
    """
    return filled * (2 + filled / np.maximum(answered, 1))


Margin = tuple[Sequence[str], Mapping[str, float]]
"""The category of each unit that answered, and the size of each category in the whole frame."""


@dataclass(frozen=True, slots=True)
class RakedDesign:
    """The weights of a ratio design, raked until they meet every margin, and those of every replicate.

    A stratum that answered completely stands for itself alone, with weights of one. Every replicate of the
    jackknife is raked again, so that what raking takes out of the error is taken out of it here as well. Raking
    gives up the sizes of the strata for those of the margins; name the strata as a margin to keep both.
    """

    weights: NDArray[np.float64]
    replicates: NDArray[np.float64]
    scales: NDArray[np.float64]
    freedom: int
    rounds: int

    @classmethod
    def of(cls, design: RatioDesign, margins: Sequence[Margin], *, most_rounds: int = 1_000) -> RakedDesign:
        """Rake the weights of a design; refuse margins that contradict each other."""
        names = np.asarray(design.strata)
        number = {str(name): int((names == name).sum()) for name in np.unique(names)}
        free = np.array([number[name] < design.frame_numbers[name] for name in design.strata], dtype=bool)
        if not free.any():
            return cls(np.ones(len(names)), np.ones((0, len(names))), np.zeros(0), 0, 0)
        if any(number[str(name)] < 2 for name in np.unique(names[free])):  # noqa: PLR2004 - one respondent shows no spread
            raise UncertaintyError("A stratum has one respondent; join it to another.")
        sizes = design.sizes
        whole = sum(design.frame_sizes.values())
        wanted = [_within(margin, whole, sizes, free) for margin in margins]
        places = np.flatnonzero(free).tolist()
        start = np.where(free, design.weights, 1.0) * sizes
        every = np.repeat(start[None, :], len(places) + 1, axis=0)
        # The last row is the full sample; in the others the rest of a stratum has the size of the unit that is out.
        for row, place in enumerate(places):
            inside = names == names[place]
            every[row, inside] *= sizes[inside].sum() / (sizes[inside].sum() - sizes[place])
            every[row, place] = 0.0
        every[:, free], rounds = _raked_rows(every[:, free], wanted, most_rounds)
        counts = np.array([number[design.strata[place]] for place in places])
        frame = np.array([design.frame_numbers[design.strata[place]] for place in places])
        weights = every / sizes
        freedom = len(places) - len(np.unique(names[free]))
        return cls(weights[-1], weights[:-1], (1 - counts / frame) * (counts - 1) / counts, freedom, rounds)

    def totals(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
        """Return total and standard error of each row of `values` (rows are figures, columns are units), and the freedom."""
        totals = values @ self.weights
        off = values @ self.replicates.T - totals[:, None]
        return totals, np.sqrt((off**2 * self.scales).sum(axis=1)), self.freedom


def _within(
    margin: Margin, whole: float, sizes: NDArray[np.float64], free: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return which category each unit is in that stands for others, and what those have to add up to."""
    codes, totals = margin
    given = np.asarray(codes)
    names = np.unique(given[free])
    rest = np.array([totals[str(name)] - sizes[~free & (given == name)].sum() for name in names])
    if (rest <= 0).any() or not np.isclose(rest.sum(), whole - sizes[~free].sum()):
        raise UncertaintyError("Every category of a margin needs respondents that stand for the rest of it.")
    return (given[free][:, None] == names[None, :]).astype(np.float64), rest


def _raked_rows(
    rows: NDArray[np.float64], margins: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]], most_rounds: int
) -> tuple[NDArray[np.float64], int]:
    for round_number in range(1, most_rounds + 1):
        worst = 0.0
        for inside, wanted in margins:
            sums = rows @ inside
            if (sums <= 0).any():
                raise UncertaintyError("A category of a margin has one respondent; join it to another.")
            worst = max(worst, float(np.abs(sums / wanted - 1).max()))
            rows = rows * ((wanted / sums) @ inside.T)
        if worst < RAKED_WITHIN:
            return rows, round_number
    raise UncertaintyError("Raking did not settle: the margins contradict each other.")


def rescaled_bootstrap(
    statistic: Statistic,
    weights: NDArray[np.float64],
    strata: Sequence[str],
    *,
    seed: int,
    replicates: int = 1_000,
    frame_numbers: Mapping[str, int] | None = None,
) -> Uncertain:
    """Draw n - 1 of each stratum's n organisations with replacement, and rescale (Rao and Wu).

    With `frame_numbers` the replicates are drawn towards the full weights by the square root of the part that did
    not answer, which gives the same correction as for the jackknife.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    names = np.asarray(strata)
    weights = np.asarray(weights, dtype=np.float64)
    factors = np.ones((replicates, len(weights)))
    for name in np.unique(names):
        inside = np.flatnonzero(names == name)
        number = len(inside)
        if number < 2:  # noqa: PLR2004 - one respondent shows no spread
            raise UncertaintyError(f"Stratum {name} has one respondent; join it to another.")
        drawn = rng.multinomial(number - 1, np.full(number, 1 / number), size=replicates)
        rest = 1.0 if frame_numbers is None else 1 - number / frame_numbers[str(name)]
        factors[:, inside] = 1 + np.sqrt(rest) * (drawn * number / (number - 1) - 1)
    estimate = float(statistic(weights[None, :])[0])
    values = statistic(weights * factors)
    error = float(np.sqrt(((values - estimate) ** 2).mean()))
    return describe(estimate, error, len(weights) - len(np.unique(names)))


def describe(estimate: float, standard_error: float, freedom: int) -> Uncertain:
    """Return the interval (Student's t with so many degrees of freedom), the variation and the mark."""
    if freedom < 1:
        raise UncertaintyError("There are no degrees of freedom.")
    reach = float(stdtrit(freedom, 0.975)) * standard_error
    variation = standard_error / abs(estimate) if estimate else None
    return Uncertain(estimate, standard_error, estimate - reach, estimate + reach, variation, quality_mark(variation))


def quality_mark(variation: float | None) -> str:
    """Return the words for a coefficient of variation: 5%, 10% and 20% are the borders."""
    if variation is None:
        return UNRELIABLE
    return next((mark for border, mark in QUALITY_MARKS if variation <= border), UNRELIABLE)
