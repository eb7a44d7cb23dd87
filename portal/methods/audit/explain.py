"""Say in words which published figures give a group away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from portal.methods.audit.propagation import Bounds
    from portal.methods.audit.system import System


def trace(system: System, bounds: Bounds, unknown: int) -> frozenset[int]:
    """Return the unknowns whose facts lead to the bounds of one unknown.

    Walks back from the last improvement: a row gave a bound in one sweep from what its other terms were in the
    sweeps before.
    """
    steps = bounds.steps
    sources: set[int] = set()
    seen: set[tuple[int, bool, int]] = set()
    waiting = [(unknown, True, len(steps)), (unknown, False, len(steps))]
    while waiting:
        item = waiting.pop()
        if item in seen:
            continue
        seen.add(item)
        which, is_low, before = item
        found = _last_step(bounds, which, is_low=is_low, before=before)
        if found is None:
            if _facts_bind(system, bounds, which, is_low=is_low):
                sources.add(which)
            continue
        place, row = found
        # all steps of the same sweep saw the bounds of the sweep before
        start = place
        while start > 0 and steps[start - 1].sweep == steps[place].sweep:
            start -= 1
        span = slice(system.matrix.indptr[row], system.matrix.indptr[row + 1])
        columns, values = system.matrix.indices[span], system.matrix.data[span]
        own = float(values[columns == which][0])
        for column, value in zip(columns.tolist(), values.tolist(), strict=True):
            if column != which:
                # a low bound of a positive term rests on the high bounds of the positive others
                waiting.append((column, is_low == (own * value < 0), start))
    return frozenset(sources)


def _facts_bind(system: System, bounds: Bounds, unknown: int, *, is_low: bool) -> bool:
    """Say whether a fact says more than that a number is not negative and not beyond reason."""
    if is_low:
        return bool(bounds.stated_low[unknown] > 0)
    return bool(bounds.stated_high[unknown] < system.ceiling[unknown])


def _last_step(bounds: Bounds, unknown: int, *, is_low: bool, before: int) -> tuple[int, int] | None:
    for place in range(before - 1, -1, -1):
        step = bounds.steps[place]
        if step.is_low != is_low:
            continue
        at = int(np.searchsorted(step.unknowns, unknown))
        if at < len(step.unknowns) and step.unknowns[at] == unknown:
            return place, int(step.rows[at])
    return None


def in_words(system: System, name: str, low: float, high: float, sources: frozenset[int]) -> tuple[str, ...]:
    """Return sentences: the figures that are shown, and what follows from them."""
    sentences = [
        f"{fact.where} shows {fact.shown} for {system.names[fact.unknown]}."
        for fact in system.facts
        if fact.unknown in sources
    ]
    if low == high:
        sentences.append(f"Together these leave one possible value for {name}: {low:g}.")
    else:
        sentences.append(f"Together these show that {name} lies between {low:g} and {high:g}.")
    return tuple(dict.fromkeys(sentences))
