"""The one place where a return changes its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.submissions.enums import TRANSITIONS, ReturnState
from portal.submissions.errors import ActionRefused

if TYPE_CHECKING:
    from portal.submissions.models import Return


def move(of_return: Return, to: ReturnState) -> None:
    """Put the return in another state (not saved yet), or refuse."""
    now = ReturnState(of_return.state)
    if to not in TRANSITIONS[now]:
        raise ActionRefused(f"{of_return} is {now.label.lower()}: it cannot become {to.label.lower()}.")
    of_return.state = to
    of_return.revision += 1
