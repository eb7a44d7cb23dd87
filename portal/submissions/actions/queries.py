"""Questions of the OH team about a cell, a record or a return, and their answers."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.submissions.enums import QueryState, ReturnState
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Query, QueryMessage, Return
from portal.submissions.transitions import move


@transaction.atomic("submissions")
def raise_query(*, by: Any, of_return: Return, text: str, sequence: int | None = None, item: str = "") -> Query:
    """Ask a provider about a submitted return. The return is queried until all is answered."""
    locked = Return.objects.select_for_update().get(pk=of_return.pk)
    if not text.strip():
        raise ActionRefused("Write the question.")
    if locked.state == ReturnState.SUBMITTED:
        move(locked, ReturnState.QUERIED)
        locked.save()
    elif locked.state != ReturnState.QUERIED:
        raise ActionRefused(f"The return is {locked.get_state_display().lower()}: there is nothing to ask about yet.")
    version = locked.submitted_version
    if version is None:
        raise ActionRefused("The return has not been submitted: there is nothing to ask about yet.")
    value = ""
    if sequence is not None:
        record = version.records.filter(sequence=sequence).first()
        if record is None or (item and not hasattr(record, item)):
            raise ActionRefused("There is no such cell in the return.")
        value = str(getattr(record, item)) if item else ""
    query = Query.objects.create(
        of_return=locked,
        version=version,
        sequence=sequence,
        item=item,
        value=value[:255],
        opened_by_id=getattr(by, "pk", None),
    )
    _say(query, by, text, is_from_oh_team=True)
    record_event(by=by, action="raise_query", obj=locked, detail={"query": query.pk})
    return query


def _say(query: Query, by: Any, text: str, *, is_from_oh_team: bool) -> QueryMessage:
    return query.messages.create(
        text=text.strip(),
        is_from_oh_team=is_from_oh_team,
        written_by_id=getattr(by, "pk", None),
        written_by_label=str(by)[:255],
    )


@transaction.atomic("submissions")
def answer_query(*, by: Any, query: Query, text: str) -> Query:
    """Answer a question. When all are answered, the return is submitted again as it stands."""
    locked = Query.objects.select_for_update().get(pk=query.pk)
    if locked.state == QueryState.RESOLVED:
        raise ActionRefused("This question is settled already.")
    if not text.strip():
        raise ActionRefused("Write an answer.")
    _say(locked, by, text, is_from_oh_team=False)
    locked.state = QueryState.ANSWERED
    locked.save(update_fields=["state"])
    of_return = Return.objects.select_for_update().get(pk=locked.of_return_id)
    nothing_open = not of_return.queries.filter(state=QueryState.OPEN).exists()
    if of_return.state == ReturnState.QUERIED and nothing_open and not of_return.versions.drafts().exists():
        move(of_return, ReturnState.SUBMITTED)
        of_return.save()
    record_event(by=by, action="answer_query", obj=of_return, detail={"query": locked.pk})
    return locked


@transaction.atomic("submissions")
def resolve_query(*, by: Any, query: Query, outcome: str) -> Query:
    """Settle a question with an outcome that is remembered with the return."""
    locked = Query.objects.select_for_update().get(pk=query.pk)
    if locked.state == QueryState.RESOLVED:
        raise ActionRefused("This question is settled already.")
    locked.state, locked.outcome = QueryState.RESOLVED, outcome.strip()
    locked.resolved_at, locked.resolved_by_id = timezone.now(), getattr(by, "pk", None)
    locked.save()
    of_return = Return.objects.select_for_update().get(pk=locked.of_return_id)
    if of_return.state == ReturnState.QUERIED and not of_return.queries.filter(state=QueryState.OPEN).exists():
        move(of_return, ReturnState.SUBMITTED)
        of_return.save()
    record_event(by=by, action="resolve_query", obj=of_return, reason=locked.outcome, detail={"query": locked.pk})
    return locked
