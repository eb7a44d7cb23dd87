"""Whole release pages for readers who are not signed in: answered before Django is asked, dropped on publication.

A page is kept by address, perspective and language, together with the generation of its series. Publication
closes the series before it commits (nothing is read from the cache or put into it) and opens it with a
new generation after. So no reader who has seen a new file is shown an old page, whichever of them asks
first, and a page drawn from the old rows is never kept. Every answer asks the shared cache for the
generation; the bytes themselves stay in the memory of the process.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_cache_control
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

from portal.core.generation import Closing
from portal.publications import frontend_cache

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

    from portal.publications.wsgi_cache import Asked

LIFETIME = 60 * 60
ALL = "release-pages:generation"
ASKED = "portal.page_cache"


def _generation_key(series: str) -> str:
    return f"{ALL}:{series}"


def _closing(series: str) -> Closing:
    """Return what counts the publications of a series under way."""
    return Closing(f"release-pages:closing:{series}")


def state_of(series: str) -> tuple[str, float | None]:
    """Return the generation of the pages of a series ("" while nothing may be kept), and when caches in front end."""
    keys, closing = [ALL, _generation_key(series)], _closing(series).key
    found = cache.get_many([*keys, closing, frontend_cache.shut_key(series)])
    is_open = found.get(closing, 0) <= 0
    for key in keys:
        if key not in found:
            found[key] = secrets.token_hex(8)
            # Two processes may race for the first generation: the one that loses keeps nothing.
            is_open = cache.add(key, found[key], None) and is_open
    shut = found.get(frontend_cache.shut_key(series))
    return ".".join(found[key] for key in keys) if is_open else "", shut[0] if shut else None


def drop(series: str) -> None:
    """Make every kept page of a series worthless."""
    cache.set(_generation_key(series), secrets.token_hex(8), None)


def drop_all(**_signal: Any) -> None:
    """Make every kept page worthless once the transaction ends: something that any of them may show has changed."""
    transaction.on_commit(lambda: cache.set(ALL, secrets.token_hex(8), None))


def watch() -> None:
    """Drop kept pages when an editor publishes, moves or renames a page, or the calendar or a dataset changes."""
    for signal in (page_published, page_unpublished, post_page_move, page_slug_changed):
        signal.connect(drop_all, dispatch_uid="release-pages")
    for model in ("publications.CalendarEntry", "datasets.Dataset", "datasets.DatasetVersion"):
        for change in (post_save, post_delete):
            change.connect(drop_all, sender=model, dispatch_uid=f"release-pages {model}")


@contextmanager
def closed(*series: str) -> Iterator[None]:
    """Keep the pages of series out of every cache until the current transaction has ended."""
    frontend_cache.wait_until_shut(*series)
    for one in series:
        _closing(one).begin()
    try:
        yield
    except BaseException:
        _open(series)
        raise
    # Inside a larger transaction the switch happens when that one commits.
    transaction.on_commit(lambda: _open(series))


def _open(series: tuple[str, ...]) -> None:
    for one in series:
        drop(one)
        if (_closing(one).end() or 0) <= 0:
            frontend_cache.open_again(one)


def finish(request: HttpRequest, response: HttpResponse, *, keep: bool) -> HttpResponse:
    """Add validators; offer the page for keeping."""
    response["ETag"] = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    asked: Asked | None = request.META.get(ASKED)
    if asked is not None:
        asked.keep = keep
    elif request.headers.get("If-None-Match") == response["ETag"]:
        response = HttpResponseNotModified(headers={"ETag": response["ETag"]})
    # Always asked again: at 09:30 no browser and no stranger's cache may hold yesterday's page for a minute longer.
    patch_cache_control(response, public=True, no_cache=True)
    return response
