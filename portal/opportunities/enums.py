"""States and kinds of opportunities."""

from __future__ import annotations

from django.db import models


class OpportunityKind(models.TextChoices):
    """What a young person would do."""

    TASTER = "taster", "Taster day"
    WORK_EXPERIENCE = "work_experience", "Work experience"
    INSIGHT_EVENT = "insight_event", "Insight event"
    ONLINE = "online", "Online activity"
    EMPLOYABILITY = "employability", "Employability programme"
    T_LEVEL = "t_level", "T Level placement"
    VOLUNTEERING = "volunteering", "Volunteering"
    CADET = "cadet", "Cadet scheme"


class Mode(models.TextChoices):
    """Where it happens."""

    IN_PERSON = "in_person", "In person"
    ONLINE = "online", "Online"
    BOTH = "both", "In person and online"


class AllocationRule(models.TextChoices):
    """How places are given. First come, first served is deliberately not among them."""

    DRAW = "draw", "Draw by lot"
    DRAW_WITH_SHARES = "draw_with_shares", "Draw by lot within declared shares"
    REVIEW_THEN_DRAW = "review_then_draw", "Blind review, then a draw among those above the line"
    OPEN_TO_ALL = "open_to_all", "Open to everyone: no limit on places"


class OpportunityState(models.TextChoices):
    """Where a listing is in its life."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Waiting for approval"
    OPEN = "open", "Open for applications"
    CLOSED = "closed", "Closed, places being given"
    DECIDED = "decided", "Places given"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled by the host"


#: States in which anyone may read a listing.
PUBLIC_STATES = frozenset(
    {
        OpportunityState.OPEN,
        OpportunityState.CLOSED,
        OpportunityState.DECIDED,
        OpportunityState.FINISHED,
        OpportunityState.CANCELLED,
    },
)

#: Nothing follows: what was kept for the round only is deleted, and nothing more of it is taken.
ENDED_STATES = frozenset({OpportunityState.FINISHED, OpportunityState.CANCELLED})

#: Every transition of a listing. What is not here is refused.
TRANSITIONS: dict[OpportunityState, frozenset[OpportunityState]] = {
    OpportunityState.DRAFT: frozenset({OpportunityState.SUBMITTED, OpportunityState.CANCELLED}),
    OpportunityState.SUBMITTED: frozenset(
        {OpportunityState.OPEN, OpportunityState.DRAFT, OpportunityState.CANCELLED},
    ),
    OpportunityState.OPEN: frozenset({OpportunityState.CLOSED, OpportunityState.CANCELLED}),
    OpportunityState.CLOSED: frozenset({OpportunityState.DECIDED, OpportunityState.CANCELLED}),
    OpportunityState.DECIDED: frozenset({OpportunityState.FINISHED, OpportunityState.CANCELLED}),
    OpportunityState.FINISHED: frozenset(),
    OpportunityState.CANCELLED: frozenset(),
}
