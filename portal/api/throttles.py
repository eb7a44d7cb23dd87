"""How many requests a caller has: a fixed window of a minute, counted in the cache, told in headers."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.throttling import BaseThrottle

from portal.api.models import ApiKey

WINDOW = 60


class AllowanceThrottle(BaseThrottle):
    """Counts requests by address, or by key for those who have one."""

    def __init__(self) -> None:
        self.left_seconds = WINDOW

    def allow_request(self, request: Any, view: Any) -> bool:  # noqa: ARG002 - DRF's signature
        """Count the request; return whether it is within the allowance."""
        caller, limit = self._caller(request)
        if not limit:
            return True
        now = time.time()
        self.left_seconds = max(1, int(WINDOW - now % WINDOW))
        used = _count(f"throttle:{caller}:{int(now // WINDOW)}")
        request._request.allowance = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - used)),
            "RateLimit-Reset": str(self.left_seconds),
        }
        return used <= limit

    def wait(self) -> float:
        """Return the seconds until the next window."""
        return float(self.left_seconds)

    def _caller(self, request: Any) -> tuple[str, int]:
        if given := request.headers.get("X-API-Key", ""):
            digest = hashlib.sha256(given.encode()).hexdigest()
            if ApiKey.objects.active().filter(digest=digest).exists():
                return f"key:{digest[:24]}", settings.API_KEY_PER_MINUTE
        return f"address:{self.get_ident(request)}", settings.API_ANONYMOUS_PER_MINUTE


def _count(key: str) -> int:
    """Return the number of requests so far in this window, this one counted."""
    try:
        if cache.add(key, 1, timeout=WINDOW * 2):
            return 1
        return int(cache.incr(key))
    except (RedisError, ValueError) as error:
        # Without the cache the data is served all the same: a limit protects others, it is no lock.
        structlog.get_logger(__name__).warning("throttle_unavailable", error=type(error).__name__)
        return 0
