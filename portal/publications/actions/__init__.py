"""Everything that changes a release, from the run's draft to publication, correction and withdrawal."""

from portal.publications.actions.bundles import (
    add_to_bundle,
    cancel_bundle,
    make_bundle,
    publish_bundle,
    remove_from_bundle,
    schedule_bundle,
    unschedule_bundle,
)
from portal.publications.actions.calendar import (
    announce_entry,
    cancel_entry,
    change_date,
    confirm_entry,
    record_publication,
)
from portal.publications.actions.drafting import add_planned_figures, draft_release, lacking_figures
from portal.publications.actions.early import grant_pre_release, look_early, make_preview_token, revoke_early_access
from portal.publications.actions.publishing import publish_due, publish_release, withdraw_release
from portal.publications.actions.subscriptions import confirm_subscription, subscribe, unsubscribe
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
    write_notice,
)

__all__ = [
    "accept_text",
    "add_planned_figures",
    "add_to_bundle",
    "announce_entry",
    "approve_release",
    "cancel_bundle",
    "cancel_entry",
    "cancel_version",
    "change_date",
    "confirm_entry",
    "confirm_subscription",
    "draft_release",
    "editors_of",
    "grant_pre_release",
    "lacking_figures",
    "look_early",
    "make_bundle",
    "make_preview_token",
    "publish_bundle",
    "publish_due",
    "publish_release",
    "record_publication",
    "remove_from_bundle",
    "return_release",
    "revoke_early_access",
    "schedule_bundle",
    "schedule_release",
    "start_correction",
    "submit_release",
    "subscribe",
    "unschedule_bundle",
    "unschedule_release",
    "unsubscribe",
    "withdraw_release",
    "write_notice",
]
