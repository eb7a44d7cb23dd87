"""The page cache as a layer of WSGI: a kept page is answered before Django makes a request of it."""

from __future__ import annotations

import gzip
import hashlib
import re
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from portal.core.cache import reach
from portal.publications import frontend_cache
from portal.publications.fragments import appearance
from portal.publications.page_cache import ASKED, LIFETIME, State, etag_of, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Headers = list[tuple[str, str]]
    Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

RELEASE: Final = re.compile(r"^/publications/(?P<series>[\w-]+)/(?!releases/)[\w-]+/(?:versions/\d+/)?$")
# Pages that everybody sees alike. What is one person's, changes by the clock, or has endless addresses, is not.
OTHERS: Final = re.compile(
    r"^/(?!(?:accounts|api|applications|cms|collect|documents|feedback|language|media|opportunities|pre-release"
    r"|search|sdmx|static|tables)/|publications/subscribe/)(?:[\w.-]+/)*$"
)
KEPT_BY_A_PROCESS: Final = 256
# Who carries one of these is somebody: signed in, or waiting to be told something.
PERSONAL: Final = {settings.SESSION_COOKIE_NAME, "sessionid", "messages"}
LONGEST_PERSPECTIVE: Final = 20
NOT_FOR_ALL: Final = re.compile(r"private|no-store|no-cache|max-age=0")


@dataclass
class Asked:
    """A request that the cache may answer. ``keep`` is set by the view that drew the page of a release."""

    series: str
    key: str
    state: State
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
    """Answers kept pages; hands every other request to the application, and keeps what it may.

    ``counts`` tells what became of the requests that this process could have answered from it.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self.memory: OrderedDict[str, Kept] = OrderedDict()
        self.lock = Lock()
        self.counts: Counter[str] = Counter()
        appearance()  # once for all processes that are made of this one

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        asked = self._asked(environ)
        if asked is None:
            return self.application(environ, start_response)
        kept = self._find(asked)
        self.counts["hits" if kept else "misses" if asked.state.site else "closed"] += 1
        if kept is not None:
            return _send(environ, start_response, kept, asked)
        return self._ask(environ, start_response, asked)

    def _asked(self, environ: dict[str, Any]) -> Asked | None:
        """Return what is asked for, if it is a plain reader's request for a page that may be kept."""
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        release = RELEASE.match(path)
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or not (release or OTHERS.match(path)):
            return None
        language = _language(environ.get("HTTP_COOKIE", ""))
        if language is None or (query and not (release and _only_perspective(query))):
            return None
        series = release["series"] if release else ""
        state = reach.ask(lambda: state_of(series))
        if state is None:  # readers are served without it
            self.counts["away"] += 1
            return None
        today = timezone.localdate().isoformat()  # some pages say what is still to come
        parts = [path, query, language, environ.get("HTTP_HOST", ""), str(_is_secure(environ)), today, appearance()]
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return Asked(series, f"pages:page:{key}", state, time.time())

    def _find(self, asked: Asked) -> Kept | None:
        if not asked.state.site:
            return None
        kept = self.memory.get(asked.key)
        if kept is None and asked.series:
            kept = reach.ask(lambda: cache.get(asked.key))
        valid = {asked.state.series, asked.state.site}
        if kept is None or kept.generation not in valid or kept.until < asked.started:
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
        """Let Django answer; keep the page if nothing in it is one reader's own."""
        if environ["REQUEST_METHOD"] != "GET":
            return self.application(environ, start_response)
        answer: list[Any] = []
        environ[ASKED] = asked

        def note(status: str, headers: Headers, exc_info: Any = None) -> None:
            del exc_info
            answer[:] = [status, headers]

        chunks = self.application(environ, note)
        status, headers = answer
        is_fit = status.startswith("200") and not any(name == "Set-Cookie" for name, _ in headers)
        if not is_fit or not (asked.keep or _is_for_all(headers)):
            start_response(status, headers)
            return chunks
        body = b"".join(chunks)
        chunks.close()  # type: ignore[attr-defined]  # Django's responses are closed by the server
        kept = _kept(asked, headers, body)
        if kept.generation:
            self._remember(asked.key, kept)
        if kept.generation and asked.keep:
            # Pages of releases are few and dear to draw: drawn by one process, they are there for all.
            reach.ask(lambda: cache.set(asked.key, kept, LIFETIME))
        return _send(environ, start_response, kept, asked)


def _kept(asked: Asked, headers: Headers, body: bytes) -> Kept:
    """Return a page that was just drawn, as it is kept; of no generation while nothing may be."""
    headers = [(name, value) for name, value in headers if name not in {"Content-Length", "Vary"}]
    if not asked.keep:
        headers += [("ETag", etag_of(body)), ("Cache-Control", "public, no-cache")]
    return Kept(
        asked.state.series if asked.keep else asked.state.site,
        asked.started + LIFETIME,
        [*headers, ("Vary", "Accept-Encoding")],
        body,
        gzip.compress(body, 6, mtime=0),
    )


def _is_for_all(headers: Headers) -> bool:
    """Return whether an answer is a page that no look at session or cookies has made different."""
    said = {name: value.lower() for name, value in headers}
    return (
        said.get("Content-Type", "").startswith("text/html")
        and "ETag" not in said  # who has one of its own knows better when it may be kept
        and "cookie" not in said.get("Vary", "")
        and not NOT_FOR_ALL.search(said.get("Cache-Control", ""))
    )


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
    headers = list(kept.headers)
    if kept.generation and kept.generation == asked.state.series:
        headers += frontend_cache.headers(asked.state.shut, asked.started)
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
