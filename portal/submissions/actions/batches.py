"""Many ready returns at once: one submitted version of each, all records by one COPY."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.core.locks import advisory_lock
from portal.organisations.enums import size_of
from portal.organisations.models import Organisation
from portal.submissions import pseudonyms
from portal.submissions.enums import CollectionState, ReturnKind, ReturnState
from portal.submissions.errors import ActionRefused
from portal.submissions.flows import FlowValues, answered, write_flows
from portal.submissions.models import Collection, Return, ReturnVersion
from portal.submissions.storing import RecordCopy, RecordValues, copy_rows, digest_of, list_registered_workers

EXAMPLES = 5


@dataclass
class Incoming:
    """What one organisation returns, and what the register says of it."""

    code: str
    name: str
    provider_type: str
    region_code: str
    records: Sequence[RecordValues]
    group_code: str = ""
    is_nil: bool = False
    flows: Sequence[FlowValues] = ()

    def digest(self) -> str:
        """Return a digest of all that the return says."""
        records = digest_of(self.records)
        if not self.flows:
            return records
        return hashlib.sha256("\n".join([records, *sorted(map(repr, self.flows))]).encode()).hexdigest()

    def size(self) -> str:
        """Return the size band: distinct workers of the return."""
        return size_of(len({record.worker_ref for record in self.records if record.worker_ref}))


@dataclass
class BatchReport:
    """What became of the returns."""

    new_returns: int = 0
    changed_returns: int = 0
    unchanged_returns: int = 0
    records: int = 0
    not_in_file: list[str] = field(default_factory=list)


def load_return_records(
    *,
    by: Any | None,
    collection: Collection,
    records: Mapping[str, Sequence[RecordValues]],
    nil: Iterable[str] = (),
    flows: Mapping[str, Sequence[FlowValues]] | None = None,
    reason: str = "",
) -> BatchReport:
    """Load records that are ready, by organisation code. The same records again change nothing.

    ``flows`` holds vacancies, starters and leavers by role of the organisations that say them.
    """
    flows = flows or {}
    wanted = {**records, **dict.fromkeys(nil, ())}
    register = {item.code: item for item in Organisation.objects.filter(code__in=wanted).select_related("parent")}
    if missing := sorted(wanted.keys() - register.keys()):
        raise ActionRefused(f"{len(missing)} organisations are not in the register: {', '.join(missing[:EXAMPLES])}.")
    incoming = {
        code: Incoming(
            code,
            register[code].name,
            register[code].provider_type,
            register[code].region_code,
            values,
            group_code=(register[code].parent or register[code]).code,
            is_nil=not values,
            flows=flows.get(code, ()),
        )
        for code, values in wanted.items()
    }
    with advisory_lock(f"import:{collection.code}", using="submissions", wait=True), transaction.atomic("submissions"):
        report = store_returns(by=by, collection=collection, incoming=incoming, reason=reason)
        record_event(
            by=by, action="load_return_records", obj=collection, reason=reason, detail={"records": report.records}
        )
    return report


def store_returns(
    *,
    by: Any | None,
    collection: Collection,
    incoming: Mapping[str, Incoming],
    file_sha256: str = "",
    reason: str = "",
) -> BatchReport:
    """Write a submitted version of every return that differs, in the current transaction."""
    known = {
        item.organisation_code: item
        for item in Return.objects.counting()
        .filter(collection=collection)
        .select_related("submitted_version")
        .select_for_update(of=("self",))
    }
    report = BatchReport(
        not_in_file=sorted(code for code, item in known.items() if code not in incoming and item.submitted_version_id)
    )
    new = [_new_return(collection, item) for code, item in sorted(incoming.items()) if code not in known]
    Return.objects.bulk_create(new, batch_size=1000)
    known |= {item.organisation_code: item for item in new}
    digests = {code: item.digest() for code, item in incoming.items()}
    to_write = [
        known[code]
        for code in sorted(incoming)
        if (version := known[code].submitted_version) is None or version.digest != digests[code]
    ]
    _refuse_silent_reopening(to_write, collection, reason)
    versions = _write_versions(collection, incoming, to_write, digests, file_sha256)
    _submit(by, collection, to_write, versions, reason)
    report.new_returns = sum(version.number == 1 for version in versions)
    report.changed_returns = len(versions) - report.new_returns
    report.unchanged_returns = len(incoming) - len(versions)
    report.records = sum(version.rows for version in versions)
    return report


def _new_return(collection: Collection, incoming: Incoming) -> Return:
    return Return(
        collection=collection,
        organisation_code=incoming.code,
        organisation_name=incoming.name,
        provider_type=incoming.provider_type,
        region_code=incoming.region_code,
    )


def _refuse_silent_reopening(to_write: list[Return], collection: Collection, reason: str) -> None:
    accepted = [item.organisation_code for item in to_write if item.state == ReturnState.ACCEPTED]
    if accepted and not reason:
        raise ActionRefused(
            f"{len(accepted)} accepted returns would change ({', '.join(accepted[:EXAMPLES])}{'…' if len(accepted) > EXAMPLES else ''}). "
            "Give a reason to reopen them. Nothing was stored.",
        )
    if to_write and collection.state == CollectionState.CLOSED and not reason:
        raise ActionRefused(f"{collection} is closed. Give a reason to import into it. Nothing was stored.")


def _write_versions(
    collection: Collection,
    incoming: Mapping[str, Incoming],
    to_write: list[Return],
    digests: Mapping[str, str],
    file_sha256: str,
) -> list[ReturnVersion]:
    numbers = Counter(ReturnVersion.objects.filter(of_return__in=to_write).values_list("of_return_id", flat=True))
    if drafts := ReturnVersion.objects.drafts().filter(of_return__in=to_write).count():
        raise ActionRefused(f"{drafts} of these returns are being changed by their providers. Nothing was stored.")
    versions = []
    for item in to_write:
        item.collection = collection  # known already: while COPY runs nothing can be read on this connection
        what = incoming[item.organisation_code]
        versions.append(
            ReturnVersion(
                of_return=item,
                number=numbers[item.pk] + 1,
                kind=ReturnKind.NIL if what.is_nil else ReturnKind.RECORDS,
                form_version=collection.form_version,
                rows=len(what.records),
                digest=digests[what.code],
                file_sha256=file_sha256,
                organisation_key=pseudonyms.organisation_key(what.code),
                organisation_group_key=pseudonyms.organisation_key(what.group_code or what.code),
                provider_type=what.provider_type,
                organisation_size=what.size(),
            ),
        )
    ReturnVersion.objects.bulk_create(versions, batch_size=1000)
    copier = RecordCopy(collection)
    copy_rows(
        row
        for item, version in zip(to_write, versions, strict=True)
        for row in copier.rows(item, version, incoming[item.organisation_code].records)
    )
    for item, version in zip(to_write, versions, strict=True):
        if told := incoming[item.organisation_code].flows:
            write_flows(version, list(told))
            version.items = answered(list(told))
            version.save(update_fields=["items"])
    return versions


def _submit(
    by: Any | None, collection: Collection, returns: list[Return], versions: list[ReturnVersion], reason: str
) -> None:
    """Make the versions immutable and the returns submitted, a thousand at a time."""
    now = timezone.now()
    list_registered_workers(version.pk for version in versions)
    ReturnVersion.objects.filter(pk__in=[version.pk for version in versions]).update(
        submitted_at=now,
        submitted_by_id=getattr(by, "pk", None),
        submitted_by_label=str(by) if by is not None else "system",
    )
    for item, version in zip(returns, versions, strict=True):
        item.reopened_reason = reason if item.state == ReturnState.ACCEPTED else item.reopened_reason
        item.state = ReturnState.SUBMITTED
        item.started_at = item.started_at or now
        item.submitted_at = now
        item.submitted_version = version
        item.revision += 1
        item.is_late = now >= collection.closes_at
    Return.objects.bulk_update(
        returns,
        ["reopened_reason", "state", "started_at", "submitted_at", "submitted_version", "revision", "is_late"],
        batch_size=500,
    )
