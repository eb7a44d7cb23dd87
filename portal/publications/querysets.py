"""The vocabulary for reading releases. What is not public is in none of the public ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models

from portal.publications.enums import HOLDING_STATES, OPEN_STATES, PUBLIC_STATES, CalendarStatus, ReleaseState

# What stands around the figures; the long text and the figures are drawn once and kept.
AROUND = (
    *("number", "period", "state", "reason", "notice", "digest"),
    *("published_at", "superseded_at", "withdrawn_at", "withdrawn_reason"),
    *(f"release__{name}" for name in ("slug", "title")),
    *(
        f"series__{name}"
        for name in ("slug", "title", "statistics_status", "quality_summary", "contact_name", "contact_email")
    ),
    *(f"dataset_version__{name}" for name in ("major", "minor", "patch", "state")),
    *(f"dataset_version__dataset__{name}" for name in ("slug", "title")),
)


class ReleaseVersionQuerySet(models.QuerySet[Any]):
    """Reads release versions."""

    def open(self) -> ReleaseVersionQuerySet:
        """Return versions on their way."""
        return self.filter(state__in=OPEN_STATES)

    def public(self) -> ReleaseVersionQuerySet:
        """Return versions that are or were public: current, superseded, withdrawn."""
        return self.filter(state__in=PUBLIC_STATES)

    def current(self) -> ReleaseVersionQuerySet:
        """Return the version of each release that readers see."""
        return self.filter(state=ReleaseState.PUBLISHED)

    def with_everything(self) -> ReleaseVersionQuerySet:
        """Bring release, series and data along in the same query."""
        return self.select_related("release", "series", "dataset_version__dataset")

    def for_showing(self) -> ReleaseVersionQuerySet:
        """Bring what stands around the figures, and no more."""
        return self.with_everything().only(*AROUND)

    def newest_first(self) -> ReleaseVersionQuerySet:
        """Order by period, newest first, and by version."""
        return self.order_by("-period", "-number")

    def due(self, moment: dt.datetime) -> ReleaseVersionQuerySet:
        """Return scheduled versions whose time has come; one that failed waits for a person."""
        return self.filter(state=ReleaseState.SCHEDULED, scheduled_for__lte=moment, publish_failure="")

    def unbundled(self) -> ReleaseVersionQuerySet:
        """Return versions that come out by themselves."""
        return self.exclude(bundle_item__bundle__state__in=HOLDING_STATES)


class CalendarQuerySet(models.QuerySet[Any]):
    """Reads the release calendar."""

    def upcoming(self) -> CalendarQuerySet:
        """Return entries that are still to come, soonest first."""
        states = [CalendarStatus.PROVISIONAL, CalendarStatus.CONFIRMED]
        return self.filter(status__in=states).order_by("date", "title")

    def past(self) -> CalendarQuerySet:
        """Return what was published or cancelled, latest first."""
        return self.filter(status__in=[CalendarStatus.PUBLISHED, CalendarStatus.CANCELLED]).order_by("-date", "title")
