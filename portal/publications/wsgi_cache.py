"""The page cache as a layer of WSGI: a kept page is answered before Django makes a request of it."""

from __future__ import annotations

import gzip
import hashlib
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from portal.publications import frontend_cache
from portal.publications.fragments import looks
from portal.publications.page_cache import ASKED, LIFETIME, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Headers = list[tuple[str, str]]
    Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = structlog.get_logger(__name__)
PAGE: Final = re.compile(r"^/publications/(?P<series>[\w-]+)/[\w-]+/(?:versions/\d+/)?$")
KEPT_BY_A_PROCESS: Final = 128
# Who carries one of these is somebody: signed in, or waiting to be told something.
PERSONAL: Final = {settings.SESSION_COOKIE_NAME, "sessionid", "messages"}
LONGEST_PERSPECTIVE: Final = 20


@dataclass
class Asked:
    """A request that the cache may answer. ``keep`` is set by the view that drew the page."""

    series: str
    key: str
    generation: str
    shut: float | None
    started: float
    keep: bool = False


@dataclass(frozen=True)
class Kept:
    """A page as it was answered, plain and compressed."""

    generation: str
    until: float
    headers: Headers
    body: bytes
    packed: bytes


class PageCache:
    """Answers kept pages; hands every other request to the application, and keeps what it may."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.memory: OrderedDict[str, Kept] = OrderedDict()
        self.lock = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        asked = self._asked(environ)
        if asked is None:
            return self.application(environ, start_response)
        kept = self._find(asked)
        if kept is not None:
            return _send(environ, start_response, kept, asked)
        return self._ask(environ, start_response, asked)

    def _asked(self, environ: dict[str, Any]) -> Asked | None:
        """Return what is asked for, if it is a plain reader's request for a page of a release."""
        found = PAGE.match(environ.get("PATH_INFO", ""))
        if found is None or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return None
        query, language = environ.get("QUERY_STRING", ""), _language(environ.get("HTTP_COOKIE", ""))
        if language is None or (query and not _only_perspective(query)):
            return None
        parts = [environ["PATH_INFO"], query, language, environ.get("HTTP_HOST", ""), str(_is_secure(environ)), looks()]
        try:
            generation, shut = state_of(found["series"])
        except RedisError:
            log.warning("page_cache_out_of_reach", exc_info=True)  # readers are served without it
            return None
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return Asked(found["series"], f"release-pages:page:{key}", generation, shut, time.time())

    def _find(self, asked: Asked) -> Kept | None:
        if not asked.generation:
            return None
        kept = self.memory.get(asked.key) or cache.get(asked.key)
        if kept is None or kept.generation != asked.generation or kept.until < asked.started:
            return None
        self._remember(asked.key, kept)
        return kept

    def _remember(self, key: str, kept: Kept) -> None:
        with self.lock:
            self.memory[key] = kept
            self.memory.move_to_end(key)
            while len(self.memory) > KEPT_BY_A_PROCESS:
                self.memory.popitem(last=False)

    def _ask(self, environ: dict[str, Any], start_response: Callable[..., Any], asked: Asked) -> Iterable[bytes]:
        """Let Django answer; keep the page if the view says so and nothing in it is one reader's own."""
        if environ["REQUEST_METHOD"] != "GET":
            return self.application(environ, start_response)
        answer: list[Any] = []
        environ[ASKED] = asked

        def note(status: str, headers: Headers, exc_info: Any = None) -> None:
            del exc_info
            answer[:] = [status, headers]

        chunks = self.application(environ, note)
        status, headers = answer
        if not asked.keep or not status.startswith("200") or any(name == "Set-Cookie" for name, _ in headers):
            start_response(status, headers)
            return chunks
        body = b"".join(chunks)
        chunks.close()  # type: ignore[attr-defined]  # Django's responses are closed by the server
        headers = [(name, value) for name, value in headers if name not in {"Content-Length", "Vary"}]
        kept = Kept(
            asked.generation,
            asked.started + LIFETIME,
            [*headers, ("Vary", "Accept-Encoding")],
            body,
            gzip.compress(body, 6, mtime=0),
        )
        if asked.generation:
            self._remember(asked.key, kept)
            cache.set(asked.key, kept, LIFETIME)
        return _send(environ, start_response, kept, asked)


def _language(cookies: str) -> str | None:
    """Return the language that a reader chose; None for somebody whom a cookie may make different."""
    if not cookies:
        return settings.LANGUAGE_CODE
    try:
        jar = SimpleCookie(cookies)
    except CookieError:
        return None
    if PERSONAL & set(jar):
        return None
    chosen = jar.get(settings.LANGUAGE_COOKIE_NAME)
    return chosen.value if chosen and chosen.value in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _only_perspective(query: str) -> bool:
    pairs = parse_qsl(query, keep_blank_values=True)
    return len(pairs) == 1 and pairs[0][0] == "perspective" and len(pairs[0][1]) <= LONGEST_PERSPECTIVE


def _is_secure(environ: dict[str, Any]) -> bool:
    return environ.get("wsgi.url_scheme") == "https" or environ.get("HTTP_X_FORWARDED_PROTO") == "https"


def _send(environ: dict[str, Any], start_response: Callable[..., Any], kept: Kept, asked: Asked) -> Iterable[bytes]:
    headers = [*kept.headers, *(frontend_cache.headers(asked.shut, asked.started) if asked.generation else [])]
    if environ.get("HTTP_IF_NONE_MATCH") in {value for name, value in kept.headers if name == "ETag"}:
        start_response("304 Not Modified", [pair for pair in headers if not pair[0].startswith("Content-")])
        return []
    body = kept.body
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        body = kept.packed
        headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Length", str(len(body))))
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
