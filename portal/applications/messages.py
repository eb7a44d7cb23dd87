"""E-mails to applicants, hosts and the OH team. A host's never says who applied; an applicant's never says who else did.

Each goes out once, also where the queue delivers a task twice: it is written down in the transaction that sends it.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse

from portal.applications.access import TEAM_GROUPS
from portal.applications.enums import ApplicationState as S
from portal.applications.models import Application, Draw, ReminderSent, Transition
from portal.core.actions import send_on_commit
from portal.opportunities.models import Opportunity
from portal.organisations.enums import EDITING_ROLES
from portal.organisations.models import Membership
from portal.users.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable

SUBJECTS = {
    S.INELIGIBLE: "Your application does not meet a requirement",
    S.IN_DRAW: "You are in the draw",
    S.OFFERED: "You are offered a place",
    S.CONFIRMED: "Your place is confirmed",
    S.OFFER_LAPSED: "Your offer has run out",
    S.WAITING_LIST: "You are on the waiting list",
    S.NOT_SELECTED: "You were not selected this time",
    S.NO_DECISION: "There was no decision in time",
    S.CANCELLED_BY_HOST: "The host has cancelled",
}


#: What happened to a listing, and what its host is told.
HOST_SUBJECTS = {
    "open": ("Your opportunity is listed", "It is open for applications until {closes}. Nobody sees them before then."),
    "draft": ("Your opportunity needs a change", "It was sent back: {reason}"),
    "cancelled": (
        "Your opportunity was cancelled",
        "Nobody decided in time. The applicants were told, and it is counted.",
    ),
}
TEAM_SUBJECTS = {
    "listing": ("An opportunity waits for approval", "A host has sent it for approval."),
    "concern": (
        "Somebody is worried about a person's safety",
        "Read the concern in the portal and write down what is done.",
    ),
}


@transaction.atomic(using="submissions")
def send_once(*, kind: str, subject: str, user_id: int, email: str, title: str, text: str) -> bool:
    """Write a message down and send it; where sending fails, nothing is written and it can be tried again."""
    _row, is_new = ReminderSent.objects.get_or_create(kind=kind, subject=subject, to_user=user_id)
    if is_new:
        send_mail(title, text, None, [email])
    return is_new


def acting_for(organisations: Iterable[int]) -> dict[int, list[User]]:
    """Return the people who may act for each host."""
    rows = Membership.objects.filter(
        organisation__in=set(organisations), ended_at=None, role__in=EDITING_ROLES, user__is_active=True
    )
    found: dict[int, list[User]] = {}
    for row in rows.select_related("user").order_by("pk"):
        found.setdefault(row.organisation_id, []).append(row.user)
    return found


def say_to_host(listing: Opportunity, what: str, *, reason: str = "", using: str = "default") -> None:
    """Tell a host what became of its listing, once the transaction is committed."""
    send_on_commit(tell_host, listing.reference, what, reason, uuid.uuid4().hex, using=using)


def say_to_team(reference: str, what: str, *, using: str = "default") -> None:
    """Tell the OH team that something waits for it, once the transaction is committed."""
    send_on_commit(tell_team, reference, what, uuid.uuid4().hex, using=using)


@shared_task(name="applications.tell_host")
def tell_host(reference: str, what: str, reason: str, key: str) -> None:
    """Tell the people who act for a host; ``key`` says which message it is, so that it goes out once."""
    listing = Opportunity.objects.get(reference=reference)
    title, words = HOST_SUBJECTS[what]
    closes = f"{listing.closes_at:%-d %B %Y, %H:%M}" if listing.closes_at else "you end it"
    text = f"“{listing.title}”. {words.format(closes=closes, reason=reason)}"
    address = f"{settings.SERVICE_URL}/applications/host/listings/{reference}/"
    for user in acting_for([listing.organisation_id]).get(listing.organisation_id, []):
        send_once(
            kind=f"host_{what}",
            subject=key,
            user_id=user.pk,
            email=user.email,
            title=f"{title}: {listing.title}",
            text=f"{text}\n\n{address}\n",
        )


@shared_task(name="applications.tell_team")
def tell_team(reference: str, what: str, key: str) -> None:
    """Tell the OH team; a concern's own words stay in the portal."""
    title, words = TEAM_SUBJECTS[what]
    text = f"{reference}: {words}\n\n{settings.SERVICE_URL}{reverse('oversight:index')}\n"
    for user in User.objects.filter(is_active=True, groups__name=TEAM_GROUPS[0]).distinct():
        send_once(kind=f"team_{what}", subject=key, user_id=user.pk, email=user.email, title=title, text=text)


@shared_task(name="applications.tell_applicant")
def tell_applicant(transition_id: int) -> None:
    """Tell an applicant about a step of the application. What has moved on since is not told any more."""
    step = Transition.objects.select_related("application__applicant").get(pk=transition_id)
    application = step.application
    if application.state != step.to_state:
        return
    listing = Opportunity.objects.select_related("organisation").get(reference=application.opportunity_reference)
    send_once(
        kind="step",
        subject=str(step.pk),
        user_id=application.applicant.user_id,
        email=application.applicant.email,
        title=f"{SUBJECTS[S(step.to_state)]}: {listing.title}",
        text=_words(step, application, listing),
    )


def _words(step: Transition, application: Application, listing: Opportunity) -> str:
    said = [f"{listing.title}, {listing.organisation.name}"]
    if step.to_state == S.IN_DRAW:
        said += _of_the_draw(application)
    elif step.to_state == S.OFFERED and application.offer_expires_at:
        said.append(
            f"You have a place if you want it. Answer by {application.offer_expires_at:%-d %B %Y, %H:%M}; "
            "after that it goes to the next person on the list."
        )
    elif step.to_state == S.WAITING_LIST:
        said.append(
            f"You are number {application.waiting_rank} in the order of the draw. When somebody says no, "
            "the next person is offered the place at once, and you get an e-mail."
        )
    elif step.to_state == S.CONFIRMED and listing.starts_on:
        said.append(f"It starts on {listing.starts_on:%-d %B %Y}.")
    elif step.to_state == S.NO_DECISION:
        said.append("The host did not decide in the time it had promised. We count this and publish it.")
    if step.reason:
        said.append(f"Reason: {step.get_reason_display()}.")
    said.append(f"See your application: {settings.SERVICE_URL}/applications/{application.entry_code}/")
    return "\n\n".join(said) + "\n"


def _of_the_draw(application: Application) -> list[str]:
    """Give everyone who entered the commitment: what lies in their mailboxes nobody can change afterwards."""
    draw = Draw.objects.get(opportunity_reference=application.opportunity_reference)
    waits_for = draw.source_declared or "a public value"
    return [
        f"The entries are fixed; yours is {application.entry_code}. What completes the draw does not exist yet: {waits_for}.",
        f"This is the commitment, worked out from all entries:\n{draw.commitment}",
        "Keep this e-mail. The record of the draw must show the same commitment. If it does not, entries were changed.",
    ]
