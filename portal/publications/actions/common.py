"""What every action needs: the row as it is now, the right, the move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.publications.enums import TRANSITIONS, ReleaseState
from portal.publications.errors import NotAllowedError, WrongStateError
from portal.publications.models import ReleasePage, ReleaseVersion

if TYPE_CHECKING:
    from portal.users.models import User


def locked(version: ReleaseVersion) -> ReleaseVersion:
    """Return the row as it is now, locked with its release until the transaction ends."""
    ReleasePage.objects.select_for_update(of=("self",)).get(pk=version.release_id)
    return ReleaseVersion.objects.select_for_update(of=("self",)).with_everything().get(pk=version.pk)


def move(version: ReleaseVersion, state: ReleaseState) -> None:
    """Change the state, or refuse a move that the table of moves does not have."""
    if state not in TRANSITIONS[ReleaseState(version.state)]:
        raise WrongStateError(
            f"{version} is {version.get_state_display().lower()}: it cannot become {state.label.lower()}."
        )
    version.state = state


def require(by: User | None, permission: str, doing: str) -> None:
    """Refuse a person without the right; the machine never has one."""
    if by is None or not by.has_perm(f"publications.{permission}"):
        raise NotAllowedError(f"You do not have the right to {doing}.")
