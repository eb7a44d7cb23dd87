"""The release calendar: what is coming, how firm, and every change of a confirmed date with its reason."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.publications.enums import CalendarStatus
from portal.publications.querysets import CalendarQuerySet

LONDON = ZoneInfo("Europe/London")


class CalendarEntry(models.Model):
    """One release to come, or that came."""

    series = models.ForeignKey(
        "publications.PublicationSeriesPage", null=True, blank=True, on_delete=models.CASCADE, related_name="calendar"
    )
    title = models.CharField(max_length=255)
    period = models.CharField(max_length=20, blank=True)
    status = models.CharField(
        max_length=12, choices=CalendarStatus.choices, default=CalendarStatus.PROVISIONAL, db_index=True
    )
    # A provisional entry is known by its month: the first of it. A confirmed one also has a time.
    date = models.DateField()
    time = models.TimeField(null=True, blank=True)
    release = models.ForeignKey(
        "publications.ReleasePage", null=True, blank=True, on_delete=models.SET_NULL, related_name="calendar"
    )
    notice = models.TextField(blank=True, help_text="Why it is cancelled.")
    updated_at = models.DateTimeField(auto_now=True)

    objects = CalendarQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["date", "title"]
        verbose_name_plural = "calendar entries"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~Q(status="confirmed") | Q(time__isnull=False), name="publications_calendar_confirmed_time"
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | ~Q(notice=""), name="publications_calendar_cancelled_notice"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def when(self) -> str:
        """Return the date as firmly as it is known."""
        if self.status == CalendarStatus.PROVISIONAL:
            return _("%(month)s (provisional)") % {"month": date_format(self.date, "F Y")}
        day = date_format(self.date, "j F Y")
        return f"{day}, {self.time:%H:%M}" if self.time else day


class CalendarChange(models.Model):
    """A change of a date that had been confirmed. Never changed itself."""

    entry = models.ForeignKey(CalendarEntry, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    previous_date = models.DateField()
    previous_time = models.TimeField(null=True, blank=True)
    reason = models.TextField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-at"]

    def __str__(self) -> str:
        return f"{self.entry}: was {self.previous_date}"
