"""What a host reads about its own listings: the next step, counts, and a report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from django.db.models import Sum
from django.utils import timezone

from portal.applications.enums import NAMED_STATES, PLACE_HOLDING_STATES, CancellationReason
from portal.applications.enums import ApplicationState as S
from portal.applications.models import Application, Draw, Feedback, Transition
from portal.core.models import AuditEvent
from portal.opportunities.enums import AllocationRule
from portal.opportunities.enums import OpportunityState as State
from portal.opportunities.models import Opportunity, PlacesFilledElsewhere

if TYPE_CHECKING:
    from portal.organisations.models import Organisation

#: Fewer people than this are not told apart in a report: the host knows who came.
SMALLEST = 10
ROUNDED_TO = 5


@dataclass(frozen=True)
class NextStep:
    """What a host has to do next, and where."""

    text: str
    url: str


def next_step(listing: Opportunity) -> NextStep | None:
    """Return what waits for the host, if anything."""
    base = f"/applications/host/listings/{listing.reference}/"
    if listing.state == State.DRAFT:
        return NextStep("Finish the draft and send it for approval", base)
    if listing.state == State.CLOSED:
        draw = Draw.objects.filter(opportunity_reference=listing.reference).first()
        if draw is None and listing.is_blind:
            return NextStep("Review the applications", f"{base}review/")
        if draw is not None and not draw.is_drawn:
            return NextStep("Hold the draw", f"{base}draw/")
    if listing.state in {State.DECIDED, State.FINISHED}:
        states = set(Application.objects.for_opportunity(listing.reference).values_list("state", flat=True).distinct())
        if S.ACCEPTED in states:
            return NextStep("Confirm the places", f"{base}applications/")
        has_begun = listing.starts_on is not None and listing.starts_on <= timezone.localdate()
        if has_begun and S.CONFIRMED in states:
            return NextStep("Record who came", f"{base}applications/")
    return None


def counts(listing: Opportunity) -> dict[str, int]:
    """Return how many applied, for how many places, and how many of those are accepted; of the list in between nothing."""
    found = Counter(
        Application.objects.for_opportunity(listing.reference).exclude(state=S.DRAFT).values_list("state", flat=True)
    )
    return {
        "Applications": sum(found.values()),
        "Places": listing.capacity or 0,
        "Places accepted": sum(found[state] for state in NAMED_STATES),
    }


#: What a host reads of the audit trail of its listing; of the rest it knows, or it is a detail of these.
SAID = {
    "create_listing": "draft started",
    "copy_listing": "copied from another listing",
    "listing_submitted": "sent for approval",
    "listing_draft": "sent back by the OH team",
    "listing_open": "listed",
    "listing_closed": "closed for applications",
    "listing_decided": "draw held and places offered",
    "listing_finished": "round finished",
    "listing_cancelled": "cancelled",
}


def history(listing: Opportunity) -> list[tuple[AuditEvent, str]]:
    """Return what happened to a listing in words, newest first."""
    events = AuditEvent.objects.about(listing).filter(action__in=SAID)
    reasons = dict(CancellationReason.choices)
    return [
        (event, f"{SAID[event.action]}{f': {reasons.get(event.reason, event.reason)}' if event.reason else ''}")
        for event in events[:20]
    ]


def rounded(number: int) -> str:
    """Return a count as the host's report shows it: fewer than 10 are not told, others rounded to 5."""
    if number == 0:
        return "0"
    return f"{ROUNDED_TO * round(number / ROUNDED_TO):,}" if number >= SMALLEST else "fewer than 10"


def of_host(host: Organisation) -> dict[str, Any]:
    """Return a host's own figures. They are about rounds, never about a single person."""
    mine = Application.objects.filter(organisation_code=host.code).exclude(state=S.DRAFT)
    states = Counter(mine.values_list("state", flat=True))
    listed = Opportunity.objects.public().filter(organisation=host).exclude(allocation_rule=AllocationRule.OPEN_TO_ALL)
    open_places = listed.exclude(state=State.CANCELLED).aggregate(total=Sum("capacity"))["total"] or 0
    elsewhere = PlacesFilledElsewhere.objects.filter(organisation=host).aggregate(total=Sum("places"))["total"] or 0
    offered = sum(states[state] for state in (*PLACE_HOLDING_STATES, S.DECLINED, S.OFFER_LAPSED))
    related = mine.filter(declared_relationship=True)
    return {
        "listings": listed.count(),
        "places": open_places,
        "elsewhere": elsewhere,
        "openness": round(100 * open_places / (open_places + elsewhere)) if open_places + elsewhere else None,
        "rows": [
            ("Applications", rounded(sum(states.values()))),
            ("Offers made", rounded(offered)),
            ("Took part", rounded(states[S.ATTENDED])),
            ("Did not come", rounded(states[S.NOT_ATTENDED])),
            ("Withdrawn by applicants", rounded(states[S.WITHDRAWN])),
            ("Never decided", rounded(states[S.NO_DECISION])),
            ("Declared a relationship with you", rounded(related.count())),
        ],
        "days": _days_to_decision(host.code),
        "feedback": _feedback(host.code),
        "nearness": listed.filter(must_live_within_miles__isnull=False).count(),
    }


def _days_to_decision(code: str) -> float | None:
    decided = Transition.objects.filter(
        application__organisation_code=code, to_state__in=[S.OFFERED, S.WAITING_LIST, S.NOT_SELECTED]
    ).values_list("application_id", "at", "application__submitted_at")
    first: dict[int, float] = {}
    for application, at, sent in decided.order_by("at"):
        if sent is not None:
            first.setdefault(application, (at - sent).total_seconds() / 86_400)
    return round(median(first.values()), 1) if len(first) >= SMALLEST else None


def _feedback(code: str) -> dict[str, Any] | None:
    said = list(Feedback.objects.filter(application__organisation_code=code))
    if len(said) < SMALLEST:
        return None
    return {
        "number": rounded(len(said)),
        "as_described": round(sum(item.as_described for item in said) / len(said), 1),
        "felt_welcome": round(sum(item.felt_welcome for item in said) / len(said), 1),
        "more_likely": round(100 * sum(item.more_likely == "more" for item in said) / len(said)),
    }
