"""Writes of the home app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse

from portal.core.actions import record_event
from portal.home.models import Feedback, ReviewReminder
from portal.users.enums import GroupName

if TYPE_CHECKING:
    from portal.users.models import User


@transaction.atomic
def record_feedback(*, by: User | None, kind: str, message: str, page: str = "") -> Feedback:
    """Keep what a reader told us. The audit trail says that it came, not what it says."""
    feedback = Feedback.objects.create(kind=kind, message=message, page=page)
    record_event(by=by, action="record_feedback", obj=feedback)
    return feedback


@transaction.atomic
def settle_feedback(*, by: User, feedback: Feedback) -> Feedback:
    """Mark feedback as dealt with."""
    feedback.is_answered = True
    feedback.save(update_fields=["is_answered"])
    record_event(by=by, action="settle_feedback", obj=feedback)
    return feedback


@transaction.atomic
def tell_of_reviews(*, by: User | None) -> int:
    """Write to the editors about pages due for review that they were not told of yet; return how many pages."""
    from portal.home.care import due_for_review  # noqa: PLC0415 - it reads pages of other apps

    known = set(ReviewReminder.objects.values_list("page_id", "review_due"))
    rows = [due for due in due_for_review() if (due.page.pk, due.review_due) not in known]
    editors = get_user_model().objects.filter(is_active=True, groups__name=GroupName.EDITORS.value)
    addresses = list(editors.order_by("email").values_list("email", flat=True))
    if not rows or not addresses:
        return 0
    ReviewReminder.objects.bulk_create(ReviewReminder(page_id=due.page.pk, review_due=due.review_due) for due in rows)
    lines = "\n".join(f"{due.review_due:%d %B %Y}: {due.page.title}\n  {_edit_address(due.page.pk)}" for due in rows)
    record_event(by=by, action="tell_of_reviews", detail={"pages": [due.page.pk for due in rows]})
    for address in addresses:
        send_mail("Pages due for review", f"Please read these pages again:\n\n{lines}\n", None, [address])
    return len(rows)


def _edit_address(pk: int) -> str:
    return f"{settings.SERVICE_URL}{reverse('wagtailadmin_pages:edit', args=[pk])}"
