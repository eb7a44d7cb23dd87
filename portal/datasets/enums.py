"""States of a dataset version and every move between them, in one table."""

from __future__ import annotations

from django.db import models


class VersionState(models.TextChoices):
    """Where a dataset version stands on its way to the public."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    SCHEDULED = "scheduled", "Scheduled"
    PUBLISHED = "published", "Published"
    SUPERSEDED = "superseded", "Superseded"
    WITHDRAWN = "withdrawn", "Withdrawn"


S = VersionState
TRANSITIONS: dict[VersionState, frozenset[VersionState]] = {
    S.DRAFT: frozenset({S.IN_REVIEW}),
    S.IN_REVIEW: frozenset({S.DRAFT, S.APPROVED}),
    S.APPROVED: frozenset({S.DRAFT, S.SCHEDULED, S.PUBLISHED}),
    S.SCHEDULED: frozenset({S.APPROVED, S.PUBLISHED}),
    S.PUBLISHED: frozenset({S.SUPERSEDED, S.WITHDRAWN}),
    # A superseded version is current again when the version that took its place is withdrawn.
    S.SUPERSEDED: frozenset({S.PUBLISHED, S.WITHDRAWN}),
    S.WITHDRAWN: frozenset(),
}

# The data of these is served to anyone.
SERVED_STATES = frozenset({S.PUBLISHED, S.SUPERSEDED})
# These have a public page; of a withdrawn version only the page and the reason are left.
PUBLIC_STATES = SERVED_STATES | {S.WITHDRAWN}
# These may still be changed or thrown away.
OPEN_STATES = frozenset({S.DRAFT, S.IN_REVIEW, S.APPROVED, S.SCHEDULED})


class VersionKind(models.TextChoices):
    """What a version is for. A revision improves; a correction mends a mistake; never mixed."""

    NEW_PERIOD = "new_period", "New period"
    REVISION = "revision", "Scheduled revision"
    CORRECTION = "correction", "Correction"
    METADATA = "metadata", "Metadata only"


class ChangeLevel(models.IntegerChoices):
    """How much of the version number a change moves. Ordered, so that the largest wins."""

    PATCH = 1, "patch"
    MINOR = 2, "minor"
    MAJOR = 3, "major"


class UpdateFrequency(models.TextChoices):
    """How often a dataset is renewed, in the words of the EU frequency list that DCAT uses."""

    MONTHLY = "MONTHLY", "Every month"
    QUARTERLY = "QUARTERLY", "Every quarter"
    BIANNUAL = "ANNUAL_2", "Twice a year"
    ANNUAL = "ANNUAL", "Every year"
    IRREGULAR = "IRREG", "No fixed times"


SHORTHAND: dict[str, str] = {
    "c": "protected: the figure would say too much about a few people",
    "x": "not available",
    "z": "not applicable",
    "low": "rounds to zero but is not zero",
    "u": "low reliability",
    "e": "estimated",
    "b": "break in the series",
    "p": "provisional",
    "r": "revised",
}
