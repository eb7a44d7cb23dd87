"""The publication as one system: unknowns, what was stated of them, and how they hang together.

An unknown is the true number of a group of records. Groups with the same records are one unknown, wherever they
are shown. A fact bounds one unknown; a row says that a sum of unknowns lies between two numbers, mostly the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Numbers = "NDArray[np.float64]"

PLENTY = 1.0e8
"""No group is larger; an unknown without any other bound may be anything up to this."""

NEAR = 1.0e-6
"""Bounds come from floating-point sums; nothing below this difference is a difference."""


class AuditError(ValueError):
    """The statements cannot be audited as they stand."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One published value: it bounds the unknown; `where` and `shown` are for the reader."""

    unknown: int
    low: float
    high: float
    where: str
    shown: str
    cost: float = 1.0


@dataclass(frozen=True, slots=True)
class System:
    """Everything that is known to a reader of the publication."""

    names: Sequence[str]
    truth: NDArray[np.float64]
    whole: NDArray[np.bool_]
    people: NDArray[np.bool_]
    ceiling: NDArray[np.float64]
    matrix: sparse.csr_array
    row_low: NDArray[np.float64]
    row_high: NDArray[np.float64]
    facts: Sequence[Fact]
    parts: Sequence[NDArray[np.int64]] = ()
    """Unknowns that hang together more closely, such as those of one table."""

    def bounds(
        self, withdrawn: frozenset[int] = frozenset(), hidable: frozenset[str] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what the facts say of each unknown, leaving out what is withdrawn; what cannot be hidden stays."""
        low, high = np.zeros(len(self.truth)), self.ceiling.copy()
        for fact in self.facts:
            if fact.unknown in withdrawn and (hidable is None or fact.where in hidable):
                continue
            low[fact.unknown] = max(low[fact.unknown], fact.low)
            high[fact.unknown] = min(high[fact.unknown], fact.high)
        return low, high

    def check(self) -> None:
        """Refuse statements that the truth contradicts: they are errors of the publication, not its protection."""
        for fact in self.facts:
            true = self.truth[fact.unknown]
            if not fact.low - NEAR <= true <= fact.high + NEAR:
                raise AuditError(
                    f"{fact.where} shows {fact.shown} for {self.names[fact.unknown]}, "
                    f"which the records do not bear out."
                )


@dataclass(slots=True)
class SystemBuilder:
    """Write a small system by hand."""

    names: list[str] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    people: list[bool] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def unknown(self, name: str, truth: float, *, people: bool = True, whole: bool = True) -> int:
        """Add an unknown and return its number."""
        self.names.append(name)
        self.truth.append(truth)
        self.people.append(people)
        self.whole.append(whole)
        return len(self.names) - 1

    def state(self, unknown: int, low: float, high: float, *, where: str = "Table", shown: str | None = None) -> None:
        """Add a fact; it costs the group's size to withdraw it."""
        text = shown if shown is not None else (f"{low:g}" if low == high else f"{low:g} to {high:g}")
        self.facts.append(Fact(unknown, low, high, where, text, max(1.0, self.truth[unknown])))

    def total(self, whole: int, parts: Sequence[int], extra: Mapping[int, float] | None = None) -> None:
        """Say that a group is the sum of others."""
        coefficients = {whole: 1.0}
        for part in parts:
            coefficients[part] = coefficients.get(part, 0.0) - 1.0
        for unknown, coefficient in (extra or {}).items():
            coefficients[unknown] = coefficients.get(unknown, 0.0) + coefficient
        self.rows.append((coefficients, 0.0, 0.0))

    def build(self) -> System:
        """Return the system."""
        places = [
            (row, unknown, value) for row, (line, _, _) in enumerate(self.rows) for unknown, value in line.items()
        ]
        rows, columns, values = (np.array(column) for column in zip(*places, strict=True)) if places else ([], [], [])
        matrix = sparse.csr_array(
            sparse.coo_array((values, (rows, columns)), shape=(len(self.rows), len(self.names)), dtype=np.float64)
        )
        return System(
            self.names,
            np.array(self.truth, dtype=np.float64),
            np.array(self.whole, dtype=bool),
            np.array(self.people, dtype=bool),
            np.full(len(self.names), PLENTY),
            matrix,
            np.array([low for _, low, _ in self.rows], dtype=np.float64),
            np.array([high for _, _, high in self.rows], dtype=np.float64),
            self.facts,
        )
