"""Listings where they touch applications: approval looks up how many applied last time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from portal.applications.actions.steps import RefusedError, S
from portal.applications.messages import say_to_host, say_to_team
from portal.applications.models import Application
from portal.opportunities.actions import change_state
from portal.opportunities.enums import OpportunityState

if TYPE_CHECKING:
    from portal.opportunities.models import Opportunity
    from portal.users.models import User


@transaction.atomic
def submit_listing(*, by: User, opportunity: Opportunity) -> Opportunity:
    """Send a draft to the OH team for approval.

    Raises:
        ValidationError: when the listing is not ready, with what is missing by field.
    """
    say_to_team(opportunity.reference, "listing")
    return change_state(by=by, opportunity=opportunity, to=OpportunityState.SUBMITTED)


@transaction.atomic
def approve_listing(*, by: User, opportunity: Opportunity) -> Opportunity:
    """List an opportunity, with the chance of last time where it is a copy of an earlier one.

    Raises:
        RefusedError: when the person acts for the host, or the listing is not ready.
    """
    last = opportunity.copied_from
    if last is not None and last.capacity:
        sent = Application.objects.for_opportunity(last.reference).exclude(state__in=[S.DRAFT, S.INELIGIBLE])
        opportunity.previous_applications, opportunity.previous_places = sent.count() or None, last.capacity
        opportunity.save(update_fields=["previous_applications", "previous_places"])
    return _change(by, opportunity, OpportunityState.OPEN)


@transaction.atomic
def return_listing(*, by: User, opportunity: Opportunity, reason: str) -> Opportunity:
    """Send a listing back to its host, saying what to mend."""
    if not reason.strip():
        raise RefusedError("Say what the host should mend.")
    return _change(by, opportunity, OpportunityState.DRAFT, reason)


def _change(by: User, opportunity: Opportunity, to: OpportunityState, reason: str = "") -> Opportunity:
    say_to_host(opportunity, to.value, reason=reason)
    try:
        return change_state(by=by, opportunity=opportunity, to=to, reason=reason)
    except ValidationError as fault:
        raise RefusedError(fault.messages) from fault
