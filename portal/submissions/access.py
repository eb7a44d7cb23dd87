"""Who may do what with a return. Every view and every API route asks here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404

from portal.core.actions import record_event
from portal.organisations.models import Organisation
from portal.submissions.models import Return

if TYPE_CHECKING:
    from django.db.models import Model

OH_TEAM_GROUPS = ("Collection managers", "Administrators")


def is_oh_team(user: Any) -> bool:
    """Whether the person runs collections."""
    if not user.is_active:
        return False
    return user.is_superuser or user.groups.filter(name__in=OH_TEAM_GROUPS).exists()


def editable_return(user: Any, pk: int) -> Return:
    """Return one that the person may change, or 404: whether it exists is nobody else's business."""
    return _of(Organisation.objects.active().editable_by(user), pk)


def readable_return(user: Any, pk: int) -> Return:
    """Return one that the person may read in full, or 404."""
    return _of(Organisation.objects.readable_by(user), pk)


def _of(organisations: Any, pk: int) -> Return:
    found = Return.objects.select_related("collection", "submitted_version").filter(pk=pk).first()
    # One answer for "not yours" and "not there".
    if found is None or not organisations.filter(code=found.organisation_code).exists():
        raise Http404
    return found


def record_read(*, by: Any, obj: Model, why: str, fields: tuple[str, ...]) -> None:
    """Write down that somebody of the OH team read direct identifiers: who, what and why."""
    record_event(by=by, action="read_identifiers", obj=obj, reason=why, detail={"fields": list(fields)})
