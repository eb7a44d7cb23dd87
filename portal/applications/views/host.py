"""A host's pages: its listings, from the first draft to the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.applications import actions, report
from portal.applications.access import hosts_of, own_host, own_listing
from portal.applications.enums import CancellationReason
from portal.applications.forms import host as forms
from portal.applications.models import Application, Draw
from portal.opportunities import actions as listing_actions
from portal.opportunities.enums import OpportunityState as State
from portal.opportunities.models import ListingTemplate, Opportunity, PlacesFilledElsewhere
from portal.organisations.models import Organisation, Registration

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.forms import BaseForm
    from django.http import HttpRequest, HttpResponse

CRUMBS = [("Home", "/"), ("Your listings", "/applications/host/")]


def said(fault: ValidationError) -> str:
    """Return what a refusal says, as one text."""
    return " ".join(fault.messages)


@login_required
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """List the hosts a person acts for, and their listings with what waits to be done."""
    hosts = list(hosts_of(request.user))
    listings = Opportunity.objects.filter(organisation__in=hosts).select_related("organisation")
    rows = [(listing, report.next_step(listing)) for listing in listings.order_by("-created_at")]
    context = {
        "hosts": hosts,
        "waiting": [row for row in rows if row[1]],
        "others": [row for row in rows if not row[1] and not row[0].has_ended],
        "ended": [row for row in rows if not row[1] and row[0].has_ended],
        "registrations": Registration.objects.filter(user=request.user, state="pending"),
        "breadcrumbs": CRUMBS[:1],
    }
    return render(request, "applications/host/home.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, code: str) -> HttpResponse:
    """Start a listing, from nothing or from a template."""
    host = own_host(request.user, code)
    listing = Opportunity(organisation=host, is_synthetic=host.is_synthetic)
    template = request.GET.get("template", "")
    if template.isdigit():
        chosen = get_object_or_404(ListingTemplate, pk=int(template), organisation=host)
        for name, answer in chosen.answers.items():
            setattr(listing, name, answer)
    return _edit(request, listing, templates=host.listing_templates.all())


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, reference: str) -> HttpResponse:
    """Change a draft."""
    listing = own_listing(request.user, reference)
    if listing.state != State.DRAFT:
        messages.error(request, "Only a draft can be changed. Copy the listing, or cancel it.")
        return redirect("applications:host_listing", reference=reference)
    return _edit(request, listing)


def _edit(request: HttpRequest, listing: Opportunity, **context: Any) -> HttpResponse:
    form = forms.ListingForm(request.POST if request.method == "POST" else None, instance=listing)
    if request.method == "POST" and form.is_valid():
        saved = listing_actions.save_listing(by=request.user, opportunity=form.save(commit=False))
        messages.success(request, "Saved as a draft. Nobody else sees it yet.")
        return redirect("applications:host_listing", reference=saved.reference)
    context |= {"form": form, "listing": listing, "breadcrumbs": CRUMBS}
    return render(request, "applications/host/edit.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
def listing(request: HttpRequest, reference: str) -> HttpResponse:
    """Show where a listing stands, what comes next, and how many applied: never who."""
    item = own_listing(request.user, reference)
    context = {
        "listing": item,
        "next_step": report.next_step(item),
        "counts": report.counts(item),
        "draw": Draw.objects.filter(opportunity_reference=reference).first(),
        "repeat_form": forms.RepeatForm(),
        "attendance_form": forms.AttendanceForm(),
        "template_form": forms.TemplateForm(initial={"name": item.title}),
        "history": report.history(item),
        "breadcrumbs": CRUMBS,
    }
    return render(request, "applications/host/listing.html", context)


def _submit(request: HttpRequest, listing: Opportunity) -> str:
    actions.submit_listing(by=request.user, opportunity=listing)
    return "The OH team checks the listing. You get an e-mail when it is listed or sent back."


def _copy(request: HttpRequest, listing: Opportunity) -> tuple[str, str]:
    copy = listing_actions.copy_listing(by=request.user, opportunity=listing)
    return "This is the copy, a draft. Give it dates.", reverse("applications:host_edit", args=[copy.reference])


def _repeat(request: HttpRequest, listing: Opportunity) -> tuple[str, str]:
    form = forms.RepeatForm(request.POST)
    _refuse(form)
    made = listing_actions.repeat_listing(by=request.user, opportunity=listing, **form.cleaned_data)
    message = f"{len(made)} drafts were made, the last for {made[-1].starts_on:%-d %B %Y}. Send each for approval."
    return message, reverse("applications:host")


def _template(request: HttpRequest, listing: Opportunity) -> str:
    form = forms.TemplateForm(request.POST)
    _refuse(form)
    listing_actions.save_template(by=request.user, opportunity=listing, name=form.cleaned_data["name"])
    return "Saved as a template. It is offered when you start a listing."


def _attendance(request: HttpRequest, listing: Opportunity) -> str:
    form = forms.AttendanceForm(request.POST)
    _refuse(form)
    row = listing_actions.record_online_attendance(by=request.user, opportunity=listing, **form.cleaned_data)
    return f"Recorded for {row.period}: {row.people:,} people."


def _finish_review(request: HttpRequest, listing: Opportunity) -> str:
    draw = actions.finish_review(by=request.user, opportunity=listing)
    return f"The line was applied. Entries fixed: {len(draw.entries)}. Their hash is published."


def _finish(request: HttpRequest, listing: Opportunity) -> str:
    actions.finish_round(by=request.user, opportunity=listing)
    return "The round is finished. Equality answers and postcodes are deleted."


def _refuse(form: BaseForm) -> None:
    if not form.is_valid():
        raise ValidationError([f"{form.fields[name].label}: {fault}" for name, faults in form.errors.items() for fault in faults])  # fmt: skip


#: Each says what was done, and where one goes on where that is not the listing.
DO: dict[str, Callable[[Any, Opportunity], str | tuple[str, str]]] = {
    "submit": _submit,
    "copy": _copy,
    "repeat": _repeat,
    "template": _template,
    "attendance": _attendance,
    "finish_review": _finish_review,
    "finish": _finish,
}


@login_required
@require_POST
def do(request: HttpRequest, reference: str) -> HttpResponse:
    """Do one thing with a listing."""
    item = own_listing(request.user, reference)
    wanted = DO.get(request.POST.get("action", ""))
    if wanted is None:
        messages.error(request, "This page does not know what to do. Use its buttons.")
        return redirect("applications:host_listing", reference=reference)
    next_page = reverse("applications:host_listing", args=[reference])
    try:
        done = wanted(request, item)
        message, next_page = done if isinstance(done, tuple) else (done, next_page)
        messages.success(request, message)
    except ValidationError as fault:
        messages.error(request, said(fault))
    return redirect(next_page)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Cancel a listing, with a reason that everyone who applied reads."""
    item = own_listing(request.user, reference)
    if not item.can_become(State.CANCELLED):
        messages.error(request, f"This listing is “{item.get_state_display()}”; there is nothing to cancel.")
        return redirect("applications:host_listing", reference=reference)
    form = forms.CancelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.cancel_listing(
                by=request.user, opportunity=item, reason=CancellationReason(form.cleaned_data["reason"])
            )
            messages.success(request, "The listing is cancelled. Everyone who applied is told why.")
        except ValidationError as fault:
            messages.error(request, said(fault))
        return redirect("applications:host_listing", reference=reference)
    open_now = Application.objects.for_opportunity(reference).still_open().count()
    context = {
        "form": form,
        "listing": item,
        "title": "Cancel the listing",
        "lead": f"{open_now} open application{'' if open_now == 1 else 's'} will be closed. This cannot be undone.",
        "button": "Cancel the listing",
        "is_warning": True,
        "breadcrumbs": CRUMBS,
    }
    return render(request, "applications/host/form.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def elsewhere(request: HttpRequest, code: str) -> HttpResponse:
    """Record places that were given outside the service."""
    host = own_host(request.user, code)
    form = forms.ElsewhereForm(
        request.POST if request.method == "POST" else None, instance=PlacesFilledElsewhere(organisation=host)
    )
    if request.method == "POST" and form.is_valid():
        listing_actions.record_places_elsewhere(by=request.user, organisation=host, **form.cleaned_data)
        messages.success(request, "Recorded. The same month and kind again replaces the number.")
        return redirect("applications:host_elsewhere", code=code)
    rows = host.places_filled_elsewhere.order_by("-period", "kind")
    context = {"form": form, "host": host, "rows": rows, "breadcrumbs": CRUMBS}
    return render(request, "applications/host/elsewhere.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
def host_report(request: HttpRequest, code: str) -> HttpResponse:
    """Show a host its own figures: protected like everything else, since it knows who came."""
    host: Organisation = own_host(request.user, code)
    context = {"host": host, "report": report.of_host(host), "breadcrumbs": CRUMBS}
    return render(request, "applications/host/report.html", context)
