"""A figure of one set of role versions in the terms of another.

Where a role was widened, narrowed, split or merged, the returns of the earlier period were coded
with the earlier versions. The figures of a period in the terms of the other period's roles follow
from the published figure of each role and two kinds of published share:

* the crosswalk: which share of an earlier version's people became what;
* the share counted before: of the people whom a later version counts, how many an earlier version
  counted. A widened role takes people in from outside, of whom a crosswalk knows nothing.

Only published figures go in, so that the result gives away no more than they do. What nobody has
said is not guessed: the figure is then None, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

Number = int | Fraction
Figures = Mapping[str, Number | None]
ALWAYS, NEVER = "always", "never"


class NotSaidError(ValueError):
    """A figure cannot be told in other terms; the message says what is missing."""


@dataclass(frozen=True)
class RoleChanges:
    """What became of the roles between two sets of role versions."""

    #: role code -> {role code in the later versions: share}; the empty code is work that left
    becomes: Mapping[str, Mapping[str, Fraction]] = field(default_factory=dict)
    #: role code of a later version -> share of its people that an earlier version counted; None: nobody knows
    counted_before: Mapping[str, Fraction | None] = field(default_factory=dict)
    #: roles of the later versions that come from no earlier version
    new: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether every role means what it meant."""
        return not (self.becomes or self.counted_before or self.new)


def in_later_terms(
    total: Number, inside: Figures, anywhere: Figures, counts: Mapping[str, str], changes: RoleChanges
) -> Fraction:
    """Return an earlier ``total`` as the later role versions would have counted it.

    ``inside`` is the earlier figure of each role within the total, ``anywhere`` under a perspective
    that counts all of the role, ``counts`` says whether a role of the later versions is in the total:
    always, never, or it depends (which is enough for people who stay in their role).
    """
    for code in changes.new:
        if counts.get(code, NEVER) != NEVER:
            raise NotSaidError(f"The role {code} is new: nobody knows how many there were before.")
    told = Fraction(total)
    for role in sorted(set(changes.becomes) | set(changes.counted_before)):
        targets = changes.becomes.get(role, {role: Fraction(1)})
        told -= _within(inside, role)
        for target, share in targets.items():
            verdict = counts.get(target, NEVER) if target else NEVER
            if verdict == NEVER:
                continue
            people = _arriving(role, target, inside, anywhere, verdict)
            told += people * share / _counted_before(changes, target)
    return told


def in_earlier_terms(total: Number, inside: Figures, counts: Mapping[str, str], changes: RoleChanges) -> Fraction:
    """Return a later ``total`` as the earlier role versions would have counted it.

    Possible where people stayed in their role, left the register or came from outside it; who moved
    from one role to another cannot be told from their new role alone.
    """
    moved = {
        code
        for role, targets in changes.becomes.items()
        for code in (role, *targets)
        if any(target not in {role, ""} for target in targets)
    }
    for code in sorted(moved | set(changes.new)):
        if code and counts.get(code, NEVER) != NEVER:
            raise NotSaidError(f"Which people of the role {code} were in which role before is not known.")
    told = Fraction(total)
    for role in sorted(set(changes.becomes) | set(changes.counted_before)):
        if role in moved or counts.get(role, NEVER) == NEVER:
            continue
        stayed = changes.becomes.get(role, {role: Fraction(1)}).get(role)
        if not stayed:
            raise NotSaidError(f"The role {role} was retired: nobody is in it any more.")
        told += _within(inside, role) * (_counted_before(changes, role) / stayed - 1)
    return told


def _arriving(role: str, target: str, inside: Figures, anywhere: Figures, verdict: str) -> Fraction:
    """Return the people of a role who may pass on to a target that counts."""
    if target == role:
        return _within(inside, role)
    if verdict != ALWAYS:
        raise NotSaidError(f"Whether the people who moved from {role} to {target} count depends on more than the role.")
    return _known(anywhere.get(role), role)


def _within(figures: Figures, role: str) -> Fraction:
    """Return the part of a total that a role has: nothing where it is no part of it."""
    return _known(figures[role], role) if role in figures else Fraction(0)


def _known(figure: Number | None, role: str) -> Fraction:
    if figure is None:
        raise NotSaidError(f"The figure of the role {role} is not published.")
    return Fraction(figure)


def _counted_before(changes: RoleChanges, role: str) -> Fraction:
    share = changes.counted_before.get(role, Fraction(1))
    if share is None:
        raise NotSaidError(f"Which share of the people in the wider role {role} was counted before is not known.")
    return share
