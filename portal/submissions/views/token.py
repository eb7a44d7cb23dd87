"""A person's token for returns by API: shown once when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from rest_framework.authtoken.models import Token

from portal.core.actions import record_event
from portal.submissions.views.common import page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@page
def api_token(request: HttpRequest) -> HttpResponse:
    """Make a token, replacing the one before, or take it away."""
    made = ""
    if request.method == "POST":
        Token.objects.filter(user=request.user).delete()
        if request.POST.get("action") == "make":
            made = Token.objects.create(user=request.user).key
        record_event(by=request.user, action="make_api_token" if made else "remove_api_token", obj=request.user)
    return render(
        request,
        "submissions/api_token.html",
        {"made": made, "has_one": Token.objects.filter(user=request.user).exists()},
    )
