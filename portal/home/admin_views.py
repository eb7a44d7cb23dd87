"""Pages of the CMS about the content as a whole: what is due, broken links, the audit trail."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from portal.core.actions import record_event
from portal.home.audit_trail import LABELS, TrailFilter, actions
from portal.home.care import due_for_review, stale_drafts, stale_pages
from portal.home.models import BrokenLink
from portal.home.tasks import check_links
from portal.users.enums import GroupName

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest

PAGE = 50
#: More events than this are found by a narrower filter.
EVENTS = 5000


def is_administrator(user: Any) -> bool:
    """Whether the person may read the audit trail."""
    return user.is_active and (user.is_superuser or user.groups.filter(name=GroupName.ADMINISTRATORS.value).exists())


def content_care(request: HttpRequest) -> HttpResponse:
    """Show the pages due for review, those left alone, and the links that lead nowhere; look for those anew."""
    if request.method == "POST":
        check_links.delay()
        messages.success(request, "The links are being tried. Come back in some minutes.")
        return redirect("content_care")
    links = BrokenLink.objects.select_related("page")
    last = links.order_by("-checked_at").first()
    context = {
        "due": due_for_review(),
        "stale_pages": stale_pages(),
        "stale_drafts": stale_drafts(),
        "links": links,
        "checked_at": last.checked_at if last else None,
    }
    return render(request, "home/admin/content_care.html", context)


def audit_trail(request: HttpRequest) -> HttpResponse:
    """Show administrators what was done, by whom, to what and why."""
    if not is_administrator(request.user):
        raise PermissionDenied
    chosen = TrailFilter.of(request.GET)
    events = chosen.events(EVENTS)
    if request.GET.get("export") == "csv":
        record_event(by=request.user, action="export_audit_trail", detail={"events": len(events), **chosen.address})
        return _as_csv(events)
    context = {
        "page_obj": Paginator(events, PAGE).get_page(request.GET.get("page")),
        "is_cut": len(events) == EVENTS,
        "chosen": chosen,
        "actions": actions(),
        "trails": LABELS.items(),
        "address": urlencode(chosen.address),
    }
    return render(request, "home/admin/audit_trail.html", context)


def _as_csv(events: list[Any]) -> HttpResponse:
    from portal.submissions.documents import neutral  # noqa: PLC0415 - the one place that writes cells

    answer = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit-trail.csv"'},
    )
    writer = csv.writer(answer)
    writer.writerow(["at", "person", "action", "object_type", "object_id", "object", "reason"])
    for event in events:
        cells = (event.actor_label, event.action, event.object_type, event.object_id, event.object_label, event.reason)
        writer.writerow([event.at.isoformat(), *(neutral(str(cell)) for cell in cells)])
    return answer
