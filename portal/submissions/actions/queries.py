"""Questions about a cell, a record or a return: asked by either side, answered by the other, settled by the OH team."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event
from portal.submissions import notices
from portal.submissions.enums import QueryState, ReturnState
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Query, QueryMessage, Return
from portal.submissions.models.queries import in_words
from portal.submissions.transitions import move


def _locked_return(pk: int) -> Return:
    return Return.objects.select_for_update(of=("self",)).select_related("collection").get(pk=pk)


@transaction.atomic("submissions")
def raise_query(*, by: Any, of_return: Return, text: str, sequence: int | None = None, item: str = "") -> Query:
    """Ask a provider about a submitted return. The return is queried until all is answered."""
    locked = _locked_return(of_return.pk)
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
        value = in_words(item, getattr(record, item)) if item else ""
    query = Query.objects.create(
        of_return=locked,
        version=version,
        sequence=sequence,
        item=item,
        value=value[:255],
        opened_by_id=getattr(by, "pk", None),
    )
    _say(query, by, text, is_from_oh_team=True)
    notices.question(query)
    record_event(by=by, action="raise_query", obj=locked, detail={"query": query.pk})
    return query


@transaction.atomic("submissions")
def ask_team(*, by: Any, of_return: Return, text: str) -> Query:
    """Write to the OH team about a return, in whatever state it is."""
    locked = _locked_return(of_return.pk)
    if not text.strip():
        raise ActionRefused("Write your message.")
    query = Query.objects.create(
        of_return=locked,
        version=locked.submitted_version,
        is_from_provider=True,
        state=QueryState.ANSWERED,
        opened_by_id=getattr(by, "pk", None),
    )
    _say(query, by, text, is_from_oh_team=False)
    notices.answer(query)
    record_event(by=by, action="ask_team", obj=locked, detail={"query": query.pk})
    return query


def _say(query: Query, by: Any, text: str, *, is_from_oh_team: bool) -> QueryMessage:
    return query.messages.create(
        text=text.strip(),
        is_from_oh_team=is_from_oh_team,
        written_by_id=getattr(by, "pk", None),
        written_by_label=str(by)[:255],
    )


def _unsettled(query: Query) -> Query:
    locked = Query.objects.select_for_update().get(pk=query.pk)
    if locked.state == QueryState.RESOLVED:
        raise ActionRefused("This question is settled already. Write a new one.")
    return locked


@transaction.atomic("submissions")
def answer_query(*, by: Any, query: Query, text: str) -> Query:
    """Answer a question. When all are answered, the return is submitted again as it stands."""
    locked = _unsettled(query)
    if not text.strip():
        raise ActionRefused("Write an answer.")
    _say(locked, by, text, is_from_oh_team=False)
    locked.state = QueryState.ANSWERED
    locked.save(update_fields=["state"])
    of_return = _locked_return(locked.of_return_id)
    _settle_return(of_return)
    notices.answer(locked)
    record_event(by=by, action="answer_query", obj=of_return, detail={"query": locked.pk})
    return locked


def _settle_return(of_return: Return) -> None:
    """Put a queried return back to submitted once nothing is open and nobody is changing it."""
    nothing_open = not of_return.queries.filter(state=QueryState.OPEN).exists()
    if of_return.state == ReturnState.QUERIED and nothing_open and not of_return.versions.drafts().exists():
        move(of_return, ReturnState.SUBMITTED)
        of_return.save()


@transaction.atomic("submissions")
def reply_to_query(*, by: Any, query: Query, text: str) -> Query:
    """Write on in a thread, for the OH team: the provider has to answer again."""
    locked = _unsettled(query)
    if not text.strip():
        raise ActionRefused("Write a reply.")
    of_return = _locked_return(locked.of_return_id)
    _say(locked, by, text, is_from_oh_team=True)
    locked.state = QueryState.OPEN
    locked.save(update_fields=["state"])
    if of_return.state == ReturnState.SUBMITTED:
        move(of_return, ReturnState.QUERIED)
        of_return.save()
    notices.question(locked)
    record_event(by=by, action="reply_to_query", obj=of_return, detail={"query": locked.pk})
    return locked


@transaction.atomic("submissions")
def resolve_query(*, by: Any, query: Query, outcome: str) -> Query:
    """Settle a question with an outcome that is remembered with the return and shown to the provider."""
    locked = _unsettled(query)
    locked.state, locked.outcome = QueryState.RESOLVED, outcome.strip()
    locked.resolved_at, locked.resolved_by_id = timezone.now(), getattr(by, "pk", None)
    locked.save()
    of_return = _locked_return(locked.of_return_id)
    _settle_return(of_return)
    if locked.is_from_provider:
        notices.question(locked)
    record_event(by=by, action="resolve_query", obj=of_return, reason=locked.outcome, detail={"query": locked.pk})
    return locked
