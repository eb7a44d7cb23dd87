"""Applying: a draft, an application, what is derived from it, and leaving."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from portal.applications.actions.offering import offer_places
from portal.applications.actions.steps import DATABASE, RefusedError, S, hold_entrance, locked, reject, transition
from portal.applications.enums import RejectionReason
from portal.applications.models import Applicant, Application
from portal.core.actions import record_event
from portal.opportunities.places import Place, find_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.opportunities.models import Opportunity
    from portal.users.models import User

OPEN_APPLICATIONS_LIMIT = 4
GUARDIAN_CONSENT_BELOW = 16
NOT_OPEN = "This opportunity does not take applications now."
DISTANCE_BANDS = ((5, "under 5"), (10, "5 to 9"), (20, "10 to 19"), (50, "20 to 49"))
FURTHEST_BAND = "50 or more"


@transaction.atomic(using=DATABASE)
def start_application(*, by: User, applicant: Applicant, opportunity: Opportunity) -> Application:
    """Return the draft of an application, making it on the first visit. A draft counts for nothing yet."""
    draft, is_new = Application.objects.get_or_create(
        applicant=applicant,
        opportunity_reference=opportunity.reference,
        state=S.DRAFT,
        defaults={"organisation_code": opportunity.organisation.code, "is_synthetic": opportunity.is_synthetic},
    )
    if is_new:
        record_event(by=by, action="start_application", obj=draft)
    return draft


@contextmanager
def while_open(opportunity: Opportunity) -> Iterator[None]:
    """Keep a round open while an answer is saved: what came after its end would never be deleted.

    Raises:
        RefusedError: when the listing takes no applications now.
    """
    with transaction.atomic(using=DATABASE):
        hold_entrance(opportunity.reference)
        opportunity.refresh_from_db(fields=["state", "closes_at"])
        if not opportunity.is_open_for_applications:
            raise RefusedError(NOT_OPEN)
        yield


@transaction.atomic(using=DATABASE)
def submit_application(
    *,
    by: User,
    applicant: Applicant,
    opportunity: Opportunity,
    postcode: str,
    statement: str = "",
    declared_relationship: bool,
    relationship_detail: str = "",
    guardian_consents: bool = False,
    draft: Application | None = None,
) -> Application:
    """Send an application, or the draft that was saved of it.

    Raises:
        RefusedError: when the listing is closed, the applicant has four open applications, or the
            consent of a parent or guardian is missing.
        portal.opportunities.places.UnknownPlaceError: when the postcode is not one of England's.
    """
    # One application at a time for each applicant: the limit holds under double clicks.
    Applicant.objects.select_for_update().get(pk=applicant.pk)
    hold_entrance(opportunity.reference)
    opportunity.refresh_from_db(fields=["state", "closes_at"])
    _refuse_unless_allowed(applicant, opportunity, guardian_consents=guardian_consents)
    if declared_relationship and not relationship_detail.strip():
        raise RefusedError("Say what the relationship with the host is.")
    place = find_place(postcode)
    if place.authority is None:
        raise RefusedError("Type your full postcode, like LS1 4AP; the first part alone is not enough here.")
    application = draft or start_application(by=by, applicant=applicant, opportunity=opportunity)
    answers = {
        "statement": statement,
        "declared_relationship": declared_relationship,
        "relationship_detail": relationship_detail,
        "guardian_consent_at": timezone.now() if guardian_consents else None,
        "had_place_before": Application.objects.filter(applicant=applicant, state=S.ATTENDED).exists(),
        "submitted_at": timezone.now(),
        **_derived_from(place, opportunity),
    }
    for name, answer in answers.items():
        setattr(application, name, answer)
    transition(by=by, application=application, to=S.SUBMITTED, role="applicant")
    _decide_eligibility(application, applicant, opportunity, place)
    record_event(by=by, action="submit_application", obj=application)
    return application


def _refuse_unless_allowed(applicant: Applicant, opportunity: Opportunity, *, guardian_consents: bool) -> None:
    if not opportunity.is_open_for_applications:
        raise RefusedError(NOT_OPEN)
    mine = Application.objects.filter(applicant=applicant)
    if mine.filter(opportunity_reference=opportunity.reference).exclude(state__in=[S.WITHDRAWN, S.DRAFT]).exists():
        raise RefusedError("You have applied for this opportunity already.")
    if mine.still_open().count() >= OPEN_APPLICATIONS_LIMIT:
        raise RefusedError(
            f"You have {OPEN_APPLICATIONS_LIMIT} open applications, which is the most anyone can have. "
            "Withdraw one to send another.",
        )
    if applicant.age_on(timezone.localdate()) < GUARDIAN_CONSENT_BELOW and not guardian_consents:
        raise RefusedError("Because you are under 16, a parent or guardian must agree before you can apply.")


def _derived_from(place: Place, opportunity: Opportunity) -> dict[str, Any]:
    """Return what statistics need of a postcode, so that the postcode itself can be purged."""
    authority = place.authority
    if authority is None:
        raise RefusedError("A full postcode is needed.")
    return {
        "postcode": place.label,
        "deprivation_decile": place.deprivation_decile,
        "deprivation_level": place.deprivation_level,
        "region_code": authority.region_code,
        "icb_code": authority.icb_code,
        "distance_band": distance_band(place, opportunity),
    }


def distance_band(place: Place, opportunity: Opportunity) -> str:
    """Return the band of miles from home to the listing; "online" where there is no way to go."""
    if opportunity.easting is None or opportunity.northing is None:
        return "online"
    miles = place.miles_to(opportunity.easting, opportunity.northing)
    return next((label for limit, label in DISTANCE_BANDS if miles < limit), FURTHEST_BAND)


def _decide_eligibility(application: Application, applicant: Applicant, opportunity: Opportunity, place: Place) -> None:
    age = applicant.age_on(opportunity.starts_on or timezone.localdate())
    too_old = opportunity.maximum_age is not None and age > opportunity.maximum_age
    if age < opportunity.minimum_age or too_old:
        reject(by=None, application=application, reason=RejectionReason.AGE, to=S.INELIGIBLE)
        return
    if _too_far(opportunity, place):
        reject(by=None, application=application, reason=RejectionReason.NOT_LOCAL, to=S.INELIGIBLE)
        return
    transition(by=None, application=application, to=S.ELIGIBLE, role="service")


def _too_far(opportunity: Opportunity, place: Place) -> bool:
    if opportunity.must_live_within_miles is None or opportunity.easting is None or opportunity.northing is None:
        return False
    return place.miles_to(opportunity.easting, opportunity.northing) > opportunity.must_live_within_miles


@transaction.atomic(using=DATABASE)
def withdraw_application(*, by: User, application: Application, reason: str, detail: str = "") -> Application:
    """Withdraw an application; a place that it held goes to the next on the list."""
    mine = locked(application)
    held_a_place = mine.holds_place
    transition(by=by, application=mine, to=S.WITHDRAWN, role="applicant", reason=reason, detail=detail)
    if held_a_place:
        offer_places(by=None, opportunity_reference=mine.opportunity_reference)
    record_event(by=by, action="withdraw_application", obj=mine, reason=reason)
    return mine
