"""Who may do what. One answer for "not yours" and "not there"."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from portal.opportunities.models import Opportunity
from portal.organisations.models import Organisation

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

TEAM_GROUPS = ("Collection managers", "Administrators")


def hosts_of(user: Any) -> Any:
    """Return the organisations whose listings the person may run."""
    return Organisation.objects.active().editable_by(user).distinct()


def own_host(user: Any, code: str) -> Organisation:
    """Return an organisation that the person acts for, or 404."""
    return get_object_or_404(hosts_of(user), code=code)


def own_listing(user: Any, reference: str) -> Opportunity:
    """Return a listing of a host that the person acts for, or 404."""
    listings = Opportunity.objects.select_related("organisation", "copied_from")
    return get_object_or_404(listings, reference=reference, organisation__in=hosts_of(user))


def is_team(user: Any) -> bool:
    """Whether the person is of the OH team that looks after opportunities."""
    if not user.is_active:
        return False
    return user.is_superuser or user.groups.filter(name__in=TEAM_GROUPS).exists()


def for_team(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the OH team only."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_team(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return wrapped
