"""The log of requests: who asked is the first address that a front server names, else the one that connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django_structlog.middlewares import RequestMiddleware

if TYPE_CHECKING:
    from django.http import HttpRequest


class RequestLogMiddleware(RequestMiddleware):
    """django_structlog's, without its search through two dozen headers: it took longer than finding the version."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Note the address."""
        named = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[0].strip()
        structlog.contextvars.bind_contextvars(ip=named[:45] or request.META.get("REMOTE_ADDR"))
