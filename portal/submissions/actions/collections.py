"""Setting up, opening, closing and sealing collections."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.organisations.models import Organisation
from portal.submissions.enums import CollectionState, ReturnState
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Collection, Return

_WAYS = {
    CollectionState.OPEN: {CollectionState.SET_UP, CollectionState.CLOSED},
    CollectionState.CLOSED: {CollectionState.OPEN},
    CollectionState.SEALED: {CollectionState.CLOSED},
}


def _move(collection: Collection, to: CollectionState) -> Collection:
    locked = Collection.objects.select_for_update().get(pk=collection.pk)
    if locked.state not in _WAYS[to]:
        raise ActionRefused(f"{locked} is {locked.get_state_display().lower()}: it cannot become {to.label.lower()}.")
    locked.state = to
    locked.save(update_fields=["state"])
    return locked


def ensure_returns(collection: Collection) -> int:
    """Give every active organisation of the family a return that is not started; return how many are new."""
    known = set(Return.objects.counting().filter(collection=collection).values_list("organisation_code", flat=True))
    new = [
        Return(
            collection=collection,
            organisation_code=organisation.code,
            organisation_name=organisation.name,
            provider_type=organisation.provider_type,
            region_code=organisation.region_code,
        )
        for organisation in Organisation.objects.active().of_family(collection.family)
        if organisation.code not in known
    ]
    Return.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
    return len(new)


def _keep_until(collection: Collection) -> None:
    """Give a collection without one the usual date after which its personal data are erased."""
    if collection.retain_until is None:
        from_day = max(timezone.localdate(collection.closes_at), timezone.localdate())
        collection.retain_until = from_day + dt.timedelta(days=settings.RETENTION_DAYS)
        collection.save(update_fields=["retain_until"])


@transaction.atomic("submissions")
def open_collection(*, by: Any | None, collection: Collection, reason: str = "") -> Collection:
    """Open a collection: every active organisation of its family is expected to return."""
    if collection.state == CollectionState.CLOSED and not reason:
        raise ActionRefused("A closed collection is opened again only with a reason.")
    locked = _move(collection, CollectionState.OPEN)
    _keep_until(locked)
    expected = ensure_returns(locked)
    record_event(by=by, action="open_collection", obj=locked, reason=reason, detail={"new_returns": expected})
    return locked


@transaction.atomic("submissions")
def close_collection(*, by: Any | None, collection: Collection) -> Collection:
    """Close a collection: providers change nothing more; the OH team may still accept and reopen."""
    locked = _move(collection, CollectionState.CLOSED)
    record_event(by=by, action="close_collection", obj=locked)
    return locked


@transaction.atomic("submissions")
def seal_collection(*, by: Any | None, collection: Collection) -> Collection:
    """Seal a closed collection: nothing of it changes any more."""
    locked = _move(collection, CollectionState.SEALED)
    waiting = (
        Return.objects.counting()
        .filter(collection=locked, state__in=(ReturnState.SUBMITTED, ReturnState.QUERIED))
        .count()
    )
    if waiting:
        raise ActionRefused(
            f"{waiting} returns are submitted and neither accepted nor settled. Accept or reopen them first."
        )
    record_event(by=by, action="seal_collection", obj=locked)
    return locked


def open_and_close(at: dt.datetime | None = None) -> tuple[int, int]:
    """Open and close the collections that do so by themselves and whose time has come; return how many of each."""
    now = at or timezone.now()
    by_itself = Collection.objects.filter(opens_by_itself=True)
    opening = list(by_itself.filter(state=CollectionState.SET_UP, opens_at__lte=now, closes_at__gt=now))
    closing = list(by_itself.filter(state=CollectionState.OPEN, closes_at__lte=now))
    for collection in opening:
        open_collection(by=None, collection=collection)
    for collection in closing:
        close_collection(by=None, collection=collection)
    return len(opening), len(closing)
