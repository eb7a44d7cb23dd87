"""A host's pages of applications: sealed, reviewed blind, drawn, accepted, confirmed, attended."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.applications import actions, blind
from portal.applications.access import own_listing
from portal.applications.enums import ApplicationState as S
from portal.applications.enums import RejectionReason
from portal.applications.forms import host as forms
from portal.applications.models import Draw, PlaceChecks, Review
from portal.applications.views.host import CRUMBS, said
from portal.core.actions import record_event
from portal.opportunities.enums import OpportunityState as State

if TYPE_CHECKING:
    from django.http import HttpRequest

    from portal.applications.models import Application
    from portal.opportunities.models import Opportunity

COLUMNS = (
    "code", "state", "name", "age", "e-mail", "telephone", "school or college", "school contact",
    "parent or guardian", "their contact",
)  # fmt: skip


PERSON = ("name", "age", "email", "telephone", "school", "school_contact", "guardian", "guardian_contact")


def _crumbs(listing: Opportunity) -> list[tuple[str, str]]:
    return [*CRUMBS, (listing.title, f"/applications/host/listings/{listing.reference}/")]


def _is_sealed(listing: Opportunity) -> bool:
    return listing.state in {State.DRAFT, State.SUBMITTED, State.OPEN}


@login_required
@never_cache
def applications(request: HttpRequest, reference: str) -> HttpResponse:
    """List the applications for a listing: nothing but their number until it is closed."""
    listing = own_listing(request.user, reference)
    rows = blind.seen_of(reference)
    if _is_sealed(listing):
        context = {"listing": listing, "sealed": len(rows), "breadcrumbs": _crumbs(listing)}
        return render(request, "applications/host/applications.html", context)
    if request.GET.get("export") == "csv":
        record_event(by=request.user, action="export_applications", using="submissions", detail={"listing": reference})
        return _export(listing, rows)
    # Those with something to do come first; the order says nothing else.
    rank = {state: number for number, state in enumerate([S.ACCEPTED, S.CONFIRMED, S.UNDER_REVIEW])}
    rows.sort(key=lambda row: (rank.get(S(row.state), len(rank)), row.code))
    context = {"listing": listing, "rows": rows, "breadcrumbs": _crumbs(listing)}
    return render(request, "applications/host/applications.html", context)


def _export(listing: Opportunity, rows: list[blind.SeenApplication]) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        named = [getattr(row.person, name) for name in PERSON] if row.person else [""] * len(PERSON)
        writer.writerow([_neutral(cell) for cell in (row.code, row.state_label, *named)])
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="applications-{listing.reference}.csv"'},
    )


def _neutral(cell: Any) -> str:
    """Return a cell that a spreadsheet does not take for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def application(request: HttpRequest, reference: str, code: str) -> HttpResponse:
    """Show one application and take what the host records about it."""
    listing = own_listing(request.user, reference)
    if _is_sealed(listing):
        messages.error(request, "Applications are sealed until the listing is closed.")
        return redirect("applications:host_applications", reference=reference)
    found = blind.find(reference, code)
    checks = PlaceChecks.objects.filter(application=found).first()
    posted = request.POST if request.method == "POST" else None
    initial = {"risk_assessed_on": checks.risk_assessed_on, "dbs": checks.dbs} if checks else {}
    form = forms.ChecksForm(posted if posted and posted.get("action") == "confirm" else None, initial=initial)
    if posted is not None and (not form.is_bound or form.is_valid()):
        try:
            messages.success(request, _do(request, found, form))
        except ValidationError as fault:
            messages.error(request, said(fault))
        return redirect("applications:host_application", reference=reference, code=code)
    context = {
        "listing": listing,
        "row": blind.seen(found),
        "form": form,
        "checks": checks,
        "starts_later": listing.starts_on is not None and listing.starts_on > timezone.localdate(),
        "cancel_form": forms.CancelForm(),
        "breadcrumbs": [*_crumbs(listing), ("Applications", f"/applications/host/listings/{reference}/applications/")],
    }
    return render(request, "applications/host/application.html", context, status=422 if form.errors else 200)


def _do(request: HttpRequest, found: Application, form: forms.ChecksForm) -> str:
    # One answer for all that nobody has said yes with: another would tell where the offer is now.
    if not found.is_named:
        raise ValidationError("Nobody has said yes to a place with this application; there is nothing to record.")
    match request.POST.get("action"):
        case "confirm":
            actions.confirm_place(by=request.user, application=found, checks=actions.Checks(**form.cleaned_data))
            return "The place is confirmed; the applicant is told."
        case "attended" | "not_attended" as answer:
            actions.record_attendance(by=request.user, application=found, attended=answer == "attended")
            return "Recorded."
        case "cancel":
            cancelled = forms.CancelForm(request.POST)
            if not cancelled.is_valid():
                raise ValidationError("Choose a reason: the applicant reads it.")
            actions.cancel_place(by=request.user, application=found, reason=cancelled.cleaned_data["reason"])
            return "The place is taken back; it goes to the next on the list."
    raise ValidationError("This page does not know what to do. Use its buttons.")


@login_required
@never_cache
def review_list(request: HttpRequest, reference: str) -> HttpResponse:
    """List the applications to be read, each under a code."""
    listing = own_listing(request.user, reference)
    if not listing.is_blind or _is_sealed(listing):
        messages.error(request, "There is nothing to review: applications are sealed until closing.")
        return redirect("applications:host_listing", reference=reference)
    rows = [row for row in blind.seen_of(reference) if row.state == S.UNDER_REVIEW]
    mine = {
        blind.host_code(review.application): review
        for review in Review.objects.filter(
            reviewer_id=request.user.pk, application__opportunity_reference=reference
        ).select_related("application")
    }
    context = {
        "listing": listing,
        "rows": [(row, mine.get(row.code)) for row in rows],
        "left": sum(row.code not in mine for row in rows),
        "breadcrumbs": _crumbs(listing),
    }
    return render(request, "applications/host/review_list.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, reference: str, code: str) -> HttpResponse:
    """Read one application without a name, and score it."""
    listing = own_listing(request.user, reference)
    found = blind.find(reference, code)
    if not listing.is_blind or _is_sealed(listing) or found.state != S.UNDER_REVIEW:
        messages.error(request, "This application is not being reviewed now.")
        return redirect("applications:host_listing", reference=reference)
    if request.POST.get("action") == "turn_down":
        return _turn_down(request, found, reference, code)
    own = Review.objects.filter(application=found, reviewer_id=request.user.pk).first()
    posted = request.POST if request.method == "POST" else None
    form = forms.ReviewForm(listing.review_criteria, posted, scores=own.scores if own else None)
    if posted is not None and form.is_valid():
        has_conflict = form.cleaned_data["has_conflict"]
        try:
            actions.save_review(
                by=request.user,
                opportunity=listing,
                application=found,
                scores={} if has_conflict else form.scores(),
                has_conflict=has_conflict,
            )
        except ValidationError as fault:
            messages.error(request, said(fault))
        return redirect("applications:host_review_list", reference=reference)
    context = {
        "listing": listing,
        "row": blind.seen(found),
        "form": form,
        "turn_down_form": forms.TurnDownForm(),
        "breadcrumbs": [*_crumbs(listing), ("Review", f"/applications/host/listings/{reference}/review/")],
    }
    return render(request, "applications/host/review.html", context, status=422 if form.errors else 200)


def _turn_down(request: HttpRequest, found: Application, reference: str, code: str) -> HttpResponse:
    form = forms.TurnDownForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a reason: the applicant reads it.")
        return redirect("applications:host_review", reference=reference, code=code)
    try:
        actions.turn_down(by=request.user, application=found, reason=RejectionReason(form.cleaned_data["reason"]))
    except ValidationError as fault:
        messages.error(request, said(fault))
    return redirect("applications:host_review_list", reference=reference)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def draw(request: HttpRequest, reference: str) -> HttpResponse:
    """Enter the public value; everyone is ranked and the places are offered."""
    listing = own_listing(request.user, reference)
    committed = get_object_or_404(Draw, opportunity_reference=reference)
    if committed.is_drawn:
        return redirect("opportunities:draw", reference=reference)
    form = forms.DrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.run_draw(by=request.user, draw=committed, **form.cleaned_data)
            messages.success(request, "The draw is held and published. Places are offered.")
        except ValidationError as fault:
            messages.error(request, said(fault))
        return redirect("applications:host_listing", reference=reference)
    context = {
        "form": form,
        "listing": listing,
        "title": "Hold the draw",
        "lead": f"Entries: {len(committed.entries)}, places: {committed.places}. They were fixed on "
        f"{committed.committed_at:%-d %B %Y}. What completes the draw was named then: "
        f"{committed.source_declared or 'a public value'}.",
        "button": "Hold the draw",
        "breadcrumbs": _crumbs(listing),
    }
    return render(request, "applications/host/form.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def concern(request: HttpRequest, reference: str) -> HttpResponse:
    """Tell the OH team of a worry about somebody's safety."""
    listing = own_listing(request.user, reference)
    form = forms.ConcernForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.raise_concern(
            by=request.user, role="host", opportunity_reference=reference, text=form.cleaned_data["text"]
        )
        messages.success(request, "The OH team has it. It will get in touch with you.")
        return redirect("applications:host_listing", reference=reference)
    context = {
        "form": form,
        "listing": listing,
        "title": "Report a safeguarding concern",
        "button": "Send to the OH team",
        "breadcrumbs": _crumbs(listing),
    }
    return render(request, "applications/host/form.html", context, status=422 if form.errors else 200)
