"""What the OH team sees of a collection: responses, duplicates, differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import Count, Q

from portal.organisations.enums import ProviderType
from portal.submissions.enums import RECEIVED_STATES, ReturnState
from portal.submissions.models import Collection, Return

if TYPE_CHECKING:
    from collections.abc import Iterable

_COUNTS = {
    "expected": Count("pk"),
    "started": Count("pk", filter=~Q(state=ReturnState.NOT_STARTED)),
    "received": Count("pk", filter=Q(state__in=RECEIVED_STATES)),
    "accepted": Count("pk", filter=Q(state=ReturnState.ACCEPTED)),
}

# One person, known by registration, in several returns with more than one and a half posts together.
_DUPLICATES = """
SELECT r.worker_key, count(DISTINCT s.id), sum(r.fte_nano), string_agg(DISTINCT s.organisation_code, ', ' ORDER BY s.organisation_code)
FROM submissions_record r
JOIN submissions_return s ON s.submitted_version_id = r.version_id
WHERE s.collection_id = %s AND NOT s.is_test AND r.registration_key IS NOT NULL
GROUP BY r.worker_key
HAVING count(DISTINCT s.id) > 1 AND sum(r.fte_nano) > 1500000000
ORDER BY sum(r.fte_nano) DESC
LIMIT 100
"""


@dataclass(frozen=True)
class Responses:
    """How many returns of a group were expected, started, received and accepted."""

    label: str
    expected: int
    started: int
    received: int
    accepted: int

    @property
    def rate(self) -> int:
        """Received, per cent of expected."""
        return round(self.received * 100 / self.expected) if self.expected else 0


def responses(collection: Collection) -> Responses:
    """Return the responses of a whole collection."""
    return Responses("All", **Return.objects.counting().filter(collection=collection).aggregate(**_COUNTS))


def responses_by(collection: Collection, field: str) -> list[Responses]:
    """Return responses by provider type or region."""
    labels = dict(ProviderType.choices) if field == "provider_type" else {}
    rows = Return.objects.counting().filter(collection=collection).values(field).annotate(**_COUNTS).order_by(field)
    return [Responses(str(labels.get(row[field], row[field])), **{name: row[name] for name in _COUNTS}) for row in rows]


def last_collection(collection: Collection) -> Collection | None:
    """Return the collection of the same family before this one."""
    return (
        Collection.objects.filter(family=collection.family, reference_date__lt=collection.reference_date)
        .order_by("-reference_date")
        .first()
    )


def possible_duplicates(collection: Collection) -> list[dict[str, Any]]:
    """Return people in several returns with more than 1.5 FTE together, without their identity."""
    with connections["submissions"].cursor() as cursor:
        cursor.execute(_DUPLICATES, [collection.pk])
        rows: Iterable[tuple[Any, ...]] = cursor.fetchall()
    return [{"returns": count, "fte": float(fte) / 10**9, "organisations": codes} for _key, count, fte, codes in rows]
