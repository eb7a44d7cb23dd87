"""Draws: entries fixed and hashed at closing, completed by a public value, published, offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from portal.applications.actions.offering import offer_places
from portal.applications.actions.steps import DATABASE, RefusedError, S, hold_entrance, transition
from portal.applications.models import Application, Draw
from portal.core.actions import record_event
from portal.methods import lottery
from portal.opportunities.actions import change_state, publish_draw
from portal.opportunities.enums import OpportunityState
from portal.opportunities.models import Opportunity, PublishedDraw

if TYPE_CHECKING:
    from portal.users.models import User


@transaction.atomic(using=DATABASE)
def close_round(*, by: User | None, opportunity: Opportunity) -> Draw | None:
    """Close a listing for applications; commit to the entries of its draw, unless they are read first.

    Entries are fixed and their hash is published before the value exists that completes the seed.
    Closing again what a crash left half closed finishes the work.

    Raises:
        RefusedError: when the listing is not open.
    """
    hold_entrance(opportunity.reference, alone=True)
    opportunity.refresh_from_db()
    half_closed = (
        opportunity.state == OpportunityState.CLOSED
        and not Draw.objects.filter(opportunity_reference=opportunity.reference).exists()
    )
    if not half_closed and not opportunity.can_become(OpportunityState.CLOSED):
        raise RefusedError(f"“{opportunity}” is {opportunity.get_state_display()}; only an open listing can be closed.")
    following = S.UNDER_REVIEW if opportunity.is_blind else S.IN_DRAW
    mine = Application.objects.select_for_update().for_opportunity(opportunity.reference)
    for application in mine.filter(state=S.ELIGIBLE):
        transition(by=by, application=application, to=following, role="service")
    if not half_closed:
        change_state(by=by, opportunity=opportunity, to=OpportunityState.CLOSED)
    return None if opportunity.is_blind else fix_entries(by=by, opportunity=opportunity)


def fix_entries(*, by: User | None, opportunity: Opportunity) -> Draw:
    """Commit to the entries of a draw, in the caller's transaction, and publish the commitment."""
    entered = Application.objects.select_for_update().for_opportunity(opportunity.reference).filter(state=S.IN_DRAW)
    record = _draw_record(opportunity, list(entered.order_by("entry_code")))
    draw = Draw.objects.create(
        opportunity_reference=opportunity.reference,
        entries=[[entry.code, entry.group, entry.had_place_before] for entry in record.entries],
        places=record.places,
        rule={
            "shares": [[share.group, share.share] for share in record.rule.shares],
            "first_timers_first": record.rule.first_timers_first,
        },
        source_declared=record.source,
        commitment=record.commitment(),
        committed_by=getattr(by, "pk", None),
        algorithm=record.algorithm,
    )
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
        source=opportunity.draw_source,
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
        "source_declared": draw.source_declared,
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
