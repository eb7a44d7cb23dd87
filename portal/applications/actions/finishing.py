"""The end of a round: finished, cancelled by its host, or never decided. What is not needed any more goes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.applications.actions.steps import DATABASE, RefusedError, S, count, hold_entrance, reject, transition
from portal.applications.enums import OPEN_STATES, CancellationReason, RejectionReason
from portal.applications.equality import tally_and_purge
from portal.applications.messages import say_to_host
from portal.applications.models import Application, EqualityAnswers
from portal.core.actions import record_event
from portal.opportunities.actions import change_state
from portal.opportunities.enums import ENDED_STATES, OpportunityState
from portal.opportunities.models import Opportunity

if TYPE_CHECKING:
    from datetime import date

    from portal.users.models import User

#: Days after the promised decision before applicants are told that there will be none.
DAYS_OF_GRACE = 28


@transaction.atomic(using=DATABASE)
def finish_round(*, by: User | None, opportunity: Opportunity) -> Opportunity:
    """End a round: the waiting list is told, equality answers are tallied, and they and postcodes are deleted.

    Raises:
        RefusedError: when places are not given yet, or an offer is not answered yet.
    """
    hold_entrance(opportunity.reference, alone=True)
    opportunity.refresh_from_db()
    if opportunity.state != OpportunityState.DECIDED:
        raise RefusedError(f"“{opportunity}” is {opportunity.get_state_display()}; give its places first.")
    mine = Application.objects.select_for_update().for_opportunity(opportunity.reference)
    unanswered = mine.filter(state=S.OFFERED).count()
    if unanswered:
        raise RefusedError(f"{count(unanswered, 'offer')} not answered yet; wait for the answer or its last day.")
    for application in mine.filter(state=S.WAITING_LIST).order_by("waiting_rank"):
        reject(by=by, application=application, reason=RejectionReason.PLACES_GONE)
    _forget(by, opportunity)
    change_state(by=by, opportunity=opportunity, to=OpportunityState.FINISHED)
    return opportunity


@transaction.atomic(using=DATABASE)
def cancel_listing(*, by: User | None, opportunity: Opportunity, reason: CancellationReason) -> Opportunity:
    """Cancel a listing: everyone who applied is told why, and what is not needed any more is deleted."""
    hold_entrance(opportunity.reference, alone=True)
    opportunity.refresh_from_db()
    role = "host" if by is not None else "service"
    mine = Application.objects.select_for_update().for_opportunity(opportunity.reference)
    for application in mine.filter(state__in=[*OPEN_STATES, S.CONFIRMED]).order_by("entry_code"):
        transition(by=by, application=application, to=S.CANCELLED_BY_HOST, role=role, reason=reason)
    _forget(by, opportunity)
    change_state(by=by, opportunity=opportunity, to=OpportunityState.CANCELLED, reason=reason)
    return opportunity


def give_up_overdue(*, today: date | None = None) -> int:
    """Tell applicants where a host has not decided long after the promised day; return how many listings."""
    limit = (today or timezone.localdate()) - timedelta(days=DAYS_OF_GRACE)
    late = Q(decision_on__lt=limit) | Q(decision_on__isnull=True, closes_at__date__lt=limit)
    overdue = Opportunity.objects.filter(late, state=OpportunityState.CLOSED)
    for opportunity in overdue:
        _give_up(opportunity)
    return len(overdue)


@transaction.atomic(using=DATABASE)
def _give_up(opportunity: Opportunity) -> None:
    hold_entrance(opportunity.reference, alone=True)
    mine = Application.objects.select_for_update().for_opportunity(opportunity.reference)
    for application in mine.filter(state__in=[S.ELIGIBLE, S.UNDER_REVIEW, S.IN_DRAW]).order_by("entry_code"):
        transition(by=None, application=application, to=S.NO_DECISION, role="service")
    _forget(None, opportunity)
    change_state(by=None, opportunity=opportunity, to=OpportunityState.CANCELLED, reason=CancellationReason.TIME)
    say_to_host(opportunity, OpportunityState.CANCELLED.value, using=DATABASE)


def finish_due(*, today: date | None = None) -> int:
    """Finish the rounds whose opportunity has begun and whose offers are all answered; return how many.

    Without a first day a round ends so many days after its decision: what is kept for it only must go some day.
    """
    day = today or timezone.localdate()
    begun = Q(starts_on__lte=day) | Q(starts_on__isnull=True, decision_on__lt=day - timedelta(days=DAYS_OF_GRACE))
    due = Opportunity.objects.filter(begun, state=OpportunityState.DECIDED)
    finished = 0
    for opportunity in due:
        mine = Application.objects.for_opportunity(opportunity.reference)
        if not mine.filter(state=S.OFFERED).exists():
            finish_round(by=None, opportunity=opportunity)
            finished += 1
    return finished


def forget_what_is_left() -> int:
    """Finish what a crash between the two databases left of ended rounds; return how many rounds."""
    kept = set(EqualityAnswers.objects.values_list("opportunity_reference", flat=True))
    kept |= set(Application.objects.exclude(postcode="").values_list("opportunity_reference", flat=True))
    left = Opportunity.objects.filter(reference__in=kept, state__in=ENDED_STATES)
    for opportunity in left:
        _forget(None, opportunity)
    return len(left)


@transaction.atomic(using=DATABASE)
def _forget(by: User | None, opportunity: Opportunity) -> None:
    """Tally and delete equality answers, and delete every postcode of the round, those of drafts too."""
    tally_and_purge(by=by, opportunity_reference=opportunity.reference)
    mine = Application.objects.for_opportunity(opportunity.reference)
    purged = mine.exclude(postcode="").update(postcode="")
    record_event(
        by=by,
        action="purge_postcodes",
        using=DATABASE,
        detail={"opportunity": opportunity.reference, "postcodes": purged},
    )
