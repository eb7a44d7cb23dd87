"""What waits for a person: at the OH team's desk, and on a provider's first page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from portal.organisations.enums import LinkState, RegistrationState
from portal.organisations.models import Organisation, ParentLink, Registration
from portal.submissions.access import is_oh_team, may_accept, may_ask
from portal.submissions.enums import EDITABLE_STATES, CollectionState, MessageState, QueryState, ReturnState
from portal.submissions.models import Collection, Query, Return, SentMessage

if TYPE_CHECKING:
    from collections.abc import Iterable

SOON = dt.timedelta(days=7)


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: how many, what in words, and where."""

    count: int
    words: str
    address: str


def for_team(user: Any) -> list[Waiting]:
    """Return what waits for somebody of the OH team, by what this person may do."""
    found: list[Waiting] = []
    if is_oh_team(user):
        asked = Registration.objects.filter(state=RegistrationState.PENDING).count()
        found.append(Waiting(asked, "Requests for access to decide", reverse("collections:registrations")))
    found += _in_collections(user)
    return [item for item in found if item.count]


def _in_collections(user: Any) -> Iterable[Waiting]:
    counts = _counts()
    for collection in Collection.objects.exclude(state=CollectionState.SEALED):
        address = reverse("collections:dashboard", args=[collection.code])
        mine = counts.get(collection.pk, {})
        if may_accept(user):
            submitted = mine.get("submitted", 0)
            yield Waiting(submitted, f"Returns to accept, {collection.title}", f"{address}?state=submitted#returns")
        if may_ask(user):
            answered = Query.objects.filter(of_return__collection=collection, state=QueryState.ANSWERED).count()
            yield Waiting(answered, f"Answers to read, {collection.title}", f"{address}?only=answered#returns")
        if is_oh_team(user):
            failed = SentMessage.objects.filter(collection=collection, state=MessageState.FAILED).count()
            messages = reverse("collections:messages", args=[collection.code])
            yield Waiting(failed, f"Messages that could not be sent, {collection.title}", f"{messages}?state=failed")
            yield from _due(collection, mine.get("missing", 0), address)


def _counts() -> dict[int, dict[str, int]]:
    rows = (
        Return.objects.counting()
        .values("collection")
        .annotate(
            submitted=Count("pk", filter=Q(state=ReturnState.SUBMITTED)),
            missing=Count("pk", filter=Q(state__in=EDITABLE_STATES)),
        )
    )
    return {row["collection"]: row for row in rows}


def _due(collection: Collection, missing: int, address: str) -> Iterable[Waiting]:
    now = timezone.now()
    if collection.state == CollectionState.OPEN and now <= collection.closes_at < now + SOON:
        when = f"{timezone.localtime(collection.closes_at):%d %B}"
        yield Waiting(missing, f"Returns missing, and it closes on {when}, {collection.title}", address)
    if collection.state == CollectionState.OPEN and collection.closes_at <= now:
        yield Waiting(1, f"To close, past its closing time, {collection.title}", address)
    if collection.state == CollectionState.SET_UP and not collection.opens_by_itself and collection.opens_at <= now:
        yield Waiting(1, f"To open, {collection.title}", address)


def for_provider(user: Any) -> list[Waiting]:
    """Return what waits for somebody who acts for organisations."""
    editable = Organisation.objects.active().editable_by(user).values_list("code", flat=True)
    returns = (
        Return.objects.counting()
        .of_organisations(editable)
        .filter(state__in=EDITABLE_STATES)
        .exclude(collection__state=CollectionState.SEALED)
        .select_related("collection")
        .annotate(open_questions=Count("queries", filter=Q(queries__state=QueryState.OPEN)))
        .order_by("collection__closes_at", "organisation_name")
    )
    found = [item for of_return in returns for item in _of_return(of_return)]
    owned = Organisation.objects.owned_by(user)
    links = ParentLink.objects.filter(parent__in=owned.values("pk"), state=LinkState.PENDING)
    for link in links.select_related("organisation", "parent"):
        where = reverse("organisations:people", args=[link.parent.code])
        found.append(Waiting(1, f"{link.organisation.name} asks to belong to {link.parent.name}", where))
    return found


def _of_return(of_return: Return) -> Iterable[Waiting]:
    name, collection = of_return.organisation_name, of_return.collection
    if of_return.open_questions:
        what = "question" if of_return.open_questions == 1 else "questions"
        words = f"{of_return.open_questions} {what} of the OH team to answer: {name}, {collection.title}"
        yield Waiting(of_return.open_questions, words, reverse("submissions:questions", args=[of_return.pk]))
    if of_return.state == ReturnState.QUERIED:
        return
    here = reverse("submissions:task_list", args=[of_return.pk])
    if of_return.reopened_reason:
        yield Waiting(1, f"Return opened for you by the OH team, to submit: {name}, {collection.title}", here)
    elif collection.takes_returns():
        by = f"{timezone.localtime(collection.closes_at):%d %B %Y}"
        step = "begin" if of_return.state == ReturnState.NOT_STARTED else "finish and submit"
        yield Waiting(1, f"Return to {step} by {by}: {name}, {collection.title}", here)
