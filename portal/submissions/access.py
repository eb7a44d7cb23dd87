"""Who may do what with a return. Every view and every API route asks here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404

from portal.core.actions import record_event
from portal.organisations.models import Membership, Organisation
from portal.submissions.models import Return
from portal.users.enums import GroupName

if TYPE_CHECKING:
    from django.db.models import Model

OH_TEAM_GROUPS = frozenset({GroupName.COLLECTION_MANAGERS.value, GroupName.ADMINISTRATORS.value})
#: Who else of the OH team sees collections and returns; direct identifiers are for managers alone.
ASKING_GROUPS = OH_TEAM_GROUPS | {GroupName.REVIEWERS.value}
ACCEPTING_GROUPS = OH_TEAM_GROUPS | {GroupName.APPROVERS.value}
LOOKING_GROUPS = ASKING_GROUPS | ACCEPTING_GROUPS | {GroupName.ANALYSTS.value}


def _is_in(user: Any, groups: frozenset[str]) -> bool:
    if not user.is_active:
        return False
    return user.is_superuser or user.groups.filter(name__in=groups).exists()


def is_oh_team(user: Any) -> bool:
    """Whether the person runs collections, and may read direct identifiers on a reason."""
    return _is_in(user, OH_TEAM_GROUPS)


def may_look(user: Any) -> bool:
    """Whether the person may see collections and returns, without direct identifiers."""
    return _is_in(user, LOOKING_GROUPS)


def may_ask(user: Any) -> bool:
    """Whether the person may put questions to providers and settle them."""
    return _is_in(user, ASKING_GROUPS)


def may_accept(user: Any) -> bool:
    """Whether the person may accept returns."""
    return _is_in(user, ACCEPTING_GROUPS)


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
    """Write down that somebody read direct identifiers: who, what and why."""
    detail: dict[str, Any] = {"fields": list(fields)}
    if of_return := (obj if isinstance(obj, Return) else getattr(obj, "of_return", None)):
        detail |= {"return": of_return.pk, "organisation": of_return.organisation_code}
    record_event(by=by, action="read_identifiers", obj=obj, reason=why, detail=detail)


def record_read_of_others(*, by: Any, of_return: Return, fields: tuple[str, ...]) -> None:
    """Write down a read by somebody of the parent organisation. One's own people reading their own is no event."""
    is_own = Membership.objects.filter(user=by, ended_at=None, organisation__code=of_return.organisation_code).exists()
    if not is_own:
        record_read(by=by, obj=of_return, why="For the parent organisation", fields=fields)
