"""The desk's side of early looks: pre-release access, preview tokens, and the site as it will be."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from portal.datasets.errors import ActionRefused
from portal.publications import actions
from portal.publications.admin_views import attempt, guard, may_see_ahead
from portal.publications.early_views import page_as_approved
from portal.publications.enums import EarlyKind, ReleaseState
from portal.publications.errors import ReleaseError
from portal.publications.models import EarlyAccess, EarlyRead, ReleaseVersion
from portal.publications.models.calendar import LONDON
from portal.publications.rehearsal import keep_inside, site_at

if TYPE_CHECKING:
    from django.http import HttpRequest


class PersonForm(forms.Form):
    """A named person of the pre-release list."""

    name = forms.CharField(max_length=120)
    post = forms.CharField(max_length=160, label="Job title", help_text="Published, with the organisation.")
    organisation = forms.CharField(max_length=160)
    email = forms.EmailField(label="E-mail", help_text="The link goes here. Not published.")


class TokenForm(forms.Form):
    """A token for another front end."""

    label = forms.CharField(max_length=120, help_text="Who uses it and what for.")
    days = forms.IntegerField(min_value=1, max_value=7, initial=7)


def early(request: HttpRequest, pk: int) -> HttpResponse:
    """List who may look at a version early, and every look; take new people and tokens."""
    guard(request)
    version = get_object_or_404(ReleaseVersion.objects.with_everything(), pk=pk)
    kind = request.POST.get("kind", "")
    person = PersonForm(request.POST if kind == EarlyKind.PRE_RELEASE else None, auto_id="person-%s")
    token_form = TokenForm(request.POST if kind == EarlyKind.FRONT_END else None, auto_id="token-%s")
    token = ""
    if kind == EarlyKind.PRE_RELEASE and person.is_valid():
        named = person.cleaned_data
        if attempt(
            request,
            lambda: actions.grant_pre_release(by=request.user, version=version, **named),
            "Access is given. The link was sent; it opens at the time shown.",
        ):
            return redirect("release_desk_early", pk)
    elif kind == EarlyKind.FRONT_END and token_form.is_valid():
        made: list[str] = []
        values = token_form.cleaned_data
        attempt(
            request,
            lambda: made.append(actions.make_preview_token(by=request.user, version=version, **values)[1]),
            "The token is shown once: copy it now.",
        )
        token = made[0] if made else ""
    return render(request, "publications/admin/early.html", _early_context(version, person, token_form, token))


def _early_context(version: ReleaseVersion, person: forms.Form, token_form: forms.Form, token: str) -> dict[str, Any]:
    grants = EarlyAccess.objects.filter(version=version).select_related("granted_by")
    for one in grants:
        one.version = version
    return {
        "version": version,
        "grants": [(one, one.window()) for one in grants],
        "reads": EarlyRead.objects.filter(access__version=version).select_related("access")[:200],
        "person": person,
        "token_form": token_form,
        "token": token,
        "content_address": reverse("draft_content", args=[version.release_id]),
    }


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End an access at once."""
    guard(request)
    access = get_object_or_404(EarlyAccess.objects.select_related("version"), pk=pk)
    attempt(request, lambda: actions.revoke_early_access(by=request.user, access=access), "The access is ended.")
    return redirect("release_desk_early", access.version_id)


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a version on its way as readers will see it, to everyone who works with releases."""
    guard(request)
    version = get_object_or_404(ReleaseVersion.objects.open().with_everything(), pk=pk)
    response = page_as_approved(version).serve_preview(request, "")
    response = response.render() if hasattr(response, "render") else response
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def clock(request: HttpRequest) -> HttpResponse:
    """Show the site as it will be at a moment, or ask for the moment."""
    guard(request)
    if not may_see_ahead(request.user):
        raise PermissionDenied
    scheduled = list(
        ReleaseVersion.objects.filter(state=ReleaseState.SCHEDULED).with_everything().order_by("scheduled_for")
    )
    said = request.GET.get("at", "")
    moment = _moment(said)
    path = request.GET.get("path", "")
    context = {"scheduled": scheduled, "at": said, "moment": moment}
    if moment is None or not path.startswith("/") or path.startswith("//"):
        return render(request, "publications/admin/clock.html", context)
    try:
        answer, published = site_at(moment, path)
    except (ReleaseError, ActionRefused, DatabaseError) as error:
        return render(request, "publications/admin/clock.html", {**context, "failure": str(error)})
    return _shown(answer, published, moment, said)


def _moment(said: str) -> dt.datetime | None:
    """Return the moment that was asked for, in London; None where there is none or it is past."""
    try:
        moment = parse_datetime(said)
    except ValueError:
        return None
    if moment is None:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
    return moment if moment > timezone.now() else None


def _shown(answer: Any, published: list[str], moment: dt.datetime, said: str) -> HttpResponse:
    """Return the page with what it is written across its top."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if not answer.get("Content-Type", "").startswith("text/html"):
        return HttpResponse(content, content_type=answer.get("Content-Type", "application/octet-stream"))
    banner = format_html(
        '<div class="portal-rehearsal" role="note"><strong>The site as it will be at {}.</strong> '
        'Not public yet. Comes out by then: {}. <a href="{}">Back to the desk</a></div>',
        f"{moment.astimezone(LONDON):%H:%M:%S on %d %B %Y}",
        "; ".join(published) or "nothing",
        reverse("release_desk_clock"),
    )
    html = keep_inside(content.decode(), reverse("release_desk_clock"), said)
    head, mark, rest = html.partition('<a href="#main-content"')
    response = HttpResponse(f"{head}{banner}{mark}{rest}" if mark else f"{banner}{html}", status=answer.status_code)
    response["Cache-Control"] = "private, no-store"
    return response
