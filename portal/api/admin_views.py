"""The team's screen of keys: who holds them, what they are used for, and taking one out of use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.api import actions
from portal.api.models import ApiKey
from portal.api.usage import uses_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SEE, CHANGE = "api.view_apikey", "api.change_apikey"
PER_PAGE = 50


@require_safe
def key_list(request: HttpRequest) -> HttpResponse:
    """List the keys, those in use first."""
    if not request.user.has_perm(SEE):
        raise PermissionDenied
    rows = ApiKey.objects.select_related("holder").order_by("revoked_at", "-created_at")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
    uses = uses_of(row.digest for row in page)
    entries = [{"key": row, "today": uses[row.digest][0], "month": uses[row.digest][1]} for row in page]
    context = {"page": page, "entries": entries, "may_withdraw": request.user.has_perm(CHANGE)}
    return render(request, "api/cms/keys.html", context)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a key out of use, with a reason that its holder gets by e-mail."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    key = get_object_or_404(ApiKey, pk=pk)
    try:
        actions.withdraw_api_key(by=request.user, key=key, reason=request.POST.get("reason", "")[:1000])
        messages.success(request, f"The key {key} is out of use. Its holder is told why by e-mail.")
    except actions.KeyRefusedError as error:
        messages.error(request, str(error))
    return redirect("api_key_list")
