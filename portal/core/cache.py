"""The shared cache, Valkey or Redis, and what to do while it is away.

Django makes a new client for every command, which takes longer than the command: this one keeps it. It does not
wait long for a server that does not answer, and it knows which *run* of the server it speaks to: one that was
started again from an older file may hold words from before a publication, and nothing kept under it is believed.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from django.core.cache import cache
from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)
Found = TypeVar("Found")
RUN: Final = re.compile(r"run_id:(\w+)")
NOT_ASKED_FOR: Final = 1.0
SPARES_WORK: Final = "wagtail_"


class _Run:
    """The run of the server that this process spoke to last."""

    name = ""


def run_of_server() -> str:
    """Return the name of the server's present run; it changes when the server is started again."""
    return _Run.name


def _greet(connection: Any) -> None:
    """Begin a connection, and learn which run of the server it leads to: a new run can only be met by a new one."""
    connection.on_connect()
    connection.send_command("INFO", "server")
    said = connection.read_response()
    found = RUN.search(said.decode() if isinstance(said, bytes) else str(said))
    _Run.name = found[1] if found else ""


class _Client(redis.RedisCacheClient):
    """One client to read with and one to write with; they take their connections from the pool, as Django's do."""

    def __init__(self, *servers: Any, **options: Any) -> None:
        # A server that is away is found out at once; waiting between attempts would hold up every reader.
        quick = {"socket_connect_timeout": 1, "socket_timeout": 2, "retry": Retry(NoBackoff(), 1)}
        super().__init__(*servers, **{**quick, "redis_connect_func": _greet, **options})
        self._made: dict[bool, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client."""
        if write not in self._made:
            self._made[write] = super().get_client(key, write=write)
        return self._made[write]


class Reach:
    """Whether the shared cache is there: told once when it goes and once when it is back, left alone in between."""

    def __init__(self) -> None:
        self.is_away = False
        self.not_before = 0.0

    def ask(self, question: Callable[[], Found]) -> Found | None:
        """Return the cache's answer; None while it is away, so that readers are served without it."""
        if self.is_away and time.monotonic() < self.not_before:
            return None
        try:
            found = question()
        except RedisError as error:
            if not self.is_away:
                log.exception("shared_cache_away", error=type(error).__name__)
            self.is_away, self.not_before = True, time.monotonic() + NOT_ASKED_FOR
            return None
        if self.is_away:
            log.warning("shared_cache_back")
        self.is_away = False
        return found


reach = Reach()


class SharedCache(redis.RedisCache):
    """Valkey or Redis. What Wagtail keeps only spares work: it is worked out again while the cache is away."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return what is kept. Errors are the caller's, but for what only spares work."""
        if not key.startswith(SPARES_WORK):
            return super().get(key, default, version)
        found = reach.ask(lambda: super(SharedCache, self).get(key, default, version))
        return default if found is None else found

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep a value. Errors are the caller's, but for what only spares work."""
        if not key.startswith(SPARES_WORK):
            super().set(key, value, timeout, version)
            return
        reach.ask(lambda: super(SharedCache, self).set(key, value, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget a value. Errors are the caller's, but for what only spares work."""
        if not key.startswith(SPARES_WORK):
            return bool(super().delete(key, version))
        return bool(reach.ask(lambda: super(SharedCache, self).delete(key, version)))


def kept(key: str, seconds: int, make: Callable[[], Found]) -> Found:
    """Return what the cache keeps under ``key``, else make it and keep it. Without the cache it is made each time."""
    found: Found | None = reach.ask(lambda: cache.get(key))
    if found is None:
        found = make()
        reach.ask(lambda: cache.set(key, found, seconds))
    return found
