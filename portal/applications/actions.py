"""What can be done to applications and draws. Every step is in the state table and in the log.

Offers of one listing are serialised by a lock on its draw row, so that a listing can never be
over-offered, whatever happens at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from portal.applications.enums import (
    REASON_REQUIRED,
    TRANSITIONS,
    ApplicationState,
    RejectionReason,
)
from portal.applications.models import Applicant, Application, Draw, Transition
from portal.core.actions import record_event
from portal.methods import lottery
from portal.opportunities.actions import change_state, publish_draw
from portal.opportunities.enums import AllocationRule, OpportunityState
from portal.opportunities.models import Opportunity, PublishedDraw
from portal.opportunities.places import Place, find_place

if TYPE_CHECKING:
    from portal.users.models import User

DATABASE = "submissions"
OPEN_APPLICATIONS_LIMIT = 4
GUARDIAN_CONSENT_BELOW = 16
DISTANCE_BANDS = ((5, "under 5"), (10, "5 to 9"), (20, "10 to 19"), (50, "20 to 49"))
FURTHEST_BAND = "50 or more"
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
    application.save()
    return Transition.objects.create(
        application=application,
        from_state=current,
        to_state=to,
        actor_id=getattr(by, "pk", None),
        actor_role=role,
        reason=reason,
        detail=detail,
    )


@transaction.atomic(using=DATABASE)
def start_application(*, by: User, applicant: Applicant, opportunity: Opportunity) -> Application:
    """Return the draft of an application, making it on the first visit. A draft counts for nothing yet."""
    draft, is_new = Application.objects.get_or_create(
        applicant=applicant,
        opportunity_reference=opportunity.reference,
        state=S.DRAFT,
        defaults={"organisation_code": opportunity.organisation.code, "is_synthetic": opportunity.is_synthetic},
    )
    if is_new:
        record_event(by=by, action="start_application", obj=draft)
    return draft


@transaction.atomic(using=DATABASE)
def submit_application(
    *,
    by: User,
    applicant: Applicant,
    opportunity: Opportunity,
    postcode: str,
    statement: str = "",
    declared_relationship: bool,
    relationship_detail: str = "",
    guardian_consents: bool = False,
    draft: Application | None = None,
) -> Application:
    """Send an application, or the draft that was saved of it.

    Raises:
        RefusedError: when the listing is closed, the applicant has four open applications, or the
            consent of a parent or guardian is missing.
        portal.opportunities.places.UnknownPlaceError: when the postcode is not one of England's.
    """
    # One application at a time for each applicant: the limit holds under double clicks.
    Applicant.objects.select_for_update().get(pk=applicant.pk)
    _refuse_unless_allowed(applicant, opportunity, guardian_consents=guardian_consents)
    if declared_relationship and not relationship_detail.strip():
        raise RefusedError("Say what the relationship with the host is.")
    place = find_place(postcode)
    if place.authority is None:
        raise RefusedError("Type your full postcode, like LS1 4AP; the first part alone is not enough here.")
    application = draft or start_application(by=by, applicant=applicant, opportunity=opportunity)
    answers = {
        "statement": statement,
        "declared_relationship": declared_relationship,
        "relationship_detail": relationship_detail,
        "guardian_consent_at": timezone.now() if guardian_consents else None,
        "had_place_before": Application.objects.filter(applicant=applicant, state=S.ATTENDED).exists(),
        "submitted_at": timezone.now(),
        **_derived_from(place, opportunity),
    }
    for name, answer in answers.items():
        setattr(application, name, answer)
    transition(by=by, application=application, to=S.SUBMITTED, role="applicant")
    _decide_eligibility(application, applicant, opportunity, place)
    record_event(by=by, action="submit_application", obj=application)
    return application


def _refuse_unless_allowed(applicant: Applicant, opportunity: Opportunity, *, guardian_consents: bool) -> None:
    if not opportunity.is_open_for_applications:
        raise RefusedError("This opportunity does not take applications now.")
    mine = Application.objects.filter(applicant=applicant)
    if mine.filter(opportunity_reference=opportunity.reference).exclude(state__in=[S.WITHDRAWN, S.DRAFT]).exists():
        raise RefusedError("You have applied for this opportunity already.")
    if mine.still_open().count() >= OPEN_APPLICATIONS_LIMIT:
        raise RefusedError(
            f"You have {OPEN_APPLICATIONS_LIMIT} open applications, which is the most anyone can have. "
            "Withdraw one to send another.",
        )
    if applicant.age_on(timezone.localdate()) < GUARDIAN_CONSENT_BELOW and not guardian_consents:
        raise RefusedError("Because you are under 16, a parent or guardian must agree before you can apply.")


def _derived_from(place: Place, opportunity: Opportunity) -> dict[str, Any]:
    """Return what statistics need of a postcode, so that the postcode itself can be purged."""
    authority = place.authority
    if authority is None:
        raise RefusedError("A full postcode is needed.")
    return {
        "postcode": place.label,
        "deprivation_decile": authority.deprivation_decile,
        "deprivation_level": "local authority",
        "region_code": authority.region_code,
        "icb_code": authority.icb_code,
        "distance_band": distance_band(place, opportunity),
    }


def distance_band(place: Place, opportunity: Opportunity) -> str:
    """Return the band of miles from home to the listing; "online" where there is no way to go."""
    if opportunity.easting is None or opportunity.northing is None:
        return "online"
    miles = place.miles_to(opportunity.easting, opportunity.northing)
    return next((label for limit, label in DISTANCE_BANDS if miles < limit), FURTHEST_BAND)


def _decide_eligibility(application: Application, applicant: Applicant, opportunity: Opportunity, place: Place) -> None:
    age = applicant.age_on(opportunity.starts_on or timezone.localdate())
    too_old = opportunity.maximum_age is not None and age > opportunity.maximum_age
    if age < opportunity.minimum_age or too_old:
        reject(by=None, application=application, reason=RejectionReason.AGE, to=S.INELIGIBLE)
        return
    if _too_far(opportunity, place):
        reject(by=None, application=application, reason=RejectionReason.NOT_LOCAL, to=S.INELIGIBLE)
        return
    transition(by=None, application=application, to=S.ELIGIBLE, role="service")


def _too_far(opportunity: Opportunity, place: Place) -> bool:
    if opportunity.must_live_within_miles is None or opportunity.easting is None or opportunity.northing is None:
        return False
    return place.miles_to(opportunity.easting, opportunity.northing) > opportunity.must_live_within_miles


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


@transaction.atomic(using=DATABASE)
def close_round(*, by: User | None, opportunity: Opportunity) -> Draw:
    """Close a listing for applications and commit to the entries of its draw.

    Entries are fixed and their hash is published before the value exists that completes the seed.

    Raises:
        RefusedError: when the listing is not open, or applications still wait for review.
    """
    if not opportunity.can_become(OpportunityState.CLOSED):
        raise RefusedError(f"“{opportunity}” is {opportunity.get_state_display()}; only an open listing can be closed.")
    mine = Application.objects.select_for_update().for_opportunity(opportunity.reference)
    if opportunity.allocation_rule == AllocationRule.REVIEW_THEN_DRAW:
        waiting = mine.filter(state__in=[S.SUBMITTED, S.ELIGIBLE, S.UNDER_REVIEW]).count()
        if waiting:
            raise RefusedError(f"{waiting} applications have not been reviewed; review them before the draw.")
    for application in mine.filter(state=S.ELIGIBLE):
        transition(by=by, application=application, to=S.IN_DRAW, role="service")
    record = _draw_record(opportunity, list(mine.filter(state=S.IN_DRAW).order_by("entry_code")))
    draw = Draw.objects.create(
        opportunity_reference=opportunity.reference,
        entries=[[entry.code, entry.group, entry.had_place_before] for entry in record.entries],
        places=record.places,
        rule={
            "shares": [[share.group, share.share] for share in record.rule.shares],
            "first_timers_first": record.rule.first_timers_first,
        },
        commitment=record.commitment(),
        committed_by=getattr(by, "pk", None),
        algorithm=record.algorithm,
    )
    change_state(by=by, opportunity=opportunity, to=OpportunityState.CLOSED)
    _publish_on_commit(by, draw)
    record_event(by=by, action="close_round", obj=draw, detail={"commitment": draw.commitment})
    return draw


def _draw_record(opportunity: Opportunity, applications: list[Application]) -> lottery.DrawRecord:
    if opportunity.capacity is None:
        raise RefusedError("A listing open to everyone needs no draw.")
    group_of = {decile: share["label"] for share in opportunity.shares for decile in share["deciles"]}
    return lottery.DrawRecord(
        entries=tuple(
            lottery.Entry(item.entry_code, group_of.get(item.deprivation_decile, ""), item.had_place_before)
            for item in applications
        ),
        places=opportunity.capacity,
        rule=lottery.Rule(
            shares=tuple(lottery.Share(share["label"], float(share["share"])) for share in opportunity.shares),
            first_timers_first=opportunity.first_timers_first,
        ),
    )


@transaction.atomic(using=DATABASE)
def run_draw(*, by: User | None, draw: Draw, public_value: str, source: str) -> Draw:
    """Complete the seed with a public value, rank everyone, and offer the places.

    Raises:
        RefusedError: when the draw was held already, or the value or its source is missing.
    """
    locked = Draw.objects.select_for_update().get(pk=draw.pk)
    if locked.is_drawn:
        raise RefusedError("This draw has been held; a draw is held once.")
    if not public_value.strip() or not source.strip():
        raise RefusedError("Give the public value and say where anyone can look it up.")
    record = lottery.record_from(public_record(locked))
    locked.seed = lottery.seed_of(locked.commitment, public_value)
    ranking = lottery.rank(record, locked.seed)
    locked.ranking = [[row.position, row.code, row.stage, row.selected] for row in ranking]
    locked.public_value, locked.public_value_source = public_value.strip(), source.strip()
    locked.drawn_at, locked.drawn_by = timezone.now(), getattr(by, "pk", None)
    locked.save()
    _line_up(by, locked)
    offer_places(by=by, opportunity_reference=locked.opportunity_reference)
    _publish_on_commit(by, locked)
    record_event(by=by, action="run_draw", obj=locked, detail={"seed": locked.seed})
    return locked


def _publish_on_commit(by: User | None, draw: Draw) -> None:
    # The public record lives in the other database, which the readers' process may read.
    transaction.on_commit(lambda: publish_draw(by=by, record=public_record(draw)), using=DATABASE)


def publish_missing_draws() -> int:
    """Publish draw records that a crash between the two databases left behind; return how many."""
    published = dict(PublishedDraw.objects.values_list("opportunity__reference", "drawn_at"))
    behind = [
        draw
        for draw in Draw.objects.all()
        if draw.opportunity_reference not in published
        or (draw.is_drawn and published[draw.opportunity_reference] is None)
    ]
    for draw in behind:
        publish_draw(by=None, record=public_record(draw))
    return len(behind)


def public_record(draw: Draw) -> dict[str, Any]:
    """Return everything about a draw that is published; it holds random codes and no person."""
    return {
        "opportunity": draw.opportunity_reference,
        "algorithm": draw.algorithm,
        "entries": draw.entries,
        "places": draw.places,
        "rule": draw.rule,
        "commitment": draw.commitment,
        "committed_at": draw.committed_at.isoformat(),
        "public_value": draw.public_value,
        "public_value_source": draw.public_value_source,
        "seed": draw.seed,
        "ranking": draw.ranking,
        "drawn_at": draw.drawn_at.isoformat() if draw.drawn_at else None,
    }


def _line_up(by: User | None, draw: Draw) -> None:
    """Put every entry on the list in the order of the draw; offers go to its head."""
    entered = {
        item.entry_code: item
        for item in Application.objects.select_for_update().filter(
            opportunity_reference=draw.opportunity_reference,
            state=S.IN_DRAW,
        )
    }
    for position, code, _stage, _selected in draw.ranking:
        if application := entered.get(code):  # withdrawn since closing: the next moves up
            application.waiting_rank = position
            transition(by=by, application=application, to=S.WAITING_LIST, role="service")


@transaction.atomic(using=DATABASE)
def offer_places(*, by: User | None, opportunity_reference: str) -> list[Application]:
    """Offer every free place to the head of the waiting list; never more than there are places."""
    draw = Draw.objects.select_for_update().get(opportunity_reference=opportunity_reference)
    reply_days = Opportunity.objects.values_list("reply_days", flat=True).get(reference=opportunity_reference)
    mine = Application.objects.for_opportunity(opportunity_reference)
    free = draw.places - mine.holding_a_place().count()
    offered = list(mine.waiting().select_for_update()[: max(0, free)])
    for application in offered:
        application.offer_expires_at = timezone.now() + timedelta(days=reply_days)
        transition(by=by, application=application, to=S.OFFERED, role="service")
    return offered


@transaction.atomic(using=DATABASE)
def reply_to_offer(*, by: User, application: Application, accepts: bool) -> Application:
    """Answer an offer. A place that is not wanted goes to the next on the list at once.

    Raises:
        RefusedError: when there is no offer, or its time has passed.
    """
    locked = _locked(application)
    if locked.state == S.OFFERED and locked.offer_expires_at and locked.offer_expires_at <= timezone.now():
        raise RefusedError("The time to answer this offer has passed.")
    transition(by=by, application=locked, to=S.ACCEPTED if accepts else S.DECLINED, role="applicant")
    if not accepts:
        offer_places(by=None, opportunity_reference=locked.opportunity_reference)
    record_event(by=by, action="accept_offer" if accepts else "decline_offer", obj=locked)
    return locked


@transaction.atomic(using=DATABASE)
def withdraw_application(*, by: User, application: Application, reason: str, detail: str = "") -> Application:
    """Withdraw an application; a place that it held goes to the next on the list."""
    locked = _locked(application)
    held_a_place = locked.holds_place
    transition(by=by, application=locked, to=S.WITHDRAWN, role="applicant", reason=reason, detail=detail)
    if held_a_place:
        offer_places(by=None, opportunity_reference=locked.opportunity_reference)
    record_event(by=by, action="withdraw_application", obj=locked, reason=reason)
    return locked


def lapse_offers() -> int:
    """Let offers lapse whose time has passed, and offer each place to the next; return how many."""
    references = set(Application.objects.lapsed().values_list("opportunity_reference", flat=True))
    return sum(_lapse_offers_of(reference) for reference in sorted(references))


@transaction.atomic(using=DATABASE)
def _lapse_offers_of(reference: str) -> int:
    Draw.objects.select_for_update().get(opportunity_reference=reference)
    lapsed = list(Application.objects.for_opportunity(reference).lapsed().select_for_update())
    for application in lapsed:
        transition(by=None, application=application, to=S.OFFER_LAPSED, role="service")
    offer_places(by=None, opportunity_reference=reference)
    return len(lapsed)


@transaction.atomic(using=DATABASE)
def confirm_place(*, by: User, application: Application) -> Application:
    """Confirm a place after the host's checks. From here on the postcode is not needed: it goes."""
    locked = _locked(application)
    locked.postcode = ""
    transition(by=by, application=locked, to=S.CONFIRMED, role="host")
    record_event(by=by, action="confirm_place", obj=locked)
    return locked


def _locked(application: Application) -> Application:
    """Return the row locked, after the draw's: one order of locks everywhere, so no deadlock."""
    Draw.objects.select_for_update().filter(opportunity_reference=application.opportunity_reference).first()
    return Application.objects.select_for_update().get(pk=application.pk)
