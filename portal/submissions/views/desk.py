"""One collection at the OH team's desk: responses, list, reminders, messages, duplicates, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode

from portal.organisations.enums import ProviderType
from portal.submissions.access import is_oh_team, may_accept, may_look
from portal.submissions.actions import accept_returns, close_collection, open_collection, seal_collection
from portal.submissions.actions.reminders import (
    FIELDS,
    SUBJECT,
    TEXT,
    cancel_reminder,
    plan_reminder,
    plan_usual_reminders,
    remind_providers,
)
from portal.submissions.dashboard import (
    ReturnFilter,
    bar_chart,
    last_collection,
    possible_duplicates,
    region_names,
    responses,
    responses_by,
    trend,
)
from portal.submissions.enums import AUDIENCE_STATES, Audience, MessageState, ReturnState
from portal.submissions.errors import ActionRefused
from portal.submissions.exports import EXPORTS, export
from portal.submissions.models import Collection, Reminder, Return, SentMessage
from portal.submissions.views.team import PAGE, for_team

if TYPE_CHECKING:
    from django.http import HttpRequest


def _collection(code: str) -> Collection:
    return get_object_or_404(Collection, code=code)


@for_team(may_look)
def dashboard(request: HttpRequest, code: str) -> HttpResponse:
    """Show the responses of a collection."""
    collection = _collection(code)
    if request.method == "POST":
        return _run(request, collection)
    chosen = ReturnFilter.of(request.GET)
    before = last_collection(collection)
    by_type = responses_by(collection, "provider_type", before=before)
    by_region = responses_by(collection, "region_code", before=before)
    context = {
        "collection": collection,
        "all": responses(collection),
        "before": responses(before) if before else None,
        "last": before,
        "groups": [
            ("Provider type", by_type, bar_chart("Response by provider type, per cent", by_type)),
            ("Region", by_region, bar_chart("Response by region, per cent", by_region)),
        ],
        "by_type": by_type,
        "by_region": by_region,
        "trend": trend(collection, before),
        "duplicates": possible_duplicates(collection),
        "page_obj": Paginator(chosen.returns(collection), PAGE).get_page(request.GET.get("page")),
        "states": ReturnState.choices,
        "types": ProviderType.choices,
        "regions": region_names(collection).items(),
        "only": ReturnFilter.ONLY.items(),
        "chosen": chosen,
        "address": urlencode(chosen.address),
        "exports": [(name, label) for name, (label, _make) in EXPORTS.items()],
        "is_manager": is_oh_team(request.user),
        "may_accept": may_accept(request.user),
        "next_reminder": collection.reminders.filter(sent_at=None).order_by("send_at").first(),
        "failed": collection.sent_messages.filter(state=MessageState.FAILED).count(),
    }
    return render(request, "submissions/team/dashboard.html", context)


def _run(request: HttpRequest, collection: Collection) -> HttpResponse:
    action = request.POST.get("action", "")
    allowed = may_accept if action in {"accept_all", "accept_chosen"} else is_oh_team
    if not allowed(request.user):
        raise PermissionDenied
    try:
        if said := _act(request, collection, action):
            messages.success(request, said)
    except ActionRefused as refused:
        messages.error(request, str(refused))
    return redirect("collections:dashboard", collection.code)


def _act(request: HttpRequest, collection: Collection, action: str) -> str:
    """Do what was asked, and say what was done."""
    by, what = request.user, {"by": request.user, "collection": collection}
    if action.endswith("_chosen"):
        codes = request.POST.getlist("code")
        if not codes:
            raise ActionRefused("Tick the returns first.")
        what["codes"] = codes
    match action.removesuffix("_chosen").removesuffix("_all"):
        case "accept":
            return f"{accept_returns(**what):,} returns accepted."
        case "remind":
            return f"{remind_providers(**what):,} reminders are on their way."
        case "open":
            open_collection(by=by, collection=collection, reason=request.POST.get("reason", ""))
        case "close":
            close_collection(by=by, collection=collection)
        case "seal":
            seal_collection(by=by, collection=collection)
        case _:
            return ""
    collection.refresh_from_db(fields=["state"])
    return f"{collection} is {collection.get_state_display().lower()} now."


@for_team()
def reminders(request: HttpRequest, code: str) -> HttpResponse:
    """Show the reminders of a collection, plan more, and take planned ones out."""
    collection = _collection(code)
    if request.method == "POST":
        try:
            messages.success(request, _change_plan(request, collection))
        except ActionRefused as refused:
            messages.error(request, str(refused))
        return redirect("collections:reminders", code)
    context = {
        "collection": collection,
        "reminders": collection.reminders.all(),
        "audiences": [(audience.value, audience.label, _count(collection, audience)) for audience in Audience],
        "fields": FIELDS.items(),
        "subject": SUBJECT,
        "text": TEXT,
        "is_over": collection.state in {"closed", "sealed"},
    }
    return render(request, "submissions/team/reminders.html", context)


def _count(collection: Collection, audience: Audience) -> int:
    return Return.objects.counting().filter(collection=collection, state__in=AUDIENCE_STATES[audience]).count()


def _change_plan(request: HttpRequest, collection: Collection) -> str:
    post = request.POST
    if post.get("action") == "cancel":
        pk = post.get("reminder", "")
        cancel_reminder(
            by=request.user, reminder=get_object_or_404(Reminder, pk=pk if pk.isdigit() else 0, collection=collection)
        )
        return "The reminder is out of the plan."
    if post.get("action") == "usual":
        return f"{plan_usual_reminders(by=request.user, collection=collection)} reminders planned."
    audience = post.get("audience", "")
    if audience not in Audience.values:
        raise ActionRefused("Choose who is reminded.")
    words = {"subject": post.get("subject", ""), "text": post.get("text", "")}
    if post.get("action") == "now":
        count = remind_providers(by=request.user, collection=collection, audience=audience, **words)
        return f"{count:,} reminders are on their way."
    when = parse_datetime(post.get("send_at", ""))
    if when is None:
        raise ActionRefused("Say when the reminder goes out, for example 2027-04-12 09:00.")
    send_at = timezone.make_aware(when) if timezone.is_naive(when) else when
    plan_reminder(by=request.user, collection=collection, audience=audience, send_at=send_at, **words)
    return f"A reminder is planned for {timezone.localtime(send_at):%d %B %Y, %H:%M}."


@for_team()
def message_log(request: HttpRequest, code: str) -> HttpResponse:
    """Show every message of a collection: to whom, about what, and whether it arrived."""
    collection = _collection(code)
    rows = SentMessage.objects.filter(collection=collection)
    if (state := request.GET.get("state", "")) in MessageState.values:
        rows = rows.filter(state=state)
    context = {
        "collection": collection,
        "page_obj": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "states": MessageState.choices,
        "state": state,
        "address": urlencode({"state": state}) if state else "",
    }
    return render(request, "submissions/team/messages.html", context)


@for_team(may_look)
def duplicates(request: HttpRequest, code: str) -> HttpResponse:
    """Show people who are in several returns, without their identity."""
    collection = _collection(code)
    everybody = request.GET.get("all") == "1"
    context = {
        "collection": collection,
        "rows": possible_duplicates(collection, much_only=not everybody),
        "everybody": everybody,
    }
    return render(request, "submissions/team/duplicates.html", context)


@for_team(may_look)
def exported(request: HttpRequest, code: str, name: str) -> StreamingHttpResponse:
    """Send one of the exports of the returns that the filter shows."""
    collection = _collection(code)
    if name not in EXPORTS:
        raise Http404
    lines = export(name, collection, ReturnFilter.of(request.GET).returns(collection))
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{collection.code}-{name}.csv"'},
    )
