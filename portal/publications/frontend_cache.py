"""Caches in front of the portal: how long they may keep a page, and what a publication makes them drop.

Browsers always ask again (``no-cache`` with an ETag). A cache that the operator runs may answer for the
portal for a few seconds, and never beyond a moment of publication: from that moment on the pages of the
series are *shut*, which is written down ahead (so that no copy lives longer), and a publication that
nobody wrote down ahead waits until the last copy has lapsed. So the switch is whole behind any cache,
without trusting it to obey; purging only makes other pages fresh sooner.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.core.cache import cache
from wagtail.contrib.frontend_cache.utils import PurgeBatch

if TYPE_CHECKING:
    import datetime as dt

    from portal.publications.models import ReleaseVersion

log = structlog.get_logger(__name__)
# Clocks of caches count whole seconds, and an answer may be on its way for a moment.
SLACK = 2
SHUT_FOR = 120


def shut_key(series: str) -> str:
    """Return the key under which it is written from when on no cache in front may hold pages of a series."""
    return f"release-pages:shut:{series}"


def shut_from(series: str, moment: dt.datetime) -> None:
    """Write down that no cache in front may hold a page of the series at ``moment`` or after."""
    _write(series, moment.timestamp())


def _write(series: str, moment: float) -> float:
    """Note the moment unless an earlier one is known; return when that was written."""
    now = time.time()
    known = cache.get(shut_key(series))
    if known is not None and known[0] <= moment:
        return float(known[1])
    cache.set(shut_key(series), (moment, now), max(0, moment - now) + SHUT_FOR)
    return now


def wait_until_shut(*series: str) -> None:
    """Return once no cache in front holds a page of these series: at once where it was written down in time."""
    if not settings.FRONTEND_CACHE_SECONDS:
        return
    written = [_write(one, time.time()) for one in series]
    left = max(written, default=0) + settings.FRONTEND_CACHE_SECONDS + SLACK - time.time()
    if left > 0:
        log.info("publication_waits_for_caches", seconds=round(left, 1))
        time.sleep(left)


def open_again(series: str) -> None:
    """Let caches in front keep pages of the series again."""
    cache.delete(shut_key(series))


def seconds_to_keep(shut: float | None, started: float) -> int:
    """Return for how long a cache of the operator may answer with a page that was asked for at ``started``."""
    most: int = settings.FRONTEND_CACHE_SECONDS
    return most if shut is None or not most else max(0, min(most, int(shut - started) - 1))


def headers(shut: float | None, started: float) -> list[tuple[str, str]]:
    """Say to caches of the operator, and to no other, for how long they may keep a page."""
    seconds = seconds_to_keep(shut, started)
    if not seconds:
        return []
    # nginx keeps the first to itself, CDNs the second: strangers’ caches read neither.
    return [("X-Accel-Expires", str(seconds)), ("Surrogate-Control", f"max-age={seconds}")]


def purge(version: ReleaseVersion) -> set[str]:
    """Tell the caches in front to drop what a publication changed; return the addresses."""
    series, dataset = version.series.slug, version.dataset_version.dataset.slug
    paths = [
        "/",
        "/publications/",
        "/publications/calendar/",
        f"/publications/{series}/",
        f"/publications/{series}/releases/",
        "/publications/releases.atom",
        f"/publications/{series}/releases.atom",
        version.get_absolute_url(),
        *(
            f"{version.get_absolute_url()}versions/{number}/{file}"
            for number in range(1, version.number + 1)
            for file in ("", "release.pdf")
        ),
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
