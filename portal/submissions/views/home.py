"""The first page of a provider, and the task list of a return."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.organisations.enums import MemberRole, ParentAccess
from portal.organisations.models import Membership, Organisation, Registration
from portal.submissions.access import is_oh_team
from portal.submissions.actions import carry_forward, choose_nil, reopen_return, start_test_return, submit_return
from portal.submissions.actions.drafts import previous_version
from portal.submissions.actions.submitting import is_looked_at, people_of, readiness
from portal.submissions.differences import by_record, by_role
from portal.submissions.documents import receipt_lines
from portal.submissions.enums import CollectionState, QueryState, ReturnState
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Return, ReturnVersion
from portal.submissions.views.common import my_return, page, refusing_to, revision_of, role_titles
from portal.submissions.waiting import for_provider

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

#: A submission asked for again within this time by the same person is a second click.
SECOND_CLICK = dt.timedelta(minutes=2)


@page
def home(request: HttpRequest) -> HttpResponse:
    """Show the organisations a person acts for and the returns that wait."""
    memberships = list(Membership.objects.filter(user=request.user, ended_at=None).select_related("organisation"))
    codes = [item.organisation.code for item in memberships]
    shared = Organisation.objects.visible_to(request.user).exclude(code__in=codes)
    readable = set(Organisation.objects.readable_by(request.user).values_list("code", flat=True))
    returns = (
        Return.objects.of_organisations([*codes, *shared.values_list("code", flat=True)])
        .exclude(collection__state=CollectionState.SET_UP)
        .select_related("collection", "submitted_version")
        .order_by("-collection__reference_date", "organisation_name", "is_test")
    )
    context = {
        "waiting": for_provider(request.user),
        "memberships": memberships,
        "owned": {item.organisation.code for item in memberships if item.role == MemberRole.OWNER},
        "subsidiaries": shared,
        "returns": returns,
        "readable": readable,
        "registrations": Registration.objects.filter(user=request.user).exclude(state="approved"),
        "is_oh_team": is_oh_team(request.user),
        "summary_only": ParentAccess.SUMMARY,
    }
    return render(request, "submissions/home.html", context)


@page
def task_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what is done and what is left of a return."""
    of_return = my_return(request, pk, to_change=False)
    is_editor = Organisation.objects.editable_by(request.user).filter(code=of_return.organisation_code).exists()
    ready = readiness(of_return, refresh=is_editor and of_return.is_editable and not is_looked_at(of_return))
    last = previous_version(of_return)
    context = {
        "of_return": of_return,
        "ready": ready,
        "draft": ready.draft,
        "is_editor": is_editor,
        "is_open": of_return.is_in_time,
        "last": last,
        "last_people": people_of(last) if last and ready.draft is None else None,
        "uploads": of_return.uploads.all()[:5],
        "questions": of_return.queries.exclude(state=QueryState.RESOLVED),
        "versions": of_return.versions.submitted(),
        "is_sole": Organisation.objects.filter(code=of_return.organisation_code, provider_type="sole_trader").exists(),
    }
    return render(request, "submissions/task_list.html", context)


@page
@require_POST
@refusing_to("submissions:task_list")
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry forward, choose a nil return, begin a test return or reopen: one button each."""
    of_return = my_return(request, pk)
    revision = revision_of(request)
    match request.POST.get("action"):
        case "carry_forward":
            carry_forward(by=request.user, of_return=of_return, revision=revision)
            messages.success(
                request, "The records of your last return are in the draft. Look through them and mend what changed."
            )
        case "confirm_unchanged":
            carry_forward(by=request.user, of_return=of_return, revision=revision, confirm=True)
            return redirect("submissions:check_answers", pk)
        case "nil":
            choose_nil(by=request.user, of_return=of_return, revision=revision)
            return redirect("submissions:check_answers", pk)
        case "test":
            test = start_test_return(by=request.user, of_return=of_return)
            return redirect("submissions:task_list", test.pk)
        case "reopen":
            reopen_return(by=request.user, of_return=of_return, reason=request.POST.get("reason", ""))
            messages.success(
                request, "The return is open again. What you submitted stays as it is until you submit again."
            )
    return redirect("submissions:task_list", pk)


@page
@refusing_to("submissions:task_list")
def check_answers(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the whole return once more, and submit it."""
    of_return = my_return(request, pk)
    if request.method == "POST":
        try:
            version = submit_return(by=request.user, of_return=of_return, revision=revision_of(request))
        except ActionRefused:
            if (version := _just_submitted(request, pk)) is None:
                raise
        return redirect("submissions:receipt", of_return.pk, version.number)
    ready = readiness(of_return)
    if ready.draft is None:
        messages.error(request, "There is nothing to submit yet. Add records, or choose a nil return.")
        return redirect("submissions:task_list", pk)
    notes = [finding for finding in ready.findings if finding.severity == "note"]
    of_return.refresh_from_db(fields=["revision"])
    context = {
        "of_return": of_return,
        "ready": ready,
        "draft": ready.draft,
        "notes": notes,
        "roles": by_role(ready.draft, None, role_titles(of_return.collection.family)),
    }
    return render(request, "submissions/check_answers.html", context)


def _just_submitted(request: HttpRequest, pk: int) -> ReturnVersion | None:
    """Return what this person submitted a moment ago: a second click is shown the receipt of the first."""
    now = Return.objects.select_related("submitted_version").get(pk=pk)
    version = now.submitted_version
    if version is None or now.state != ReturnState.SUBMITTED or version.submitted_by_id != request.user.pk:
        return None
    return version if timezone.now() - version.submitted_at < SECOND_CLICK else None


@page
def receipt(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Show the receipt of a return version."""
    version = _version(request, pk, number)
    context = {"of_return": version.of_return, "version": version, "lines": receipt_lines(version)}
    return render(request, "submissions/receipt.html", context)


def _version(request: HttpRequest, pk: int, number: int) -> ReturnVersion:
    from django.shortcuts import get_object_or_404  # noqa: PLC0415 - for this look-up only

    of_return = my_return(request, pk, to_change=False)
    return get_object_or_404(
        ReturnVersion.objects.submitted().select_related("of_return__collection"), of_return=of_return, number=number
    )


@page
def receipt_pdf(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Send the receipt as a PDF."""
    from django.http import HttpResponse as Response  # noqa: PLC0415 - the name above is for hints

    from portal.submissions.documents import receipt_pdf as made  # noqa: PLC0415 - same name, another thing

    version = _version(request, pk, number)
    return Response(
        made(version),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="receipt-{version.reference}.pdf"'},
    )


@page
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every version of a return and what changed from one to the next."""
    of_return = my_return(request, pk, to_change=False, reads=("worker_ref",))
    versions = list(of_return.versions.submitted().order_by("number"))
    titles = role_titles(of_return.collection.family)
    steps = [
        {"version": new, "before": old, "changes": by_record(old, new, for_provider=True, titles=titles)}
        for old, new in pairwise([None, *versions])
    ]
    return render(request, "submissions/history.html", {"of_return": of_return, "steps": steps[::-1]})
