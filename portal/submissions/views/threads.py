"""Messages between a provider and the OH team, and who has read identifiers of a return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render

from portal.submissions.actions import answer_query, ask_team
from portal.submissions.enums import QueryState
from portal.submissions.models import Query, SubmissionsAuditEvent
from portal.submissions.views.common import my_return, page, refusing_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@page
@refusing_to("submissions:questions")
def questions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the messages about a return, and take answers and new ones."""
    of_return = my_return(request, pk)
    if request.method == "POST":
        text = request.POST.get("text", "")
        if request.POST.get("action") == "new":
            ask_team(by=request.user, of_return=of_return, text=text)
            messages.success(request, "Your message is with the OH team. You get an e-mail when they reply.")
        else:
            number = request.POST.get("query", "")
            query = Query.objects.filter(of_return=of_return, pk=number if number.isdigit() else 0).first()
            if query is not None:
                answer_query(by=request.user, query=query, text=text)
                messages.success(request, "Your answer is with the OH team.")
        return redirect("submissions:questions", pk)
    rows = of_return.queries.prefetch_related("messages").order_by("state", "opened_at")
    return render(
        request,
        "submissions/questions.html",
        {"of_return": of_return, "queries": rows, "resolved": QueryState.RESOLVED, "open": QueryState.OPEN},
    )


@page
def reads(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the provider who read worker keys of its return, when and why."""
    of_return = my_return(request, pk)
    rows = SubmissionsAuditEvent.objects.filter(action="read_identifiers", detail__return=of_return.pk)
    return render(request, "submissions/reads.html", {"of_return": of_return, "rows": rows[:200]})
