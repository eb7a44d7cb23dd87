"""The release desk in the CMS: what waits for whom, the checklist, and the steps to publication."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.core.models import AuditEvent
from portal.datasets.errors import ActionRefused
from portal.publications import actions
from portal.publications.after import unfinished
from portal.publications.checklist import checklist
from portal.publications.enums import OPEN_STATES, CalendarStatus, ReleaseState, Severity, VersionReason
from portal.publications.errors import NotAllowedError, ReleaseError
from portal.publications.forms import CalendarDateForm, CalendarEntryForm, NoticeForm, ReasonForm, ScheduleForm
from portal.publications.models import CalendarEntry, ReleaseVersion

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest

S = ReleaseState
# Step: label, right, states in which it is offered, form that it needs.
STEPS: dict[str, tuple[str, str, frozenset[ReleaseState], type[forms.Form] | None]] = {
    "write_notice": ("Write the notice for readers", "submit_release", frozenset({S.DRAFT}), NoticeForm),
    "accept_text": ("Accept the text", "submit_release", frozenset({S.DRAFT}), None),
    "submit_release": ("Send to review", "submit_release", frozenset({S.DRAFT}), None),
    "approve_release": ("Approve", "approve_release", frozenset({S.IN_REVIEW}), None),
    "schedule_release": ("Schedule", "publish_release", frozenset({S.APPROVED}), ScheduleForm),
    "unschedule_release": ("Take off the schedule", "publish_release", frozenset({S.SCHEDULED}), None),
    "publish_release": ("Publish now", "publish_release", frozenset({S.APPROVED, S.SCHEDULED}), None),
    "return_release": ("Send back", "review_release", frozenset({S.IN_REVIEW, S.APPROVED, S.SCHEDULED}), ReasonForm),
    "cancel_version": ("Give up this version", "review_release", frozenset({S.DRAFT, S.IN_REVIEW}), ReasonForm),
    "withdraw_release": ("Withdraw", "publish_release", frozenset({S.PUBLISHED, S.SUPERSEDED}), ReasonForm),
}
WAITING = (
    ("submit_release", S.DRAFT, "to write and send to review"),
    ("approve_release", S.IN_REVIEW, "to approve"),
    ("publish_release", S.APPROVED, "to schedule or publish"),
)
FAILED = "its publication failed: see why, and schedule it again"
LATE = "it was due and is not out yet: see why"
# The machine publishes at the second; what is later than this has met something that is away.
LATE_AFTER = dt.timedelta(minutes=1)


def guard(request: HttpRequest) -> None:
    """Let in whoever may enter the CMS."""
    if not request.user.has_perm("wagtailadmin.access_admin"):
        raise PermissionDenied


def may_see_ahead(user: Any) -> bool:
    """Whether a person may see the site as it will be: who reviews, and who sets the moment."""
    return any(user.has_perm(f"publications.{right}") for right in ("review_release", "publish_release"))


def waiting_for(user: Any) -> list[tuple[ReleaseVersion, str]]:
    """Return the versions that wait for a person, and for what. Nobody is asked to approve their own work."""
    wanted = {state: words for right, state, words in WAITING if user.has_perm(f"publications.{right}")}
    rows = ReleaseVersion.objects.filter(state__in=wanted).with_everything().newest_first()
    waiting = [
        (row, wanted[ReleaseState(row.state)])
        for row in rows
        if row.state != S.IN_REVIEW or user.pk not in actions.editors_of(row)
    ]
    return [*_not_out(), *waiting] if S.APPROVED in wanted else waiting


def _not_out() -> list[tuple[ReleaseVersion, str]]:
    """Return the scheduled versions that should be out and are not, for who publishes."""
    late = timezone.now() - LATE_AFTER
    rows = ReleaseVersion.objects.filter(state=S.SCHEDULED, scheduled_for__lte=late).with_everything().newest_first()
    rows = rows.select_related("bundle_item__bundle")
    return [(row, FAILED if failure_of(row) else LATE) for row in rows]


def failure_of(version: ReleaseVersion) -> str:
    """Return why a scheduled version did not come out, by itself or with its bundle."""
    item = getattr(version, "bundle_item", None)
    return version.publish_failure or (item.bundle.publish_failure if item else "")


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Show what waits for this person, everything on its way, what failed and what came out last."""
    guard(request)
    rows = ReleaseVersion.objects.with_everything()
    context = {
        "waiting": waiting_for(request.user),
        "open_versions": list(rows.filter(state__in=OPEN_STATES).newest_first()),
        "recent": list(rows.public().order_by("-published_at")[:10]),
        "upcoming": list(CalendarEntry.objects.upcoming().select_related("series")[:10]),
    }
    return render(request, "publications/admin/desk.html", context)


@require_safe
def desk_for_page(request: HttpRequest, page_pk: int) -> HttpResponse:
    """Lead from a page to the desk of its version on its way, or of its newest."""
    guard(request)
    versions = ReleaseVersion.objects.filter(release_id=page_pk)
    version = versions.open().first() or versions.order_by("-number").first()
    if version is None:
        messages.warning(request, "No data is bound to this release yet: a run drafts it.")
        return redirect("wagtailadmin_pages:edit", page_pk)
    return redirect("release_desk_version", version.pk)


@require_safe
def desk_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one version: its state, its checklist, who may do what next, and what was done."""
    guard(request)
    version = get_object_or_404(ReleaseVersion.objects.with_everything(), pk=pk)
    return render(request, "publications/admin/version.html", _version_context(request, version))


def _version_context(
    request: HttpRequest, version: ReleaseVersion, invalid: dict[str, forms.Form] | None = None
) -> dict[str, Any]:
    findings = checklist(version) if version.is_open else []
    is_late = version.state == S.SCHEDULED and version.scheduled_for <= timezone.now() - LATE_AFTER
    own = version.state == S.IN_REVIEW and request.user.pk in actions.editors_of(version)
    steps = [
        {"name": name, "label": label, "form": (invalid or {}).get(name) or _empty(name, form, version)}
        for name, (label, right, states, form) in STEPS.items()
        if version.state in states
        and request.user.has_perm(f"publications.{right}")
        and not (name == "approve_release" and own)
        and not (name == "write_notice" and version.reason == VersionReason.FIRST)
    ]
    return {
        "version": version,
        "failure": failure_of(version),
        "may_see_ahead": may_see_ahead(request.user),
        "is_late": is_late,
        "is_unfinished": unfinished().filter(pk=version.pk).exists(),
        "blocks": [finding for finding in findings if finding.severity == Severity.BLOCKS],
        "warnings": [finding for finding in findings if finding.severity == Severity.WARNS],
        "steps": steps,
        "own_work": own and request.user.has_perm("publications.approve_release"),
        "may_correct": version.state == S.PUBLISHED and request.user.has_perm("publications.submit_release"),
        "notice_form": NoticeForm(),
        "lacking": _lacking(request, version),
        "events": AuditEvent.objects.about(version).order_by("-at")[:30],
    }


def _empty(name: str, form: type[forms.Form] | None, version: ReleaseVersion) -> forms.Form | None:
    """Return the form of a step, beginning with what is known: the notice, the moment that the calendar announces."""
    initial: dict[str, Any] = {}
    if form is NoticeForm:
        initial = {"notice": version.notice}
    elif form is ScheduleForm:
        entries = CalendarEntry.objects.filter(series=version.series_id, period=version.period)
        entry = entries.filter(status=CalendarStatus.CONFIRMED).first()
        initial = {"date": entry.date, "time": entry.time} if entry else {}
    # Two steps may ask for the same thing: each field has its own label.
    return form(initial=initial, auto_id=f"{name}-%s") if form else None


def _lacking(request: HttpRequest, version: ReleaseVersion) -> list[Any]:
    """Return what the specification has and the draft lacks, for who may add it."""
    if version.state != S.DRAFT or not request.user.has_perm("publications.submit_release"):
        return []
    return actions.lacking_figures(version)


def attempt(request: HttpRequest, work: Callable[[], Any], done: str) -> bool:
    """Do something that may be refused; tell the person either way."""
    try:
        work()
    except NotAllowedError as error:
        raise PermissionDenied(str(error)) from error
    except (ReleaseError, ActionRefused) as error:
        messages.error(request, str(error))
        return False
    messages.success(request, done)
    return True


@require_POST
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take one step with a version."""
    guard(request)
    if name not in STEPS:
        raise Http404
    version = get_object_or_404(ReleaseVersion.objects.with_everything(), pk=pk)
    label, _right, _states, form_class = STEPS[name]
    extra: dict[str, Any] = {}
    if form_class is not None:
        form = form_class(request.POST, auto_id=f"{name}-%s")
        if not form.is_valid():
            return render(request, "publications/admin/version.html", _version_context(request, version, {name: form}))
        extra = {"at": form.cleaned_data["at"]} if form_class is ScheduleForm else form.cleaned_data
    attempt(
        request,
        lambda: getattr(actions, name)(by=request.user, version=version, **extra),
        f"{label}: done.",
    )
    return redirect("release_desk_version", pk)


@require_POST
def add_figures(request: HttpRequest, pk: int) -> HttpResponse:
    """Add charts and tables of the specification to a draft that lacks them."""
    guard(request)
    version = get_object_or_404(ReleaseVersion.objects.with_everything(), pk=pk)
    names = request.POST.getlist("figures")
    attempt(
        request,
        lambda: actions.add_planned_figures(by=request.user, version=version, names=names),
        "Added at the end of the page, marked as the machine's. Edit the page to move and reword them.",
    )
    return redirect("release_desk_version", pk)


@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a correction of a published version."""
    guard(request)
    version = get_object_or_404(ReleaseVersion.objects.with_everything(), pk=pk)
    form = NoticeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say what was wrong and what changes: readers see this notice.")
        return redirect("release_desk_version", pk)
    opened: list[ReleaseVersion] = []
    attempt(
        request,
        lambda: opened.append(
            actions.start_correction(by=request.user, release=version.release, notice=form.cleaned_data["notice"])
        ),
        "The correction is open. Edit the page, then send it to review.",
    )
    return redirect("release_desk_version", opened[0].pk if opened else pk)


def calendar_desk(request: HttpRequest) -> HttpResponse:
    """List the calendar's entries and take new ones."""
    guard(request)
    if not request.user.has_perm("publications.manage_calendar"):
        raise PermissionDenied
    form = CalendarEntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        entry = form.save(commit=False)
        attempt(
            request,
            lambda: actions.announce_entry(by=request.user, entry=entry),
            "The entry is in the calendar, as provisional.",
        )
        return redirect("release_desk_calendar")
    entries = CalendarEntry.objects.select_related("series").prefetch_related("changes")
    rows = [
        (entry, CalendarDateForm(auto_id=f"date-%s-{entry.pk}"), ReasonForm(auto_id=f"cancel-%s-{entry.pk}"))
        for entry in entries.upcoming()
    ]
    context = {"form": form, "entries": rows}
    return render(request, "publications/admin/calendar.html", context)


@require_POST
def calendar_step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Confirm, move or cancel an entry."""
    guard(request)
    entry = get_object_or_404(CalendarEntry, pk=pk)
    form = ReasonForm(request.POST) if name == "cancel" else CalendarDateForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Fill in every field.")
        return redirect("release_desk_calendar")
    values = form.cleaned_data
    works: dict[str, Callable[[], Any]] = {
        "cancel": lambda: actions.cancel_entry(by=request.user, entry=entry, notice=values["reason"]),
        "confirm": lambda: actions.confirm_entry(
            by=request.user, entry=entry, date=values["date"], time=values["time"]
        ),
        "move": lambda: actions.change_date(
            by=request.user, entry=entry, date=values["date"], time=values["time"], reason=values["reason"]
        ),
    }
    if name not in works:
        raise Http404
    attempt(request, works[name], "The calendar is changed.")
    return redirect("release_desk_calendar")


def desk_address(version: ReleaseVersion) -> str:
    """Return the address of a version's desk."""
    return reverse("release_desk_version", args=[version.pk])
