"""Bundles: several releases in one transaction. What is in a bundle never comes out by itself."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.publications import page_cache
from portal.publications.actions.common import note_failure, require
from portal.publications.actions.publishing import moment_said, publish_in_transaction
from portal.publications.actions.workflow import schedule_release, unschedule_release
from portal.publications.enums import BUNDLE_TRANSITIONS, BundleState, ReleaseState
from portal.publications.errors import ReleaseError, WrongStateError
from portal.publications.models import Bundle, BundleItem, ReleaseVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.users.models import User


def locked_bundle(bundle: Bundle) -> Bundle:
    """Return the bundle as it is now, locked until the transaction ends."""
    return Bundle.objects.select_for_update(of=("self",)).get(pk=bundle.pk)


def versions_of(bundle: Bundle) -> list[ReleaseVersion]:
    """Return the versions of a bundle, always in the same order, so that two of them never wait for each other."""
    return list(ReleaseVersion.objects.filter(bundle_item__bundle=bundle).with_everything().order_by("release_id"))


def _move(bundle: Bundle, state: BundleState) -> None:
    if state not in BUNDLE_TRANSITIONS[BundleState(bundle.state)]:
        raise WrongStateError(f"“{bundle}” is {bundle.get_state_display().lower()}: it cannot become {state.label}.")
    bundle.state = state


@transaction.atomic
def make_bundle(*, by: User, title: str, versions: Iterable[ReleaseVersion]) -> Bundle:
    """Put versions on their way into a new bundle."""
    require(by, "publish_release", "make a bundle")
    bundle = Bundle.objects.create(title=title, created_by=by)
    for version in versions:
        add_to_bundle(by=by, bundle=bundle, version=version)
    record_event(by=by, action="make_bundle", obj=bundle)
    return bundle


@transaction.atomic
def add_to_bundle(*, by: User, bundle: Bundle, version: ReleaseVersion) -> BundleItem:
    """Add a version; one that is scheduled alone is taken off its schedule first by a person."""
    require(by, "publish_release", "change a bundle")
    row = locked_bundle(bundle)
    if row.state != BundleState.OPEN:
        raise WrongStateError(f"“{row}” is {row.get_state_display().lower()}: take it off the schedule to change it.")
    if not version.is_open or version.state == ReleaseState.SCHEDULED:
        raise ReleaseError(f"{version} is {version.get_state_display().lower()}: it cannot join a bundle.")
    other = BundleItem.objects.filter(version=version).select_related("bundle").first()
    if other is not None:
        raise ReleaseError(f"{version} is in the bundle “{other.bundle}” already.")
    item = BundleItem.objects.create(bundle=row, version=version)
    record_event(by=by, action="add_to_bundle", obj=row, detail={"version": str(version)})
    return item


@transaction.atomic
def remove_from_bundle(*, by: User, bundle: Bundle, version: ReleaseVersion) -> None:
    """Take a version out of a bundle that is being put together."""
    require(by, "publish_release", "change a bundle")
    row = locked_bundle(bundle)
    if row.state != BundleState.OPEN:
        raise WrongStateError(f"“{row}” is {row.get_state_display().lower()}: take it off the schedule to change it.")
    BundleItem.objects.filter(bundle=row, version=version).delete()
    record_event(by=by, action="remove_from_bundle", obj=row, detail={"version": str(version)})


@transaction.atomic
def schedule_bundle(*, by: User, bundle: Bundle, at: dt.datetime) -> Bundle:
    """Set one moment for every version of the bundle; each must be approved."""
    require(by, "publish_release", "schedule a bundle")
    row = locked_bundle(bundle)
    versions = _ready(row)
    _move(row, BundleState.SCHEDULED)
    row.scheduled_for, row.publish_failure = at, ""
    row.save()
    for version in versions:
        schedule_release(by=by, version=version, at=at, bundled=True)
    record_event(by=by, action="schedule_bundle", obj=row, detail={"at": at.isoformat()})
    return row


@transaction.atomic
def unschedule_bundle(*, by: User, bundle: Bundle) -> Bundle:
    """Take the bundle, with all its versions, off the schedule."""
    require(by, "publish_release", "take a bundle off the schedule")
    row = locked_bundle(bundle)
    if row.state != BundleState.SCHEDULED:
        raise WrongStateError(f"“{row}” is {row.get_state_display().lower()}: it is not on the schedule.")
    _move(row, BundleState.OPEN)
    row.scheduled_for, row.publish_failure = None, ""
    row.save()
    for version in versions_of(row):
        unschedule_release(by=by, version=version, bundled=True)
    record_event(by=by, action="unschedule_bundle", obj=row)
    return row


@transaction.atomic
def cancel_bundle(*, by: User, bundle: Bundle) -> Bundle:
    """Dissolve the bundle; its versions stay as they are, each by itself again."""
    require(by, "publish_release", "cancel a bundle")
    row = locked_bundle(bundle)
    _move(row, BundleState.CANCELLED)
    row.save()
    row.items.all().delete()
    record_event(by=by, action="cancel_bundle", obj=row)
    return row


def _ready(bundle: Bundle) -> list[ReleaseVersion]:
    """Return the versions of a bundle, or say which of them is not approved."""
    versions = versions_of(bundle)
    if not versions:
        raise ReleaseError(f"“{bundle}” has no release.")
    unready = [str(one) for one in versions if one.state not in {ReleaseState.APPROVED, ReleaseState.SCHEDULED}]
    if unready:
        raise ReleaseError(f"Not approved yet: {'; '.join(unready)}.")
    return versions


def publish_bundle(*, by: User | None, bundle: Bundle, at: dt.datetime | None = None) -> list[ReleaseVersion]:
    """Publish every version of a bundle in one transaction: all of them, or none."""
    if by is not None:
        require(by, "publish_release", "publish a bundle")
    elif bundle.state != BundleState.SCHEDULED or (bundle.scheduled_for or timezone.now()) > timezone.now():
        raise WrongStateError(f"“{bundle}” is not due: only a person may publish it before its time.")
    moment = at or timezone.now()
    with page_cache.closed(*sorted({version.series.slug for version in versions_of(bundle)})), transaction.atomic():
        row = locked_bundle(bundle)
        published = [publish_in_transaction(by=by, version=one, moment=moment) for one in _ready(row)]
        _move(row, BundleState.PUBLISHED)
        row.publish_failure = ""
        row.save()
        record_event(by=by, action="publish_bundle", obj=row, detail={"releases": [str(one) for one in published]})
    return published


def publish_due_bundles(moment: dt.datetime) -> list[ReleaseVersion]:
    """Publish every bundle whose moment has come; one that fails publishes nothing and says why."""
    due = Bundle.objects.filter(state=BundleState.SCHEDULED, scheduled_for__lte=moment, publish_failure="")
    published: list[ReleaseVersion] = []
    for bundle in due.order_by("scheduled_for", "pk"):
        try:
            published += publish_bundle(by=None, bundle=bundle, at=moment_said(bundle.scheduled_for))
        except Exception as error:  # noqa: BLE001 - one bundle must not stop the others; the reason is kept
            with transaction.atomic():
                note_failure(locked_bundle(bundle), error)
    return published
