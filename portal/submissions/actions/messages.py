"""Sending one message of the collection service, once."""

from __future__ import annotations

import datetime as dt
import smtplib

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from portal.core.notify import NotifyRefused
from portal.submissions.enums import MessageState
from portal.submissions.models import SentMessage

#: After so many tries somebody has to look.
MAX_ATTEMPTS = 5
#: A message that waits longer than this was lost on its way to the worker.
LOST_AFTER = dt.timedelta(minutes=5)


@transaction.atomic("submissions")
def deliver(*, message_id: int) -> str:
    """Send a message that waits; return its state. Two workers never send the same one."""
    row = SentMessage.objects.select_for_update(skip_locked=True).filter(pk=message_id).first()
    if row is None or row.state != MessageState.WAITING:
        return row.state if row else "another worker has it"
    row.attempts += 1
    message = EmailMessage(
        subject=row.subject, body=row.text, to=[row.address], headers={"X-Reference": f"collect-{row.pk}"}
    )
    try:
        message.send()
    except (NotifyRefused, smtplib.SMTPException, OSError) as error:
        row.failure = str(error)[:2000]
        row.state = MessageState.FAILED if row.attempts >= MAX_ATTEMPTS else MessageState.WAITING
    else:
        row.state, row.sent_at, row.failure = MessageState.SENT, timezone.now(), ""
    row.save(update_fields=["attempts", "failure", "state", "sent_at"])
    return row.state


def lost_messages() -> list[int]:
    """Return the messages that wait for longer than a worker needs."""
    before = timezone.now() - LOST_AFTER
    rows = SentMessage.objects.filter(state=MessageState.WAITING, created_at__lt=before)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:1000])
