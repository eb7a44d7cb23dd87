"""The release calendar: confirm, change with a public reason, cancel, mark as published."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from portal.core.actions import record_event
from portal.publications.actions.common import require
from portal.publications.enums import CALENDAR_TRANSITIONS, CalendarStatus, ReleaseState
from portal.publications.errors import CalendarError
from portal.publications.models import CalendarChange, CalendarEntry, ReleaseVersion
from portal.publications.models.calendar import LONDON

if TYPE_CHECKING:
    from portal.users.models import User

USUAL_TIME = dt.time(9, 30)


def _locked(entry: CalendarEntry) -> CalendarEntry:
    return CalendarEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)


def _move(entry: CalendarEntry, status: CalendarStatus) -> None:
    if status not in CALENDAR_TRANSITIONS[CalendarStatus(entry.status)]:
        raise CalendarError(
            f"{entry} is {entry.get_status_display().lower()}: it cannot become {status.label.lower()}."
        )
    entry.status = status


@transaction.atomic
def announce_entry(*, by: User, entry: CalendarEntry) -> CalendarEntry:
    """Put a release to come into the calendar, known by its month."""
    require(by, "manage_calendar", "change the release calendar")
    entry.save()
    record_event(by=by, action="announce_calendar_entry", obj=entry, detail={"date": str(entry.date)})
    return entry


@transaction.atomic
def confirm_entry(*, by: User, entry: CalendarEntry, date: dt.date, time: dt.time = USUAL_TIME) -> CalendarEntry:
    """Make a provisional date firm."""
    require(by, "manage_calendar", "change the release calendar")
    row = _locked(entry)
    _move(row, CalendarStatus.CONFIRMED)
    _refuse_beside_schedule(row, dt.datetime.combine(date, time, tzinfo=LONDON))
    row.date, row.time = date, time
    row.save()
    record_event(by=by, action="confirm_calendar_entry", obj=row, detail={"date": str(date), "time": str(time)})
    return row


@transaction.atomic
def change_date(
    *, by: User, entry: CalendarEntry, date: dt.date, time: dt.time = USUAL_TIME, reason: str = ""
) -> CalendarEntry:
    """Move a date. A confirmed one moves only with a public reason, which is kept with the old date."""
    require(by, "manage_calendar", "change the release calendar")
    row = _locked(entry)
    if row.status not in {CalendarStatus.PROVISIONAL, CalendarStatus.CONFIRMED}:
        raise CalendarError(f"{row} is {row.get_status_display().lower()}: its date is history.")
    _refuse_beside_schedule(row, dt.datetime.combine(date, time, tzinfo=LONDON))
    confirmed = row.status == CalendarStatus.CONFIRMED
    if confirmed and (date, time) == (row.date, row.time):
        raise CalendarError("The date and time are the same as before.")
    if confirmed and not reason.strip():
        raise CalendarError("A confirmed date changes only with a reason, which is public.")
    if confirmed:
        CalendarChange.objects.create(entry=row, by=by, previous_date=row.date, previous_time=row.time, reason=reason)
    row.date = date
    row.time = time if confirmed else row.time
    row.save()
    record_event(by=by, action="change_calendar_date", obj=row, reason=reason, detail={"date": str(date)})
    return row


@transaction.atomic
def cancel_entry(*, by: User, entry: CalendarEntry, notice: str) -> CalendarEntry:
    """Cancel what was announced; the notice says why and stays."""
    require(by, "manage_calendar", "change the release calendar")
    if not notice.strip():
        raise CalendarError("Say why the release is cancelled: the notice is public.")
    row = _locked(entry)
    _move(row, CalendarStatus.CANCELLED)
    _refuse_beside_schedule(row)
    row.notice = notice
    row.save()
    record_event(by=by, action="cancel_calendar_entry", obj=row, reason=notice)
    return row


def _refuse_beside_schedule(entry: CalendarEntry, moment: dt.datetime | None = None) -> None:
    """Refuse to announce anything but the moment at which a release is scheduled to come out by itself."""
    scheduled = ReleaseVersion.objects.filter(
        series=entry.series_id, period=entry.period, state=ReleaseState.SCHEDULED
    ).with_everything()
    for version in scheduled.exclude(scheduled_for=moment):
        raise CalendarError(f"{version} is scheduled: take it off the schedule first.")


def refuse_other_moment(version: ReleaseVersion, at: dt.datetime, *, exactly: bool) -> None:
    """Refuse to publish at another moment than the confirmed one; ``exactly``: not later on that day either."""
    entry = CalendarEntry.objects.filter(
        series=version.series_id, period=version.period, status=CalendarStatus.CONFIRMED
    ).first()
    if entry is None:
        return
    announced = dt.datetime.combine(entry.date, entry.time or USUAL_TIME, tzinfo=LONDON)
    local = at.astimezone(LONDON)
    is_that_day = local.date() == entry.date and local >= announced
    if local != announced if exactly else not is_that_day:
        raise CalendarError(
            f"The calendar announces {version.release} for {announced:%-d %B %Y, %H:%M}, confirmed. Choose that moment, "
            "or change the date in the calendar first, with its public reason."
        )


def record_publication(*, version: ReleaseVersion, at: dt.datetime) -> CalendarEntry:
    """Mark the entry of a release as published, in the transaction that publishes it."""
    entry = (
        CalendarEntry.objects.select_for_update(of=("self",))
        .filter(series=version.series, period=version.period)
        .exclude(status=CalendarStatus.CANCELLED)
        .first()
    )
    if entry is None:
        entry = CalendarEntry(series=version.series, period=version.period, title=version.release.title)
    elif entry.status == CalendarStatus.PUBLISHED:
        return entry  # a correction: the calendar keeps the day of the first version
    else:
        _move(entry, CalendarStatus.PUBLISHED)
    local = at.astimezone(LONDON)
    entry.status, entry.date, entry.time = CalendarStatus.PUBLISHED, local.date(), local.time().replace(microsecond=0)
    entry.release, entry.title = version.release, version.release.title
    entry.save()
    return entry
