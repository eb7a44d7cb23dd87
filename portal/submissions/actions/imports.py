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
from portal.organisations.enums import ProviderType, size_of
from portal.submissions import pseudonyms
from portal.submissions.enums import CollectionState, Outcome, ReturnState, UploadState
from portal.submissions.errors import ActionRefused
from portal.submissions.layouts.pcn import Network, PcnFile, PcnReader
from portal.submissions.models import Collection, Return, ReturnVersion, RowIssue, Upload
from portal.submissions.reading import Refused
from portal.submissions.storing import RecordCopy, copy_rows, digest_of
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
    known = {
        item.organisation_code: item
        for item in Return.objects.counting()
        .filter(collection=collection)
        .select_related("submitted_version")
        .select_for_update(of=("self",))
    }
    report.not_in_file = sorted(
        code for code, item in known.items() if code not in read.networks and item.submitted_version_id
    )
    new = [_new_return(collection, network) for code, network in sorted(read.networks.items()) if code not in known]
    Return.objects.bulk_create(new, batch_size=1000)
    known |= {item.organisation_code: item for item in new}
    digests = {code: digest_of(network.records) for code, network in read.networks.items()}
    to_write = [
        known[code]
        for code in sorted(read.networks)
        if (version := known[code].submitted_version) is None or version.digest != digests[code]
    ]
    _refuse_silent_reopening(to_write, collection, reason)
    versions = _write_versions(upload, read, to_write, digests)
    _submit(by, collection, to_write, versions, reason)
    report.new_returns = sum(version.number == 1 for version in versions)
    report.changed_returns = len(versions) - report.new_returns
    report.unchanged_returns = len(read.networks) - len(versions)


def _new_return(collection: Collection, network: Network) -> Return:
    return Return(
        collection=collection,
        organisation_code=network.code,
        organisation_name=network.name,
        provider_type=ProviderType.PCN,
        region_code=network.region_code,
    )


def _refuse_silent_reopening(to_write: list[Return], collection: Collection, reason: str) -> None:
    accepted = [item.organisation_code for item in to_write if item.state == ReturnState.ACCEPTED]
    if accepted and not reason:
        raise ActionRefused(
            f"The file changes {len(accepted)} accepted returns ({', '.join(accepted[:5])}{'…' if len(accepted) > 5 else ''}). "  # noqa: PLR2004 - a few examples
            "Give a reason to reopen them. Nothing was stored.",
        )
    if to_write and collection.state == CollectionState.CLOSED and not reason:
        raise ActionRefused(f"{collection} is closed. Give a reason to import into it. Nothing was stored.")


def _write_versions(
    upload: Upload, read: PcnFile, to_write: list[Return], digests: dict[str, str]
) -> list[ReturnVersion]:
    numbers = Counter(ReturnVersion.objects.filter(of_return__in=to_write).values_list("of_return_id", flat=True))
    versions = []
    for item in to_write:
        network = read.networks[item.organisation_code]
        key = pseudonyms.organisation_key(item.organisation_code)
        people = len({record.worker_ref for record in network.records if record.worker_ref})
        versions.append(
            ReturnVersion(
                of_return=item,
                number=numbers[item.pk] + 1,
                form_version=upload.collection.form_version,
                rows=len(network.records),
                digest=digests[item.organisation_code],
                file_sha256=upload.sha256,
                organisation_key=key,
                organisation_group_key=key,
                provider_type=ProviderType.PCN,
                organisation_size=size_of(people),
                reference=f"{upload.collection.code}-{item.organisation_code}"[:20],
            ),
        )
    ReturnVersion.objects.bulk_create(versions, batch_size=1000)
    copier = RecordCopy(upload.collection)
    copy_rows(
        row
        for item, version in zip(to_write, versions, strict=True)
        for row in copier.rows(item, version, read.networks[item.organisation_code].records)
    )
    return versions


def _submit(
    by: Any | None, collection: Collection, returns: list[Return], versions: list[ReturnVersion], reason: str
) -> None:
    """Make the versions immutable and the returns submitted, a thousand at a time."""
    now = timezone.now()
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
