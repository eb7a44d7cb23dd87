"""Mappings between definitions, with shares: composing them, following them, checking them.

A mapping sends each source to its targets with shares that add up to one. Shares are fractions, so
that a third stays a third however often mappings are composed. A source that a mapping does not
name stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

Targets = Mapping[str, Fraction]
Crosswalk = Mapping[str, Targets]

#: The target of work that leaves the register. Nothing maps on from here.
NOWHERE = ""


def faults(crosswalk: Crosswalk) -> list[str]:
    """Return what is wrong with a mapping: shares out of range, or not adding up to one."""
    found = []
    for source, targets in crosswalk.items():
        total = sum(targets.values(), Fraction(0))
        if total != 1:
            found.append(f"The shares of {source} add up to {total}, not to 1.")
        found.extend(
            f"The share of {source} that becomes {target} is {share}."
            for target, share in targets.items()
            if not 0 < share <= 1
        )
    return found


def apply(crosswalk: Crosswalk, targets: Targets) -> dict[str, Fraction]:
    """Carry shares one step on."""
    carried: dict[str, Fraction] = {}
    for source, share in targets.items():
        for target, part in crosswalk.get(source, {source: Fraction(1)}).items():
            carried[target] = carried.get(target, Fraction(0)) + share * part
    return carried


def compose(first: Crosswalk, second: Crosswalk) -> dict[str, dict[str, Fraction]]:
    """Return the one mapping that does what ``first`` and then ``second`` do."""
    composed = {source: apply(second, targets) for source, targets in first.items()}
    composed.update({source: dict(targets) for source, targets in second.items() if source not in first})
    return composed


def follow(crosswalk: Crosswalk, source: str) -> dict[str, Fraction]:
    """Carry ``source`` on until nothing maps any further; a circle is refused."""
    targets: dict[str, Fraction] = {source: Fraction(1)}
    for _step in range(len(crosswalk) + 1):
        if not any(target in crosswalk for target in targets):
            return targets
        targets = apply(crosswalk, targets)
    raise ValueError(f"The crosswalk from {source} goes round in a circle.")
