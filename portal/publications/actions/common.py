"""What every action needs: the row as it is now, the right, the move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.utils import timezone

from portal.core.actions import record_event
from portal.core.models import AuditEvent
from portal.publications.enums import HOLDING_STATES, TRANSITIONS, ReleaseState
from portal.publications.errors import NotAllowedError, PutOffError, ReleaseError, WrongStateError
from portal.publications.models import Bundle, ReleasePage, ReleaseVersion

if TYPE_CHECKING:
    from portal.users.models import User

log = structlog.get_logger(__name__)


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


def refuse_bundled(version: ReleaseVersion) -> None:
    """Refuse to move a version alone that comes out with others."""
    bundle = Bundle.objects.filter(items__version=version, state__in=HOLDING_STATES).first()
    if bundle is not None:
        raise ReleaseError(f"{version} is in the bundle “{bundle}”: it is scheduled and published with it.")


def note_failure(row: ReleaseVersion | Bundle, error: Exception) -> None:
    """Keep the reason where people see it; what failed waits until someone has looked, what is put off does not."""
    is_put_off = isinstance(error, PutOffError)
    log.error("publication_put_off" if is_put_off else "publication_failed", what=str(row), error=str(error))
    if row.state != ReleaseState.SCHEDULED:
        return
    if is_put_off:
        _note_once(row, error)
        return
    row.publish_failure = f"{timezone.localtime():%d %B %Y, %H:%M:%S}: {error}"
    row.save(update_fields=["publish_failure"])
    record_event(by=None, action="publication_failed", obj=row, reason=str(error))


def _note_once(row: ReleaseVersion | Bundle, error: Exception) -> None:
    """Write into the history that a publication is put off: once, however often it is tried."""
    known = AuditEvent.objects.about(row).filter(action="publication_put_off", at__gte=row.scheduled_for)
    if not known.exists():
        record_event(by=None, action="publication_put_off", obj=row, reason=str(error))
