"""Look at a system once: propagation first, then linear programs for what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from portal.methods.audit.explain import trace
from portal.methods.audit.programmes import Seen, blocks_of, vouch
from portal.methods.audit.propagation import Bounds, propagate
from portal.methods.audit.witnesses import WitnessBook, Witnesses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from portal.methods.audit.system import System


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What counts as a small group, and how far the audit goes.

    `hidable` names the tables, charts and headlines whose values can still be hidden; what earlier versions said
    stands. Without it everything can be hidden. `witnesses` are solutions of an earlier audit.
    """

    largest_small: int = 4
    programmes: bool = True
    explained: int = 20
    remedy: bool = True
    remedy_rounds: int = 60
    hidable: frozenset[str] | None = None
    witnesses: Witnesses = field(default_factory=Witnesses)


@dataclass(frozen=True, slots=True)
class Failure:
    """A group of few people that the publication gives away."""

    unknown: int
    cell: str
    truth: float
    low: float
    high: float
    kind: str
    sources: frozenset[int]
    explanation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examination:
    """The outcome of one look at a system."""

    bounds: Bounds
    failures: tuple[Failure, ...]
    programmes: int
    open_groups: int
    witnesses: Witnesses


def examine(
    system: System,
    options: AuditOptions,
    withdrawn: frozenset[int] = frozenset(),
    witnesses: Witnesses | None = None,
) -> Examination:
    """Find every group of few people with a single possible value or shown to hold few."""
    bounds = propagate(system, *system.bounds(withdrawn, options.hidable))
    small = np.flatnonzero(system.people & (system.truth >= 1) & (system.truth <= options.largest_small))
    given_away = (bounds.high[small] <= options.largest_small) & (bounds.low[small] >= 1)
    failures = [
        _failure(system, int(unknown), bounds.low[unknown], bounds.high[unknown], trace(system, bounds, int(unknown)))
        for unknown in small[given_away].tolist()
    ]
    left = small[~given_away]
    seen = Seen(system.truth.copy(), system.truth.copy())
    kept = Witnesses()
    if options.programmes:
        more, kept = _solve(system, options, bounds, left, seen, witnesses or options.witnesses)
        failures += more
    return Examination(bounds, tuple(failures), seen.programmes, len(left), kept)


def _solve(
    system: System,
    options: AuditOptions,
    bounds: Bounds,
    left: NDArray[np.int64],
    seen: Seen,
    witnesses: Witnesses,
) -> tuple[list[Failure], Witnesses]:
    """Try the solutions of an earlier audit on every block, then solve programs for the groups they do not save."""
    is_open = np.zeros(len(system.truth), dtype=bool)
    is_open[left] = True
    earlier, book = witnesses.read_for(system), WitnessBook(len(system.truth))
    failures = []
    for block in blocks_of(system, bounds):
        if is_open[block.unknowns].any():
            found = vouch(block, seen, is_open, options.largest_small, parts=system.parts, earlier=earlier, book=book)
            failures += [
                _failure(system, unknown, low, high, _all_traces(system, bounds, resting))
                for unknown, (low, high, resting) in sorted(found.items())
            ]
    return failures, Witnesses(tuple(system.names), tuple(book.kept))


def _all_traces(system: System, bounds: Bounds, resting: frozenset[int]) -> frozenset[int]:
    """A program rests on bounds, and bounds rest on facts."""
    return frozenset().union(*(trace(system, bounds, unknown) for unknown in sorted(resting)))


def _failure(system: System, unknown: int, low: float, high: float, sources: frozenset[int]) -> Failure:
    kind = "single" if low == high else "within"
    return Failure(
        unknown,
        system.names[unknown],
        float(system.truth[unknown]),
        float(low),
        float(high),
        kind,
        sources,
    )


def margins_of(system: System, bounds: Bounds, options: AuditOptions) -> dict[str, int]:
    """Count the groups of few people by the width that is left open to the reader."""
    small = system.people & (system.truth >= 1) & (system.truth <= options.largest_small)
    width: NDArray[np.float64] = (bounds.high - bounds.low)[small]
    edges = (("0", 0, 0), ("1 to 4", 1, 4), ("5 to 9", 5, 9), ("10 to 99", 10, 99), ("100 or more", 100, np.inf))
    return {label: int(((width >= least) & (width <= most)).sum()) for label, least, most in edges}
