"""Reminders, by the clock: each sent once to each person, and written down in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from portal.applications.enums import ApplicationState as S
from portal.applications.messages import acting_for, send_once
from portal.applications.models import Application, Draw
from portal.opportunities.enums import AllocationRule, OpportunityState
from portal.opportunities.models import Opportunity
from portal.users.models import User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DRAFT_DAYS, OFFER_HOURS, START_DAYS, ACCEPTED_DAYS, FEEDBACK_DAYS = 2, 24, 3, 3, 60


@dataclass(frozen=True)
class Reminder:
    """One e-mail that is due. It names a listing, and an applicant's own entry, never another person."""

    kind: str
    subject: str
    user_id: int
    title: str
    text: str


def send_due() -> int:
    """Send what is due and was not sent before; return how many e-mails went out."""
    due = [reminder for find in FINDERS for reminder in find()]
    users = User.objects.filter(is_active=True).in_bulk({reminder.user_id for reminder in due})
    return sum(
        send_once(**asdict(reminder), email=users[reminder.user_id].email)
        for reminder in due
        if reminder.user_id in users
    )


def _to_applicants(
    kind: str, applications: Iterable[Application], title: str, text: Callable[[Application, Opportunity], str]
) -> Iterator[Reminder]:
    found = list(applications)
    listings = Opportunity.objects.in_bulk({item.opportunity_reference for item in found}, field_name="reference")
    for item in found:
        listing = listings[item.opportunity_reference]
        words = f"{text(item, listing)}\n\n{settings.SERVICE_URL}/applications/{item.entry_code}/\n"
        yield Reminder(kind, item.entry_code, item.applicant.user_id, f"{title}: {listing.title}", words)


def _of_people() -> Iterable[Application]:
    return Application.objects.select_related("applicant")


def _drafts() -> Iterator[Reminder]:
    now = timezone.now()
    closing = Opportunity.objects.open_now().filter(closes_at__lte=now + timedelta(days=DRAFT_DAYS))
    references = list(closing.values_list("reference", flat=True))
    rows = _of_people().filter(state=S.DRAFT, opportunity_reference__in=references)
    return _to_applicants(
        "draft",
        rows,
        "Your application is not sent yet",
        lambda _row, listing: (
            f"Applications for “{listing.title}” close on {listing.closes_at:%-d %B %Y, %H:%M}. What you wrote is saved."
        ),
    )


def _offers() -> Iterator[Reminder]:
    soon = timezone.now() + timedelta(hours=OFFER_HOURS)
    rows = _of_people().filter(state=S.OFFERED, offer_expires_at__lte=soon, offer_expires_at__gt=timezone.now())
    return _to_applicants(
        "offer",
        rows,
        "Answer your offer",
        lambda row, listing: (
            f"Your offer of a place on “{listing.title}” runs out on {row.offer_expires_at:%-d %B %Y, %H:%M}."
        ),
    )


def _starts() -> Iterator[Reminder]:
    today = timezone.localdate()
    soon = Opportunity.objects.filter(starts_on__gt=today, starts_on__lte=today + timedelta(days=START_DAYS))
    rows = _of_people().filter(
        state=S.CONFIRMED, opportunity_reference__in=list(soon.values_list("reference", flat=True))
    )
    return _to_applicants(
        "start",
        rows,
        "It starts soon",
        lambda _row, listing: (
            f"“{listing.title}” starts on {listing.starts_on:%-d %B %Y}. If you cannot come, withdraw: "
            "the place goes to the next person."
        ),
    )


def _feedback() -> Iterator[Reminder]:
    since = timezone.now() - timedelta(days=FEEDBACK_DAYS)
    rows = _of_people().filter(state=S.ATTENDED, feedback__isnull=True, transitions__at__gte=since).distinct()
    return _to_applicants(
        "feedback",
        rows,
        "How was it?",
        lambda _row, listing: f"You took part in “{listing.title}”. Three questions tell others what it is like.",
    )


def _to_hosts(kind: str, listings: Iterable[Opportunity], title: str, text: str) -> Iterator[Reminder]:
    """Remind the people who may act for each host. The e-mail counts nothing that could name anybody."""
    found = list(listings)
    acting = acting_for(item.organisation_id for item in found)
    for item in found:
        words = f"“{item.title}”. {text}\n\n{settings.SERVICE_URL}/applications/host/listings/{item.reference}/\n"
        for user in acting.get(item.organisation_id, []):
            yield Reminder(kind, item.reference, user.pk, f"{title}: {item.title}", words)


def _in_state(*states: S) -> list[str]:
    return list(Application.objects.filter(state__in=states).values_list("opportunity_reference", flat=True).distinct())


def _reviews() -> Iterator[Reminder]:
    rows = Opportunity.objects.filter(
        state=OpportunityState.CLOSED,
        allocation_rule=AllocationRule.REVIEW_THEN_DRAW,
        reference__in=_in_state(S.UNDER_REVIEW),
    )
    return _to_hosts("review", rows, "Applications wait to be read", "Applications are closed and can be reviewed.")


def _draws() -> Iterator[Reminder]:
    waiting = list(Draw.objects.filter(drawn_at=None).values_list("opportunity_reference", flat=True))
    rows = Opportunity.objects.filter(state=OpportunityState.CLOSED, reference__in=waiting)
    return _to_hosts("draw", rows, "A draw waits for its public value", "Entries are fixed. Enter the public value.")


def _overdue() -> Iterator[Reminder]:
    rows = Opportunity.objects.filter(state=OpportunityState.CLOSED, decision_on__lt=timezone.localdate())
    return _to_hosts("overdue", rows, "A decision is overdue", "The day on which applicants were to hear has passed.")


def _confirmations() -> Iterator[Reminder]:
    before = timezone.now() - timedelta(days=ACCEPTED_DAYS)
    accepted = Application.objects.filter(
        state=S.ACCEPTED, transitions__to_state=S.ACCEPTED, transitions__at__lt=before
    )
    rows = Opportunity.objects.filter(
        reference__in=list(accepted.values_list("opportunity_reference", flat=True).distinct())
    )
    return _to_hosts("confirm", rows, "Places wait for your confirmation", "Record your checks and confirm the places.")


def _attendance() -> Iterator[Reminder]:
    rows = Opportunity.objects.filter(starts_on__lt=timezone.localdate(), reference__in=_in_state(S.CONFIRMED))
    return _to_hosts("attendance", rows, "Who came?", "Record who took part.")


FINDERS = (_drafts, _offers, _starts, _feedback, _reviews, _draws, _overdue, _confirmations, _attendance)
