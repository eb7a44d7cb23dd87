"""The smallest further suppressions that make a publication safe.

Each failure rests on a set of published cells; as long as all of them stand, it stands. So the cells to hide must
hit every such set: a small covering problem gives the cheapest, the audit looks again, and what it still finds adds
sets, until it finds nothing. No cheaper choice exists, because every set had to be hit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import highspy
import numpy as np

from portal.methods.audit.examination import AuditOptions, Examination, Failure, examine
from portal.methods.audit.system import NEAR, AuditError, System

if TYPE_CHECKING:
    from collections.abc import Collection

HIDDEN = "[c]"
ALREADY_HIDDEN = 1e6


def smallest_remedy(system: System, options: AuditOptions, outcome: Examination) -> frozenset[int]:
    """Return the unknowns whose published values should be hidden; nothing if no hiding helps in the rounds allowed."""
    costs = _costs(system, options)
    needed: set[frozenset[int]] = set()
    if not outcome.failures:
        return frozenset()
    for _ in range(options.remedy_rounds):
        sets = {failure.sources for failure in outcome.failures}
        if frozenset() in sets or sets <= needed:
            return frozenset()  # given away by the structure alone
        needed |= sets
        hidden = cheapest_cover(needed, costs)
        if any(costs[unknown] >= ALREADY_HIDDEN for unknown in hidden):
            return frozenset()  # only coarser categories can help
        # hiding widens bounds, so whatever fitted before still fits
        outcome = examine(system, options, hidden, outcome.witnesses)
        if not outcome.failures:
            return hidden
    return frozenset()


def remedy_for_contributors(system: System, options: AuditOptions, failures: Collection[Failure]) -> frozenset[int]:
    """Return what to hide so that the proofs of contributors lose a step each; the audit must look again after it."""
    costs = _costs(system, options)
    shown = [frozenset(cell for cell in item.sources if costs[cell] < ALREADY_HIDDEN) for item in failures]
    return cheapest_cover({held for held in shown if held}, costs)


def _costs(system: System, options: AuditOptions) -> dict[int, float]:
    """Return what hiding each cell costs.

    What is hidden already cannot be hidden, nor what was published before; and where an earlier version says as
    much of a cell as this one, hiding it now takes nothing back.
    """
    stated = [fact for fact in system.facts if fact.shown != HIDDEN]
    ours = [fact for fact in stated if options.hidable is None or fact.where in options.hidable]
    standing = system.bounds(frozenset(fact.unknown for fact in system.facts), options.hidable)
    costs = dict.fromkeys((fact.unknown for fact in system.facts), ALREADY_HIDDEN)
    for fact in ours:
        least, most = standing[0][fact.unknown], standing[1][fact.unknown]
        if fact.low > least + NEAR or fact.high < most - NEAR:
            known = costs[fact.unknown]
            costs[fact.unknown] = fact.cost if known == ALREADY_HIDDEN else max(known, fact.cost)
    return costs


def cheapest_cover(sets: Collection[frozenset[int]], costs: dict[int, float]) -> frozenset[int]:
    """Return the cheapest choice that has a member in every set; of equals the one with the fewest, then the lowest."""
    members = sorted({member for held in sets for member in held})
    if not members:
        return frozenset()
    place = {member: at for at, member in enumerate(members)}
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy ships it without types
    for name, value in (("output_flag", False), ("threads", 1), ("random_seed", 1), ("mip_rel_gap", 0.0)):
        solver.setOptionValue(name, value)
    for member in members:
        solver.addVar(0.0, 1.0)
        solver.changeColCost(place[member], costs[member] + 1e-6 * (1 + place[member] / len(members)))
        solver.changeColIntegrality(place[member], highspy.HighsVarType.kInteger)
    for held in sorted(sets, key=sorted):
        columns = np.array([place[member] for member in sorted(held)], dtype=np.int32)
        solver.addRow(1.0, highspy.kHighsInf, len(columns), columns, np.ones(len(columns)))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise AuditError("The covering problem has no solution.")
    chosen = np.array(solver.getSolution().col_value) > 0.5  # noqa: PLR2004 - nought or one
    return frozenset(member for member, taken in zip(members, chosen.tolist(), strict=True) if taken)
