"""Following crosswalks: a role of one date in the terms of another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Q

from portal.definitions.enums import ChangeClass
from portal.definitions.models import CrosswalkShare, RoleVersion
from portal.methods import crosswalks
from portal.methods.role_changes import RoleChanges


@dataclass(frozen=True)
class Destination:
    """What a share of the source becomes; ``version`` is None for work that left the register."""

    version: RoleVersion | None
    share: Fraction


@dataclass(frozen=True)
class Translation:
    """A role as it stood on one date, in the terms of another."""

    source: RoleVersion
    to_date: dt.date
    destinations: tuple[Destination, ...]
    #: Sentences that say where the shares come from, in the order of the steps.
    bases: tuple[str, ...]


def translate(code: str, *, from_date: dt.date, to_date: dt.date) -> Translation | None:
    """Return role ``code`` as in force on ``from_date`` in the terms of ``to_date``; None if there was none.

    Only forward: a crosswalk says what something became, not what it was.
    """
    source = RoleVersion.objects.in_force(from_date).filter(code=code).without_long_text().first()
    if source is None:
        return None
    shares = _shares_from(source, to_date)
    mapping: dict[str, dict[str, Fraction]] = {}
    versions = {source.reference: source}
    for share in shares:
        target = share.target.reference if share.target else crosswalks.NOWHERE
        mapping.setdefault(share.source.reference, {})[target] = share.share
        if share.target:
            versions[target] = share.target
    followed = crosswalks.follow(mapping, source.reference)
    destinations = tuple(Destination(versions.get(reference), share) for reference, share in sorted(followed.items()))
    return Translation(source, to_date, destinations, tuple(dict.fromkeys(share.basis for share in shares)))


def _shares_from(source: RoleVersion, to_date: dt.date) -> list[CrosswalkShare]:
    """Return every share on the way from ``source``, one query for each generation."""
    found: list[CrosswalkShare] = []
    frontier = {source.pk}
    while frontier:
        rows = CrosswalkShare.objects.filter(source__in=frontier, crosswalk__effective_from__lte=to_date)
        shares = list(rows.select_related("source", "target").defer("source__content", "target__content"))
        found.extend(shares)
        frontier = {share.target_id for share in shares if share.target_id}
    return found


def role_changes(old: Mapping[str, int], new: Mapping[str, int]) -> RoleChanges:
    """Return what became of the roles between two sets of role versions, by crosswalks and published shares."""
    differing = {code for code in {*old, *new} if old.get(code) != new.get(code)}
    if not differing:
        return RoleChanges()
    shares = _shares_between({code: old[code] for code in differing if code in old}, new)
    mapping: dict[str, dict[str, Fraction]] = {}
    for share in shares:
        target = share.target.reference if share.target else crosswalks.NOWHERE
        mapping.setdefault(share.source.reference, {})[target] = share.share
    becomes = {
        code: _by_role(crosswalks.follow(mapping, f"{code} v{old[code]}")) for code in sorted(differing & set(old))
    }
    before = _counted_before({code: old.get(code, 0) for code in differing & set(new)}, new)
    arrived = {target for targets in becomes.values() for target in targets}
    return RoleChanges(
        # Who stays wholly in a role that took nobody in is counted as before.
        becomes={
            code: targets for code, targets in becomes.items() if targets != {code: 1} or before.get(code, 1) != 1
        },
        counted_before={code: share for code, share in before.items() if share != 1 and code in arrived},
        new=frozenset(code for code in differing - set(old) if code not in arrived),
    )


def _by_role(targets: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Return shares by role code, whatever the version."""
    found: dict[str, Fraction] = {}
    for reference, share in targets.items():
        code = reference.rpartition(" v")[0]
        found[code] = found.get(code, Fraction(0)) + share
    return found


def _shares_between(old: Mapping[str, int], new: Mapping[str, int]) -> list[CrosswalkShare]:
    """Return every share on the way from versions to the versions of ``new``, one query for each generation."""
    found: list[CrosswalkShare] = []
    frontier = Q(pk__in=[])
    for code, number in old.items():
        frontier |= Q(source__code=code, source__number=number)
    while True:
        rows = CrosswalkShare.objects.filter(frontier).select_related("source", "target", "crosswalk__published_with")
        shares = [
            share
            for share in rows.defer("source__content", "target__content", "crosswalk__published_with__content")
            if share.crosswalk.published_with.number <= new.get(share.crosswalk.published_with.code, 0)
        ]
        found.extend(shares)
        onward = {share.target_id for share in shares if share.target_id}
        if not onward:
            return found
        frontier = Q(source__in=onward)


def _counted_before(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, Fraction | None]:
    """Return, of each role of the later versions, the share of its people that the earlier one counted.

    None where a role was widened and nobody said by how many.
    """
    between = Q(pk__in=[])
    for code, number in old.items():
        between |= Q(code=code, number__gt=number, number__lte=new[code])
    shares: dict[str, Fraction | None] = dict.fromkeys(old, Fraction(1))
    for version in RoleVersion.objects.filter(between).only("code", "number", "change_class", "content"):
        said = version.content.get("counted_before")
        known = shares[version.code]
        if said and known is not None:
            shares[version.code] = known * Fraction(said)
        elif version.change_class == ChangeClass.WIDENING:
            shares[version.code] = None
    # Back to an earlier version: nobody says who left.
    return shares | {code: None for code, number in old.items() if number > new[code]}


def shares_around(version: RoleVersion) -> tuple[list[CrosswalkShare], list[CrosswalkShare]]:
    """Return what a version came from and what it became."""
    rows = CrosswalkShare.objects.filter(Q(source=version) | Q(target=version))
    shares = list(rows.select_related("source", "target").defer("source__content", "target__content"))
    came = [share for share in shares if share.target_id == version.pk]
    became = [share for share in shares if share.source_id == version.pk]
    return came, became


def share_words(share: Fraction) -> str:
    """Return a share as people write it: all, 60%, or 1/3 where percent would not be exact."""
    if share == 1:
        return "all"
    percent = share * 100
    return f"{percent.numerator}%" if percent.denominator == 1 else str(share)
