"""The audit with the eyes of one contributor, who takes its own people away before it looks.

A cell of twelve of which a company gave ten holds two others for that company. What it knows narrows the cell at
once: it holds at least the company's own people.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from portal.methods.audit.examination import AuditOptions, Failure
from portal.methods.audit.explain import trace
from portal.methods.audit.propagation import propagate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from portal.methods.audit.system import System

MOST_CONTRIBUTORS = 200
"""So many of those with most to learn are taken through the whole system; the others through their own cells."""


def failures_of_contributors(
    system: System,
    unknowns: NDArray[np.int64],
    own: NDArray[np.int64],
    groups: Sequence[str],
    options: AuditOptions,
) -> tuple[Failure, ...]:
    """Return the groups of others that a contributor could work out, one failure for each cell."""
    bounds = propagate(system, *system.bounds())
    others = system.truth[unknowns] - own
    few = (others >= 1) & (others <= options.largest_small)
    places: dict[str, list[int]] = defaultdict(list)
    exposed: dict[str, int] = defaultdict(int)
    for place, group in enumerate(groups):
        places[group].append(place)
        exposed[group] += bool(few[place])
    curious = sorted((group for group in exposed if exposed[group]), key=lambda group: (-exposed[group], group))
    found: dict[int, Failure] = {}
    for number, group in enumerate(curious):
        at = np.array(places[group])
        low, high = bounds.low.copy(), bounds.high.copy()
        np.maximum.at(low, unknowns[at], own[at].astype(np.float64))
        view = propagate(system, low, high, np.unique(unknowns[at])) if number < MOST_CONTRIBUTORS else None
        low, high = (view.low, view.high) if view else (low, high)
        for place in at[few[at]].tolist():
            unknown = int(unknowns[place])
            least, most = low[unknown] - own[place], high[unknown] - own[place]
            if least >= 1 and most <= options.largest_small and unknown not in found:
                sources = trace(system, bounds, unknown)
                found[unknown] = _failure(system, unknown, float(others[place]), float(least), float(most), sources)
    return tuple(found[unknown] for unknown in sorted(found))


def _failure(system: System, unknown: int, truth: float, least: float, most: float, sources: frozenset[int]) -> Failure:
    stated = frozenset(fact.unknown for fact in system.facts)
    name = f"{system.names[unknown]}, as one contributing organisation sees it without its own people"
    return Failure(
        unknown, name, truth, least, most, "single" if least == most else "within", (sources | {unknown}) & stated
    )
