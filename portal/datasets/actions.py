"""Everything that changes a dataset version. Each action is atomic and leaves an audit event."""

from __future__ import annotations

import secrets
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from pydantic import ValidationError as PydanticError

from portal.core.actions import record_event
from portal.core.storage import private_files, public_files
from portal.datasets.authorship import authors_of
from portal.datasets.definition_usage import wording_only
from portal.datasets.described import KEY, describe
from portal.datasets.enums import OPEN_STATES, TRANSITIONS, ChangeLevel, VersionKind, VersionState
from portal.datasets.errors import (
    ActionRefused,
    AuditMissing,
    BadObservations,
    MappingOpen,
    OwnWork,
    StaleBase,
    WrongState,
)
from portal.datasets.files import CanonicalTable, build_files, write_canonical
from portal.datasets.metadata import VersionMetadata
from portal.datasets.models import AdvanceNotice, Dataset, DatasetFile, DatasetVersion, PreviewToken
from portal.datasets.numbering import FIRST, RAISED, StructureChange, next_number, open_codes, structure_changes
from portal.datasets.previews import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.datasets.files.build import Progress
    from portal.users.models import User


def create_draft_version(
    *,
    by: User | None,
    dataset: Dataset,
    observations: Path,
    metadata: Mapping[str, Any],
    lineage: Mapping[str, Any],
    kind: str = VersionKind.NEW_PERIOD,
    change_note: str = "",
    progress: Progress | None = None,
) -> DatasetVersion:
    """Check the observations (Parquet), write every file, and keep them as a draft version.

    The number follows from what changed since the latest published version. Refuses
    (:class:`BadObservations`) a table that does not agree with ``metadata``.
    """
    try:
        described = VersionMetadata.model_validate(dict(metadata))
    except PydanticError as error:
        raise BadObservations(f"the metadata is not complete: {error}") from error
    with tempfile.TemporaryDirectory(prefix="dataset-") as folder:
        table = write_canonical(observations, described, Path(folder) / "observations.parquet")
        version = DatasetVersion(
            dataset=dataset,
            base=dataset.latest,
            kind=kind,
            change_note=change_note,
            lineage=dict(lineage),
            created_by=by,
            metadata=table.metadata.as_json(),
            rows=table.rows,
            digest=private_files.put(table.path),
        )
        version.first_period, version.last_period = _periods(table.metadata)
        _renumber(version)
        with transaction.atomic():
            version.save()
            _write_files(version, table, Path(folder), progress)
            record_event(by=by, action="create_draft_version", obj=version, detail={"reasons": version.reasons})
    return version


def _periods(metadata: VersionMetadata) -> tuple[str, str]:
    dimension = metadata.by_id.get("time_period")
    codes = sorted(dimension.labels) if dimension else [""]
    return codes[0], codes[-1]


def _renumber(version: DatasetVersion) -> None:
    """Set the version number and its reasons from the difference to its base."""
    if version.base is None:
        version.major, version.minor, version.patch = FIRST
        version.reasons = [
            {"level": "major", "kind": "version", "change": "added", "where": "", "code": "", "text": "First version"}
        ]
        return
    base = version.base.meta
    changes = structure_changes(base, wording_only(base, version.meta), version.mapping)
    level = max([change.level for change in changes], default=ChangeLevel.PATCH)
    raised = [reason for reason in version.reasons if reason["kind"] == RAISED]
    version.reasons = [*([change.as_json() for change in changes] or [_value_reason(version).as_json()]), *raised]
    # A withdrawn number is never used again, so counting starts from the highest ever published.
    highest = version.dataset.versions.public().newest_first().first() or version.base
    level = ChangeLevel(max(level, version.raised_to))
    version.major, version.minor, version.patch = next_number(highest.number_key, level)


def _value_reason(version: DatasetVersion) -> StructureChange:
    same = version.base is not None and version.base.digest == version.digest
    text = "Only the description changed" if same else "Same structure and periods, values corrected"
    return StructureChange(ChangeLevel.PATCH, "value", "changed", "", "", text)


def _write_files(version: DatasetVersion, table: CanonicalTable, folder: Path, progress: Progress | None) -> None:
    """Write and store the files of a draft, in place of earlier ones, with the words about it as they are now."""
    version.metadata = {**version.metadata, KEY: describe(version).as_json()}
    version.save(update_fields=["metadata"])
    version.files.all().delete()
    rows = [
        DatasetFile(
            version=version,
            name=file.name,
            label=file.label,
            media_type=file.media_type,
            sha256=private_files.put(file.path),
            bytes=file.bytes,
            rows=file.rows,
            position=position,
            is_main=file.is_main,
        )
        for position, file in enumerate(build_files(version, table, folder, progress=progress))
    ]
    DatasetFile.objects.bulk_create(rows)


def _locked(version: DatasetVersion) -> DatasetVersion:
    """Return the row as it is now, locked with its dataset until the transaction ends."""
    dataset = Dataset.objects.select_for_update().get(pk=version.dataset_id)
    row = DatasetVersion.objects.select_for_update().get(pk=version.pk)
    row.dataset = dataset
    return row


def _require_audit(version: DatasetVersion) -> None:
    """Refuse a version of a statistical series whose disclosure audit is missing or did not pass."""
    if version.lineage.get("series") and (version.lineage.get("audit") or {}).get("passed") is not True:
        raise AuditMissing(f"{version} goes no further: its disclosure audit is missing or did not pass.")


def _move(version: DatasetVersion, state: VersionState) -> None:
    if state not in TRANSITIONS[VersionState(version.state)]:
        raise WrongState(f"{version} is {version.get_state_display().lower()}: it cannot become {state.label.lower()}.")
    version.state = state


@transaction.atomic
def map_codes(*, by: User, version: DatasetVersion, mapping: Mapping[str, Mapping[str, str | None]]) -> DatasetVersion:
    """Say what codes that are gone are called now (None: really gone), and number the version again."""
    row = _locked(version)
    if row.state != VersionState.DRAFT:
        raise WrongState(f"{row} is {row.get_state_display().lower()}: codes are mapped while it is a draft.")
    _check_mapping(row, mapping)
    row.mapping = {key: {**row.mapping.get(key, {}), **pairs} for key, pairs in {**row.mapping, **mapping}.items()}
    record_event(by=by, action="map_codes", obj=row, detail={"mapping": row.mapping})
    return _rebuilt(row)


def _check_mapping(version: DatasetVersion, mapping: Mapping[str, Mapping[str, str | None]]) -> None:
    for key, pairs in mapping.items():
        if version.base is None or key not in version.base.meta.by_id or key not in version.meta.by_id:
            raise ActionRefused(f"{key} is not a dimension of both versions.")
        before, after = version.base.meta.by_id[key].labels, version.meta.by_id[key].labels
        for gone, now in pairs.items():
            if gone not in before or gone in after:
                raise ActionRefused(f"{gone} of {key} is not a code that is gone.")
            if now is not None and (now not in after or now in before):
                raise ActionRefused(f"{now} of {key} is not a new code of this version.")
        named = [now for now in pairs.values() if now]
        if len(set(named)) != len(named):
            raise ActionRefused(f"Two codes of {key} cannot become the same one.")


def mark_gone(*, by: User, version: DatasetVersion) -> DatasetVersion:
    """Mark every code that is gone and not mapped as really gone."""
    version.refresh_from_db()
    return map_codes(
        by=by, version=version, mapping={key: dict.fromkeys(codes) for key, codes in unmapped(version).items()}
    )


def unmapped(version: DatasetVersion) -> dict[str, list[str]]:
    """Return, by dimension, the codes that are gone since the base and that nobody has decided on."""
    return {} if version.base is None else open_codes(version.base.meta, version.meta, version.mapping)


@transaction.atomic
def raise_number(*, by: User, version: DatasetVersion, level: ChangeLevel, reason: str) -> DatasetVersion:
    """Make the version number move further than the software computed; never less far."""
    row = _locked(version)
    if row.state != VersionState.DRAFT:
        raise WrongState(f"{row} is {row.get_state_display().lower()}: its number is settled.")
    if not reason.strip():
        raise ActionRefused("Say why the number is raised: the reason is shown with the others.")
    computed = max([ChangeLevel[reason_["level"].upper()] for reason_ in row.reasons], default=ChangeLevel.PATCH)
    if row.base is None or level <= max(computed, row.raised_to):
        raise ActionRefused(
            f"{row} is already numbered for a {ChangeLevel(max(computed, row.raised_to)).label} change."
        )
    row.raised_to = level
    row.reasons = [*row.reasons, StructureChange(level, RAISED, "raised", "", "", reason.strip()).as_json()]
    record_event(by=by, action="raise_version_number", obj=row, reason=reason)
    return _rebuilt(row)


def _rebuilt(version: DatasetVersion) -> DatasetVersion:
    """Number a draft again and write its files again: they carry the number."""
    _renumber(version)
    version.save()
    with tempfile.TemporaryDirectory(prefix="dataset-") as folder:
        table = CanonicalTable(private_files.local_path(version.digest), version.meta)
        _write_files(version, table, Path(folder), None)
    return version


@transaction.atomic
def submit_version(*, by: User | None, version: DatasetVersion) -> DatasetVersion:
    """Send a draft to review."""
    row = _locked(version)
    _move(row, VersionState.IN_REVIEW)
    row.submitted_at, row.submitted_by = timezone.now(), by
    row.save()
    record_event(by=by, action="submit_version", obj=row)
    return row


@transaction.atomic
def return_to_draft(*, by: User, version: DatasetVersion, reason: str) -> DatasetVersion:
    """Send a version back from review or approval to its author."""
    row = _locked(version)
    _move(row, VersionState.DRAFT)
    row.submitted_at = row.submitted_by = row.approved_at = row.approved_by = None
    row.save()
    record_event(by=by, action="return_version_to_draft", obj=row, reason=reason)
    return row


@transaction.atomic
def approve_version(*, by: User, version: DatasetVersion) -> DatasetVersion:
    """Approve a version in review. Never by who had a hand in it, never with codes undecided."""
    row = _locked(version)
    _move(row, VersionState.APPROVED)
    _require_audit(row)
    if by is None or by.pk in authors_of(row):
        raise OwnWork(f"{row} must be approved by someone who neither made, changed nor submitted it.")
    if missing := unmapped(row):
        named = "; ".join(f"{key}: {', '.join(codes)}" for key, codes in missing.items())
        raise MappingOpen(f"{row} cannot be approved until someone says where these codes went: {named}.")
    row.approved_at, row.approved_by = timezone.now(), by
    row.save()
    record_event(by=by, action="approve_version", obj=row)
    return row


@transaction.atomic
def schedule_version(*, by: User, version: DatasetVersion, at: Any) -> DatasetVersion:
    """Mark an approved version for publication at a moment; the release that carries it does it."""
    row = _locked(version)
    _move(row, VersionState.SCHEDULED)
    _require_audit(row)
    row.scheduled_for = at
    row.save()
    record_event(by=by, action="schedule_version", obj=row, detail={"at": at.isoformat()})
    return row


@transaction.atomic
def publish_version(*, by: User | None, version: DatasetVersion, at: Any = None) -> DatasetVersion:
    """Publish an approved version and supersede the one before. May run inside a larger transaction.

    ``at`` is the moment of publication (now, unless a release fixes one for all its versions).
    """
    row = _locked(version)
    if row.base_id != row.dataset.latest_id:
        raise StaleBase(f"{row} was made when another version was current: draft it again.")
    _move(row, VersionState.PUBLISHED)
    _require_audit(row)
    moment = at or timezone.now()
    if previous := row.dataset.latest:
        _supersede(previous, row, moment)
    for digest in {row.digest, *row.files.values_list("sha256", flat=True)}:
        public_files.put(private_files.local_path(digest))
    row.published_at, row.published_by = moment, by
    row.save()
    row.dataset.latest = row
    row.dataset.published_at = row.dataset.published_at or moment
    row.dataset.is_synthetic = row.is_synthetic
    row.dataset.save(update_fields=["latest", "published_at", "is_synthetic"])
    record_event(by=by, action="publish_version", obj=row, detail={"digest": row.digest})
    return row


def _supersede(previous: DatasetVersion, successor: DatasetVersion, moment: Any) -> None:
    if previous.state != VersionState.PUBLISHED:
        return  # the last version left after a withdrawal is superseded already
    _move(previous, VersionState.SUPERSEDED)
    reason = f"{VersionKind(successor.kind).label}: {successor.change_note}".removesuffix(": ")
    previous.superseded_at, previous.superseded_by, previous.superseded_reason = moment, successor, reason
    previous.save()


@transaction.atomic
def withdraw_version(*, by: User, version: DatasetVersion, reason: str) -> DatasetVersion:
    """Stop serving the data of a public version; its page and the reason stay.

    When it was the latest, the version before it that is still served is current again.
    """
    if not reason.strip():
        raise ActionRefused("Say why the version is withdrawn: the reason stays on its page.")
    row = _locked(version)
    _move(row, VersionState.WITHDRAWN)
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = timezone.now(), by, reason
    row.save()
    if row.dataset.latest_id == row.pk:
        _restore_previous(row.dataset)
    record_event(by=by, action="withdraw_version", obj=row, reason=reason)
    return row


def _restore_previous(dataset: Dataset) -> None:
    previous = dataset.versions.served().newest_first().first()
    if previous:
        _move(previous, VersionState.PUBLISHED)
        previous.superseded_at, previous.superseded_by, previous.superseded_reason = None, None, ""
        previous.save()
    dataset.latest = previous
    dataset.save(update_fields=["latest"])


@transaction.atomic
def discard_version(*, by: User | None, version: DatasetVersion, reason: str = "") -> None:
    """Throw a version away that was never published."""
    row = _locked(version)
    if row.state not in OPEN_STATES:
        raise WrongState(f"{row} is published: it can be withdrawn, not thrown away.")
    record_event(by=by, action="discard_version", obj=row, reason=reason)
    row.delete()


PREVIEW_DAYS = 7


@transaction.atomic
def create_preview_token(*, by: User, version: DatasetVersion, holder: str, days: int) -> tuple[PreviewToken, str]:
    """Let ``holder`` read a draft through the API. The second value is the token, shown once and kept nowhere."""
    row = _locked(version)
    if not row.is_open:
        raise WrongState(f"{row} is {row.get_state_display().lower()}: only what is not published yet has previews.")
    if not 1 <= days <= PREVIEW_DAYS:
        raise ActionRefused(f"A preview lasts 1 to {PREVIEW_DAYS} days.")
    if not holder.strip():
        raise ActionRefused("Say who the preview is for.")
    secret = secrets.token_urlsafe(32)
    token = PreviewToken.objects.create(
        version=row,
        digest=digest_of(secret),
        holder=holder.strip()[:200],
        created_by=by,
        expires_at=timezone.now() + timedelta(days=days),
    )
    record_event(by=by, action="create_preview_token", obj=row, detail={"holder": token.holder, "days": days})
    return token, secret


@transaction.atomic
def revoke_preview_token(*, by: User, token: PreviewToken) -> PreviewToken:
    """End a preview at once."""
    row = PreviewToken.objects.select_for_update().select_related("version__dataset").get(pk=token.pk)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = timezone.now(), by
        row.save(update_fields=["revoked_at", "revoked_by"])
        record_event(by=by, action="revoke_preview_token", obj=row.version, detail={"holder": row.holder})
    return row


@transaction.atomic
def announce_change(*, by: User, dataset: Dataset, title: str, text: str, expected_on: date) -> AdvanceNotice:
    """Tell everybody, before it happens, of a change that breaks what they built. It cannot be taken back."""
    if dataset.published_at is None:
        raise ActionRefused(f"{dataset} is not public: nobody builds on it yet.")
    if not title.strip() or not text.strip():
        raise ActionRefused("Say what will change, and what people should do about it.")
    if expected_on <= timezone.localdate():
        raise ActionRefused("The day of the change must lie ahead.")
    notice = AdvanceNotice.objects.create(
        dataset=dataset, title=title.strip()[:200], text=text.strip()[:4000], expected_on=expected_on, published_by=by
    )
    record_event(by=by, action="announce_change", obj=notice)
    return notice
