"""What the demo's release calendar announces, so that readers see what is coming and how a date changed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.utils import timezone

from portal.publications.actions.calendar import change_date, confirm_entry
from portal.publications.enums import CalendarStatus
from portal.publications.models import CalendarEntry, PublicationSeriesPage, ReleaseVersion
from portal.publications.working_days import is_working_day

if TYPE_CHECKING:
    from portal.users.models import User

HALF_YEAR = 6
SOON = dt.timedelta(weeks=5)
REASON = "The returns of three large providers came late; a week more lets us check them with everybody else’s."


def announce_next(*, by: User) -> int:
    """Announce the next release of each publication that has one; return how many entries are new.

    The first is confirmed, after one change of its date with its public reason; the others are known by their month.
    """
    made = 0
    for series in PublicationSeriesPage.objects.live().order_by("path"):
        last = ReleaseVersion.objects.current().filter(series=series).order_by("-period").first()
        if last is None or CalendarEntry.objects.upcoming().filter(series=series).exists():
            continue
        period = _next_period(last.period)
        label = dt.date.fromisoformat(f"{period}-01")
        entry = CalendarEntry.objects.create(
            series=series,
            title=f"{series.title}, {label:%B %Y}",
            period=period,
            status=CalendarStatus.PROVISIONAL,
            date=_working_day(timezone.localdate() + SOON * (made + 1)),
        )
        if not made:
            entry = confirm_entry(by=by, entry=entry, date=entry.date)
            change_date(by=by, entry=entry, date=_working_day(entry.date + dt.timedelta(days=7)), reason=REASON)
        made += 1
    return made


def _next_period(period: str) -> str:
    year, month = (int(part) for part in period.split("-")[:2])
    months = 12 * year + month - 1 + HALF_YEAR
    return f"{months // 12}-{months % 12 + 1:02d}"


def _working_day(day: dt.date) -> dt.date:
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    return day
