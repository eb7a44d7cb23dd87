"""States of a release version and of a calendar entry, and every move between them, in one place."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReleaseState(models.TextChoices):
    """Where a version of a release stands on its way to the public."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    SCHEDULED = "scheduled", "Scheduled"
    PUBLISHED = "published", "Published"
    SUPERSEDED = "superseded", "Superseded"
    WITHDRAWN = "withdrawn", "Withdrawn"
    CANCELLED = "cancelled", "Cancelled"


S = ReleaseState
TRANSITIONS: dict[ReleaseState, frozenset[ReleaseState]] = {
    S.DRAFT: frozenset({S.IN_REVIEW, S.CANCELLED}),
    S.IN_REVIEW: frozenset({S.DRAFT, S.APPROVED, S.CANCELLED}),
    S.APPROVED: frozenset({S.DRAFT, S.SCHEDULED, S.PUBLISHED}),
    S.SCHEDULED: frozenset({S.APPROVED, S.PUBLISHED}),
    S.PUBLISHED: frozenset({S.SUPERSEDED, S.WITHDRAWN}),
    S.SUPERSEDED: frozenset({S.WITHDRAWN}),
    S.WITHDRAWN: frozenset(),
    S.CANCELLED: frozenset(),
}

# At most one version of a release is open at a time.
OPEN_STATES = frozenset({S.DRAFT, S.IN_REVIEW, S.APPROVED, S.SCHEDULED})
# Page and data may not be edited in these: what was reviewed is what is published.
LOCKED_STATES = frozenset({S.IN_REVIEW, S.APPROVED, S.SCHEDULED})
# These have been public and never change again.
PUBLIC_STATES = frozenset({S.PUBLISHED, S.SUPERSEDED, S.WITHDRAWN})


class VersionReason(models.TextChoices):
    """Why a release has a new version."""

    FIRST = "first", "First publication"
    CORRECTION = "correction", "Correction"
    REVISION = "revision", "Scheduled revision"


class CalendarStatus(models.TextChoices):
    """How firm a date in the release calendar is."""

    PROVISIONAL = "provisional", "Provisional"
    CONFIRMED = "confirmed", "Confirmed"
    PUBLISHED = "published", "Published"
    CANCELLED = "cancelled", "Cancelled"


C = CalendarStatus
CALENDAR_TRANSITIONS: dict[CalendarStatus, frozenset[CalendarStatus]] = {
    C.PROVISIONAL: frozenset({C.CONFIRMED, C.PUBLISHED, C.CANCELLED}),
    C.CONFIRMED: frozenset({C.PUBLISHED, C.CANCELLED}),
    C.PUBLISHED: frozenset(),
    C.CANCELLED: frozenset(),
}


class DeliveryState(models.TextChoices):
    """Where a webhook message stands."""

    QUEUED = "queued", "Queued"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class EarlyKind(models.TextChoices):
    """Who looks before the public does."""

    PRE_RELEASE = "pre_release", "Pre-release access"
    FRONT_END = "front_end", "Draft preview of another front end"


class BundleState(models.TextChoices):
    """Where a bundle of releases stands."""

    OPEN = "open", "Being put together"
    SCHEDULED = "scheduled", "Scheduled"
    PUBLISHED = "published", "Published"
    CANCELLED = "cancelled", "Cancelled"


B = BundleState
BUNDLE_TRANSITIONS: dict[BundleState, frozenset[BundleState]] = {
    B.OPEN: frozenset({B.SCHEDULED, B.PUBLISHED, B.CANCELLED}),
    B.SCHEDULED: frozenset({B.OPEN, B.PUBLISHED}),
    B.PUBLISHED: frozenset(),
    B.CANCELLED: frozenset(),
}
# A version in one of these bundles comes out with the others, never by itself.
HOLDING_STATES = frozenset({B.OPEN, B.SCHEDULED})


class Topic(models.TextChoices):
    """What a subscription follows."""

    EVERYTHING = "everything", _("Every release")
    SERIES = "series", _("A publication")
    DATASET = "dataset", _("A dataset")
    ROLE = "role", _("A role")


class Severity(models.TextChoices):
    """What a finding of the checklist means for approval."""

    BLOCKS = "blocks", "Blocks publication"
    WARNS = "warns", "Warning"
