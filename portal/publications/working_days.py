"""Working days of England, for the day before a release."""

from __future__ import annotations

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

from dateutil.easter import easter

LONDON = ZoneInfo("Europe/London")
SATURDAY = 5


def _monday(day: dt.date) -> dt.date:
    """Return the Monday on or after a day."""
    return day + dt.timedelta(days=-day.weekday() % 7)


@cache
def bank_holidays(year: int) -> frozenset[dt.date]:
    """Return the regular bank holidays of a year; one that is proclaimed once is not known here."""
    sunday, day = easter(year), dt.timedelta(days=1)
    christmas = dt.date(year, 12, 25)
    # Each of the two days of Christmas that falls on a weekend has its substitute right after.
    after_christmas = [christmas + day * n for n in range(5) if (christmas + day * n).weekday() < SATURDAY][:2]
    new_year = dt.date(year, 1, 1)
    substitute = new_year if new_year.weekday() < SATURDAY else _monday(new_year)
    return frozenset(
        {
            substitute,
            sunday - 2 * day,
            sunday + day,
            _monday(dt.date(year, 5, 1)),
            _monday(dt.date(year, 5, 25)),
            _monday(dt.date(year, 8, 25)),
            *after_christmas,
        }
    )


def is_working_day(day: dt.date) -> bool:
    """Whether people are at work."""
    return day.weekday() < SATURDAY and day not in bank_holidays(day.year)


def window_before(moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Return the window of pre-release access: from the same time on the working day before, to the moment."""
    local = moment.astimezone(LONDON)
    day = local.date() - dt.timedelta(days=1)
    while not is_working_day(day):
        day -= dt.timedelta(days=1)
    # The wall clock decides: 09:30 the day before is 09:30 also where the clocks change at night.
    return dt.datetime.combine(day, local.time(), tzinfo=LONDON), moment
