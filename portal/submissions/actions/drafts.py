"""The draft of a return: begun, filled, mended, carried forward."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from portal.core.actions import record_event
from portal.organisations.models import Organisation
from portal.submissions import pseudonyms
from portal.submissions.enums import ReturnKind, ReturnState, Severity
from portal.submissions.errors import ActionRefused, ChangedMeanwhile, CollectionClosed
from portal.submissions.flows import FlowValues, write_flows
from portal.submissions.models import HeldRow, Record, Return, ReturnVersion, RowIssue
from portal.submissions.storing import RecordCopy, RecordValues, copy_blocks, copy_rows
from portal.submissions.transitions import move

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

    from portal.submissions.findings import Finding

_STORED = [item.name for item in fields(RecordValues) if item.name != "registration"]


@contextmanager
def changing(of_return: Return, *, revision: int | None = None) -> Iterator[Return]:
    """Lock a return for a change by its provider, in one transaction.

    Refuses when the collection is closed, when the return is not open to changes, and when
    somebody else changed it since the person saw ``revision`` of it.
    """
    with transaction.atomic("submissions"):
        locked = Return.objects.select_for_update(of=("self",)).select_related("collection").get(pk=of_return.pk)
        if revision is not None and locked.revision != revision:
            raise ChangedMeanwhile
        must_be_open(locked)
        yield locked
        locked.revision += 1
        locked.save()


def must_be_open(of_return: Return) -> None:
    """Refuse where the provider may change nothing now, and say why."""
    if not of_return.is_in_time:
        raise CollectionClosed(of_return.collection.title)
    if not of_return.is_editable:
        raise ActionRefused(f"The return is {of_return.get_state_display().lower()}. Reopen it to change it.")


def draft_of(locked: Return) -> ReturnVersion:
    """Return the draft of a locked return, beginning one from the last version where there is none."""
    if draft := ReturnVersion.objects.drafts().filter(of_return=locked).first():
        return draft
    if locked.state == ReturnState.NOT_STARTED:
        move(locked, ReturnState.IN_PROGRESS)
        locked.started_at = timezone.now()
    organisation = Organisation.objects.select_related("parent").get(code=locked.organisation_code)
    last = locked.submitted_version
    number = ReturnVersion.objects.filter(of_return=locked).aggregate(last=Max("number"))["last"] or 0
    draft = ReturnVersion.objects.create(
        of_return=locked,
        number=number + 1,
        form_version=locked.collection.form_version,
        kind=last.kind if last else ReturnKind.RECORDS,
        items=last.items if last else {},
        declared_headcount=last.declared_headcount if last else None,
        organisation_key=pseudonyms.organisation_key(organisation.code),
        organisation_group_key=pseudonyms.organisation_key((organisation.parent or organisation).code),
        provider_type=organisation.provider_type,
        organisation_size=organisation.size,
    )
    if last:
        copy_records(last, draft, locked)
        for vacancy in last.vacancies.all():
            vacancy.pk, vacancy.version = None, draft
            vacancy.save()
        for movement in last.movements.all():
            movement.pk, movement.version = None, draft
            movement.save()
    return draft


def values_of(records: Iterable[Record]) -> Iterator[RecordValues]:
    """Yield what stored records say."""
    for record in records:
        yield RecordValues(**{name: getattr(record, name) for name in _STORED})


def copy_records(
    source: ReturnVersion, draft: ReturnVersion, of_return: Return, *, confirmed_on: dt.date | None = None
) -> int:
    """Copy every record of a version into a draft."""

    def copies() -> Iterator[RecordValues]:
        for values in values_of(source.records.order_by("sequence").iterator(chunk_size=2000)):
            values.line = None
            values.confirmed_unchanged_on = confirmed_on or values.confirmed_unchanged_on
            yield values

    return add_records(draft, of_return, list(copies()))


def add_records(draft: ReturnVersion, of_return: Return, values: list[RecordValues]) -> int:
    """Add records to a draft, after those that it has."""
    last = draft.records.aggregate(last=Max("sequence"))["last"] or 0
    count = copy_rows(RecordCopy(of_return.collection).rows(of_return, draft, values, first=last + 1))
    draft.rows = draft.records.count()
    draft.save(update_fields=["rows"])
    return count


def add_frame(draft: ReturnVersion, of_return: Return, good: pl.DataFrame) -> int:
    """Add the records of a file to a draft, after those that it has."""
    last = draft.records.aggregate(last=Max("sequence"))["last"] or 0
    count = copy_blocks(RecordCopy(of_return.collection).blocks(of_return, draft, good, first=last + 1))
    draft.rows = draft.records.count() if last else count
    draft.save(update_fields=["rows"])
    return count


def previous_version(of_return: Return) -> ReturnVersion | None:
    """Return the last thing the organisation submitted: of this return, or of the collection before."""
    return of_return.submitted_version or version_before(of_return)


def version_before(of_return: Return) -> ReturnVersion | None:
    """Return what the organisation submitted last for a collection of earlier reference date."""
    return (
        ReturnVersion.objects.submitted()
        .filter(
            of_return__organisation_code=of_return.organisation_code,
            of_return__is_test=False,
            of_return__collection__family=of_return.collection.family,
            of_return__collection__reference_date__lt=of_return.collection.reference_date,
            erased_at=None,
        )
        .order_by("-of_return__collection__reference_date", "-number")
        .first()
    )


def carry_forward(*, by: Any, of_return: Return, revision: int | None = None, confirm: bool = False) -> Return:
    """Bring the records of the last return into the draft; ``confirm`` says that they are unchanged today."""
    with changing(of_return, revision=revision) as locked:
        source = previous_version(locked)
        if source is None:
            raise ActionRefused("There is no earlier return to carry forward.")
        draft = draft_of(locked)
        draft.records.all().drop()
        today = timezone.localdate() if confirm else None
        count = copy_records(source, draft, locked, confirmed_on=today)
        draft.kind, draft.items = source.kind, source.items
        draft.declared_headcount, draft.confirmed_unchanged_on = source.declared_headcount, today
        draft.save()
        record_event(
            by=by,
            action="carry_forward",
            obj=locked,
            detail={"from": source.pk, "records": count, "confirmed": confirm},
        )
    return locked


def save_record(
    *,
    by: Any,
    of_return: Return,
    values: RecordValues,
    findings: Iterable[Finding] = (),
    sequence: int | None = None,
    held: HeldRow | None = None,
    revision: int | None = None,
) -> Return:
    """Add a typed record to the draft, or replace one; a held row that it mends is gone."""
    with changing(of_return, revision=revision) as locked:
        draft = draft_of(locked)
        if sequence is not None:
            _drop_record(draft, sequence)
        if held is not None:
            HeldRow.objects.filter(pk=held.pk, version=draft).delete()
        draft.kind = ReturnKind.RECORDS
        draft.save(update_fields=["kind"])
        add_records(draft, locked, [values])
        place = draft.records.aggregate(last=Max("sequence"))["last"]
        RowIssue.objects.bulk_create(
            RowIssue(
                version=draft,
                record_number=place,
                item=finding.item,
                code=finding.code,
                severity=finding.severity,
                outcome=finding.outcome,
                value=finding.value,
                message=f"{values.worker_ref}: {finding.message}",
            )
            for finding in findings
            if finding.severity != Severity.ERROR
        )
        record_event(by=by, action="save_record", obj=locked, detail={"replaces": sequence})
    return locked


def save_totals(
    *, by: Any, of_return: Return, lines: list[RecordValues], file_sha256: str = "", revision: int | None = None
) -> Return:
    """Let the draft hold these totals and nothing else: a return is of records or of totals, never of both."""
    with changing(of_return, revision=revision) as locked:
        draft = draft_of(locked)
        draft.records.all().drop()
        draft.held_rows.all().delete()
        RowIssue.objects.filter(version=draft).update(version=None)
        draft.kind, draft.file_sha256 = ReturnKind.AGGREGATE, file_sha256
        draft.save(update_fields=["kind", "file_sha256"])
        add_records(draft, locked, lines)
        record_event(by=by, action="save_totals", obj=locked, detail={"lines": len(lines)})
    return locked


def _drop_record(draft: ReturnVersion, sequence: int) -> None:
    if not draft.records.filter(sequence=sequence).drop():
        raise ActionRefused("That record is no longer in the draft.")
    RowIssue.objects.filter(version=draft, upload=None, record_number=sequence).delete()
    draft.rows = draft.records.count()
    draft.save(update_fields=["rows"])


def remove_record(*, by: Any, of_return: Return, sequence: int, revision: int | None = None) -> Return:
    """Take a record out of the draft."""
    with changing(of_return, revision=revision) as locked:
        _drop_record(draft_of(locked), sequence)
        record_event(by=by, action="remove_record", obj=locked, detail={"sequence": sequence})
    return locked


def save_details(
    *,
    by: Any,
    of_return: Return,
    declared_headcount: int | None,
    items: dict[str, Any],
    flows: Iterable[FlowValues] = (),
    revision: int | None = None,
) -> Return:
    """Save what a return says of the organisation: headcount, vacancies, starters and leavers by role."""
    with changing(of_return, revision=revision) as locked:
        draft = draft_of(locked)
        draft.declared_headcount = declared_headcount
        kept = {name: value for name, value in draft.items.items() if name not in {"joiners", "leavers", "leavers_to"}}
        draft.items = kept | items
        draft.save(update_fields=["declared_headcount", "items"])
        write_flows(draft, list(flows))
        record_event(by=by, action="save_details", obj=locked)
    return locked


def start_test_return(*, by: Any, of_return: Return) -> Return:
    """Begin a test return beside a return: it behaves in full and never counts."""
    with transaction.atomic("submissions"):
        test, is_new = Return.objects.get_or_create(
            collection=of_return.collection,
            organisation_code=of_return.organisation_code,
            is_test=True,
            defaults={
                "organisation_name": of_return.organisation_name,
                "provider_type": of_return.provider_type,
                "region_code": of_return.region_code,
            },
        )
        if is_new:
            record_event(by=by, action="start_test_return", obj=test)
    return test
