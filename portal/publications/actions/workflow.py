"""Draft, review, approval, schedule: of the page and of its data together."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.core.models import AuditEvent
from portal.datasets import actions as dataset_actions
from portal.datasets.authorship import authors_of
from portal.datasets.enums import VersionState
from portal.publications import frontend_cache
from portal.publications.actions.calendar import refuse_other_moment
from portal.publications.actions.common import locked, move, refuse_bundled, require
from portal.publications.checklist import blocking, machine_written
from portal.publications.enums import ReleaseState, VersionReason
from portal.publications.errors import ChecklistBlocksError, OwnWorkError, ReleaseError, WrongStateError
from portal.publications.models import ReleaseVersion
from portal.publications.models.calendar import LONDON

if TYPE_CHECKING:
    from portal.publications.models import ReleasePage
    from portal.users.models import User

PUBLICATION_TIME = dt.time(9, 30)
WRITE_NOTICE = "write_notice"


def publication_moment(day: dt.date) -> dt.datetime:
    """Return 09:30 in London on a day, summer or winter."""
    return dt.datetime.combine(day, PUBLICATION_TIME, tzinfo=LONDON)


@transaction.atomic
def accept_text(*, by: User, version: ReleaseVersion) -> ReleaseVersion:
    """Stand behind every sentence as it reads with the present data; the marks of the machine go."""
    require(by, "submit_release", "accept the text of a release")
    row = locked(version)
    if row.state != ReleaseState.DRAFT:
        raise WrongStateError(f"{row} is {row.get_state_display().lower()}: text is accepted while it is a draft.")
    page = row.release.get_latest_revision_as_object()
    if _unmark(page):
        page.save_revision(user=by, log_action=True)
        row.release.refresh_from_db()
    row.text_checked_digest = row.dataset_version.digest
    row.save(update_fields=["text_checked_digest"])
    record_event(by=by, action="accept_text", obj=row, detail={"data": row.dataset_version.digest})
    return row


def _unmark(page: ReleasePage) -> int:
    """Take the machine's mark off every sentence and section; return how many had it."""
    marked = list(machine_written(page))
    for value in marked:
        value["machine_written"] = False
    return len(marked)


@transaction.atomic
def submit_release(*, by: User, version: ReleaseVersion) -> ReleaseVersion:
    """Send a draft to review, with its data, if the checklist has nothing that blocks."""
    require(by, "submit_release", "send a release to review")
    row = locked(version)
    _refuse_blocked(row)
    move(row, ReleaseState.IN_REVIEW)
    row.submitted_at, row.submitted_by = timezone.now(), by
    row.save()
    if row.dataset_version.state == VersionState.DRAFT:
        dataset_actions.submit_version(by=by, version=row.dataset_version)
    record_event(by=by, action="submit_release", obj=row)
    return row


def _refuse_blocked(version: ReleaseVersion) -> None:
    findings = blocking(version)
    if findings:
        raise ChecklistBlocksError("; ".join(finding.text for finding in findings))


@transaction.atomic
def return_release(*, by: User, version: ReleaseVersion, reason: str) -> ReleaseVersion:
    """Send a version back to draft: page and data may be edited again, and every approval is void."""
    require(by, "review_release", "send a release back")
    if not reason.strip():
        raise ReleaseError("Say why the release goes back: its author needs to know.")
    row = locked(version)
    if row.state == ReleaseState.SCHEDULED:
        row = unschedule_release(by=by, version=row, checked=True)
    move(row, ReleaseState.DRAFT)
    row.submitted_at = row.submitted_by = row.approved_at = row.approved_by = row.approved_revision = None
    row.publish_failure = ""
    row.save()
    if row.dataset_version.state in {VersionState.IN_REVIEW, VersionState.APPROVED}:
        dataset_actions.return_to_draft(by=by, version=row.dataset_version, reason=reason)
    record_event(by=by, action="return_release", obj=row, reason=reason)
    return row


def editors_of(version: ReleaseVersion) -> set[int]:
    """Return who wrote or made any part of it since the last publication: page, data, submission."""
    revisions = version.release.revisions.exclude(user=None)
    last = version.release.versions.public().order_by("-published_at").first()
    if last is not None:
        revisions = revisions.filter(created_at__gt=last.published_at)
    data = version.dataset_version
    notices = AuditEvent.objects.about(version).filter(action=WRITE_NOTICE).values_list("actor_id", flat=True)
    people = {*revisions.values_list("user_id", flat=True), *notices, version.submitted_by_id, version.created_by_id}
    if data.is_open:
        people |= authors_of(data)
    return {person for person in people if person is not None}


@transaction.atomic
def approve_release(*, by: User, version: ReleaseVersion) -> ReleaseVersion:
    """Approve page and data. Never by who edited either since the last publication."""
    require(by, "approve_release", "approve a release")
    row = locked(version)
    if by.pk in editors_of(row):
        raise OwnWorkError(f"You worked on {row}: someone else must approve it.")
    _refuse_blocked(row)
    move(row, ReleaseState.APPROVED)
    row.approved_at, row.approved_by = timezone.now(), by
    row.approved_revision = row.release.latest_revision
    row.save()
    if row.dataset_version.state == VersionState.IN_REVIEW:
        dataset_actions.approve_version(by=by, version=row.dataset_version)
    record_event(by=by, action="approve_release", obj=row, detail={"revision": row.approved_revision_id})
    return row


@transaction.atomic
def schedule_release(*, by: User, version: ReleaseVersion, at: dt.datetime, bundled: bool = False) -> ReleaseVersion:
    """Set the moment of publication of an approved version, to the second. ``bundled``: with its bundle."""
    require(by, "publish_release", "schedule a release")
    if not bundled:
        refuse_bundled(version)
    if at <= timezone.now():
        raise ReleaseError("Choose a moment in the future.")
    row = locked(version)
    refuse_other_moment(row, at, exactly=True)
    move(row, ReleaseState.SCHEDULED)
    row.scheduled_for = at
    row.publish_failure = ""
    row.save()
    # The data stays approved: it is published by this release, never by itself.
    record_event(by=by, action="schedule_release", obj=row, detail={"at": at.isoformat()})
    transaction.on_commit(lambda: frontend_cache.shut_from(row.series.slug, at))
    return row


@transaction.atomic
def unschedule_release(
    *, by: User, version: ReleaseVersion, checked: bool = False, bundled: bool = False
) -> ReleaseVersion:
    """Take a version off the schedule; it stays approved. ``bundled``: with its bundle."""
    if not checked:
        require(by, "publish_release", "take a release off the schedule")
    if not bundled:
        refuse_bundled(version)
    row = locked(version)
    if row.state != ReleaseState.SCHEDULED:
        raise WrongStateError(f"{row} is {row.get_state_display().lower()}: it is not on the schedule.")
    move(row, ReleaseState.APPROVED)
    row.scheduled_for, row.publish_failure = None, ""
    row.save()
    record_event(by=by, action="unschedule_release", obj=row)
    return row


@transaction.atomic
def start_correction(*, by: User, release: ReleasePage, notice: str) -> ReleaseVersion:
    """Open the next version of a published release, on the same data until a run or an editor changes it."""
    require(by, "submit_release", "start a correction")
    if not notice.strip():
        raise ReleaseError("Say what was wrong and what changes: readers see this notice.")
    current = release.versions.current().with_everything().select_for_update(of=("self",)).first()
    if current is None:
        raise WrongStateError(f"{release} is not published: edit its draft instead.")
    if release.versions.open().exists():
        raise WrongStateError(f"{release} has a version on its way already.")
    row = ReleaseVersion.objects.create(
        release=release,
        series=current.series,
        number=1 + max(release.versions.values_list("number", flat=True)),
        period=current.period,
        reason=VersionReason.CORRECTION,
        notice=notice,
        dataset_version=current.dataset_version,
        text_checked_digest=current.dataset_version.digest,
        created_by=by,
    )
    record_event(by=by, action="start_correction", obj=row, reason=notice)
    return row


@transaction.atomic
def write_notice(*, by: User, version: ReleaseVersion, notice: str) -> ReleaseVersion:
    """Say to readers what a new version corrects or revises, while it is a draft: a run that made it cannot know."""
    require(by, "submit_release", "write the notice of a correction")
    if not notice.strip():
        raise ReleaseError("Say what was wrong and what changes: readers see this notice.")
    row = locked(version)
    if row.state != ReleaseState.DRAFT or row.reason == VersionReason.FIRST:
        raise WrongStateError(f"{row}: a notice is written for a correction or revision, while it is a draft.")
    row.notice = notice
    row.save(update_fields=["notice"])
    record_event(by=by, action=WRITE_NOTICE, obj=row, reason=notice)
    return row


@transaction.atomic
def cancel_version(*, by: User, version: ReleaseVersion, reason: str) -> ReleaseVersion:
    """Give up a version that was never public. Its page stays as a draft for the next one."""
    require(by, "review_release", "cancel a version")
    if not reason.strip():
        raise ReleaseError("Say why the version is given up: the reason stays in its history.")
    row = locked(version)
    move(row, ReleaseState.CANCELLED)
    row.save()
    record_event(by=by, action="cancel_version", obj=row, reason=reason)
    return row
