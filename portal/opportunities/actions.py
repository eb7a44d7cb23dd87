"""What can be done to listings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.opportunities.enums import AllocationRule, OpportunityState
from portal.opportunities.models import (
    ListingTemplate,
    OnlineAttendance,
    Opportunity,
    PlacesFilledElsewhere,
    PublishedDraw,
)
from portal.opportunities.places import find_place
from portal.organisations.models import Organisation

if TYPE_CHECKING:
    from portal.users.models import User


MOST_REPEATS = 26
#: What a copy or a template takes over: what the opportunity is, not when, nor what became of it.
KEPT_IN_COPIES = (
    "title", "summary", "description", "kind", "role_family", "mode", "on_demand", "postcode", "easting", "northing",
    "local_authority_code", "icb_code", "region_code", "capacity", "minimum_age", "maximum_age", "requirements",
    "must_live_within_miles", "costs", "support", "accessibility", "safeguarding_contact", "allocation_rule", "shares",
    "first_timers_first", "draw_source", "review_criteria", "review_line", "reviews_needed", "reply_days",
    "is_synthetic",
)  # fmt: skip


@transaction.atomic
def save_listing(*, by: User, opportunity: Opportunity) -> Opportunity:
    """Keep a draft of a listing.

    Raises:
        ValidationError: when it is not a draft any more: what is listed does not change under applicants.
    """
    if opportunity.state != OpportunityState.DRAFT:
        raise ValidationError("Only a draft can be changed. Copy the listing, or cancel it.")
    is_new = opportunity.pk is None
    opportunity.save()
    if opportunity.postcode:
        locate(by=by, opportunity=opportunity)
    record_event(by=by, action="create_listing" if is_new else "change_listing", obj=opportunity)
    return opportunity


@transaction.atomic
def copy_listing(*, by: User, opportunity: Opportunity, days: int = 0) -> Opportunity:
    """Return a draft like a listing, with its dates ``days`` later; without ``days`` it has no dates."""
    copy = Opportunity(
        organisation=opportunity.organisation,
        copied_from=opportunity,
        **{name: getattr(opportunity, name) for name in KEPT_IN_COPIES},
    )
    if days:
        for name in ("starts_on", "ends_on", "closes_at", "decision_on"):
            value = getattr(opportunity, name)
            setattr(copy, name, value + timedelta(days=days) if value else None)
    copy.save()
    record_event(by=by, action="copy_listing", obj=copy, detail={"from": opportunity.reference})
    return copy


@transaction.atomic
def repeat_listing(*, by: User, opportunity: Opportunity, every_days: int, times: int) -> list[Opportunity]:
    """Return ``times`` drafts of a listing, each ``every_days`` after the one before.

    Raises:
        ValidationError: when the listing has no dates to move, or too many copies are asked for.
    """
    if opportunity.starts_on is None:
        raise ValidationError("Only a listing with a first day can be repeated; give it one.")
    if not 1 <= times <= MOST_REPEATS or every_days < 1:
        raise ValidationError(f"Repeat it 1 to {MOST_REPEATS} times, at least a day apart.")
    return [copy_listing(by=by, opportunity=opportunity, days=every_days * turn) for turn in range(1, times + 1)]


@transaction.atomic
def save_template(*, by: User, opportunity: Opportunity, name: str) -> ListingTemplate:
    """Keep what a listing says under a name, to start others from; the same name again replaces it."""
    if not name.strip():
        raise ValidationError("Give the template a name.")
    answers = {field: getattr(opportunity, field) for field in KEPT_IN_COPIES}
    if answers["review_line"] is not None:
        answers["review_line"] = float(answers["review_line"])
    template, _is_new = ListingTemplate.objects.update_or_create(
        organisation=opportunity.organisation, name=name.strip(), defaults={"answers": answers}
    )
    record_event(by=by, action="save_listing_template", obj=template)
    return template


@transaction.atomic
def record_places_elsewhere(
    *, by: User, organisation: Organisation, period: str, kind: str, places: int, how: str
) -> PlacesFilledElsewhere:
    """Write down places given outside the service in a month; the same month and kind again replaces the number."""
    row, _is_new = PlacesFilledElsewhere.objects.update_or_create(
        organisation=organisation,
        period=period,
        kind=kind,
        defaults={"places": places, "how": how, "recorded_at": timezone.now()},
    )
    record_event(by=by, action="record_places_elsewhere", obj=row, detail={"places": places})
    return row


@transaction.atomic
def record_online_attendance(*, by: User, opportunity: Opportunity, period: str, people: int) -> OnlineAttendance:
    """Write down how many took part in a month; the same month again replaces the number.

    Raises:
        ValidationError: when people apply for it: attendance is then recorded for each of them.
    """
    if opportunity.allocation_rule != AllocationRule.OPEN_TO_ALL:
        raise ValidationError("People apply for this one; record for each of them whether they came.")
    row, _is_new = OnlineAttendance.objects.update_or_create(
        opportunity=opportunity, period=period, defaults={"people": people, "recorded_at": timezone.now()}
    )
    record_event(by=by, action="record_online_attendance", obj=row, detail={"people": people})
    return row


@transaction.atomic
def change_state(*, by: User | None, opportunity: Opportunity, to: OpportunityState, reason: str = "") -> Opportunity:
    """Move a listing along its state table.

    Raises:
        ValidationError: when the table does not have the step, or a host approves its own listing.
    """
    locked = Opportunity.objects.select_for_update().get(pk=opportunity.pk)
    if locked.state == to:
        raise ValidationError(f"The listing is “{to.label}” already.")
    if not locked.can_become(to):
        raise ValidationError(f"A listing that is “{locked.get_state_display()}” cannot become “{to.label}”.")
    locked.state = to
    if (
        to == OpportunityState.OPEN
        and by is not None
        and Organisation.objects.with_member(by).filter(pk=locked.organisation_id).exists()
    ):
        raise ValidationError("You act for this host; another person has to approve its listing.")
    if to in {OpportunityState.SUBMITTED, OpportunityState.OPEN}:
        locked.full_clean()
        _refuse_past_dates(locked)
    if to == OpportunityState.OPEN:
        locked.listed_at = timezone.now()
    locked.save()
    record_event(by=by, action=f"listing_{to.value}", obj=locked, reason=reason)
    opportunity.refresh_from_db()
    return locked


def _refuse_past_dates(opportunity: Opportunity) -> None:
    if opportunity.allocation_rule == AllocationRule.OPEN_TO_ALL:
        return
    if opportunity.closes_at is None or opportunity.closes_at <= timezone.now():
        raise ValidationError({"closes_at": "Applications need a closing day in the future; give one."})
    if opportunity.starts_on and opportunity.starts_on <= opportunity.closes_at.date():
        raise ValidationError({"starts_on": "It starts before applications close; move one of the two days."})
    if opportunity.decision_on is None:
        raise ValidationError({"decision_on": "Say by which day everyone hears: applicants plan with it."})
    if opportunity.decision_on < opportunity.closes_at.date():
        raise ValidationError({"decision_on": "Everyone hears before applications close; move one of the two days."})
    if opportunity.starts_on and opportunity.decision_on > opportunity.starts_on:
        raise ValidationError({"decision_on": "It starts before everyone hears; move one of the two days."})


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
