"""Caches in front of the portal: how long they may keep a page, and what a publication makes them drop.

Browsers always ask again (``no-cache`` with an ETag). A cache that the operator runs may answer for the
portal for a few seconds, never beyond the next announced moment of publication, and is told to drop
exactly the pages that changed when something comes out without notice.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from wagtail.contrib.frontend_cache.utils import PurgeBatch

from portal.publications.enums import CalendarStatus
from portal.publications.models import CalendarEntry
from portal.publications.models.calendar import LONDON

if TYPE_CHECKING:
    from django.http import HttpResponse

    from portal.publications.models import ReleaseVersion

READ_EVERY = 5


@lru_cache(maxsize=2)
def _announced(moments: int) -> tuple[dt.datetime, ...]:
    """Return the announced moments to come. Read anew every few seconds: ``moments`` counts them."""
    today = dt.datetime.fromtimestamp(moments * READ_EVERY, LONDON).date()
    entries = CalendarEntry.objects.filter(
        status=CalendarStatus.CONFIRMED, date__gte=today, time__isnull=False
    ).order_by("date", "time")[:20]
    return tuple(dt.datetime.combine(entry.date, entry.time, tzinfo=LONDON) for entry in entries if entry.time)


def seconds_to_keep(now: dt.datetime | None = None) -> int:
    """Return for how long a cache of the operator may answer: the setting, cut at the next announced moment."""
    most: int = settings.FRONTEND_CACHE_SECONDS
    if not most:
        return 0
    moment = now or timezone.now()
    due = next((due for due in _announced(int(moment.timestamp()) // READ_EVERY) if due > moment), None)
    return most if due is None else min(most, int((due - moment).total_seconds()))


def allow(response: HttpResponse) -> None:
    """Say to caches of the operator, and to no other, for how long they may keep the page."""
    seconds = seconds_to_keep()
    if seconds:
        response["X-Accel-Expires"] = str(seconds)  # nginx, which keeps this header to itself
        response["Surrogate-Control"] = f"max-age={seconds}"  # CDNs, likewise


def purge(version: ReleaseVersion) -> set[str]:
    """Tell the caches in front to drop what a publication changed; return the addresses."""
    series, dataset = version.series.slug, version.dataset_version.dataset.slug
    paths = [
        "/",
        "/publications/",
        "/publications/calendar/",
        f"/publications/{series}/",
        f"/publications/{series}/releases/",
        version.get_absolute_url(),
        *(f"{version.get_absolute_url()}versions/{number}/" for number in range(1, version.number + 1)),
        "/datasets/",
        f"/datasets/{dataset}/",
        "/catalog.jsonld",
        "/catalog.ttl",
        "/sitemap.xml",
        *(f"/feeds/{name}.atom" for name in ("releases", "corrections", "revisions")),
    ]
    perspectives = version.dataset_version.meta.by_id.get("perspective")
    paths += [
        f"{version.get_absolute_url()}?perspective={code}" for code in (perspectives.labels if perspectives else [])
    ]
    batch = PurgeBatch([f"{settings.BASE_URL}{path}" for path in paths])
    batch.purge()
    return batch.urls
