"""Whole public pages for readers who are not signed in: answered before Django is asked, dropped by what changes them.

A page is kept by address, perspective, language and day, together with a *generation*: that of its series for the
pages of releases, that of the site for every other page. Publication closes both before it commits (nothing is
read from the cache or put into it) and opens them with new generations after. So no reader who has seen a new
file is shown an old page, whichever of them asks first, and a page drawn from the old rows is never kept. Every
answer asks the shared cache for the generations; the bytes themselves stay in the memory of the process.

The generation of the site ends with every write to a table that public pages are drawn from, by whatever way it is
written: nothing that an editor can change has to be listed here.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.core.cache import cache
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_cache_control
from redis.exceptions import RedisError
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

from portal.core.cache import run_of_server
from portal.core.generation import Closing
from portal.core.grants import is_public, models_of
from portal.core.writes import Watch
from portal.datasets.generation import published
from portal.publications import frontend_cache
from portal.publications.errors import PutOffError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

    from portal.publications.wsgi_cache import Asked

log = structlog.get_logger(__name__)
LIFETIME: Final = 60 * 60
ALL: Final = "pages:generation"
SITE: Final = "*"  # no series is called so
ASKED: Final = "portal.page_cache"
_owed: set[str] = set()


@dataclass(frozen=True)
class State:
    """What may be believed now: the generations of a series and of the site ("" while closed), and who is shut out."""

    series: str
    site: str
    shut: float | None


def _generation_key(scope: str) -> str:
    return f"{ALL}:{scope}"


def _closing(scope: str) -> Closing:
    """Return what counts the publications under way: of a series, or of any for the site."""
    return Closing(f"pages:closing:{scope}")


def state_of(series: str = "") -> State:
    """Return the state of the pages of a series, and of those that belong to none."""
    _pay()
    scopes = [series, SITE] if series else [SITE]
    words = [ALL, *(_generation_key(scope) for scope in scopes)]
    closings = [published.changing, *(_closing(scope).key for scope in scopes)]
    found = cache.get_many([*words, *closings, frontend_cache.shut_key(series)])
    is_open = all(found.get(closing, 0) <= 0 for closing in closings)
    for key in words:
        if key not in found:
            found[key] = secrets.token_hex(8)
            # Two processes may race for the first generation: the one that loses keeps nothing.
            is_open = cache.add(key, found[key], None) and is_open
    now = {scope: f"{run_of_server()}.{found[ALL]}.{found[_generation_key(scope)]}" for scope in scopes if is_open}
    shut = found.get(frontend_cache.shut_key(series))
    return State(now.get(series, ""), now.get(SITE, ""), shut[0] if shut else None)


def drop(scope: str) -> None:
    """Make every kept page of a series, or of the site, worthless."""
    _end(_generation_key(scope))


def drop_all(**_signal: Any) -> None:
    """Make every kept page worthless once the transaction ends: something that any of them may show has changed."""
    transaction.on_commit(lambda: _end(ALL))


def renew() -> None:
    """Believe nothing of pages and data that was kept before now: the database was written past the portal.

    Raises:
        RedisError: when the shared cache cannot hear it.
    """
    with transaction.atomic():
        published.change()
    _renew(ALL)


def _renew(key: str) -> None:
    cache.set(key, secrets.token_hex(8), None)


def _end(key: str) -> None:
    try:
        _renew(key)
    except RedisError as error:
        # What was written stands. This process says it as soon as the cache can hear it, before it answers from it.
        _owed.add(key)
        log.warning("kept_pages_not_dropped_yet", key=key, error=type(error).__name__)


def _pay() -> None:
    """Say what could not be said while the cache was away."""
    for key in tuple(_owed):
        _renew(key)
        _owed.discard(key)


def drop_site() -> None:
    """Make the kept pages that are no release's worthless."""
    drop(SITE)


@lru_cache(maxsize=1)
def tables_of_pages() -> frozenset[str]:
    """Return the tables that public pages are drawn from: those that the public process may read."""
    return frozenset(model._meta.db_table for model in models_of("default") if is_public(model))


def watch() -> None:
    """Drop kept pages when what they show changes."""
    # Of releases: when an editor publishes, moves or renames a page, or the calendar or a dataset changes.
    for signal in (page_published, page_unpublished, post_page_move, page_slug_changed):
        signal.connect(drop_all, dispatch_uid="release-pages")
    for model in ("publications.CalendarEntry", "datasets.Dataset", "datasets.DatasetVersion"):
        for change in (post_save, post_delete):
            change.connect(drop_all, sender=model, dispatch_uid=f"release-pages {model}")
    Watch("default", tables_of_pages, drop_site).begin()


@contextmanager
def closed(*series: str) -> Iterator[None]:
    """Keep the pages of series, and of the site, out of every cache until the current transaction has ended.

    Raises:
        PutOffError: when the shared cache is away, so that nothing can be closed: nothing may be published then.
    """
    scopes = (*series, SITE)
    try:
        frontend_cache.wait_until_shut(*series)
        for one in scopes:
            _closing(one).begin()
            # From here on nothing kept before is believed, even if this process dies before it opens again.
            _renew(_generation_key(one))
    except RedisError as error:
        message = (
            "Nothing was changed: the shared cache (REDIS_URL) does not answer, and readers might be shown kept pages "
            "beside new figures. Start it again; /readyz says when it is there. Then try again: a release that is due "
            "is tried again every half minute."
        )
        raise PutOffError(message) from error
    try:
        yield
    except BaseException:
        _open(scopes)
        raise
    # Inside a larger transaction the switch happens when that one commits.
    transaction.on_commit(lambda: _open(scopes))


def _open(scopes: tuple[str, ...]) -> None:
    for one in scopes:
        drop(one)
        try:
            if (_closing(one).end() or 0) <= 0:
                frontend_cache.open_again(one)
        except RedisError as error:  # it opens by itself when its time is over
            log.warning("pages_not_opened_yet", scope=one, error=type(error).__name__)


def finish(request: HttpRequest, response: HttpResponse, *, keep: bool) -> HttpResponse:
    """Add validators; offer the page of a release for keeping."""
    response["ETag"] = etag_of(response.content)
    asked: Asked | None = request.META.get(ASKED)
    if asked is not None:
        asked.keep = keep
    elif request.headers.get("If-None-Match") == response["ETag"]:
        response = HttpResponseNotModified(headers={"ETag": response["ETag"]})
    # Always asked again: at 09:30 no browser and no stranger's cache may hold yesterday's page for a minute longer.
    patch_cache_control(response, public=True, no_cache=True)
    return response


def etag_of(body: bytes) -> str:
    """Return the validator of a page: weak, since it is the same for its compressed form."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
