"""Accepting returns: from then on their records count in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.core.actions import record_event
from portal.submissions import notices
from portal.submissions.enums import ReturnState
from portal.submissions.models import Collection, Return
from portal.submissions.transitions import move

if TYPE_CHECKING:
    from collections.abc import Iterable


@transaction.atomic("submissions")
def accept_return(*, by: Any | None, of_return: Return) -> Return:
    """Accept the submitted version of a return."""
    locked = Return.objects.select_for_update(of=("self",)).select_related("collection").get(pk=of_return.pk)
    move(locked, ReturnState.ACCEPTED)
    locked.accepted_version_id = locked.submitted_version_id
    locked.accepted_at = timezone.now()
    locked.accepted_by_id = getattr(by, "pk", None)
    locked.save()
    notices.accepted(locked)
    record_event(by=by, action="accept_return", obj=locked, detail={"version": locked.accepted_version_id})
    return locked


@transaction.atomic("submissions")
def accept_returns(*, by: Any | None, collection: Collection, codes: Iterable[str] | None = None) -> int:
    """Accept every submitted return of a collection, or those of some organisations; return how many."""
    waiting = Return.objects.counting().filter(collection=collection, state=ReturnState.SUBMITTED)
    if codes is not None:
        waiting = waiting.of_organisations(codes)
    told = list(waiting) if by is not None else []
    count = waiting.update(
        state=ReturnState.ACCEPTED,
        accepted_version=F("submitted_version"),
        accepted_at=timezone.now(),
        accepted_by_id=getattr(by, "pk", None),
        revision=F("revision") + 1,
    )
    if count:
        notices.accepted_together(told)
        record_event(by=by, action="accept_returns", obj=collection, detail={"count": count})
    return count
