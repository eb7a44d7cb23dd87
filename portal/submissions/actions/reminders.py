"""Reminders to providers who have not begun or not submitted: planned, sent once, written down."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.organisations.enums import EDITING_ROLES
from portal.organisations.models import Membership
from portal.submissions import notices
from portal.submissions.enums import AUDIENCE_STATES, Audience, CollectionState, MessageKind, MessageState
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Collection, Reminder, Return, SentMessage

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What a template may name, and what stands there in the message.
FIELDS = {
    "organisation": "the organisation's name",
    "collection": "the collection's title",
    "closes": "when it closes",
    "address": "the address of the return",
}
_FIELD = re.compile(r"\{([^{}]*)\}")
SUBJECT = "Reminder: {collection}"
TEXT = (
    "{organisation} has not submitted its return for {collection}. It closes on {closes}.\n\n"
    "Go on with it here: {address}"
)
OPENED_SUBJECT = "Open for returns: {collection}"
OPENED_TEXT = (
    "{collection} is open. Please return your workforce by {closes}.\n\n"
    "Begin here, or carry your last return forward: {address}"
)
#: The usual plan: days after opening, or before closing, and whom.
USUAL_BEFORE_CLOSING = ((14, Audience.NOT_BEGUN), (7, Audience.NOT_SUBMITTED), (1, Audience.NOT_SUBMITTED))


def check_template(*texts: str) -> None:
    """Refuse a template that names something no message has."""
    unknown = sorted({name for text in texts for name in _FIELD.findall(text)} - set(FIELDS))
    if unknown:
        allowed = ", ".join(f"{{{name}}}" for name in FIELDS)
        raise ActionRefused(f"“{{{unknown[0]}}}” is not a field of a message. There are {allowed}.")


def filled(text: str, values: dict[str, str]) -> str:
    """Return a template with its fields filled; nothing else in it has a meaning."""
    return _FIELD.sub(lambda found: values[found[1]], text)


@transaction.atomic("submissions")
def plan_reminder(
    *, by: Any | None, collection: Collection, audience: str, send_at: dt.datetime, subject: str = "", text: str = ""
) -> Reminder:
    """Plan a reminder. It goes out at its time, once, while the collection is open."""
    subject, text = subject.strip() or SUBJECT, text.strip() or TEXT
    check_template(subject, text)
    if collection.state in {CollectionState.CLOSED, CollectionState.SEALED}:
        raise ActionRefused(f"{collection} is {collection.get_state_display().lower()}: nobody is reminded any more.")
    if send_at >= collection.closes_at:
        raise ActionRefused("The reminder would go out after the collection has closed. Choose an earlier time.")
    reminder = Reminder.objects.create(
        collection=collection,
        audience=Audience(audience),
        send_at=send_at,
        subject=subject[:200],
        text=text,
        created_by_id=getattr(by, "pk", None),
    )
    record_event(by=by, action="plan_reminder", obj=reminder, detail={"collection": collection.code})
    return reminder


@transaction.atomic("submissions")
def plan_usual_reminders(*, by: Any | None, collection: Collection) -> int:
    """Plan a message at opening and three reminders before closing, as far as they lie ahead; return how many."""
    now = timezone.now()
    plan = [(collection.opens_at, Audience.NOT_BEGUN, OPENED_SUBJECT, OPENED_TEXT)]
    plan += [
        (collection.closes_at - dt.timedelta(days=days), audience, SUBJECT, TEXT)
        for days, audience in USUAL_BEFORE_CLOSING
    ]
    known = set(collection.reminders.values_list("send_at", "audience"))
    count = 0
    for send_at, audience, subject, text in plan:
        if send_at > now and send_at >= collection.opens_at and (send_at, audience) not in known:
            plan_reminder(by=by, collection=collection, audience=audience, send_at=send_at, subject=subject, text=text)
            count += 1
    return count


@transaction.atomic("submissions")
def cancel_reminder(*, by: Any, reminder: Reminder) -> None:
    """Take a reminder out of the plan. One that went out stays."""
    locked = Reminder.objects.select_for_update().get(pk=reminder.pk)
    if locked.sent_at is not None:
        raise ActionRefused("This reminder has gone out already.")
    record_event(by=by, action="cancel_reminder", obj=locked)
    locked.delete()


@transaction.atomic("submissions")
def send_reminder(*, by: Any | None, reminder: Reminder, codes: Iterable[str] | None = None) -> int:
    """Send a reminder to everybody it concerns, once; return how many messages go out."""
    # Two schedulers at once: the second waits here, and then finds it sent.
    locked = Reminder.objects.select_for_update(of=("self",)).select_related("collection").get(pk=reminder.pk)
    if locked.sent_at is not None:
        return 0
    collection = locked.collection
    if not collection.takes_returns():
        raise ActionRefused(f"{collection} is not open: there is nothing to remind of.")
    waiting = _waiting(collection, Audience(locked.audience), codes)
    reached = _write(locked, waiting)
    now = timezone.now()
    Return.objects.filter(pk__in=[waiting[code].pk for code in reached]).update(reminded_at=now)
    rows = SentMessage.objects.filter(reminder=locked, state=MessageState.WAITING)
    for pk in rows.values_list("pk", flat=True):
        notices.deliver(pk)
    locked.sent_at, locked.organisations, locked.messages_sent = now, len(reached), locked.sent_messages.count()
    locked.save(update_fields=["sent_at", "organisations", "messages_sent"])
    record_event(
        by=by,
        action="remind_providers",
        obj=collection,
        detail={"reminder": locked.pk, "messages": locked.messages_sent, "organisations": locked.organisations},
    )
    return locked.messages_sent


def _waiting(collection: Collection, audience: Audience, codes: Iterable[str] | None) -> dict[str, Return]:
    rows = Return.objects.counting().filter(collection=collection, state__in=AUDIENCE_STATES[audience])
    if codes is not None:
        rows = rows.of_organisations(codes)
    return {item.organisation_code: item for item in rows}


def _write(reminder: Reminder, waiting: dict[str, Return]) -> set[str]:
    collection = reminder.collection
    members = Membership.objects.filter(
        organisation__code__in=waiting, ended_at=None, role__in=EDITING_ROLES, user__is_active=True
    ).select_related("user", "organisation")
    closes = f"{timezone.localtime(collection.closes_at):%d %B %Y, %H:%M}"
    rows = []
    for member in members:
        of_return = waiting[member.organisation.code]
        values = {
            "organisation": of_return.organisation_name,
            "collection": collection.title,
            "closes": closes,
            "address": f"{settings.SERVICE_URL}/collect/returns/{of_return.pk}/",
        }
        rows.append(
            SentMessage(
                kind=MessageKind.REMINDER,
                collection=collection,
                of_return=of_return,
                reminder=reminder,
                organisation_code=of_return.organisation_code,
                address=member.user.email,
                subject=filled(reminder.subject, values)[:255],
                text=filled(reminder.text, values),
            )
        )
    SentMessage.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return {row.organisation_code for row in rows}


@transaction.atomic("submissions")
def remind_providers(
    *,
    by: Any | None,
    collection: Collection,
    audience: str = Audience.NOT_SUBMITTED,
    codes: Iterable[str] | None = None,
    subject: str = "",
    text: str = "",
) -> int:
    """Remind now everybody who may return for an organisation that has not; return how many messages go out."""
    if not collection.takes_returns():
        raise ActionRefused(f"{collection} is not open: there is nothing to remind of.")
    reminder = plan_reminder(
        by=by, collection=collection, audience=audience, send_at=timezone.now(), subject=subject, text=text
    )
    return send_reminder(by=by, reminder=reminder, codes=codes)


def due_reminders(at: dt.datetime | None = None) -> list[Reminder]:
    """Return the reminders whose time has come and whose collection takes returns."""
    now = at or timezone.now()
    return list(
        Reminder.objects.filter(
            sent_at=None,
            send_at__lte=now,
            collection__state=CollectionState.OPEN,
            collection__opens_at__lte=now,
            collection__closes_at__gt=now,
        ).order_by("send_at", "pk")
    )
