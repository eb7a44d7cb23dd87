"""One return at the OH team's desk: checks, differences, questions, acceptance, and what was asked before."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render

from portal.submissions.access import is_oh_team, may_accept, may_ask, may_look, record_read
from portal.submissions.actions import (
    accept_return,
    raise_query,
    reopen_return,
    reply_to_query,
    resolve_query,
)
from portal.submissions.actions.drafts import version_before
from portal.submissions.actions.submitting import people_of
from portal.submissions.differences import RecordDifferences, by_record, by_role
from portal.submissions.enums import CollectionState, QueryState, ReturnState, Severity
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Query, Return, ReturnVersion, RowIssue
from portal.submissions.models.queries import ITEM_LABELS
from portal.submissions.views.common import titles_of, with_titles
from portal.submissions.views.team import PAGE, for_team

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

IDENTIFIERS = ("worker_ref",)
#: What each button needs.
NEEDS = {"accept": may_accept, "ask": may_ask, "reply": may_ask, "resolve": may_ask, "reopen": is_oh_team}


@for_team(may_look)
def return_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a return: checks, differences, questions. Worker keys only on a reason, and it is written down."""
    of_return = get_object_or_404(
        Return.objects.select_related("collection", "submitted_version", "accepted_version"), pk=pk
    )
    if request.method == "POST" and request.POST.get("action") != "identifiers":
        return _decide(request, of_return)
    why = request.POST.get("why", "").strip()
    if request.method == "POST" and not is_oh_team(request.user):
        raise PermissionDenied
    if request.method == "POST" and not why:
        messages.error(request, "Say why you need the worker keys: it is written down and the provider can read it.")
    version = of_return.submitted_version
    if why and version:
        record_read(by=request.user, obj=version, why=why, fields=IDENTIFIERS)
    context = {
        "of_return": of_return,
        "version": version,
        "shows_identifiers": bool(why),
        **_rights(request.user),
        **_ways(of_return),
        **(_content(request, of_return, version) if version else {}),
        **_threads(of_return),
        "asking": {"sequence": request.GET.get("sequence", ""), "item": request.GET.get("item", "")},
        "askable": ITEM_LABELS.items(),
    }
    return render(request, "submissions/team/return.html", context)


def _rights(user: Any) -> dict[str, bool]:
    return {"is_manager": is_oh_team(user), "may_ask": may_ask(user), "may_accept": may_accept(user)}


def _ways(of_return: Return) -> dict[str, bool]:
    """Say which buttons make sense now."""
    sealed = of_return.collection.state == CollectionState.SEALED
    has_begun = of_return.state in {ReturnState.SUBMITTED, ReturnState.QUERIED, ReturnState.ACCEPTED}
    is_shut = not of_return.collection.takes_returns() and not of_return.reopened_reason
    return {
        "can_accept": of_return.state == ReturnState.SUBMITTED and not of_return.is_test and not sealed,
        "can_reopen": has_begun and not sealed,
        "can_let_in_late": of_return.state == ReturnState.NOT_STARTED and is_shut and not sealed,
        "can_ask": of_return.state in {ReturnState.SUBMITTED, ReturnState.QUERIED} and not sealed,
    }


def _content(request: HttpRequest, of_return: Return, version: ReturnVersion) -> dict[str, Any]:
    last = version_before(of_return)
    versions = list(of_return.versions.submitted().order_by("number"))
    titles = titles_of(of_return.collection)
    roles = titles["role_code"]
    steps = [{"version": new, "changes": by_record(old, new, titles=roles)} for old, new in pairwise([None, *versions])]
    records = steps[-1]["changes"] if steps else RecordDifferences()
    shown = Paginator(version.records.order_by("sequence"), PAGE).get_page(request.GET.get("page"))
    issues = RowIssue.objects.filter(version=version).exclude(severity=Severity.ERROR)
    return {
        "people": people_of(version),
        "last": last,
        "last_people": people_of(last) if last else None,
        "roles": by_role(version, last, roles),
        "earlier": versions[-2] if len(versions) > 1 else None,
        "records": records.rows,
        "more_records": records.more,
        "versions": steps,
        "issues": issues.order_by("severity", "code", "line")[:200],
        "page_obj": shown,
        "shown": with_titles(shown, titles),
    }


def _threads(of_return: Return) -> dict[str, Any]:
    settled_before = (
        Query.objects.filter(of_return__organisation_code=of_return.organisation_code, state=QueryState.RESOLVED)
        .exclude(of_return=of_return)
        .exclude(outcome="")
        .select_related("of_return__collection")
        .order_by("-resolved_at")[:20]
    )
    return {
        "queries": of_return.queries.prefetch_related("messages").order_by("opened_at"),
        "settled_before": settled_before,
        "resolved": QueryState.RESOLVED,
    }


def _decide(request: HttpRequest, of_return: Return) -> HttpResponse:
    action = request.POST.get("action", "")
    if action not in NEEDS or not NEEDS[action](request.user):
        raise PermissionDenied
    try:
        messages.success(request, _act(request, of_return, action))
    except ActionRefused as refused:
        messages.error(request, str(refused))
    return redirect("collections:return", of_return.pk)


def _act(request: HttpRequest, of_return: Return, action: str) -> str:
    """Do what was asked, and say what was done."""
    by, post = request.user, request.POST
    match action:
        case "accept":
            accept_return(by=by, of_return=of_return)
            return "The return is accepted: its records count from now on. The provider is told."
        case "reopen":
            reopen_return(by=by, of_return=of_return, reason=post.get("reason", ""), by_oh_team=True)
            return "The return is open again. The provider is told, with your reason."
        case "ask":
            sequence = post.get("sequence", "")
            raise_query(
                by=by,
                of_return=of_return,
                text=post.get("text", ""),
                sequence=int(sequence) if sequence.isdigit() else None,
                item=item if (item := post.get("item", "")) in ITEM_LABELS else "",
            )
            return "The question is with the provider."
    pk = post.get("query", "")
    query = get_object_or_404(Query, pk=pk if pk.isdigit() else 0, of_return=of_return)
    if action == "reply":
        reply_to_query(by=by, query=query, text=post.get("text", ""))
        return "Your reply is with the provider."
    resolve_query(by=by, query=query, outcome=post.get("outcome", ""))
    return "The question is settled. Its outcome is remembered."
