"""What people say: who they are, how it was, and that somebody may not be safe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from portal.applications import equality
from portal.applications.actions.steps import DATABASE, RefusedError, S, hold_entrance
from portal.applications.messages import say_to_team
from portal.applications.models import Application, Concern, Feedback
from portal.core.actions import record_event
from portal.opportunities.models import Opportunity

if TYPE_CHECKING:
    from portal.users.models import User


@transaction.atomic(using=DATABASE)
def answer_equality_questions(*, application: Application, answers: dict[str, Any]) -> None:
    """Keep the answers to the optional questions, apart from the application, until the round ends.

    No event says who answered. Raises:
        RefusedError: when the round has ended: what came later would never be counted and deleted.
    """
    hold_entrance(application.opportunity_reference)
    if Opportunity.objects.get(reference=application.opportunity_reference).has_ended:
        raise RefusedError("The round has ended: answers were counted and deleted, and no more are taken.")
    equality.save_answers(application=application, answers=answers)


@transaction.atomic(using=DATABASE)
def give_feedback(*, by: User, application: Application, answers: dict[str, Any]) -> Feedback:
    """Keep what somebody says who took part. It can be changed, not given twice."""
    if application.state != S.ATTENDED:
        raise RefusedError("Feedback is for people who took part.")
    feedback, _is_new = Feedback.objects.update_or_create(application=application, defaults=answers)
    record_event(by=by, action="give_feedback", obj=application)
    return feedback


@transaction.atomic(using=DATABASE)
def raise_concern(
    *, by: User, role: str, opportunity_reference: str, text: str, application: Application | None = None
) -> Concern:
    """Tell the OH team that somebody may not be safe. The other side does not see it."""
    if not text.strip():
        raise RefusedError("Say what worries you.")
    concern = Concern.objects.create(
        opportunity_reference=opportunity_reference,
        application=application,
        raised_by=by.pk,
        raised_by_role=role,
        text=text.strip(),
    )
    record_event(by=by, action="raise_concern", obj=concern)
    say_to_team(opportunity_reference, "concern", using=DATABASE)
    return concern


@transaction.atomic(using=DATABASE)
def settle_concern(*, by: User, concern: Concern, outcome: str) -> Concern:
    """Write down what was done about a concern."""
    if not outcome.strip():
        raise RefusedError("Say what was done.")
    open_concern = Concern.objects.select_for_update().get(pk=concern.pk)
    if open_concern.settled_at:
        raise RefusedError("This concern is settled already.")
    open_concern.outcome, open_concern.settled_at, open_concern.settled_by = outcome.strip(), timezone.now(), by.pk
    open_concern.save()
    record_event(by=by, action="settle_concern", obj=open_concern)
    return open_concern
