"""Data is the same for everyone: answered before sessions, languages and messages are looked at.

This keeps ``Vary`` and cookies off what caches should share, and spares each data request the
work of a dozen layers that it has no use for.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import ResolverMatch

API = re.compile(r"^/(?:api/v1/(?!docs/)|sdmx/)")
DATA = re.compile(r"^/(?:api/v1/(?!docs/)|sdmx/|datasets/[^/]+/v/[^/]+/files/|catalog\.|feeds/|\.well-known/csvm)")
EXPOSED = (
    "ETag, Link, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
    "X-Total-Count, X-Complete, X-Next-Cursor, X-Dataset-Version, X-Dataset-Digest"
)


class DataMiddleware:
    """Answers the addresses of data itself; hands everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        if connection := request.META.get("gunicorn.socket"):
            # A reader who takes nothing for so long is gone, or means harm: the thread is wanted by others.
            connection.settimeout(settings.SEND_SECONDS)
        if not DATA.match(request.path_info):
            return self.get_response(request)
        is_api = API.match(request.path_info)
        if is_api and request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return _open(HttpResponse(status=204))
        response = _answer(request)
        if not response.streaming and not response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))
        for name, value in getattr(request, "allowance", {}).items():
            response[name] = value
        return _open(response) if is_api else response


@lru_cache(maxsize=1024)
def _resolved(path: str, _urlconf: str) -> ResolverMatch:
    """Return what answers an address: the same for as long as the process lives. Addresses of data are few."""
    return resolve(path)


def _answer(request: HttpRequest) -> Any:
    match = _resolved(request.path_info, settings.ROOT_URLCONF)
    request.resolver_match = match
    response = match.func(request, *match.args, **match.kwargs)
    if callable(getattr(response, "render", None)):
        response = response.render()
    return response


def _open(response: Any) -> Any:
    """Let scripts of any site read the answer: it is public, and no cookie is ever looked at."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = "GET, HEAD, POST, OPTIONS"
    response["Access-Control-Allow-Headers"] = "Accept, Content-Type, If-None-Match, X-API-Key, X-Preview-Token"
    response["Access-Control-Expose-Headers"] = EXPOSED
    response["Access-Control-Max-Age"] = "86400"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
