"""Jobs of the collection service. Each carries the id of a row that says what is to be done."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from portal.core.locks import advisory_lock
from portal.submissions import notices
from portal.submissions.enums import UNFINISHED_UPLOADS, UploadState
from portal.submissions.models import Return, ReturnVersion, Upload

#: After this long a file is sent again: its message or its worker may be lost. Where it is not, that does no harm.
STALE_AFTER = dt.timedelta(minutes=1)


@shared_task(name="submissions.process_upload")
def process_upload(upload_id: int) -> str:
    """Check an upload, or keep it. Two workers never take the same one at once."""
    from portal.submissions.actions.submitting import look_at_draft  # noqa: PLC0415 - actions send this task
    from portal.submissions.actions.uploads import process  # noqa: PLC0415 - actions send this task

    with advisory_lock(f"upload:{upload_id}", using="submissions") as got:
        if not got:
            return "another worker has it"
        upload = Upload.objects.select_related("of_return__collection").get(pk=upload_id)
        done = process(upload=upload)
        if done.state == UploadState.KEPT:
            look_at_draft(Return.objects.select_related("collection").get(pk=done.of_return_id))
        return str(done.state)


@shared_task(name="submissions.resume_uploads")
def resume_uploads() -> int:
    """Send again what a lost message or a dead worker left: the rows are the truth."""
    before = timezone.now() - STALE_AFTER
    unfinished = Upload.objects.filter(of_return__isnull=False, created_at__lt=before)
    waiting = unfinished.filter(state__in=UNFINISHED_UPLOADS) | unfinished.filter(
        state=UploadState.CHECKED,
        keep_requested_at__lt=before,
    )
    count = 0
    for pk in waiting.values_list("pk", flat=True):
        process_upload.delay(pk)
        count += 1
    return count


@shared_task(name="submissions.send_receipt")
def send_receipt(version_id: int, address: str) -> None:
    """Acknowledge a submitted return by e-mail. Nothing of its records is in the message."""
    with transaction.atomic("submissions"):
        notices.receipt(ReturnVersion.objects.select_related("of_return__collection").get(pk=version_id), address)


@shared_task(name="submissions.deliver_message")
def deliver_message(message_id: int) -> str:
    """Send one message of the collection service."""
    from portal.submissions.actions.messages import deliver  # noqa: PLC0415 - actions send these tasks

    return deliver(message_id=message_id)


@shared_task(name="submissions.deliver_lost_messages")
def deliver_lost_messages() -> int:
    """Send again what waits too long: a worker that died, or a mail server that was away."""
    from portal.submissions.actions.messages import lost_messages  # noqa: PLC0415 - actions send these tasks

    waiting = lost_messages()
    for pk in waiting:
        deliver_message.delay(pk)
    return len(waiting)


@shared_task(name="submissions.keep_to_the_calendar")
def keep_to_the_calendar() -> dict[str, int]:
    """Open and close collections at their times, and send the reminders whose time has come."""
    from portal.submissions.actions.collections import open_and_close  # noqa: PLC0415 - actions send these tasks
    from portal.submissions.actions.reminders import due_reminders, send_reminder  # noqa: PLC0415 - the same

    opened, closed = open_and_close()
    sent = sum(send_reminder(by=None, reminder=reminder) for reminder in due_reminders())
    return {"opened": opened, "closed": closed, "messages": sent}


@shared_task(name="submissions.erase_personal_data")
def erase_personal_data() -> int:
    """Erase what is past its retention date; every day by the schedule."""
    from portal.submissions.actions.retention import (  # noqa: PLC0415 - actions send these tasks
        due_collections,
        erase_collection,
        forget_answers,
    )

    due = due_collections()
    for collection in due:
        erase_collection(by=None, collection=collection)
    forget_answers()
    return len(due)
