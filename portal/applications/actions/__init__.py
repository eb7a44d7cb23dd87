"""What can be done to applications and draws. Every step is in the state table and in the log."""

from portal.applications.actions.applying import (
    GUARDIAN_CONSENT_BELOW,
    NOT_OPEN,
    OPEN_APPLICATIONS_LIMIT,
    distance_band,
    start_application,
    submit_application,
    while_open,
    withdraw_application,
)
from portal.applications.actions.drawing import close_round, fix_entries, public_record, publish_missing_draws, run_draw
from portal.applications.actions.finishing import (
    cancel_listing,
    finish_due,
    finish_round,
    forget_what_is_left,
    give_up_overdue,
)
from portal.applications.actions.listing import approve_listing, return_listing, submit_listing
from portal.applications.actions.offering import (
    Checks,
    cancel_place,
    confirm_place,
    lapse_offers,
    offer_places,
    record_attendance,
    reply_to_offer,
)
from portal.applications.actions.reviewing import finish_review, mean_score, save_review, turn_down
from portal.applications.actions.speaking import answer_equality_questions, give_feedback, raise_concern, settle_concern
from portal.applications.actions.steps import RefusedError, reject, transition

__all__ = [
    "GUARDIAN_CONSENT_BELOW",
    "NOT_OPEN",
    "OPEN_APPLICATIONS_LIMIT",
    "Checks",
    "RefusedError",
    "answer_equality_questions",
    "approve_listing",
    "cancel_listing",
    "cancel_place",
    "close_round",
    "confirm_place",
    "distance_band",
    "finish_due",
    "finish_review",
    "finish_round",
    "fix_entries",
    "forget_what_is_left",
    "give_feedback",
    "give_up_overdue",
    "lapse_offers",
    "mean_score",
    "offer_places",
    "public_record",
    "publish_missing_draws",
    "raise_concern",
    "record_attendance",
    "reject",
    "reply_to_offer",
    "return_listing",
    "run_draw",
    "save_review",
    "settle_concern",
    "start_application",
    "submit_application",
    "submit_listing",
    "transition",
    "turn_down",
    "while_open",
    "withdraw_application",
]
