"""What can be done to listings."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.opportunities.enums import OpportunityState
from portal.opportunities.models import Opportunity, PublishedDraw
from portal.opportunities.places import find_place

if TYPE_CHECKING:
    from portal.users.models import User


@transaction.atomic
def change_state(*, by: User | None, opportunity: Opportunity, to: OpportunityState, reason: str = "") -> Opportunity:
    """Move a listing along its state table.

    Raises:
        ValidationError: when the table does not have the step, or a host approves its own listing.
    """
    locked = Opportunity.objects.select_for_update().get(pk=opportunity.pk)
    if not locked.can_become(to):
        raise ValidationError(f"A listing that is “{locked.get_state_display()}” cannot become “{to.label}”.")
    locked.state = to
    if to == OpportunityState.OPEN:
        locked.full_clean()
        locked.listed_at = timezone.now()
    locked.save()
    record_event(by=by, action=f"listing_{to.value}", obj=locked, reason=reason)
    opportunity.refresh_from_db()
    return locked


@transaction.atomic
def locate(*, by: User | None, opportunity: Opportunity) -> Opportunity:
    """Fill in coordinates and areas from the postcode of the listing.

    Raises:
        portal.opportunities.places.UnknownPlaceError: when the postcode is not one of England's.
    """
    place = find_place(opportunity.postcode)
    if place.authority is None:
        raise ValidationError({"postcode": "A listing needs a full postcode, like LS1 4AP."})
    opportunity.postcode = place.label
    opportunity.easting, opportunity.northing = place.easting, place.northing
    opportunity.local_authority_code = place.authority.code
    opportunity.icb_code, opportunity.region_code = place.authority.icb_code, place.authority.region_code
    opportunity.save()
    record_event(by=by, action="locate_listing", obj=opportunity)
    return opportunity


@transaction.atomic
def publish_draw(*, by: User | None, record: dict[str, Any]) -> PublishedDraw:
    """Publish the record of a draw: first the commitment, later the result. Repeating does nothing.

    Raises:
        ValidationError: when the commitment differs from the one published before.
    """
    opportunity = Opportunity.objects.get(reference=record["opportunity"])
    published = PublishedDraw.objects.select_for_update().filter(opportunity=opportunity).first()
    if published is None:
        published = PublishedDraw(opportunity=opportunity, committed_at=datetime.fromisoformat(record["committed_at"]))
    elif published.record["commitment"] != record["commitment"]:
        raise ValidationError("The published commitment cannot be replaced by another.")
    if published.pk and published.drawn_at:
        return published
    published.record = record
    published.drawn_at = datetime.fromisoformat(record["drawn_at"]) if record["drawn_at"] else None
    published.save()
    if published.drawn_at and opportunity.state == OpportunityState.CLOSED:
        change_state(by=by, opportunity=opportunity, to=OpportunityState.DECIDED)
    record_event(by=by, action="publish_draw", obj=published, detail={"commitment": record["commitment"]})
    return published
