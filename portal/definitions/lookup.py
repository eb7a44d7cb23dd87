"""Following crosswalks: a role of one date in the terms of another."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Q

from portal.definitions.models import CrosswalkShare, RoleVersion
from portal.methods import crosswalks


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
