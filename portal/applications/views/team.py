"""The OH team's page in the CMS: what waits for approval, what is overdue, who demands nearness, who is worried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.applications import actions
from portal.applications.access import for_team
from portal.applications.models import Concern, Draw
from portal.core.actions import record_event
from portal.opportunities.enums import OpportunityState
from portal.opportunities.models import Opportunity
from portal.users.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHOWN = 50


@for_team
def overview(request: HttpRequest) -> HttpResponse:
    """Show everything about opportunities that waits for somebody of the OH team."""
    listings = Opportunity.objects.select_related("organisation")
    overdue = listings.filter(state=OpportunityState.CLOSED, decision_on__lt=timezone.localdate())
    without_value = Draw.objects.filter(drawn_at=None).values_list("opportunity_reference", flat=True)
    concerns = list(Concern.objects.select_related("application__applicant")[:SHOWN])
    if concerns:
        # Reading what people say about their safety is written down, like every reading of what is sensitive.
        record_event(by=request.user, action="read_concerns", using="submissions", detail={"shown": len(concerns)})
    context = {
        "waiting": listings.filter(state=OpportunityState.SUBMITTED).order_by("created_at"),
        "overdue": overdue.order_by("decision_on")[:SHOWN],
        "undrawn": listings.filter(reference__in=list(without_value)).order_by("decision_on")[:SHOWN],
        "nearness": _nearness(),
        "concerns": _with_whom(concerns),
        "open_concerns": sum(concern.settled_at is None for concern in concerns),
    }
    return render(request, "applications/team/overview.html", context)


def _with_whom(concerns: list[Concern]) -> list[dict[str, Any]]:
    """Return concerns with the listing, and while they are open with whom to speak to: somebody has to be reached."""
    references = {item.opportunity_reference for item in concerns}
    listings = Opportunity.objects.select_related("organisation").in_bulk(references, field_name="reference")
    users = User.objects.in_bulk({item.raised_by for item in concerns if item.settled_at is None})
    return [
        {
            "concern": item,
            "listing": listings.get(item.opportunity_reference),
            "user": users.get(item.raised_by),
            "applicant": item.application.applicant if item.application and item.settled_at is None else None,
        }
        for item in concerns
    ]


def _nearness() -> list[dict[str, object]]:
    """Return the hosts that take only people who live near, with how many of their listings do."""
    rows = Opportunity.objects.public().values("organisation__name", "organisation__code")
    demanding = Q(must_live_within_miles__isnull=False)
    found = rows.annotate(demanding=Count("pk", filter=demanding), listings=Count("pk")).filter(demanding__gt=0)
    return list(found.order_by("-demanding", "organisation__name")[:SHOWN])


@for_team
@require_POST
def decide(request: HttpRequest, reference: str) -> HttpResponse:
    """List an opportunity, or send it back to its host."""
    listing = get_object_or_404(Opportunity, reference=reference)
    try:
        if request.POST.get("action") == "approve":
            actions.approve_listing(by=request.user, opportunity=listing)
            messages.success(request, f"“{listing}” is listed.")
        else:
            actions.return_listing(by=request.user, opportunity=listing, reason=request.POST.get("reason", ""))
            messages.success(request, f"“{listing}” is with its host again.")
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
    return redirect("oversight:index")


@for_team
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what was done about a concern."""
    concern = get_object_or_404(Concern, pk=pk)
    try:
        actions.settle_concern(by=request.user, concern=concern, outcome=request.POST.get("outcome", ""))
        messages.success(request, "Settled.")
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
    return redirect("oversight:index")
