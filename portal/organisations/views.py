"""Pages of the register: asking for access, people, invitations, what a parent sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from portal.organisations.actions import (
    RegisterRefused,
    accept_invitation,
    change_role,
    decide_parent,
    end_membership,
    invitation_of,
    invite,
    invite_again,
    leave_parent,
    request_parent,
    request_registration,
    share_with_parent,
    withdraw_invitation,
)
from portal.organisations.enums import LinkState, MemberRole, ParentAccess
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
    """Show who acts for an organisation and whom it belongs to, to its owners, and take changes."""
    organisation = get_object_or_404(Organisation.objects.owned_by(request.user), code=code)
    form = InvitationForm(request.POST if request.POST.get("action") == "invite" else None)
    if request.method == "POST":
        try:
            if said := _change(request, organisation, form):
                messages.success(request, said)
                return redirect("organisations:people", code)
        except RegisterRefused as refused:
            messages.error(request, str(refused))
            return redirect("organisations:people", code)
    context = {
        "organisation": organisation,
        "memberships": organisation.memberships.filter(ended_at=None).select_related("user"),
        "roles": [(role.value, role.label.split(":")[0]) for role in MemberRole],
        "invitations": organisation.invitations.filter(accepted_at=None, withdrawn_at=None),
        "now": timezone.now(),
        "form": form,
        "access": ParentAccess.choices,
        "asked_of": organisation.parent_links.filter(state=LinkState.PENDING).select_related("parent").first(),
        "asking": organisation.subsidiary_links.filter(state=LinkState.PENDING).select_related("organisation"),
        "subsidiaries": organisation.subsidiaries.all(),
    }
    return render(request, "organisations/people.html", context, status=422 if form.errors else 200)


def _of(request: HttpRequest, name: str, rows: Any) -> Any:
    """Return the row that the form names, if it is one of these."""
    pk = request.POST.get(name, "")
    return get_object_or_404(rows, pk=pk if pk.isdigit() else 0)


def _change(request: HttpRequest, organisation: Organisation, form: InvitationForm) -> str:
    """Do what was asked and say so; an empty answer shows the form again with its errors."""
    post, by = request.POST, request.user
    match post.get("action"):
        case "invite" if not form.is_valid():
            return ""
        case "invite":
            data = form.cleaned_data
            invite(by=by, organisation=organisation, email=data["email"], role=data["role"])
            return f"An invitation is on its way to {data['email']}."
        case "again" | "withdraw" as what:
            invitation = _of(request, "invitation", organisation.invitations.all())
            (invite_again if what == "again" else withdraw_invitation)(by=by, invitation=invitation)
            return f"The invitation of {invitation.email} is {'sent again' if what == 'again' else 'withdrawn'}."
        case "end" | "role" as what:
            return _change_member(
                request, _of(request, "membership", organisation.memberships.filter(ended_at=None)), what
            )
    return _change_group(request, organisation)


def _change_member(request: HttpRequest, membership: Membership, what: str) -> str:
    if what == "end":
        end_membership(by=request.user, membership=membership)
        return f"{membership.user} no longer has access."
    change_role(by=request.user, membership=membership, role=request.POST.get("role", ""))
    return f"{membership.user} is {membership.get_role_display().split(':')[0].lower()} now."


def _change_group(request: HttpRequest, organisation: Organisation) -> str:
    post, by = request.POST, request.user
    match post.get("action"):
        case "share":
            share_with_parent(by=by, organisation=organisation, access=post.get("access", ""))
            return "What your parent organisation sees is changed."
        case "ask_parent":
            link = request_parent(by=by, organisation=organisation, code=post.get("code", ""))
            return f"{link.parent.name} is asked."
        case "leave_parent":
            leave_parent(by=by, organisation=organisation)
            return "Your organisation no longer belongs to a parent organisation."
        case "agree" | "refuse" as what:
            link = _of(request, "link", organisation.subsidiary_links.all())
            decide_parent(by=by, link=link, agree=what == "agree", reason=post.get("reason", ""))
            return f"{link.organisation.name} is told: {'agreed' if what == 'agree' else 'refused'}."
        case "release":
            subsidiary = _of(request, "subsidiary", organisation.subsidiaries.all())
            leave_parent(by=by, organisation=subsidiary)
            return f"{subsidiary.name} no longer belongs to your organisation."
    raise RegisterRefused("Choose what to do.")


@login_required
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what an invitation is for, and accept it."""
    if request.method == "POST":
        try:
            membership = accept_invitation(by=request.user, secret=secret)
        except RegisterRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"You now act for {membership.organisation.name}.")
        return redirect("submissions:home")
    return render(request, "organisations/invitation.html", {"invitation": invitation_of(request.user, secret)})
