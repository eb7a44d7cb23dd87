"""Writes of the home app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from portal.core.actions import record_event
from portal.home.models import Feedback

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
