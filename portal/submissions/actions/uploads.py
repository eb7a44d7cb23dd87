"""Uploads: received at once, checked by a worker, kept when the person says so.

The row is the job. Checking writes findings only; keeping reads the same file again, so that
what is kept is what the file says now and not a plan made hours ago.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event, send_on_commit
from portal.core.storage import sha256_of
from portal.submissions.actions.drafts import add_frame, changing, draft_of, must_be_open, previous_version
from portal.submissions.enums import ReturnKind, Severity, UploadState
from portal.submissions.errors import ActionRefused, ChangedMeanwhile
from portal.submissions.forms import load_form
from portal.submissions.models import ColumnMapping, HeldRow, Return, RowIssue, Upload
from portal.submissions.prepared import forget, prepare, prepared_records
from portal.submissions.processing import FileResult, check_file, open_file
from portal.submissions.reading import Refused, fold
from portal.submissions.scanning import INFECTED, scan
from portal.submissions.storing import RecordCopy
from portal.submissions.vault import erase_file, opened_file, seal_file

if TYPE_CHECKING:
    from portal.submissions.checks import CheckedRow
    from portal.submissions.findings import Finding

#: Findings that are listed one by one; beyond that the counts by code tell the rest.
MOST_ISSUES = 20_000
MOST_ATTEMPTS = 3


def receive_upload(*, by: Any, of_return: Return, path: Path, file_name: str, is_partial: bool = False) -> Upload:
    """Take a file, encrypt it, and have it checked."""
    must_be_open(of_return)
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(sha256_of, path)
        stored_as = seal_file(path)
    with transaction.atomic("submissions"):
        upload = Upload.objects.create(
            collection=of_return.collection,
            of_return=of_return,
            file_name=Path(file_name).name[:255] or "file",
            sha256=digest.result(),
            bytes=path.stat().st_size,
            stored_as=stored_as,
            is_partial=is_partial,
            uploaded_by_id=by.pk,
            uploaded_by_label=str(by),
        )
        record_event(by=by, action="upload_file", obj=upload, detail={"sha256": upload.sha256, "bytes": upload.bytes})
        _send(upload)
    return upload


def _send(upload: Upload) -> None:
    from portal.submissions.tasks import process_upload  # noqa: PLC0415 - tasks import actions

    send_on_commit(process_upload, upload.pk, using="submissions")


def process(*, upload: Upload) -> Upload:
    """Do what the row asks for: check it, or keep it. Safe to do again after a worker died."""
    if upload.state == UploadState.CHECKED and upload.keep_requested_at:
        return _keep(upload)
    if upload.state in {UploadState.RECEIVED, UploadState.CHECKING}:
        return _check(upload)
    return upload


def _check(upload: Upload) -> Upload:
    upload.attempts += 1
    if upload.attempts > MOST_ATTEMPTS:
        return _refuse(
            upload,
            Refused("F-070", "The file could not be checked in three attempts. Send it in parts, or ask the OH team."),
        )
    upload.state = UploadState.CHECKING
    upload.save(update_fields=["attempts", "state"])
    try:
        with opened_file(upload.stored_as) as path:
            scan(path)
            result = check_file(path, _return_of(upload), upload.choices, progress=lambda rows: _tell(upload, rows))
    except Refused as refused:
        return _refuse(upload, refused)
    with transaction.atomic("submissions"):
        upload.issues.all().delete()
        _describe(upload, result)
        if result.match.needs_a_person:
            upload.state = UploadState.MAPPING
        else:
            _write_issues(upload, result.findings)
            upload.state = UploadState.CHECKED
        prepare(upload, _return_of(upload), result)
        upload.checked_at, upload.progress = timezone.now(), 100
        upload.save()
    return upload


def _return_of(upload: Upload) -> Return:
    if upload.of_return is None:
        raise ActionRefused("The upload belongs to no return.")
    return upload.of_return


def _tell(upload: Upload, rows: int) -> None:
    """Show progress: rows so far against what the bytes suggest."""
    guess = max(rows + 1, upload.bytes // 150)
    Upload.objects.filter(pk=upload.pk).update(rows=rows, progress=min(95, rows * 100 // guess))


def _refuse(upload: Upload, refused: Refused) -> Upload:
    upload.state, upload.message = UploadState.REFUSED, refused.message
    upload.summary = {"code": refused.code, "line": refused.line}
    upload.checked_at, upload.progress = timezone.now(), 100
    if refused.code == INFECTED:
        erase_file(upload.stored_as)
        Upload.objects.filter(stored_as=upload.stored_as).exclude(pk=upload.pk).update(stored_as="")
        upload.stored_as = ""
    upload.save()
    return upload


def _describe(upload: Upload, result: FileResult) -> None:
    upload.rows, upload.stored, upload.refused = result.rows, len(result.good), len(result.held)
    upload.queried = result.queried
    upload.reading = result.reading()
    upload.summary = {
        "by_code": result.by_code,
        "absent": _absent(upload, result),
        "listed": min(len(result.findings), MOST_ISSUES),
    }


def _absent(upload: Upload, result: FileResult) -> int:
    """Count the workers of the last return who are not in this file at all."""
    last = previous_version(_return_of(upload))
    if last is None or upload.is_partial:
        return 0
    here = set(result.good["worker_ref"]) | {row.given.get("worker_key", "").strip() for row in result.held}
    return len(set(last.records.values_list("worker_ref", flat=True)) - here - {""})


def _write_issues(upload: Upload, findings: list[Finding]) -> None:
    # Errors first, so that what is left off a very long list is the least.
    weight = {Severity.ERROR: 0, Severity.QUERY: 1, Severity.NOTE: 2}
    listed = sorted(findings, key=lambda item: weight[item.severity])[:MOST_ISSUES]
    RowIssue.objects.bulk_create([issue_of(upload, finding) for finding in listed], batch_size=2000)


def issue_of(upload: Upload | None, finding: Finding) -> RowIssue:
    """Return the row that keeps a finding."""
    return RowIssue(
        upload=upload,
        line=finding.line,
        record_number=finding.record_number,
        column=finding.column,
        column_name=finding.column_name[:255],
        cell=finding.cell,
        item=finding.item,
        code=finding.code,
        severity=finding.severity,
        outcome=finding.outcome,
        value=finding.value[:255],
        message=finding.message,
    )


def choose_reading(*, by: Any, upload: Upload, choices: dict[str, Any]) -> Upload:
    """Read the file another way: encoding, delimiter, sheet, heading row, or columns. Remembers the columns."""
    with transaction.atomic("submissions"):
        locked = Upload.objects.select_for_update().get(pk=upload.pk)
        if locked.state not in {UploadState.MAPPING, UploadState.CHECKED, UploadState.REFUSED} or not locked.stored_as:
            raise ActionRefused("This file can no longer be read another way.")
        locked.choices = locked.choices | choices
        locked.state, locked.attempts, locked.progress, locked.message = UploadState.RECEIVED, 0, 0, ""
        locked.save()
        _remember_mapping(by, locked, choices.get("columns", {}))
        record_event(by=by, action="choose_reading", obj=locked, detail={"changed": sorted(choices)})
        _send(locked)
    return locked


def _remember_mapping(by: Any, upload: Upload, columns: dict[str, str]) -> None:
    of_return = _return_of(upload)
    form = load_form(of_return.collection.form_version)
    for heading, item in columns.items():
        ColumnMapping.objects.update_or_create(
            organisation_code=of_return.organisation_code,
            form=form.name,
            heading=fold(heading)[:255],
            defaults={"item": item, "changed_by_id": by.pk},
        )


def keep_upload(*, by: Any, upload: Upload, revision: int | None = None) -> Upload:
    """Ask for the good rows of a checked file to be kept in the draft. Asked twice, done once.

    They take the place of the draft as the person saw it: at ``revision``, or at this moment.
    Whatever changes the return before the rows are in, wins, and the person is told.
    """
    with transaction.atomic("submissions"):
        of_return = Return.objects.select_for_update(of=("self",)).get(pk=_return_of(upload).pk)
        if revision is not None and of_return.revision != revision:
            raise ChangedMeanwhile
        locked = Upload.objects.select_for_update().get(pk=upload.pk)
        if locked.state != UploadState.CHECKED:
            raise ActionRefused(f"The file is {locked.get_state_display().lower()}; only a checked one can be kept.")
        if not locked.stored:
            raise ActionRefused("No row of the file is ready to be kept. Mend the errors first.")
        if locked.keep_requested_at is None:
            locked.keep_requested_at = timezone.now()
            locked.summary = locked.summary | {"on_revision": of_return.revision}
            locked.progress, locked.message = 0, ""
            locked.save()
            record_event(by=by, action="keep_upload", obj=locked)
            _send(locked)
    return locked


def _keep(upload: Upload) -> Upload:
    """Put the good rows into the draft and the others beside it, in one transaction."""
    of_return = _return_of(upload)
    try:
        checked = _checked_again(upload, of_return)
        with changing(of_return, revision=upload.summary.get("on_revision")) as locked:
            current = Upload.objects.select_for_update().get(pk=upload.pk)
            if current.state != UploadState.CHECKED:
                return current
            draft = draft_of(locked)
            _store(current, locked, draft, checked)
            current.version, current.state, current.kept_at, current.progress = (
                draft,
                UploadState.KEPT,
                timezone.now(),
                100,
            )
            forget(current)
            current.save()
            record_event(
                by=None, action="store_upload", obj=current, detail={"records": current.stored, "held": current.refused}
            )
    except (ActionRefused, Refused) as refused:
        upload.refresh_from_db()
        upload.keep_requested_at, upload.message = None, str(refused)
        upload.save(update_fields=["keep_requested_at", "message"])
        return upload
    return current


@dataclass
class _Checked:
    """What is to be kept of a file. ``result`` is None where its records were put aside by the check."""

    good: pl.DataFrame
    held: list[CheckedRow] = field(default_factory=list)
    result: FileResult | None = None


def _checked_again(upload: Upload, of_return: Return) -> _Checked:
    """Return what a file says now, and not a plan made hours ago."""
    if (good := prepared_records(upload, of_return)) is not None:
        return _Checked(good)
    with opened_file(upload.stored_as) as path:
        result = check_file(path, of_return, upload.choices)
    return _Checked(result.good, result.held, result)


def _store(upload: Upload, locked: Return, draft: Any, checked: _Checked) -> None:
    if upload.is_partial:
        # A partial file replaces the workers it names and leaves the others.
        keys = set(checked.good["worker_ref"])
        held_keys = {row.given.get("worker_key", "").strip() for row in checked.held}
        replaced = draft.records.filter(worker_ref__in=keys)
        workers = [key for key in replaced.values_list("worker_key", flat=True) if key]
        RowIssue.objects.filter(version=draft, worker_key__in=workers).update(version=None)
        replaced.drop()
        for held in list(draft.held_rows.all()):
            if str(held.values.get("worker_key", "")).strip() in keys | held_keys:
                held.delete()
    else:
        draft.records.all().drop()
        draft.held_rows.all().delete()
        # What earlier files said no longer speaks of this draft; it stays with those uploads.
        RowIssue.objects.filter(version=draft).exclude(upload=upload).update(version=None)
    draft.kind = ReturnKind.RECORDS
    draft.file_sha256 = upload.sha256
    draft.save(update_fields=["kind", "file_sha256"])
    add_frame(draft, locked, checked.good)
    HeldRow.objects.bulk_create(
        [
            HeldRow(upload=upload, version=draft, line=row.line, record_number=row.number, values=row.given)
            for row in checked.held
        ],
        batch_size=2000,
    )
    if checked.result is not None:
        _describe(upload, checked.result)
    upload.issues.update(version=draft)
    _link_workers(upload, locked, checked.good)


def _link_workers(upload: Upload, locked: Return, good: pl.DataFrame) -> None:
    """Give queries the worker's pseudonym, so that a reason can be remembered for next year."""
    issues = list(upload.issues.filter(severity=Severity.QUERY))
    lines = good.filter(pl.col("line").is_in([issue.line for issue in issues if issue.line]))
    refs = dict(lines.select("line", "worker_ref").iter_rows())
    asked = good.filter(pl.col("worker_ref").is_in(list(refs.values())))
    keys = RecordCopy(locked.collection).worker_keys(locked.organisation_code, asked)
    by_ref = dict(zip(asked["worker_ref"], keys, strict=True))
    for issue in issues:
        issue.worker_key = by_ref.get(refs.get(issue.line or 0, ""), "")
    RowIssue.objects.bulk_update(issues, ["worker_key"], batch_size=1000)


def discard_upload(*, by: Any, upload: Upload) -> Upload:
    """Put a file aside: nothing of it is kept."""
    with transaction.atomic("submissions"):
        locked = Upload.objects.select_for_update().get(pk=upload.pk)
        if locked.state == UploadState.KEPT:
            raise ActionRefused("The rows of this file are in the draft already.")
        locked.state = UploadState.DISCARDED
        forget(locked)
        locked.save(update_fields=["state", "prepared_as", "prepared_on"])
        record_event(by=by, action="discard_upload", obj=locked)
    return locked


def preview(upload: Upload) -> FileResult:
    """Return the headings of an upload and how they are matched, without its rows."""
    with opened_file(upload.stored_as) as path:
        table, match = open_file(path, _return_of(upload), upload.choices or {"columns": {}})
        return FileResult(table, match)
