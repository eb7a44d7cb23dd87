"""The OH team's pages in the CMS: collections, responses, returns, imports, requests for access."""

from __future__ import annotations

import csv
import io
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
from portal.organisations.models import Registration
from portal.submissions.access import is_oh_team, record_read
from portal.submissions.actions import (
    accept_return,
    accept_returns,
    close_collection,
    import_returns,
    open_collection,
    raise_query,
    reopen_return,
    resolve_query,
    seal_collection,
)
from portal.submissions.actions.drafts import previous_version
from portal.submissions.actions.reminders import remind_providers
from portal.submissions.actions.submitting import people_of
from portal.submissions.dashboard import last_collection, possible_duplicates, responses, responses_by
from portal.submissions.documents import neutral
from portal.submissions.enums import ReturnState, Severity, UploadState
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Collection, Query, Return, RowIssue, Upload
from portal.submissions.reading import Refused
from portal.submissions.views.home import changes

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

PAGE = 50
IDENTIFIERS = ("worker_ref",)


def for_team(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the OH team only."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_oh_team(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return wrapped


@for_team
def collections(request: HttpRequest) -> HttpResponse:
    """List the collections with their responses."""
    rows = [{"collection": item, "responses": responses(item)} for item in Collection.objects.all()]
    waiting = Registration.objects.filter(state="pending").count()
    return render(request, "submissions/team/collections.html", {"rows": rows, "registrations": waiting})


@for_team
def dashboard(request: HttpRequest, code: str) -> HttpResponse:
    """Show the responses of a collection."""
    collection = get_object_or_404(Collection, code=code)
    if request.method == "POST":
        return _run(request, collection)
    returns = _filtered(request, collection)
    if request.GET.get("export") == "csv":
        return _export(collection, returns)
    before = last_collection(collection)
    context = {
        "collection": collection,
        "all": responses(collection),
        "before": responses(before) if before else None,
        "last": before,
        "by_type": responses_by(collection, "provider_type"),
        "by_region": responses_by(collection, "region_code"),
        "duplicates": possible_duplicates(collection),
        "page_obj": Paginator(returns, PAGE).get_page(request.GET.get("page")),
        "states": ReturnState.choices,
        "chosen": {name: request.GET.get(name, "") for name in ("state", "q")},
    }
    return render(request, "submissions/team/dashboard.html", context)


def _filtered(request: HttpRequest, collection: Collection) -> Any:
    returns = Return.objects.counting().filter(collection=collection).select_related("submitted_version")
    if (state := request.GET.get("state")) in ReturnState.values:
        returns = returns.filter(state=state)
    if words := request.GET.get("q", "").strip():
        returns = returns.filter(organisation_name__icontains=words) | returns.filter(organisation_code__iexact=words)
    return returns.order_by("organisation_name", "organisation_code")


def _export(collection: Collection, returns: Any) -> HttpResponse:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["organisation", "name", "provider_type", "region", "state", "submitted_at", "records", "late"])
    for item in returns:
        at = item.submitted_at.isoformat() if item.submitted_at else ""
        records = item.submitted_version.rows if item.submitted_version else ""
        writer.writerow(
            [
                neutral(item.organisation_code),
                neutral(item.organisation_name),
                item.provider_type,
                item.region_code,
                item.state,
                at,
                records,
                item.is_late,
            ]
        )
    return HttpResponse(
        buffer.getvalue().encode("utf-8-sig"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{collection.code}-returns.csv"'},
    )


def _run(request: HttpRequest, collection: Collection) -> HttpResponse:
    try:
        match request.POST.get("action"):
            case "open":
                open_collection(by=request.user, collection=collection, reason=request.POST.get("reason", ""))
            case "close":
                close_collection(by=request.user, collection=collection)
            case "seal":
                seal_collection(by=request.user, collection=collection)
            case "accept_all":
                messages.success(
                    request, f"{accept_returns(by=request.user, collection=collection):,} returns accepted."
                )
            case "remind":
                messages.success(
                    request, f"{remind_providers(by=request.user, collection=collection):,} reminders are on their way."
                )
    except ActionRefused as refused:
        messages.error(request, str(refused))
    return redirect("collections:dashboard", collection.code)


@for_team
def return_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a return: checks, differences, questions. Worker keys only on a reason, and it is written down."""
    of_return = get_object_or_404(
        Return.objects.select_related("collection", "submitted_version", "accepted_version"), pk=pk
    )
    if request.method == "POST" and request.POST.get("action") != "identifiers":
        return _decide(request, of_return)
    version = of_return.submitted_version
    why = request.POST.get("why", "").strip()
    if why and version:
        record_read(by=request.user, obj=version, why=why, fields=IDENTIFIERS)
    last = previous_version(of_return)
    versions = list(of_return.versions.submitted().order_by("number"))
    context = {
        "of_return": of_return,
        "version": version,
        "people": people_of(version) if version else None,
        "last_people": people_of(last) if last and last != version else None,
        "versions": [
            {"version": new, "changes": changes(old, new)}
            for old, new in zip([None, *versions[:-1]], versions, strict=True)
        ],
        "issues": RowIssue.objects.filter(version=version, severity__in=(Severity.QUERY, Severity.NOTE))[:200]
        if version
        else [],
        "page_obj": Paginator(version.records.order_by("sequence"), PAGE).get_page(request.GET.get("page"))
        if version
        else None,
        "shows_identifiers": bool(why),
        "queries": of_return.queries.prefetch_related("messages"),
    }
    return render(request, "submissions/team/return.html", context)


def _decide(request: HttpRequest, of_return: Return) -> HttpResponse:
    post = request.POST
    try:
        match post.get("action"):
            case "accept":
                accept_return(by=request.user, of_return=of_return)
            case "reopen":
                reopen_return(by=request.user, of_return=of_return, reason=post.get("reason", ""), by_oh_team=True)
            case "ask":
                sequence = post.get("sequence", "")
                raise_query(
                    by=request.user,
                    of_return=of_return,
                    text=post.get("text", ""),
                    sequence=int(sequence) if sequence.isdigit() else None,
                    item=post.get("item", ""),
                )
            case "resolve":
                pk = post.get("query", "")
                query = get_object_or_404(Query, pk=pk if pk.isdigit() else 0, of_return=of_return)
                resolve_query(by=request.user, query=query, outcome=post.get("outcome", ""))
    except ActionRefused as refused:
        messages.error(request, str(refused))
    return redirect("collections:return", of_return.pk)


@for_team
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


@for_team
def import_issues(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every row of an import that was queried or refused."""
    upload = get_object_or_404(
        Upload.objects.select_related("collection"), pk=pk, of_return=None, state=UploadState.KEPT
    )
    pages = Paginator(upload.issues.all(), PAGE)
    return render(
        request, "submissions/team/issues.html", {"upload": upload, "page_obj": pages.get_page(request.GET.get("page"))}
    )


@for_team
def registrations(request: HttpRequest) -> HttpResponse:
    """Show requests for access that wait."""
    return render(
        request,
        "submissions/team/registrations.html",
        {"rows": Registration.objects.filter(state="pending").select_related("user", "organisation")},
    )


@for_team
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
