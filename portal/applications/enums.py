"""States of an application and the one table of what may follow what."""

from __future__ import annotations

from django.db import models


class ApplicationState(models.TextChoices):
    """Where an application is. The label is the public name, in an applicant's words."""

    DRAFT = "draft", "Not sent yet"
    SUBMITTED = "submitted", "Sent"
    ELIGIBLE = "eligible", "Meets the requirements"
    INELIGIBLE = "ineligible", "Does not meet a requirement"
    IN_DRAW = "in_draw", "In the draw"
    UNDER_REVIEW = "under_review", "Being read"
    OFFERED = "offered", "You have an offer"
    ACCEPTED = "accepted", "You said yes"
    CONFIRMED = "confirmed", "Place confirmed"
    ATTENDED = "attended", "You took part"
    NOT_ATTENDED = "not_attended", "You did not take part"
    WITHDRAWN = "withdrawn", "You withdrew"
    DECLINED = "declined", "You said no"
    OFFER_LAPSED = "offer_lapsed", "The offer ran out"
    WAITING_LIST = "waiting_list", "On the waiting list"
    NOT_SELECTED = "not_selected", "Not selected this time"
    NO_DECISION = "no_decision", "The host did not decide in time"
    CANCELLED_BY_HOST = "cancelled_by_host", "Cancelled by the host"


S = ApplicationState

#: Still alive: counts towards the limit of open applications, may be withdrawn.
OPEN_STATES = frozenset(
    {S.SUBMITTED, S.ELIGIBLE, S.IN_DRAW, S.UNDER_REVIEW, S.OFFERED, S.ACCEPTED, S.WAITING_LIST},
)
#: Holds one of the places of a listing.
PLACE_HOLDING_STATES = frozenset({S.OFFERED, S.ACCEPTED, S.CONFIRMED, S.ATTENDED, S.NOT_ATTENDED})
#: Nothing can follow.
FINAL_STATES = frozenset(
    {
        S.INELIGIBLE,
        S.ATTENDED,
        S.NOT_ATTENDED,
        S.WITHDRAWN,
        S.DECLINED,
        S.OFFER_LAPSED,
        S.NOT_SELECTED,
        S.NO_DECISION,
        S.CANCELLED_BY_HOST,
    },
)
#: The way home is settled: the postcode is not needed any more, only what was derived from it.
POSTCODE_GOES = FINAL_STATES | {S.CONFIRMED}
#: A person is told why.
REASON_REQUIRED = frozenset({S.INELIGIBLE, S.WITHDRAWN, S.NOT_SELECTED, S.CANCELLED_BY_HOST})

#: The applicant is told by e-mail; the other steps are their own, or follow at once.
TOLD_STATES = frozenset(
    {
        S.INELIGIBLE,
        S.IN_DRAW,
        S.OFFERED,
        S.CONFIRMED,
        S.OFFER_LAPSED,
        S.WAITING_LIST,
        S.NOT_SELECTED,
        S.NO_DECISION,
        S.CANCELLED_BY_HOST,
    },
)
#: From their yes on, the host may know who it is: there is somebody to expect.
NAMED_STATES = PLACE_HOLDING_STATES - {S.OFFERED}
#: What an offer passes through on its way down the list. A host that saw it move could lay that beside the public order
#: of the draw, which says the group of each entry, and know the group of a person. It sees “in the draw” for all.
UNTOLD_STATES = frozenset({S.WAITING_LIST, S.OFFERED, S.DECLINED, S.OFFER_LAPSED})

_LEAVE = frozenset({S.WITHDRAWN, S.CANCELLED_BY_HOST})

#: Every transition. What is not here is refused, whoever asks. No way leads past the draw to an offer.
TRANSITIONS: dict[ApplicationState, frozenset[ApplicationState]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.WITHDRAWN}),
    S.SUBMITTED: frozenset({S.ELIGIBLE, S.INELIGIBLE}) | _LEAVE,
    S.ELIGIBLE: frozenset({S.IN_DRAW, S.UNDER_REVIEW, S.NO_DECISION}) | _LEAVE,
    S.UNDER_REVIEW: frozenset({S.IN_DRAW, S.NOT_SELECTED, S.NO_DECISION}) | _LEAVE,
    S.IN_DRAW: frozenset({S.OFFERED, S.WAITING_LIST, S.NO_DECISION}) | _LEAVE,
    S.WAITING_LIST: frozenset({S.OFFERED, S.NOT_SELECTED, S.NO_DECISION}) | _LEAVE,
    S.OFFERED: frozenset({S.ACCEPTED, S.DECLINED, S.OFFER_LAPSED}) | _LEAVE,
    S.ACCEPTED: frozenset({S.CONFIRMED}) | _LEAVE,
    S.CONFIRMED: frozenset({S.ATTENDED, S.NOT_ATTENDED}) | _LEAVE,
    **{state: frozenset() for state in FINAL_STATES},
}


class WithdrawalReason(models.TextChoices):
    """Why an applicant left."""

    DATES = "dates", "The dates do not suit me any more"
    OTHER_PLACE = "other_place", "I have a place somewhere else"
    TRAVEL = "travel", "I cannot get there"
    COST = "cost", "It would cost too much"
    PERSONAL = "personal", "A personal reason"
    OTHER = "other", "Another reason"


class RejectionReason(models.TextChoices):
    """Why a host could not offer a place. The applicant sees it."""

    AGE = "age", "Outside the age range"
    REQUIREMENT = "requirement", "A stated requirement is not met"
    NOT_LOCAL = "not_local", "Lives outside the area the host serves"
    DUPLICATE = "duplicate", "The same person applied twice"
    INCOMPLETE = "incomplete", "Needed information was not given"
    BELOW_LINE = "below_line", "The review placed it below the line for the draw"
    PLACES_GONE = "places_gone", "The places went to others in the draw"


class CancellationReason(models.TextChoices):
    """Why a host takes back a listing or a place. The applicant sees it."""

    STAFF = "staff", "The people who would look after you are not there"
    SITE = "site", "The ward or site is closed to visitors"
    CHECKS = "checks", "A check that the law asks for could not be completed"
    FEW = "few", "Too few people for it to take place"
    TIME = "time", "The host did not decide in time"
    OTHER_HOST = "other_host", "Another reason of the host"


class DbsOutcome(models.TextChoices):
    """What was found about criminal record checks of the people a young person will be with."""

    NOT_NEEDED = "not_needed", "Not needed: nobody is alone with them or does it regularly"
    SEEN = "seen", "Needed, and seen"


class MoreLikely(models.TextChoices):
    """Whether taking part changed what somebody wants to do."""

    MORE = "more", "More likely to apply for such work"
    SAME = "same", "As likely as before"
    LESS = "less", "Less likely"
    NOT_SURE = "not_sure", "Not sure"
