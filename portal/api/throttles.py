"""How many requests a caller has: a fixed window of a minute, counted in the cache, told in headers."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.throttling import BaseThrottle

from portal.api.models import ApiKey
from portal.api.usage import count_use, counted

WINDOW = 60


class UnknownKeyError(APIException):
    """The key that was sent is none: better said than silently given the lower allowance."""

    status_code = status.HTTP_403_FORBIDDEN
    default_code = "unknown_key"
    default_detail = (
        "The key in X-API-Key is not in use: it is mistyped, ended or withdrawn. "
        "Leave the header out to ask without a key."
    )


class AllowanceThrottle(BaseThrottle):
    """Counts requests by address, or by key for those who have one."""

    def __init__(self) -> None:
        self.left_seconds = WINDOW

    def allow_request(self, request: Any, view: Any) -> bool:  # noqa: ARG002 - DRF's signature
        """Count the request; return whether it is within the allowance."""
        given = request.headers.get("X-API-Key", "")
        digest = hashlib.sha256(given.encode()).hexdigest() if given else ""
        is_known = bool(digest) and ApiKey.objects.active().filter(digest=digest).exists()
        if is_known:
            count_use(digest)
            return self._allow(request, f"key:{digest[:24]}", settings.API_KEY_PER_MINUTE)
        is_allowed = self._allow(request, f"address:{self.get_ident(request)}", settings.API_ANONYMOUS_PER_MINUTE)
        if is_allowed and digest:
            raise UnknownKeyError
        return is_allowed

    def _allow(self, request: Any, caller: str, limit: int) -> bool:
        if not limit:
            return True
        now = time.time()
        self.left_seconds = max(1, int(WINDOW - now % WINDOW))
        used = counted(f"throttle:{caller}:{int(now // WINDOW)}", seconds=WINDOW * 2)
        request._request.allowance = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - used)),
            "RateLimit-Reset": str(self.left_seconds),
        }
        return used <= limit

    def wait(self) -> float:
        """Return the seconds until the next window."""
        return float(self.left_seconds)
