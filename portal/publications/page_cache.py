"""Whole pages for readers who are not signed in, kept in the cache and dropped exactly on publication.

A page is kept by address, perspective and language, together with the generation of its series.
Publication closes the series before it commits (nothing is read from the cache or put into it) and
opens it with a new generation after. So no reader who has seen a new file is shown an old page,
whichever of them asks first, and a page drawn from the old rows is never kept.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import get_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse

CLOSED = "closed"
LIFETIME = 60 * 60
# A process that dies while it publishes must not leave a series uncached for long.
CLOSED_FOR = 120


def _generation_key(series: str) -> str:
    return f"release-pages:generation:{series}"


@lru_cache(maxsize=1)
def _looks() -> str:
    """Return a digest of templates and styles: a page drawn before an upgrade is not shown after it."""
    base = Path(settings.BASE_DIR)
    files = [base / "templates" / "base.html", *(base / "templates" / "includes").rglob("*.html")]
    files += [*(base / "templates" / "publications").glob("*.html"), *(base / "static" / "src").glob("*.*")]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def page_key(series: str, address: str, perspective: str) -> str:
    """Return the key of a page."""
    digest = hashlib.sha256(f"{address}\n{perspective}\n{get_language()}\n{_looks()}".encode()).hexdigest()
    return f"release-pages:page:{series}:{digest}"


def is_cacheable(request: HttpRequest) -> bool:
    """Whether the request is a plain reader's: no session, nothing but a perspective asked for."""
    return (
        request.method in {"GET", "HEAD"}
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and set(request.GET) <= {"perspective"}
        and not (getattr(request, "is_preview", False) or getattr(request, "is_rehearsal", False))
    )


def look_up(series: str, key: str) -> tuple[Any | None, str]:
    """Return the kept page, if it is of the present generation, and that generation."""
    found = cache.get_many([_generation_key(series), key])
    generation = found.get(_generation_key(series), "")
    kept = found.get(key)
    if kept is not None and generation and kept[0] == generation and generation != CLOSED:
        return kept[1], generation
    return None, generation


def keep(series: str, key: str, generation: str, response: HttpResponse) -> None:
    """Keep a page drawn under ``generation``, unless a publication has begun since."""
    if generation == CLOSED:
        return
    if not generation:
        generation = secrets.token_hex(8)
        # Two processes may race for the first generation: the one that loses keeps nothing.
        if not cache.add(_generation_key(series), generation, None):
            return
    cache.set(key, (generation, response.content), LIFETIME)


def drop(series: str) -> None:
    """Make every kept page of a series worthless."""
    cache.set(_generation_key(series), secrets.token_hex(8), None)


@contextmanager
def closed(series: str) -> Iterator[None]:
    """Keep the pages of a series out of the cache until the current transaction has ended."""
    cache.set(_generation_key(series), CLOSED, CLOSED_FOR)
    try:
        yield
    except BaseException:
        drop(series)
        raise
    # Inside a larger transaction the switch happens when that one commits.
    transaction.on_commit(lambda: drop(series))
