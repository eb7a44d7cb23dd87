"""Everything that changes a release, from the run's draft to publication, correction and withdrawal."""

from portal.publications.actions.calendar import cancel_entry, change_date, confirm_entry, record_publication
from portal.publications.actions.drafting import draft_release
from portal.publications.actions.publishing import publish_due, publish_release, withdraw_release
from portal.publications.actions.workflow import (
    accept_text,
    approve_release,
    cancel_version,
    editors_of,
    return_release,
    schedule_release,
    start_correction,
    submit_release,
    unschedule_release,
)

__all__ = [
    "accept_text",
    "approve_release",
    "cancel_entry",
    "cancel_version",
    "change_date",
    "confirm_entry",
    "draft_release",
    "editors_of",
    "publish_due",
    "publish_release",
    "record_publication",
    "return_release",
    "schedule_release",
    "start_correction",
    "submit_release",
    "unschedule_release",
    "withdraw_release",
]
