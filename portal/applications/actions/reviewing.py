"""Blind review: scores on declared criteria, a line, and a draw among those above it."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from django.db import transaction

from portal.applications.actions.drawing import fix_entries
from portal.applications.actions.steps import (
    DATABASE,
    RefusedError,
    S,
    count,
    hold_entrance,
    locked,
    reject,
    transition,
)
from portal.applications.enums import RejectionReason
from portal.applications.models import Application, Draw, Review
from portal.core.actions import record_event
from portal.opportunities.enums import OpportunityState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.opportunities.models import Opportunity
    from portal.users.models import User

HIGHEST_SCORE = 5


@transaction.atomic(using=DATABASE)
def save_review(
    *,
    by: User,
    opportunity: Opportunity,
    application: Application,
    scores: Mapping[str, int],
    has_conflict: bool = False,
) -> Review:
    """Keep one reviewer's scores of an application; a reviewer who knows the applicant scores nothing.

    Raises:
        RefusedError: before closing, after the review is finished, or when a criterion has no score.
    """
    if opportunity.state != OpportunityState.CLOSED:
        raise RefusedError("Applications are sealed until the listing is closed, and reviewed until the draw.")
    read = locked(application)
    if read.state != S.UNDER_REVIEW:
        raise RefusedError("This application is not being reviewed now.")
    given = {} if has_conflict else {name: scores.get(name) for name in opportunity.review_criteria}
    wrong = [name for name, score in given.items() if score is None or not 0 <= score <= HIGHEST_SCORE]
    if wrong:
        raise RefusedError(f"Give a score from 0 to {HIGHEST_SCORE} for: {'; '.join(wrong)}.")
    review, _is_new = Review.objects.update_or_create(
        application=read,
        reviewer_id=by.pk,
        defaults={"scores": given, "has_conflict": has_conflict},
    )
    record_event(by=by, action="review_application", obj=read, detail={"has_conflict": has_conflict})
    return review


def mean_score(application: Application) -> float | None:
    """Return the mean of the reviewers' means; None without a review that counts."""
    means = [fmean(review.scores.values()) for review in application.reviews.all() if review.scores]
    return fmean(means) if means else None


@transaction.atomic(using=DATABASE)
def turn_down(*, by: User, application: Application, reason: RejectionReason) -> Application:
    """Turn down an application under review, for a stated reason that the applicant sees."""
    read = locked(application)
    if reason == RejectionReason.BELOW_LINE:
        raise RefusedError("The line is applied to everyone at once, when the review is finished.")
    reject(by=by, application=read, reason=reason)
    record_event(by=by, action="turn_down_application", obj=read, reason=reason)
    return read


@transaction.atomic(using=DATABASE)
def finish_review(*, by: User, opportunity: Opportunity) -> Draw:
    """Apply the line to everyone at once and commit to the entries of the draw.

    Raises:
        RefusedError: when an application has fewer reviews than the listing says.
    """
    hold_entrance(opportunity.reference, alone=True)
    if opportunity.state != OpportunityState.CLOSED or opportunity.review_line is None:
        raise RefusedError("This listing is not being reviewed.")
    if Draw.objects.filter(opportunity_reference=opportunity.reference).exists():
        raise RefusedError("The review of this listing is finished.")
    waiting = Application.objects.for_opportunity(opportunity.reference).filter(state=S.UNDER_REVIEW)
    read = list(waiting.select_for_update().order_by("entry_code"))
    short = sum(
        sum(not review.has_conflict for review in application.reviews.all()) < opportunity.reviews_needed
        for application in read
    )
    if short:
        raise RefusedError(
            f"{count(short, 'application')} still to be reviewed: the listing says "
            f"{count(opportunity.reviews_needed, 'review')} each."
        )
    for application in read:
        if (mean_score(application) or 0.0) >= float(opportunity.review_line):
            transition(by=by, application=application, to=S.IN_DRAW, role="host")
        else:
            reject(by=by, application=application, reason=RejectionReason.BELOW_LINE)
    return fix_entries(by=by, opportunity=opportunity)
