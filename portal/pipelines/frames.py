"""The frame: everybody who was asked, who of them answered, and for how many each of those stands."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from portal.methods.estimation import collapse_strata, join_categories
from portal.methods.uncertainty import (
    Margin,
    RakedDesign,
    RatioDesign,
    UncertaintyError,
    errors_with_put,
    ratio_totals,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from portal.pipelines.specification import Estimation


@dataclass(frozen=True)
class Asked:
    """Everybody who was asked: what the register says of each, declared sizes, and who sent a return."""

    rows: Mapping[str, Mapping[str, str]]
    sizes: Mapping[str, float]
    answered: frozenset[str]

    @classmethod
    def read(cls, path: Path) -> Asked:
        """Read a sealed frame."""
        table = pq.read_table(path).to_pylist()
        return cls(
            {row["organisation_key"]: row for row in table if row["quantity"] == "asked"},
            {row["organisation_key"]: float(row["weight_count"]) for row in table if row["quantity"] == "staff_asked"},
            frozenset(row["organisation_key"] for row in table if row["quantity"] == "answered"),
        )

    def frame(self, rule: Estimation, answered: Collection[str]) -> Frame:
        """Join strata until enough answered in each, and rake where the rule says so."""
        keys = sorted(answered)
        strata = {key: tuple(row[name] for name in rule.strata) for key, row in self.rows.items()}
        respondents = dict.fromkeys(strata.values(), 0)
        for key in keys:
            respondents[strata[key]] += 1
        order = [rule.strata.index(name) for name in rule.collapse]
        target = collapse_strata(respondents, order=order, minimum=rule.minimum)
        joined = {key: "|".join(target[stratum]) for key, stratum in strata.items()}
        size_of, design = _design(keys, joined, self.sizes)
        frame = Frame({key: place for place, key in enumerate(keys)}, design, size_of)
        if not rule.rake:
            return frame
        codes = [{key: row[name] for key, row in self.rows.items()} for name in rule.rake]
        return _raked(frame, [_margin(frame, one, rule.minimum) for one in codes], rule.stretch)


@dataclass(frozen=True)
class Frame:
    """Everybody who was asked, and the design of those who answered or were carried forward."""

    answered: dict[str, int]
    design: RatioDesign
    size_of: Mapping[str, float] = field(default_factory=dict)
    "The size that each organisation of the frame goes by."
    raked: RakedDesign | None = None
    "Weights that meet the margins of the specification as well; None where none are asked for or met."
    not_raked: str = ""
    "Why the weights are not raked although the specification asks for it."

    @property
    def weights(self) -> NDArray[np.float64]:
        """How many times its own size each organisation stands for."""
        return self.raked.weights if self.raked else self.design.weights

    @property
    def stretch(self) -> tuple[float, float]:
        """Between how many times the filled figure an estimate lies; raking may make a weight a little less than one."""
        return max(1.0, float(self.weights.min())), float(self.weights.max())

    def totals(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
        """Return total and standard error of each row of values, and the degrees of freedom."""
        return self.raked.totals(values) if self.raked else ratio_totals(values, self.design)


@dataclass(frozen=True)
class Frames:
    """The frame that totals are of, and how far they may be off where something was put for an organisation.

    An organisation whose last return stands for it counts in the totals as if it had answered, and not in their
    errors. The same holds for one that left a question out, in the figures that hang on the answer.
    """

    asked: Asked
    rule: Estimation
    carried: frozenset[str] = frozenset()
    _returned: dict[frozenset[str], Frame | None] = field(default_factory=dict, repr=False)

    @cached_property
    def whole(self) -> Frame:
        """The frame in which those who were carried forward count among those that answered."""
        return self.asked.frame(self.rule, self.asked.answered | self.carried)

    def returned(self, left_out_by: frozenset[str]) -> Frame | None:
        """Return the frame of those who answered themselves; None where these are too few to show an error."""
        put = self.carried | left_out_by
        if put not in self._returned:
            answered = self.asked.answered - put
            few = len(answered) < 2  # noqa: PLR2004 - one respondent shows no spread
            self._returned[put] = self.whole if not put else None if few else self.asked.frame(self.rule, answered)
        return self._returned[put]

    def totals(
        self, values: NDArray[np.float64], left_out_by: frozenset[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
        """Return total and standard error of each row of values, and the degrees of freedom."""
        totals, errors, freedom = self.whole.totals(values)
        returned = self.returned(left_out_by)
        if returned is self.whole:
            return totals, errors, freedom
        if returned is None:
            return totals, totals.copy(), 0
        places = [self.whole.answered[key] for key in returned.answered]
        alone, errors, freedom = returned.totals(values[:, places])
        return totals, errors_with_put(totals, alone, errors), freedom


def frames_of(path: Path, rule: Estimation, carried: Collection[str] = ()) -> Frames:
    """Read a sealed frame; organisations whose last return was carried forward stand for others in the totals."""
    return Frames(Asked.read(path), rule, frozenset(carried))


def _design(
    answered: list[str], strata: Mapping[str, str], sizes: Mapping[str, float]
) -> tuple[dict[str, float], RatioDesign]:
    """Return the size that each organisation of the frame goes by, and the design of those who answered."""
    members: dict[str, list[str]] = defaultdict(list)
    for key, stratum in strata.items():
        members[stratum].append(key)
    # One organisation without a size, and the whole stratum goes by numbers.
    sized = {stratum for stratum, keys in members.items() if all(sizes.get(key, 0) > 0 for key in keys)}
    size_of = {key: sizes[key] if stratum in sized else 1.0 for key, stratum in strata.items()}
    return size_of, RatioDesign(
        np.array([size_of[key] for key in answered]),
        [strata[key] for key in answered],
        {stratum: sum(size_of[key] for key in sorted(keys)) for stratum, keys in members.items()},
        {stratum: len(keys) for stratum, keys in members.items()},
    )


def _margin(frame: Frame, codes: Mapping[str, str], minimum: int) -> Margin:
    """Return a margin of the frame, its categories joined until enough that stand for others are in each."""
    design = frame.design
    held = Counter(design.strata)
    respondents = dict.fromkeys(sorted(set(codes.values())), 0)
    for key, stratum in zip(frame.answered, design.strata, strict=True):
        respondents[codes[key]] += held[stratum] < design.frame_numbers[stratum]
    category = join_categories(respondents, minimum=minimum)
    totals: dict[str, float] = defaultdict(float)
    for key in sorted(codes):
        totals[category[codes[key]]] += frame.size_of[key]
    return [category[codes[key]] for key in frame.answered], totals


def _raked(frame: Frame, margins: list[Margin], stretch: tuple[float, float]) -> Frame:
    """Rake, unless the margins cannot be met with weights that are stretched so far and no further."""
    try:
        raked = RakedDesign.of(frame.design, margins)
    except UncertaintyError as error:
        return replace(frame, not_raked=str(error))
    factors = raked.weights / frame.design.weights
    if factors.min() < stretch[0] or factors.max() > stretch[1]:
        said = f"Raking would stretch weights by {factors.min():.2f} to {factors.max():.2f}: join categories."
        return replace(frame, not_raked=said)
    return replace(frame, raked=raked)
