"""Reminders to providers who have not returned."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event, send_on_commit
from portal.organisations.enums import EDITING_ROLES
from portal.organisations.models import Membership
from portal.submissions.enums import ReturnState
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Collection, Return

WAITING = (ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS, ReturnState.QUERIED)


@transaction.atomic("submissions")
def remind_providers(*, by: Any | None, collection: Collection) -> int:
    """Write to everybody who may return for an organisation that has not; return how many messages go out."""
    from portal.submissions.tasks import send_message  # noqa: PLC0415 - tasks import actions

    if not collection.takes_returns():
        raise ActionRefused(f"{collection} is not open: there is nothing to remind of.")
    waiting = {
        item.organisation_code: item
        for item in Return.objects.counting().filter(collection=collection, state__in=WAITING).select_for_update()
    }
    members = Membership.objects.filter(
        organisation__code__in=waiting,
        ended_at=None,
        role__in=EDITING_ROLES,
        user__is_active=True,
    ).select_related("user", "organisation")
    reached = set()
    for member in members:
        code = member.organisation.code
        reached.add(code)
        text = (
            f"{member.organisation.name} has not submitted its return for {collection.title}. "
            f"It closes on {timezone.localtime(collection.closes_at):%d %B %Y, %H:%M}."
        )
        send_on_commit(send_message, member.user.email, f"Reminder: {collection.title}", text, using="submissions")
    Return.objects.filter(pk__in=[waiting[code].pk for code in reached]).update(reminded_at=timezone.now())
    record_event(
        by=by,
        action="remind_providers",
        obj=collection,
        detail={"messages": len(members), "organisations": len(reached)},
    )
    return len(members)
