"""The OH team's first pages in the CMS: collections, imports, requests for access."""

from __future__ import annotations

import tempfile
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from portal.organisations.actions import RegisterRefused, decide_registration
from portal.organisations.models import Organisation, Registration
from portal.submissions.access import is_oh_team, may_look
from portal.submissions.actions import import_returns
from portal.submissions.dashboard import responses
from portal.submissions.enums import UploadState
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Collection, Upload
from portal.submissions.reading import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

PAGE = 50
LIKE_IT = 5


def for_team(may: Callable[[Any], bool] = is_oh_team) -> Callable[..., Any]:
    """A page of those of the OH team who may: managers, or whom ``may`` lets in."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not may(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


@for_team(may_look)
def collections(request: HttpRequest) -> HttpResponse:
    """List the collections with their responses."""
    rows = [{"collection": item, "responses": responses(item)} for item in Collection.objects.all()]
    waiting = Registration.objects.filter(state="pending").count()
    context = {"rows": rows, "registrations": waiting, "is_manager": is_oh_team(request.user)}
    return render(request, "submissions/team/collections.html", context)


@for_team()
def import_page(request: HttpRequest, code: str) -> HttpResponse:
    """Import a published file of many organisations into a collection."""
    collection = get_object_or_404(Collection, code=code)
    report, error = None, ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            error = "Choose a file."
        else:
            with tempfile.NamedTemporaryFile() as saved:
                for chunk in file.chunks():
                    saved.write(chunk)
                saved.flush()
                try:
                    report = import_returns(
                        by=request.user,
                        collection=collection,
                        path=Path(saved.name),
                        file_name=file.name or "file",
                        reason=request.POST.get("reason", ""),
                    )
                except Refused as refused:
                    error = f"{refused.code} {refused.message}"
                except ActionRefused as refused:
                    error = str(refused)
    uploads = Upload.objects.filter(collection=collection, of_return=None)[:20]
    context = {"collection": collection, "report": report, "error": error, "uploads": uploads}
    return render(request, "submissions/team/import.html", context, status=422 if error else 200)


@for_team()
def import_issues(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every row of an import that was queried or refused."""
    upload = get_object_or_404(
        Upload.objects.select_related("collection"), pk=pk, of_return=None, state=UploadState.KEPT
    )
    pages = Paginator(upload.issues.all(), PAGE)
    return render(
        request, "submissions/team/issues.html", {"upload": upload, "page_obj": pages.get_page(request.GET.get("page"))}
    )


@for_team()
def registrations(request: HttpRequest) -> HttpResponse:
    """Show requests for access that wait, with what the register already holds under a like name."""
    waiting = Registration.objects.filter(state="pending").select_related("user", "organisation")
    rows = [{"registration": row, "alike": _alike(row), "owners": _owners(row)} for row in waiting]
    decided = Registration.objects.exclude(state="pending").select_related("user", "decided_by")
    return render(
        request, "submissions/team/registrations.html", {"rows": rows, "decided": decided.order_by("-decided_at")[:20]}
    )


def _alike(registration: Registration) -> list[Organisation]:
    if registration.organisation_id:
        return []
    return list(Organisation.objects.named_like(registration.organisation_name)[:LIKE_IT])


def _owners(registration: Registration) -> list[str]:
    if registration.organisation is None:
        return []
    members = registration.organisation.memberships.filter(ended_at=None, role="owner")
    return list(members.values_list("user__email", flat=True))


@for_team()
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or reject a request for access."""
    registration = get_object_or_404(Registration, pk=pk)
    try:
        decide_registration(
            by=request.user,
            registration=registration,
            approve=request.POST.get("action") == "approve",
            reason=request.POST.get("reason", ""),
            code=request.POST.get("code", ""),
        )
    except RegisterRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{registration.user} has been told.")
    return redirect("collections:registrations")
