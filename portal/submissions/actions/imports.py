"""Importing a published file of many organisations' records: one return for each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.core.locks import advisory_lock
from portal.core.storage import sha256_of
from portal.definitions.querysets import label_index
from portal.organisations.actions import RegisterEntry, add_to_register
from portal.organisations.enums import ProviderType
from portal.submissions.actions.batches import Incoming, store_returns
from portal.submissions.enums import CollectionState, Outcome, UploadState
from portal.submissions.errors import ActionRefused
from portal.submissions.layouts.pcn import PcnFile, PcnReader
from portal.submissions.models import Collection, RowIssue, Upload
from portal.submissions.reading import Refused
from portal.submissions.vault import seal_file


@dataclass
class ImportReport:
    """What became of every row of a file."""

    upload: Upload
    is_repeat: bool = False
    rows: int = 0
    stored: int = 0
    queried: int = 0
    refused: int = 0
    new_returns: int = 0
    changed_returns: int = 0
    unchanged_returns: int = 0
    not_in_file: list[str] = field(default_factory=list)
    by_code: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def import_returns(
    *,
    by: Any | None,
    collection: Collection,
    path: Path,
    file_name: str = "",
    reason: str = "",
) -> ImportReport:
    """Import a file: all of what can be stored, or nothing where the file as a whole is refused.

    The same file again changes nothing. A changed file makes new return versions of the returns
    that differ; where one of those is accepted, ``reason`` says why it is reopened.
    """
    with advisory_lock(f"import:{collection.code}", using="submissions", wait=True):
        collection.refresh_from_db()
        if collection.state in {CollectionState.SEALED, CollectionState.SET_UP}:
            raise ActionRefused(f"{collection} is {collection.get_state_display().lower()} and takes no returns.")
        upload = Upload(
            collection=collection,
            file_name=(file_name or path.name)[:255],
            sha256=sha256_of(path),
            bytes=path.stat().st_size,
            uploaded_by_id=getattr(by, "pk", None),
            uploaded_by_label=str(by) if by is not None else "system",
        )
        if repeat := Upload.objects.filter(collection=collection, sha256=upload.sha256, state=UploadState.KEPT).first():
            return _report_of(repeat)
        try:
            read = _read(collection, path)
        except Refused as refused:
            _keep_refusal(by, upload, refused)
            raise
        return _store(by, collection, upload, path, read, reason)


def _read(collection: Collection, path: Path) -> PcnFile:
    period = (collection.reference_date.year, collection.reference_date.month)
    labels = label_index(collection.family)
    return PcnReader(period, lambda label, within: labels.find(label, within=within)).read(path)


@transaction.atomic("submissions")
def _keep_refusal(by: Any | None, upload: Upload, refused: Refused) -> None:
    upload.state = UploadState.REFUSED
    upload.message = refused.message
    upload.summary = {"code": refused.code, "line": refused.line}
    upload.save()
    record_event(by=by, action="refuse_import", obj=upload, detail=upload.summary)


def _report_of(upload: Upload) -> ImportReport:
    return ImportReport(
        upload,
        is_repeat=True,
        rows=upload.rows,
        stored=upload.stored,
        queried=upload.queried,
        refused=upload.refused,
        unchanged_returns=upload.summary.get("returns", 0),
        by_code=upload.summary.get("by_code", {}),
        notes=upload.summary.get("notes", []),
    )


def _store(
    by: Any | None, collection: Collection, upload: Upload, path: Path, read: PcnFile, reason: str
) -> ImportReport:
    # The outer transaction takes the new organisations back if the records cannot be stored.
    with transaction.atomic(), transaction.atomic("submissions"):
        add_to_register(
            by=by,
            source=f"{upload.file_name}, SHA-256 {upload.sha256}",
            entries=[
                RegisterEntry(
                    item.code, item.name, collection.family, ProviderType.PCN, item.region_code, item.icb_code
                )
                for item in read.networks.values()
            ],
        )
        upload.stored_as = seal_file(path)
        upload.state = UploadState.KEPT
        upload.save()
        report = _account(upload, read)
        _store_returns(by, collection, upload, read, reason, report)
        upload.summary |= {"returns": len(read.networks), "by_code": report.by_code, "notes": report.notes}
        upload.kept_at = upload.checked_at = timezone.now()
        upload.progress = 100
        upload.save()
        record_event(by=by, action="import_returns", obj=upload, reason=reason, detail=upload.summary)
    return report


def _account(upload: Upload, read: PcnFile) -> ImportReport:
    """Write every finding down and prove that no row is lost."""
    outcomes: dict[int, Outcome] = {}
    for finding in read.findings:
        number = finding.record_number or 0
        if outcomes.get(number) != Outcome.REFUSED:
            outcomes[number] = finding.outcome
    RowIssue.objects.bulk_create(
        [
            RowIssue(
                upload=upload,
                line=item.line,
                record_number=item.record_number,
                column=item.column,
                column_name=item.column_name,
                cell=item.cell,
                item=item.item,
                code=item.code,
                severity=item.severity,
                outcome=item.outcome,
                value=item.value[:255],
                message=item.message,
            )
            for item in read.findings
        ],
        batch_size=2000,
    )
    counts = Counter(outcomes.values())
    upload.rows, upload.stored = read.rows, read.stored
    upload.queried, upload.refused = counts[Outcome.QUERIED], counts[Outcome.REFUSED]
    if upload.stored + upload.refused != upload.rows:
        raise RuntimeError(f"{upload.rows} rows, {upload.stored} stored and {upload.refused} refused: a row is lost")
    upload.reading = {"encoding": read.encoding}
    return ImportReport(
        upload,
        rows=upload.rows,
        stored=upload.stored,
        queried=upload.queried,
        refused=upload.refused,
        by_code=dict(sorted(Counter(item.code for item in read.findings).items())),
        notes=read.notes,
    )


def _store_returns(
    by: Any | None, collection: Collection, upload: Upload, read: PcnFile, reason: str, report: ImportReport
) -> None:
    batch = store_returns(
        by=by,
        collection=collection,
        incoming={
            item.code: Incoming(item.code, item.name, ProviderType.PCN, item.region_code, item.records)
            for item in read.networks.values()
        },
        file_sha256=upload.sha256,
        reason=reason,
    )
    report.new_returns, report.changed_returns = batch.new_returns, batch.changed_returns
    report.unchanged_returns, report.not_in_file = batch.unchanged_returns, batch.not_in_file
