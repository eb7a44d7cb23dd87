"""The frame of a collection: every organisation that was asked, its declared size, and what it answered."""

from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from portal.organisations.enums import OrganisationSize
from portal.organisations.models import Organisation
from portal.submissions import pseudonyms
from portal.submissions.enums import RecordKind, ReturnState
from portal.submissions.models import Collection, Record, Return

if TYPE_CHECKING:
    from pathlib import Path

NOT_KNOWN = "not_known"
#: The items of a worker that everybody is asked for and that may be left out.
ITEMS = ("contract_type", "region_code", "icb_code", "age_band", "sex", "ethnic_group", "disability")
FRAME_COLUMNS = (
    "organisation_key", "organisation_group_key", "family", "provider_type", "organisation_size", "region_code",
    "declared_size", "has_answered", "items_asked", "items_answered", "time_period", "collection_code",
)  # fmt: skip
#: What a size band of the register stands for where a number is wanted: about its middle.
SIZE_OF_BAND = {
    OrganisationSize.ONE: 1, OrganisationSize.TO_4: 3, OrganisationSize.TO_9: 7, OrganisationSize.TO_24: 17,
    OrganisationSize.TO_49: 37, OrganisationSize.TO_99: 75, OrganisationSize.TO_249: 175,
    OrganisationSize.FROM_250: 400, OrganisationSize.NOT_KNOWN: 0,
}  # fmt: skip


def frame_rows(collection_code: str, *, with_items: bool = True) -> list[dict[str, Any]]:
    """Return a row for each organisation that was asked, by pseudonym. Test returns never count."""
    collection = Collection.objects.get(code=collection_code)
    returns = list(Return.objects.counting().filter(collection=collection))
    register = {
        item.code: item
        for item in Organisation.objects.filter(code__in=[one.organisation_code for one in returns]).select_related(
            "parent"
        )
    }
    accepted = [one.accepted_version_id for one in returns if one.state == ReturnState.ACCEPTED]
    items = _items(accepted) if with_items else {}
    rows = [_row(collection, one, register.get(one.organisation_code), items) for one in returns]
    return sorted(rows, key=lambda row: row["organisation_key"])


def _row(collection: Collection, one: Return, known: Organisation | None, items: dict[int, Any]) -> dict[str, Any]:
    size = known.size if known else OrganisationSize.NOT_KNOWN
    group = (known.parent or known).code if known else one.organisation_code
    has_answered = one.state == ReturnState.ACCEPTED
    asked, answered = items.get(one.accepted_version_id or 0, (0, 0)) if has_answered else (0, 0)
    return {
        "organisation_key": pseudonyms.organisation_key(one.organisation_code),
        "organisation_group_key": pseudonyms.organisation_key(group),
        "family": collection.family,
        "provider_type": one.provider_type or NOT_KNOWN,
        "organisation_size": str(size),
        "region_code": one.region_code or NOT_KNOWN,
        "declared_size": SIZE_OF_BAND[OrganisationSize(size)],
        "has_answered": has_answered,
        "items_asked": asked,
        "items_answered": answered,
        "time_period": collection.time_period,
        "collection_code": collection.code,
    }


def _items(versions: list[int | None]) -> dict[int, tuple[int, int]]:
    """Return how many items the records of each version were asked for, and how many were filled in."""
    filled = {f"filled_{name}": Count("sequence", filter=~Q(**{name: NOT_KNOWN}) & ~Q(**{name: ""})) for name in ITEMS}
    rows = (
        Record.objects.filter(version__in=[pk for pk in versions if pk], kind=RecordKind.RECORD)
        .order_by()
        .values("version_id")
        .annotate(records=Count("sequence"), **filled)
    )
    return {row["version_id"]: (row["records"] * len(ITEMS), sum(row[name] for name in filled)) for row in rows}


def frame_digest(collection_code: str) -> str:
    """Return a hash of the frame: the register may change after the last return was accepted.

    The items that were answered follow from the accepted versions, which never change: those are not read for it.
    """
    rows = frame_rows(collection_code, with_items=False)
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def copy_frame(collection_code: str, sink: Path) -> int:
    """Write the frame to ``sink`` as CSV and return how many organisations it holds. No code or name of one is in it."""
    rows = frame_rows(collection_code)
    with sink.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FRAME_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)
