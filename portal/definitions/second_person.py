"""Who may approve a definition: somebody with the right to, and with no part in writing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wagtail.models import ModelLogEntry, Revision, WorkflowState

from portal.definitions.errors import SecondPersonRequiredError

if TYPE_CHECKING:
    from portal.definitions.models.base import Definition

#: Entries of Wagtail's own log that mean somebody changed the text.
WRITING = frozenset({"wagtail.create", "wagtail.edit", "wagtail.revert", "wagtail.rename"})


def contributors(definition: Definition) -> dict[int, str]:
    """Return the users who had a part in the draft since the last published version, and which.

    Revisions say who wrote; Wagtail's log says it again, for a revision that was overwritten or
    deleted since; workflow states say who submitted.
    """
    last = definition.latest_version
    found: dict[int, str] = {}
    states = WorkflowState.objects.for_instance(definition).filter(requested_by__isnull=False)
    logs = ModelLogEntry.objects.for_instance(definition).filter(action__in=WRITING, user_id__isnull=False)
    revisions = Revision.objects.for_instance(definition).filter(user__isnull=False)
    if last is not None:
        states = states.filter(created_at__gt=last.published_at)
        logs = logs.filter(timestamp__gt=last.published_at)
        revisions = revisions.filter(created_at__gt=last.published_at)
    found |= dict.fromkeys(states.values_list("requested_by_id", flat=True), "submitted it for review")
    found |= dict.fromkeys(logs.values_list("user_id", flat=True), "wrote part of it")
    found |= dict.fromkeys(revisions.values_list("user_id", flat=True), "wrote part of it")
    return found


def why_not(definition: Definition, user: Any) -> str:
    """Return why ``user`` may not approve the draft; an empty string means that they may."""
    if user is None or not user.is_active:
        return "Approval needs a person."
    if not user.has_perm(f"definitions.publish_{definition._meta.model_name}"):
        return "You do not have the right to approve definitions."
    part = contributors(definition).get(user.pk)
    return f"You {part}: a second person has to approve this draft." if part else ""


def may_approve(definition: Definition, user: Any) -> bool:
    """Whether ``user`` may approve the draft."""
    return not why_not(definition, user)


def require_second_person(definition: Definition, user: Any) -> None:
    """Raise unless ``user`` may approve the draft."""
    if reason := why_not(definition, user):
        raise SecondPersonRequiredError(reason)
