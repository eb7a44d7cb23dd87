"""One step of the state table, written to the log: everything else is made of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import connections

from portal.applications.enums import POSTCODE_GOES, REASON_REQUIRED, TOLD_STATES, TRANSITIONS, ApplicationState
from portal.applications.messages import tell_applicant
from portal.applications.models import Application, Draw, Transition
from portal.core.actions import send_on_commit
from portal.core.locks import lock_number

if TYPE_CHECKING:
    from portal.applications.enums import RejectionReason
    from portal.users.models import User

DATABASE = "submissions"
S = ApplicationState


class RefusedError(ValidationError):
    """An action that the rules do not allow, with a sentence for the person who tried."""


def transition(
    *,
    by: User | None,
    application: Application,
    to: ApplicationState,
    role: str,
    reason: str = "",
    detail: str = "",
) -> Transition:
    """Take one step of the state table and write it to the log, in the caller's transaction.

    Raises:
        RefusedError: when the table does not have the step, or a needed reason is missing.
    """
    current = S(application.state)
    if to not in TRANSITIONS[current]:
        raise RefusedError(f"An application that is “{current.label}” cannot become “{to.label}”.")
    if to in REASON_REQUIRED and not reason:
        raise RefusedError(f"Give a reason: the applicant is told why it became “{to.label}”.")
    application.state = to
    if to in POSTCODE_GOES:
        application.postcode = ""
    application.save()
    logged = Transition.objects.create(
        application=application,
        from_state=current,
        to_state=to,
        actor_id=getattr(by, "pk", None),
        actor_role=role,
        reason=reason,
        detail=detail,
    )
    if to in TOLD_STATES:
        send_on_commit(tell_applicant, logged.pk, using=DATABASE)
    return logged


def reject(
    *,
    by: User | None,
    application: Application,
    reason: RejectionReason,
    to: ApplicationState = S.NOT_SELECTED,
    detail: str = "",
) -> Transition:
    """Turn an application down, with a reason from the list that the applicant sees."""
    role = "host" if by is not None else "service"
    return transition(by=by, application=application, to=to, role=role, reason=reason, detail=detail)


def locked(application: Application) -> Application:
    """Return the row locked, after the draw's: one order of locks everywhere, so no deadlock."""
    Draw.objects.select_for_update().filter(opportunity_reference=application.opportunity_reference).first()
    return Application.objects.select_for_update().get(pk=application.pk)


def hold_entrance(reference: str, *, alone: bool = False) -> None:
    """Keep the entrance to a round until the transaction ends: many may enter at once, closing is done alone.

    Without it an application sent in the second of closing could slip in after the entries were fixed.
    """
    shared = "" if alone else "_shared"
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{shared}(%s)", [lock_number(f"entrance:{reference}")])


def count(items: int, noun: str) -> str:
    """Return “3 applications”, “1 application”."""
    return f"{items} {noun}" if items == 1 else f"{items} {noun}s"
