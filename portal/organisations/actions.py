"""Writes to the register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from portal.core.actions import record_event
from portal.organisations.models import Organisation

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class RegisterEntry:
    """What a source says about an organisation that may not be in the register yet."""

    code: str
    name: str
    family: str
    provider_type: str
    region_code: str
    icb_code: str = "not_known"
    is_synthetic: bool = False


def add_to_register(*, by: Any | None, entries: Iterable[RegisterEntry], source: str) -> int:
    """Add organisations whose code is not in the register; return how many were added.

    What the register already says of an organisation is left alone.
    """
    wanted = {entry.code: entry for entry in entries}
    with transaction.atomic():
        known = set(Organisation.objects.filter(code__in=wanted).values_list("code", flat=True))
        new = [
            Organisation(
                code=entry.code,
                name=entry.name,
                family=entry.family,
                provider_type=entry.provider_type,
                region_code=entry.region_code,
                icb_code=entry.icb_code,
                is_synthetic=entry.is_synthetic,
            )
            for code, entry in sorted(wanted.items())
            if code not in known
        ]
        added = Organisation.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
        if added:
            record_event(by=by, action="add_organisations", reason=source, detail={"count": len(added)})
    return len(added)
