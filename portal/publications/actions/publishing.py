"""Publication: page, data and pointers switch in one transaction; everything else follows once it is committed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.datasets import actions as dataset_actions
from portal.datasets.enums import VersionState
from portal.publications import page_cache
from portal.publications.actions.calendar import record_publication, refuse_other_moment
from portal.publications.actions.common import locked, move, note_failure, refuse_bundled, require
from portal.publications.actions.early import published_list
from portal.publications.actions.subscriptions import queue_mails
from portal.publications.enums import ReleaseState
from portal.publications.errors import ReleaseError, WrongStateError
from portal.publications.models import ReleaseVersion
from portal.publications.webhooks import queue_event

if TYPE_CHECKING:
    from portal.users.models import User

# What comes out later than this after its moment says when it really came out.
ON_TIME = dt.timedelta(minutes=1)


def content_digest(content: dict[str, Any], data: str, notice: str) -> str:
    """Return the SHA-256 of what is published: text, data and notice."""
    text = json.dumps([content, data, notice], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def publish_release(*, by: User | None, version: ReleaseVersion, at: dt.datetime | None = None) -> ReleaseVersion:
    """Publish an approved version with its data, all or nothing.

    ``by`` is None only for a version whose scheduled moment has come. Caches of the pages that
    change are closed before the switch and opened after it, so that none keeps an old page.
    """
    if by is not None:
        require(by, "publish_release", "publish a release")
    elif version.state != ReleaseState.SCHEDULED or (version.scheduled_for or timezone.now()) > timezone.now():
        raise WrongStateError(f"{version} is not due: only a person may publish it before its time.")
    refuse_bundled(version)
    with page_cache.closed(version.series.slug), transaction.atomic():
        return publish_in_transaction(by=by, version=version, moment=at or timezone.now())


def publish_in_transaction(*, by: User | None, version: ReleaseVersion, moment: dt.datetime) -> ReleaseVersion:
    """Switch everything of one version. The caller holds the transaction and answers for the right to publish."""
    row = locked(version)
    if by is not None:
        refuse_other_moment(row, moment, exactly=False)
    previous = row.release.versions.current().select_for_update(of=("self",)).first()
    # The page may lag behind: what was approved is the revision, and nothing else is published.
    revision = row.approved_revision or row.release.latest_revision
    if revision is None or revision.pk != row.release.latest_revision_id:
        raise ReleaseError(f"{row} was edited after it was approved.")
    if previous is not None:
        move(previous, ReleaseState.SUPERSEDED)
        previous.superseded_at = moment
        previous.save(update_fields=["state", "superseded_at"])
    if row.dataset_version.state in {VersionState.APPROVED, VersionState.SCHEDULED}:
        dataset_actions.publish_version(by=by, version=row.dataset_version, at=moment)
    elif row.dataset_version.state != VersionState.PUBLISHED:
        raise WrongStateError(f"The data of {row} is {row.dataset_version.get_state_display().lower()}.")
    move(row, ReleaseState.PUBLISHED)
    row.published_at, row.published_by, row.publish_failure = moment, by, ""
    row.content = {**revision.content, "pre_release_access": published_list(row)}
    row.digest = content_digest(row.content, row.dataset_version.digest, row.notice)
    row.save()
    revision.publish(user=by, skip_permission_checks=True)
    record_publication(version=row, at=moment)
    record_event(by=by, action="publish_release", obj=row, detail={"digest": row.digest})
    queue_event(
        event="release.corrected" if row.number > 1 else "release.published",
        data=_announcement(row),
    )
    queue_mails(row)
    _do_the_rest_on_commit(row)
    return row


def _do_the_rest_on_commit(version: ReleaseVersion) -> None:
    """Send what follows to a worker. A broker that is away undoes nothing: it is found later that nobody did it."""
    from portal.publications.tasks import after_publication  # noqa: PLC0415 - the task module imports this one

    transaction.on_commit(lambda: after_publication.delay(version.pk), robust=True)


def _announcement(version: ReleaseVersion) -> dict[str, Any]:
    """Return what other front ends are told: where to read, and how to know that it is this."""
    return {
        "series": version.series.slug,
        "release": version.release.slug,
        "version": version.number,
        "period": version.period,
        "page_id": version.release_id,
        "address": version.get_absolute_url(),
        "permanent_address": version.permanent_address,
        "digest": version.digest,
        "notice": version.notice,
        "dataset": {
            "slug": version.dataset_version.dataset.slug,
            "version": version.dataset_version.number,
            "digest": version.dataset_version.digest,
        },
        "published_at": version.published_at.isoformat() if version.published_at else "",
    }


def moment_said(scheduled: dt.datetime | None) -> dt.datetime:
    """Return the moment that a scheduled publication says: its second, unless it comes out late."""
    now = timezone.now()
    return scheduled if scheduled is not None and now - scheduled < ON_TIME else now


def publish_due(*, now: dt.datetime | None = None) -> list[ReleaseVersion]:
    """Publish every scheduled version whose moment has come; a failure is written down and publishes nothing."""
    from portal.publications.actions.bundles import publish_due_bundles  # noqa: PLC0415 - it publishes with this module

    moment = now or timezone.now()
    published = publish_due_bundles(moment)
    for version in ReleaseVersion.objects.due(moment).unbundled().with_everything().order_by("scheduled_for", "pk"):
        try:
            published.append(publish_release(by=None, version=version, at=moment_said(version.scheduled_for)))
        except Exception as error:  # noqa: BLE001 - one release must not stop the others; the reason is kept
            with transaction.atomic():
                note_failure(locked(version), error)
    return published


def withdraw_release(*, by: User, version: ReleaseVersion, reason: str) -> ReleaseVersion:
    """Take a public version back: its page and the reason stay, its figures are not shown."""
    require(by, "publish_release", "withdraw a release")
    if not reason.strip():
        raise ReleaseError("Say why the release is withdrawn: the reason stays on its page.")
    with page_cache.closed(version.series.slug), transaction.atomic():
        row = locked(version)
        move(row, ReleaseState.WITHDRAWN)
        row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = timezone.now(), by, reason
        row.save()
        queue_event(event="release.withdrawn", data={**_announcement(row), "reason": reason})
        record_event(by=by, action="withdraw_release", obj=row, reason=reason)
        _do_the_rest_on_commit(row)
    return row
