"""Vocabulary for reading returns, and the one way records leave for a snapshot."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connections, models, transaction

from portal.submissions.enums import RECEIVED_STATES, ReturnState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper


#: Columns of a snapshot and where each comes from (r record, v return version, c collection).
_SNAPSHOT = {
    "record_key": "r.record_key",
    "worker_key": "r.worker_key",
    "noise_key": "r.noise_key",
    "organisation_key": "v.organisation_key",
    "organisation_group_key": "v.organisation_group_key",
    "provider_type": "v.provider_type",
    "organisation_size": "v.organisation_size",
    "family": "c.family",
    "role_code": "r.role_code",
    "role_group": "r.role_group",
    "job_title_code": "r.job_title_code",
    "registration_body": "r.registration_body",
    "registration_part": "r.registration_part",
    "registration_status": "r.registration_status",
    "qualifications": "r.qualifications",
    "functions": "r.functions",
    "oh_share_milli": "r.oh_share_milli",
    "fte_nano": "r.fte_nano",
    "contract_type": "r.contract_type",
    "region_code": "r.region_code",
    "icb_code": "r.icb_code",
    "sex": "r.sex",
    "age_band": "r.age_band",
    "ethnic_group": "r.ethnic_group",
    "disability": "r.disability",
    "kind": "r.kind",
    "weight_count": "r.weight_count",
    "time_period": "to_char(c.reference_date, 'YYYY-MM')",
    "collection_code": "c.code",
}
SNAPSHOT_COLUMNS = tuple(_SNAPSHOT)

_ACCEPTED = """
SELECT {columns}
FROM submissions_record r
JOIN submissions_returnversion v ON v.id = r.version_id
JOIN submissions_return s ON s.accepted_version_id = v.id
JOIN submissions_collection c ON c.id = s.collection_id
WHERE c.code = %s AND s.state = 'accepted' AND NOT s.is_test AND v.erased_at IS NULL
""".format(columns=", ".join(f"{source} AS {name}" for name, source in _SNAPSHOT.items()))
_IN_ORDER = _ACCEPTED + ' ORDER BY r.record_key COLLATE "C"'


class ReturnQuerySet(models.QuerySet["Return"]):
    """Reading returns."""

    def counting(self) -> ReturnQuerySet:
        """Those that are not tests."""
        return self.filter(is_test=False)

    def received(self) -> ReturnQuerySet:
        """Those that somebody submitted."""
        return self.filter(state__in=RECEIVED_STATES)

    def accepted(self) -> ReturnQuerySet:
        """Those whose accepted version counts in figures."""
        return self.counting().filter(state=ReturnState.ACCEPTED)

    def of_organisations(self, codes: Any) -> ReturnQuerySet:
        """Those of the organisations with these codes."""
        return self.filter(organisation_code__in=list(codes))


class ReturnVersionQuerySet(models.QuerySet["ReturnVersion"]):
    """Reading return versions."""

    def submitted(self) -> ReturnVersionQuerySet:
        """Those that can no longer change."""
        return self.filter(submitted_at__isnull=False)

    def drafts(self) -> ReturnVersionQuerySet:
        """Those that are being prepared."""
        return self.filter(submitted_at=None)


class RecordQuerySet(models.QuerySet["Record"]):
    """Reading and dropping records."""

    def drop(self) -> int:
        """Delete in one statement and return how many: nothing hangs on a record, and none is fetched first."""
        return int(self.order_by()._raw_delete(self.db))


def accepted_records(collection_code: str) -> Iterator[tuple[Any, ...]]:
    """Yield the accepted records of a collection, columns as in ``SNAPSHOT_COLUMNS``, by record key.

    Read by a cursor on the server: a collection of millions of records takes no more memory here
    than one of a hundred.
    """
    connection = connections["submissions"]
    with transaction.atomic("submissions"):
        connection.ensure_connection()
        _join_by_hash(connection)
        with connection.connection.cursor(name="accepted_records") as cursor:
            cursor.itersize = 20_000
            cursor.execute(_IN_ORDER, [collection_code])
            yield from cursor


def copy_accepted_records(collection_code: str, sink: Path) -> int:
    """Write the accepted records of a collection to ``sink`` as CSV by COPY; return how many.

    UTF-8 with a header; NULL is an empty cell without quotes, an empty text has quotes. No
    order is promised. Direct identifiers are not among the columns.
    """
    with transaction.atomic("submissions"):
        _join_by_hash(connections["submissions"])
        return copy_as_csv(_ACCEPTED, [collection_code], sink)


def copy_as_csv(query: str, values: Sequence[str] | Mapping[str, str], sink: Path) -> int:
    """Write what a query finds to ``sink`` as CSV by COPY, UTF-8 with a header; return how many rows.

    Called inside a transaction of that database.
    """
    connection = connections["submissions"].connection
    statement = f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER true, ENCODING 'UTF8')"
    with sink.open("wb") as file, connection.cursor() as cursor:
        with cursor.copy(statement, values) as copy:
            for block in copy:
                file.write(block)
        return int(cursor.rowcount)


def copy_accepted_flows(collection_code: str, sink: Path) -> int:
    """Write vacancies, starters and leavers of accepted returns to ``sink``; see :mod:`portal.submissions.flows`."""
    from portal.submissions import flows  # noqa: PLC0415 - it imports models, which import this module

    return flows.copy_accepted_flows(collection_code, sink)


def _join_by_hash(connection: BaseDatabaseWrapper) -> None:
    # Records that were copied in a moment ago have no statistics yet; the planner then takes the
    # collection for tiny and reads the whole table once for each return. One pass is always right.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")


def accepted_summary(collection_code: str) -> dict[str, Any]:
    """Return what was expected and what was accepted in a collection, for lineage and coverage."""
    from portal.submissions.models import Collection, Return  # noqa: PLC0415 - models import this module

    collection = Collection.objects.get(code=collection_code)
    names = ("number", "digest", "rows")
    returns = list(
        Return.objects.counting()
        .filter(collection=collection)
        .order_by("organisation_code")
        .values("organisation_code", "region_code", "state", *(f"accepted_version__{name}" for name in names))
    )
    accepted = [item for item in returns if item["state"] == ReturnState.ACCEPTED]
    return {
        "collection": collection.code,
        "family": collection.family,
        "reference_date": collection.reference_date,
        "time_period": collection.time_period,
        "role_versions": collection.role_versions,
        "expected": len(returns),
        "accepted": len(accepted),
        "expected_by_region": dict(sorted(Counter(item["region_code"] for item in returns).items())),
        "accepted_by_region": dict(sorted(Counter(item["region_code"] for item in accepted).items())),
        "return_versions": [
            {
                "organisation": item["organisation_code"],
                "version": item["accepted_version__number"],
                "digest": item["accepted_version__digest"],
                "rows": item["accepted_version__rows"],
            }
            for item in accepted
        ],
    }
