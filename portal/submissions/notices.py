"""Every message of the collection service: a row first, then a job that sends it. No record is ever in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from portal.core.actions import send_on_commit
from portal.organisations.enums import EDITING_ROLES
from portal.organisations.models import Membership
from portal.submissions.enums import MessageKind
from portal.submissions.models import SentMessage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.submissions.models import Query, Return, ReturnVersion

TEAM_GROUP = "Collection managers"


def addresses_of(code: str) -> list[str]:
    """Return the addresses of those who may return for an organisation."""
    members = Membership.objects.filter(
        organisation__code=code, ended_at=None, role__in=EDITING_ROLES, user__is_active=True
    )
    return sorted(set(members.values_list("user__email", flat=True)))


def addresses_of_team(user_id: int | None = None) -> list[str]:
    """Return the address of one of the OH team, or of all who run collections where that one has left."""
    people = get_user_model().objects.filter(is_active=True)
    one = people.filter(pk=user_id).values_list("email", flat=True) if user_id else ()
    return list(one) or sorted(people.filter(groups__name=TEAM_GROUP).values_list("email", flat=True))


def link(of_return: Return, page: str = "") -> str:
    """Return the full address of a page of a return."""
    return f"{settings.SERVICE_URL}/collect/returns/{of_return.pk}/{page}"


def send(kind: MessageKind, *, of_return: Return, addresses: Iterable[str], subject: str, text: str) -> int:
    """Write the messages down and send them once the transaction is committed; return how many."""
    rows = [
        SentMessage.objects.create(
            kind=kind,
            collection=of_return.collection,
            of_return=of_return,
            organisation_code=of_return.organisation_code,
            address=address,
            subject=subject[:255],
            text=text,
        )
        for address in addresses
    ]
    for row in rows:
        deliver(row.pk)
    return len(rows)


def deliver(message_id: int) -> None:
    """Send the job of one message once the transaction is committed."""
    from portal.submissions.tasks import deliver_message  # noqa: PLC0415 - tasks import this module's callers

    send_on_commit(deliver_message, message_id, using="submissions")


def receipt(version: ReturnVersion, address: str) -> None:
    """Acknowledge a submitted return."""
    of_return = version.of_return
    send(
        MessageKind.RECEIPT,
        of_return=of_return,
        addresses=[address],
        subject=f"We have your return: {of_return.collection.title}",
        text=(
            f"{of_return.organisation_name} returned {version.rows:,} records for {of_return.collection.title}.\n\n"
            f"Reference: {version.reference}\n"
            f"Submitted: {timezone.localtime(version.submitted_at):%d %B %Y, %H:%M}\n\n"
            f"The receipt and the return: {link(of_return)}\n"
        ),
    )


def question(query: Query) -> None:
    """Tell a provider that the OH team has written."""
    of_return = query.of_return
    send(
        MessageKind.QUESTION,
        of_return=of_return,
        addresses=addresses_of(of_return.organisation_code),
        subject=f"The OH team has written about your return: {of_return.collection.title}",
        text=(
            f"There is a message about the return of {of_return.organisation_name} "
            f"for {of_return.collection.title}.\n\nRead and answer it: {link(of_return, 'messages/')}\n"
        ),
    )


def answer(query: Query) -> None:
    """Tell the OH team that a provider has written."""
    of_return = query.of_return
    send(
        MessageKind.QUESTION,
        of_return=of_return,
        addresses=addresses_of_team(query.opened_by_id if not query.is_from_provider else None),
        subject=f"{of_return.organisation_name} has written about its return",
        text=(
            f"{of_return.organisation_name} ({of_return.organisation_code}) has written about its return "
            f"for {of_return.collection.title}.\n\n"
            f"Read it: {settings.SERVICE_URL}/cms/collect/returns/{of_return.pk}/\n"
        ),
    )


def accepted_together(returns: Iterable[Return]) -> None:
    """Tell the providers of many returns that theirs count; their people are looked up at once."""
    by_code = {of_return.organisation_code: of_return for of_return in returns}
    members = Membership.objects.filter(
        organisation__code__in=by_code, ended_at=None, role__in=EDITING_ROLES, user__is_active=True
    )
    for code, address in members.values_list("organisation__code", "user__email"):
        accepted(by_code[code], [address])


def accepted(of_return: Return, addresses: Iterable[str] | None = None) -> None:
    """Tell a provider that its return counts."""
    send(
        MessageKind.ACCEPTED,
        of_return=of_return,
        addresses=addresses_of(of_return.organisation_code) if addresses is None else addresses,
        subject=f"Your return is accepted: {of_return.collection.title}",
        text=(
            f"The return of {of_return.organisation_name} for {of_return.collection.title} is accepted. "
            f"Thank you: its figures count from now on.\n\nThe return: {link(of_return)}\n"
        ),
    )


def reopened(of_return: Return, reason: str) -> None:
    """Tell a provider that the OH team opened its return again, and why."""
    send(
        MessageKind.REOPENED,
        of_return=of_return,
        addresses=addresses_of(of_return.organisation_code),
        subject=f"Your return is open again: {of_return.collection.title}",
        text=(
            f"The OH team has opened the return of {of_return.organisation_name} for {of_return.collection.title}.\n\n"
            f"Reason: {reason}\n\nChange what is needed and submit it again: {link(of_return)}\n"
        ),
    )
