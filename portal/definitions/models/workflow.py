"""The review step of definitions: a second person, never one of the authors."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from wagtail.models import AbstractGroupApprovalTask


class SecondPersonApprovalTask(AbstractGroupApprovalTask):
    """Approval by a member of the chosen groups who wrote no part of the draft and did not submit it."""

    class Meta:
        verbose_name = "second person approval"
        verbose_name_plural = "second person approvals"

    def locked_for_user(self, obj: Any, user: Any) -> bool:  # noqa: ARG002 - Wagtail's signature
        """Nobody edits what is in review: an edit would make its editor an author."""
        return True

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, str, bool]]:
        """Offer to ask for changes to any reviewer, approval to a second person only."""
        actions = super().get_actions(obj, user)
        if _may_approve(obj, user):
            return actions
        return [action for action in actions if action[0] != "approve"]

    def on_action(self, task_state: Any, user: Any, action_name: str, **kwargs: Any) -> Any:
        """Refuse approval by an author whatever page or script asks."""
        obj = task_state.workflow_state.content_object
        if action_name == "approve" and not _may_approve(obj, user):
            raise PermissionDenied("You wrote or submitted part of this draft: a second person has to approve it.")
        return super().on_action(task_state, user, action_name, **kwargs)

    @classmethod
    def get_description(cls) -> str:
        """Describe the step to whoever builds a workflow."""
        return "Members of the chosen groups who did not write or submit the draft can approve it"


def _may_approve(obj: Any, user: Any) -> bool:
    from portal.definitions.second_person import may_approve  # noqa: PLC0415 - second_person reads models

    return may_approve(obj, user)
