"""Offers: made down the waiting list of the draw, answered, lapsed, confirmed, attended.

Offers of one listing are serialised by a lock on its draw row, so that a listing can never be
over-offered, whatever happens at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from portal.applications.actions.steps import DATABASE, RefusedError, S, locked, transition
from portal.applications.models import Application, Draw, PlaceChecks
from portal.core.actions import record_event
from portal.opportunities.enums import ENDED_STATES
from portal.opportunities.models import Opportunity

if TYPE_CHECKING:
    from portal.users.models import User

ADULT = 18


@transaction.atomic(using=DATABASE)
def offer_places(*, by: User | None, opportunity_reference: str) -> list[Application]:
    """Offer every free place to the head of the waiting list; never more than there are places."""
    draw = Draw.objects.select_for_update().get(opportunity_reference=opportunity_reference)
    reply_days, listing = Opportunity.objects.values_list("reply_days", "state").get(reference=opportunity_reference)
    if listing in ENDED_STATES:
        return []
    mine = Application.objects.for_opportunity(opportunity_reference)
    free = draw.places - mine.holding_a_place().count()
    offered = list(mine.waiting().select_for_update()[: max(0, free)])
    for application in offered:
        application.offer_expires_at = timezone.now() + timedelta(days=reply_days)
        transition(by=by, application=application, to=S.OFFERED, role="service")
    return offered


@transaction.atomic(using=DATABASE)
def reply_to_offer(*, by: User, application: Application, accepts: bool) -> Application:
    """Answer an offer. A place that is not wanted goes to the next on the list at once. The same answer again does nothing.

    Raises:
        RefusedError: when there is no offer, or its time has passed.
    """
    given, answer = locked(application), S.ACCEPTED if accepts else S.DECLINED
    if given.state == answer:
        return given
    if given.state != S.OFFERED:
        raise RefusedError(f"There is no offer to answer any more. Your application now: {given.public_state.lower()}.")
    if not given.can_be_answered:
        raise RefusedError("The time to answer this offer has passed.")
    transition(by=by, application=given, to=answer, role="applicant")
    if not accepts:
        offer_places(by=None, opportunity_reference=given.opportunity_reference)
    record_event(by=by, action="accept_offer" if accepts else "decline_offer", obj=given)
    return given


def lapse_offers() -> int:
    """Let offers lapse whose time has passed, and offer each place to the next; return how many."""
    references = set(Application.objects.lapsed().values_list("opportunity_reference", flat=True))
    return sum(_lapse_offers_of(reference) for reference in sorted(references))


@transaction.atomic(using=DATABASE)
def _lapse_offers_of(reference: str) -> int:
    Draw.objects.select_for_update().get(opportunity_reference=reference)
    lapsed = list(Application.objects.for_opportunity(reference).lapsed().select_for_update())
    for application in lapsed:
        transition(by=None, application=application, to=S.OFFER_LAPSED, role="service")
    offer_places(by=None, opportunity_reference=reference)
    return len(lapsed)


@dataclass(frozen=True)
class Checks:
    """What a host has to have done before somebody comes."""

    risk_assessed_on: date | None
    dbs: str
    school_told: bool = False


@transaction.atomic(using=DATABASE)
def confirm_place(*, by: User, application: Application, checks: Checks | None = None) -> Application:
    """Confirm a place after the host's checks. From here on the postcode is not needed: it goes.

    Raises:
        RefusedError: when the person is under 18 and the risk assessment or the answer about
            criminal record checks is missing.
    """
    given = locked(application)
    young = given.applicant.age_on(timezone.localdate()) < ADULT
    done = checks or Checks(None, "")
    if young and (done.risk_assessed_on is None or not done.dbs):
        raise RefusedError(
            "The person is under 18: record the date of the risk assessment, and whether the people they will "
            "be with need a criminal record check, before you confirm the place."
        )
    if checks is not None:
        PlaceChecks.objects.update_or_create(
            application=given,
            defaults={**asdict(checks), "recorded_at": timezone.now(), "recorded_by": by.pk},
        )
    transition(by=by, application=given, to=S.CONFIRMED, role="host")
    record_event(by=by, action="confirm_place", obj=given)
    return given


@transaction.atomic(using=DATABASE)
def cancel_place(*, by: User, application: Application, reason: str) -> Application:
    """Take a place back that somebody has accepted, with a reason that they see; it goes to the next on the list."""
    given = locked(application)
    if not given.is_named:
        raise RefusedError("Only a place that somebody has said yes to can be taken back.")
    transition(by=by, application=given, to=S.CANCELLED_BY_HOST, role="host", reason=reason)
    offer_places(by=None, opportunity_reference=given.opportunity_reference)
    record_event(by=by, action="cancel_place", obj=given, reason=reason)
    return given


@transaction.atomic(using=DATABASE)
def record_attendance(*, by: User, application: Application, attended: bool) -> Application:
    """Write down whether somebody came.

    Raises:
        RefusedError: before the first day, or when there is no confirmed place.
    """
    given = locked(application)
    starts_on = Opportunity.objects.values_list("starts_on", flat=True).get(reference=given.opportunity_reference)
    if starts_on and starts_on > timezone.localdate():
        raise RefusedError(f"It starts on {starts_on:%-d %B %Y}; attendance can be recorded from then on.")
    transition(by=by, application=given, to=S.ATTENDED if attended else S.NOT_ATTENDED, role="host")
    record_event(by=by, action="record_attendance", obj=given)
    return given
