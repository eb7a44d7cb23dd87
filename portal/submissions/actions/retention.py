"""Erasing personal data after the retention date. Snapshots never held it, so figures still rebuild."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.submissions.enums import CollectionState
from portal.submissions.errors import ActionRefused
from portal.submissions.models import (
    Collection,
    HeldRow,
    IdempotencyKey,
    Query,
    Record,
    RegisteredWorker,
    RememberedReason,
    Removal,
    ReturnVersion,
    RowIssue,
    SentMessage,
    Upload,
)
from portal.submissions.vault import erase_file

#: Answers to requests by API are kept this long.
ANSWERS_KEPT = dt.timedelta(days=30)


@dataclass(frozen=True)
class Erasure:
    """What was, or would be, erased of one collection."""

    collection: str
    records: int
    files: int
    findings: int


def due_collections(on: dt.date | None = None) -> list[Collection]:
    """Return sealed collections whose retention date has passed and which still hold personal data."""
    day = on or timezone.localdate()
    return list(
        Collection.objects.filter(retain_until__lt=day, erased_at=None, state=CollectionState.SEALED).order_by("code")
    )


@transaction.atomic("submissions")
def set_retention(*, by: Any, collection: Collection, until: dt.date) -> Collection:
    """Decide how long the personal data of a collection are kept."""
    locked = Collection.objects.select_for_update().get(pk=collection.pk)
    if locked.erased_at is not None:
        raise ActionRefused(f"The personal data of {locked} are erased already.")
    if until <= timezone.localdate(locked.closes_at):
        raise ActionRefused(f"{locked} closes on {timezone.localdate(locked.closes_at):%d %B %Y}: keep it for longer.")
    before, locked.retain_until = locked.retain_until, until
    locked.save(update_fields=["retain_until"])
    detail = {"before": before.isoformat() if before else None, "until": until.isoformat()}
    record_event(by=by, action="set_retention", obj=locked, detail=detail)
    return locked


def erase_collection(*, by: Any | None, collection: Collection, dry_run: bool = False) -> Erasure:
    """Erase the records, the findings with their values and the raw files of a collection.

    Return versions stay with their digests, row counts and file hashes: what figures point to.
    """
    uploads = list(Upload.objects.filter(collection=collection).exclude(stored_as=""))
    records = Record.objects.filter(version__of_return__collection=collection)
    findings = RowIssue.objects.filter(upload__collection=collection) | RowIssue.objects.filter(
        version__of_return__collection=collection
    )
    counted = Erasure(collection.code, records.count(), len(uploads), findings.distinct().count())
    if dry_run:
        return counted
    with transaction.atomic("submissions"):
        # The mark comes first: only of an erased version may records be deleted at all.
        versions = ReturnVersion.objects.filter(of_return__collection=collection)
        versions.filter(submitted_at=None).delete()
        versions.update(erased_at=timezone.now())
        RowIssue.objects.filter(pk__in=findings.values("pk")).delete()
        HeldRow.objects.filter(version__of_return__collection=collection).delete()
        Removal.objects.filter(version__of_return__collection=collection).delete()
        Query.objects.filter(of_return__collection=collection).delete()
        workers = {key for key in records.order_by().values_list("worker_key", flat=True).distinct() if key}
        records.drop()
        RegisteredWorker.objects.filter(version__in=versions).delete()
        _forget_reasons(workers)
        SentMessage.objects.filter(collection=collection).update(address="", text="", failure="")
        Upload.objects.filter(collection=collection).update(
            stored_as="", prepared_as="", file_name="erased", reading={}, choices={}
        )
        Collection.objects.filter(pk=collection.pk).update(erased_at=timezone.now())
        record_event(
            by=by,
            action="erase_collection",
            obj=collection,
            detail={"records": counted.records, "files": counted.files, "findings": counted.findings},
        )
    for upload in uploads:
        if upload.prepared_as:
            erase_file(upload.prepared_as)
        # One file may have been sent to several collections; it goes with the last of them.
        if not Upload.objects.filter(stored_as=upload.stored_as).exists():
            erase_file(upload.stored_as)
    return counted


def _forget_reasons(workers: set[str]) -> None:
    """Delete what was remembered of workers of whom no record is left."""
    still_here = set(Record.objects.filter(worker_key__in=workers).values_list("worker_key", flat=True))
    RememberedReason.objects.filter(worker_key__in=workers - still_here).delete()


def forget_answers() -> int:
    """Delete old answers to requests by API; return how many."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - ANSWERS_KEPT).delete()[0]
