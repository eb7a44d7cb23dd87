"""From the organisations that answered to all of them.

The frame is the register of organisations; strata are provider type by size by region, joined by a written order
until each has enough respondents. Missing items are filled first (by logic, by the last return, by a donor), then
missing organisations are made up for by ratio estimation on declared size, or by counts where size is not known;
raking to known margins may follow. Every figure says where it came from.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ALL = "all"
RETURNED, LOGICAL, CARRIED, DONOR, WEIGHTED = "returned", "logical", "carried_forward", "imputed", "weighted"
CARRIED_MONTHS = 12

Stratum = tuple[str, ...]
#: An item is a number, such as posts, or a code, such as an age band.
V = TypeVar("V")


class EstimationError(ValueError):
    """Data from which nothing can be estimated."""


def collapse_strata(
    respondents: Mapping[Stratum, int], *, order: Sequence[int], minimum: int = 5
) -> dict[Stratum, Stratum]:
    """Return, for each stratum of the frame, the stratum it is estimated in.

    `order` names the parts to give up, first to last: with (2, 1, 0), region first, then size, then provider type.
    At each step the strata that are too small, and agree in the parts not yet given up, are joined; if together
    they are still too small, the smallest large one that agrees joins them, and if there is none they wait for the
    next step.
    """
    target = {stratum: stratum for stratum in respondents}
    for step in range(len(order)):
        given_up = set(order[: step + 1])
        sizes = _sizes(target, respondents)
        small = [stratum for stratum, size in sizes.items() if size < minimum]
        families: dict[Stratum, list[Stratum]] = defaultdict(list)
        for stratum in sorted(small):
            families[_family(stratum, given_up)].append(stratum)
        for family, members in sorted(families.items()):
            joined = list(members)
            others = [
                stratum
                for stratum in sorted(sizes, key=lambda name: (sizes[name], name))
                if stratum not in members and _family(stratum, given_up) == family
            ]
            while sum(sizes[stratum] for stratum in joined) < minimum and others:
                joined.append(others.pop(0))
            if len(joined) > 1 or sum(sizes[stratum] for stratum in joined) >= minimum:
                for original, current in target.items():
                    if current in joined:
                        target[original] = family
    if sum(respondents.values()) and min(_sizes(target, respondents).values()) == 0:
        raise EstimationError("A stratum without any respondent could not be joined to another.")
    return target


def _family(stratum: Stratum, given_up: set[int]) -> Stratum:
    return tuple(ALL if at in given_up else part for at, part in enumerate(stratum))


def _sizes(target: Mapping[Stratum, Stratum], respondents: Mapping[Stratum, int]) -> dict[Stratum, int]:
    sizes: dict[Stratum, int] = defaultdict(int)
    for original, current in target.items():
        sizes[current] += respondents[original]
    return dict(sizes)


@dataclass(frozen=True, slots=True)
class StratumSample:
    """Respondents of a stratum: what each reported and its declared size; and the frame's number and total size."""

    values: NDArray[np.float64]
    sizes: NDArray[np.float64] | None
    frame_number: int
    frame_size: float | None

    @property
    def total(self) -> float:
        """The stratum's estimated total: size times reported per size, or number times the mean."""
        if not len(self.values) or len(self.values) > self.frame_number:
            raise EstimationError("A stratum needs respondents, and no more than the frame holds.")
        if self.sizes is None or self.frame_size is None:
            return float(self.values.mean()) * self.frame_number
        if self.sizes.sum() <= 0:
            raise EstimationError("The respondents of a stratum declare no size at all.")
        return float(self.values.sum() / self.sizes.sum()) * self.frame_size

    @property
    def variance(self) -> float:
        """The linearised variance of the total, for a simple random sample of organisations without replacement."""
        number = len(self.values)
        if number == self.frame_number:
            return 0.0
        if number < 2:  # noqa: PLR2004 - one respondent shows no spread
            raise EstimationError("A stratum with one respondent has no variance; join it to another.")
        rest = 1 - number / self.frame_number
        if self.sizes is None or self.frame_size is None:
            return self.frame_number**2 * rest * float(self.values.var(ddof=1)) / number
        residuals = self.values - self.values.sum() / self.sizes.sum() * self.sizes
        spread = float((residuals**2).sum()) / (number - 1)
        return float((self.frame_size / self.sizes.mean()) ** 2 * rest * spread / number)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A total with its standard error and the share of it that was reported."""

    total: float
    standard_error: float
    reported_share: float


def ratio_estimate(strata: Sequence[StratumSample]) -> Estimate:
    """Return the separate ratio estimate over strata."""
    if not strata:
        raise EstimationError("There are no strata.")
    total = sum(stratum.total for stratum in strata)
    reported = sum(float(stratum.values.sum()) for stratum in strata)
    variance = sum(stratum.variance for stratum in strata)
    return Estimate(total, float(np.sqrt(variance)), reported / total if total else 1.0)


@dataclass(frozen=True, slots=True)
class Item(Generic[V]):
    """One item of one return, with what may help when it is missing."""

    key: str
    stratum: Stratum
    value: V | None
    size: float
    last_value: V | None = None
    months_since: int | None = None
    logical: V | None = None


@dataclass(frozen=True, slots=True)
class Filled(Generic[V]):
    """A value and where it came from; a donor's key where there was one."""

    key: str
    value: V | None
    source: str
    donor: str = ""


def impute(items: Sequence[Item[V]], *, seed: int) -> list[Filled[V]]:
    """Fill missing items: by logic, by the last return within twelve months, by the nearest donor in the stratum.

    The nearest is by declared size; of equals one is drawn. An item without any of these stays missing.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    in_order = sorted(items, key=lambda item: item.key)
    draws = rng.integers(0, 2**31, size=len(in_order)).tolist()
    drawn = {item.key: draw for item, draw in zip(in_order, draws, strict=True)}
    held: dict[Stratum, list[Item[V]]] = defaultdict(list)
    for item in in_order:
        if item.value is not None:
            held[item.stratum].append(item)
    donors = {stratum: _Donors(sorted(given, key=lambda item: item.size)) for stratum, given in held.items()}
    return [_fill(item, donors.get(item.stratum), drawn[item.key]) for item in items]


class _Donors(Generic[V]):
    """Those of a stratum that have the item, by size and then by key."""

    def __init__(self, items: Sequence[Item[V]]) -> None:
        self._items = items
        self._sizes = [item.size for item in items]

    def nearest(self, size: float) -> list[Item[V]]:
        """Return those whose size is nearest, by key."""
        at = bisect_left(self._sizes, size)
        around = {self._sizes[place] for place in (at - 1, at) if 0 <= place < len(self._sizes)}
        least = min(abs(found - size) for found in around)
        equals = [
            item
            for found in sorted(around)
            if abs(found - size) == least
            for item in self._items[bisect_left(self._sizes, found) : bisect_right(self._sizes, found)]
        ]
        return sorted(equals, key=lambda item: item.key)


def _fill(item: Item[V], donors: _Donors[V] | None, draw: int) -> Filled[V]:
    if item.value is not None:
        return Filled(item.key, item.value, RETURNED)
    if item.logical is not None:
        return Filled(item.key, item.logical, LOGICAL)
    if item.last_value is not None and item.months_since is not None and item.months_since <= CARRIED_MONTHS:
        return Filled(item.key, item.last_value, CARRIED)
    if donors is None:
        return Filled(item.key, None, "")
    equals = donors.nearest(item.size)
    donor = equals[draw % len(equals)]
    return Filled(item.key, donor.value, DONOR, donor.key)


@dataclass(frozen=True, slots=True)
class Raked:
    """Weights that meet the margins, how many rounds it took, and how far the weights were stretched."""

    weights: NDArray[np.float64]
    rounds: int
    least_factor: float
    largest_factor: float


def rake(
    weights: NDArray[np.float64],
    factors: Sequence[tuple[Sequence[str], Mapping[str, float]]],
    *,
    bounds: tuple[float, float] = (0.2, 5.0),
    tolerance: float = 1e-10,
    most_rounds: int = 1_000,
) -> Raked:
    """Stretch weights until they meet every margin; each factor is the codes of the units and the frame's totals."""
    start = np.asarray(weights, dtype=np.float64)
    raked = start.copy()
    prepared = [_margin(codes, totals, len(start)) for codes, totals in factors]
    for round_number in range(1, most_rounds + 1):
        worst = 0.0
        for places, totals in prepared:
            sums = np.bincount(places, weights=raked, minlength=len(totals))
            worst = max(worst, float(np.abs(sums / totals - 1).max()))
            raked *= (totals / sums)[places]
        if worst < tolerance:
            stretch = raked / start
            least, largest = float(stretch.min()), float(stretch.max())
            if least < bounds[0] or largest > bounds[1]:
                raise EstimationError(
                    f"Raking stretches weights by {least:.3g} to {largest:.3g}, beyond {bounds}: join categories."
                )
            return Raked(raked, round_number, least, largest)
    raise EstimationError("Raking did not settle; the margins may contradict each other.")


def join_categories(respondents: Mapping[str, int], *, minimum: int = 5) -> dict[str, str]:
    """Return the category of a margin that each category is raked in: those with too few respondents are one.

    Where that one has too few as well, the smallest of the others joins it.
    """
    by_size = sorted(respondents, key=lambda name: (respondents[name], name))
    joined = [name for name in by_size if respondents[name] < minimum]
    rest = by_size[len(joined) :]
    while joined and rest and sum(respondents[name] for name in joined) < minimum:
        joined.append(rest.pop(0))
    return {name: "+".join(sorted(joined)) if name in joined else name for name in respondents}


def _margin(
    codes: Sequence[str], totals: Mapping[str, float], size: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    names = sorted(totals)
    if len(codes) != size or set(codes) != set(names):
        raise EstimationError("Every category of a margin needs respondents, and every unit a category of it.")
    if min(totals.values()) <= 0:
        raise EstimationError("The total of a margin's category must be above zero.")
    place = {name: at for at, name in enumerate(names)}
    return np.array([place[code] for code in codes], dtype=np.int64), np.array([totals[name] for name in names])


def response_rates(
    frame: Mapping[str, float], answered: Sequence[str], item_values: Sequence[float | None]
) -> dict[str, float]:
    """Return unit response, coverage of the frame's size, and item response."""
    unknown = set(answered) - set(frame)
    if unknown or not frame:
        raise EstimationError(f"{len(unknown)} respondents are not in the frame, or the frame is empty.")
    covered = set(answered)
    size = sum(frame.values())
    return {
        "unit_response": len(covered) / len(frame),
        "coverage": sum(frame[key] for key in covered) / size if size else 0.0,
        "item_response": sum(value is not None for value in item_values) / len(item_values) if item_values else 0.0,
    }
