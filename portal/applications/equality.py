"""Equality answers: kept apart from applications, added to the sums of their quarter when the round ends, then deleted.

The answers are stored under a random token and a keyed hash of the entry code, so that the table
alone does not say whose they are. Nobody who decides can read them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from portal.applications.enums import PLACE_HOLDING_STATES, ApplicationState
from portal.applications.models import Application, EqualityAnswers, TalliedRound
from portal.applications.tallies import add_rounds, quarter_of
from portal.core.actions import record_event
from portal.opportunities.models import Opportunity

if TYPE_CHECKING:
    from portal.applications.tallies import Counts
    from portal.users.models import User

DATABASE = "submissions"
QUESTIONS = (
    "sex", "ethnic_group", "disability", "free_school_meals", "school_type", "main_earner", "care_experience",
)  # fmt: skip
NOT_ANSWERED = "not_answered"


def entry_hash(entry_code: str) -> str:
    """Return the keyed hash by which answers find their outcome once."""
    return hmac.new(settings.PSEUDONYM_KEY.encode(), f"equality\n{entry_code}".encode(), hashlib.sha256).hexdigest()


def answers_of(application: Application) -> dict[str, str]:
    """Return what was answered, for the person who answered it; empty when nothing was."""
    kept = EqualityAnswers.objects.filter(entry_code_hash=entry_hash(application.entry_code))
    return kept.values(*QUESTIONS).first() or {}


@transaction.atomic(using=DATABASE)
def save_answers(*, application: Application, answers: dict[str, Any]) -> EqualityAnswers | None:
    """Keep the answers to the optional questions; none given, nothing kept."""
    given = {name: answers.get(name) or "" for name in QUESTIONS}
    if not any(given.values()):
        EqualityAnswers.objects.filter(entry_code_hash=entry_hash(application.entry_code)).delete()
        return None
    saved, _is_new = EqualityAnswers.objects.update_or_create(
        entry_code_hash=entry_hash(application.entry_code),
        defaults={"opportunity_reference": application.opportunity_reference, **given},
        create_defaults={
            "token": secrets.token_hex(16),
            "opportunity_reference": application.opportunity_reference,
            **given,
        },
    )
    return saved


def outcome_of(application: Application) -> str:
    """Return the counted outcome of an application."""
    was_offered = any(step.to_state == ApplicationState.OFFERED for step in application.transitions.all())
    return outcome_of_states(application.state, was_offered=was_offered)


def outcome_of_states(state: str, *, was_offered: bool) -> str:
    """Return ineligible, offered (whatever the answer), withdrawn before an offer, never decided, or not offered."""
    if was_offered or state in PLACE_HOLDING_STATES:
        return "offered"
    return {
        ApplicationState.INELIGIBLE: "ineligible",
        ApplicationState.WITHDRAWN: "withdrawn",
        ApplicationState.NO_DECISION: "no_decision",
        ApplicationState.CANCELLED_BY_HOST: "no_decision",
    }.get(ApplicationState(state), "not_offered")


@transaction.atomic(using=DATABASE)
def tally_and_purge(*, by: User | None, opportunity_reference: str) -> int:
    """Count answers by group and outcome into the sums of the quarter, then delete them; return how many were deleted.

    Repeating adds nothing: what was purged is gone.
    """
    answers = {
        row.entry_code_hash: row
        for row in EqualityAnswers.objects.select_for_update().filter(opportunity_reference=opportunity_reference)
    }
    closes_at = Opportunity.objects.values_list("closes_at", flat=True).get(reference=opportunity_reference)
    already = TalliedRound.objects.filter(opportunity_reference=opportunity_reference).exists()
    # A quarter is made of rounds by their closing; one that never closes is told in none.
    if closes_at is not None and not already:
        counts = _counts(opportunity_reference, answers)
        add_rounds(period=quarter_of(closes_at), references=[opportunity_reference], counts=counts)
    deleted, _ = EqualityAnswers.objects.filter(pk__in=[row.pk for row in answers.values()]).delete()
    record_event(
        by=by,
        action="tally_and_purge_equality_answers",
        using=DATABASE,
        detail={"opportunity": opportunity_reference, "deleted": deleted},
    )
    return deleted


def _counts(reference: str, answers: dict[str, EqualityAnswers]) -> Counts:
    counts: Counts = Counter()
    sent = Application.objects.for_opportunity(reference).exclude(state=ApplicationState.DRAFT)
    for application in sent.prefetch_related("transitions"):
        row = answers.get(entry_hash(application.entry_code))
        outcome = outcome_of(application)
        for question in QUESTIONS:
            answer = (getattr(row, question) if row else "") or NOT_ANSWERED
            counts[question, answer, outcome] += 1
    return counts
