"""What the OH team keeps an eye on across collections: reads of identifiers, and what is erased when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date

from portal.submissions.actions.retention import due_collections, erase_collection, set_retention
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Collection, SubmissionsAuditEvent
from portal.submissions.views.team import PAGE, for_team

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@for_team()
def reads(request: HttpRequest) -> HttpResponse:
    """Show who read direct identifiers, of which return, when and why."""
    rows = SubmissionsAuditEvent.objects.filter(action="read_identifiers")
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(actor_label__icontains=words) | rows.filter(object_label__icontains=words)
    context = {"page_obj": Paginator(rows, PAGE).get_page(request.GET.get("page")), "q": words}
    return render(request, "submissions/team/reads.html", context)


@for_team()
def retention(request: HttpRequest) -> HttpResponse:
    """Show what is erased when, rehearse it, and set dates."""
    if request.method == "POST":
        try:
            messages.success(request, _change(request))
        except ActionRefused as refused:
            messages.error(request, str(refused))
        return redirect("collections:retention")
    due = {collection.pk for collection in due_collections()}
    rows = [
        {
            "collection": collection,
            "is_due": collection.pk in due,
            "erasure": None if collection.erased_at else erase_collection(by=None, collection=collection, dry_run=True),
        }
        for collection in Collection.objects.order_by("retain_until", "code")
    ]
    return render(request, "submissions/team/retention.html", {"rows": rows, "today": timezone.localdate()})


def _change(request: HttpRequest) -> str:
    pk = request.POST.get("collection", "")
    collection = get_object_or_404(Collection, pk=pk if pk.isdigit() else 0)
    if request.POST.get("action") == "erase":
        if request.POST.get("typed", "").strip() != collection.code:
            raise ActionRefused(f"Type {collection.code} to erase its personal data. It cannot be undone.")
        if collection not in due_collections():
            raise ActionRefused(f"{collection} is not due: it is erased when it is sealed and its date has passed.")
        done = erase_collection(by=request.user, collection=collection)
        return f"{done.records:,} records, {done.files:,} files and {done.findings:,} findings are erased."
    day = parse_date(request.POST.get("retain_until", ""))
    if day is None:
        raise ActionRefused("Give the date as year-month-day, for example 2029-03-31.")
    set_retention(by=request.user, collection=collection, until=day)
    return f"Personal data of {collection} is kept until {day:%d %B %Y}."
