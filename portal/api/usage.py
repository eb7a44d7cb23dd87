"""Counting in the cache: requests in a window, and what each key was used for on each day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import structlog
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = 86_400
DAYS = 30


def counted(name: str, *, seconds: int) -> int:
    """Count one more under ``name``, which is forgotten after ``seconds``; return how many there were with it."""
    try:
        if cache.add(name, 1, timeout=seconds):
            return 1
        return int(cache.incr(name))
    except (RedisError, ValueError) as error:
        # Without the cache the data is served all the same: a limit protects others, it is no lock.
        structlog.get_logger(__name__).warning("throttle_unavailable", error=type(error).__name__)
        return 0


def count_use(digest: str) -> None:
    """Count one request made with a key today."""
    counted(_name(digest, timezone.localdate()), seconds=DAY * (DAYS + 2))


def uses_of(digests: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return for each key the requests of today and of the last thirty days."""
    today = timezone.localdate()
    days = [today - dt.timedelta(days=number) for number in range(DAYS)]
    names = {digest: [_name(digest, day) for day in days] for digest in digests}
    try:
        found = cache.get_many([name for each in names.values() for name in each])
    except RedisError as error:
        structlog.get_logger(__name__).warning("use_of_keys_unavailable", error=type(error).__name__)
        found = {}
    return {
        digest: (int(found.get(each[0], 0)), sum(int(found.get(name, 0)) for name in each))
        for digest, each in names.items()
    }


def _name(digest: str, day: dt.date) -> str:
    return f"key-use:{digest[:24]}:{day.isoformat()}"
