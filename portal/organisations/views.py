"""Pages of the register: asking for access, people, invitations, what a parent sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from portal.organisations.actions import (
    RegisterRefused,
    accept_invitation,
    end_membership,
    invite,
    request_registration,
    share_with_parent,
)
from portal.organisations.enums import ParentAccess
from portal.organisations.forms import InvitationForm, RegistrationForm
from portal.organisations.models import Membership, Organisation

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@login_required
@never_cache
def register(request: HttpRequest) -> HttpResponse:
    """Ask to act for an organisation."""
    form = RegistrationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            request_registration(
                by=request.user,
                organisation=data["organisation"],
                organisation_name=data["organisation_name"],
                provider_type=data["provider_type"] or "not_known",
                postcode=data["postcode"],
                job_title=data["job_title"],
            )
        except RegisterRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, "Your request is with the OH team. You will get an e-mail when it is decided.")
        return redirect("submissions:home")
    return render(request, "organisations/register.html", {"form": form}, status=422 if form.is_bound else 200)


@login_required
@never_cache
def people(request: HttpRequest, code: str) -> HttpResponse:
    """Show who acts for an organisation, to its owners, and take changes."""
    organisation = get_object_or_404(Organisation.objects.owned_by(request.user), code=code)
    form = InvitationForm(request.POST if request.POST.get("action") == "invite" else None)
    if request.method == "POST":
        try:
            if _change(request, organisation, form):
                return redirect("organisations:people", code)
        except RegisterRefused as refused:
            messages.error(request, str(refused))
            return redirect("organisations:people", code)
    context = {
        "organisation": organisation,
        "memberships": organisation.memberships.filter(ended_at=None).select_related("user"),
        "invitations": organisation.invitations.filter(accepted_at=None, withdrawn_at=None),
        "form": form,
        "access": ParentAccess.choices,
    }
    return render(request, "organisations/people.html", context, status=422 if form.errors else 200)


def _change(request: HttpRequest, organisation: Organisation, form: InvitationForm) -> bool:
    """Do what was asked; False shows the form again with its errors."""
    match request.POST.get("action"):
        case "invite":
            if not form.is_valid():
                return False
            invite(
                by=request.user,
                organisation=organisation,
                email=form.cleaned_data["email"],
                role=form.cleaned_data["role"],
            )
            messages.success(request, f"An invitation is on its way to {form.cleaned_data['email']}.")
        case "end":
            pk = request.POST.get("membership", "")
            membership = get_object_or_404(
                Membership, pk=pk if pk.isdigit() else 0, organisation=organisation, ended_at=None
            )
            end_membership(by=request.user, membership=membership)
            messages.success(request, f"{membership.user} no longer has access.")
        case "share":
            share_with_parent(by=request.user, organisation=organisation, access=request.POST.get("access", ""))
            messages.success(request, "What your parent organisation sees is changed.")
    return True


@login_required
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Accept an invitation."""
    if request.method == "POST":
        try:
            membership = accept_invitation(by=request.user, secret=secret)
        except RegisterRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"You now act for {membership.organisation.name}.")
        return redirect("submissions:home")
    return render(request, "organisations/invitation.html", {})
