"""Surrogate keys: names under which a network of caches drops exactly the answers that a publication changed.

The webhook of a publication names series, release and dataset: those are the keys. Answers for one person
have none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from django.utils.deprecation import MiddlewareMixin

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

HEADER: Final = "Surrogate-Key"
_NAME: Final = r"[\w-]+"
#: The first that fits names the keys: the whole kind, then the thing itself.
PLACES: Final = tuple(
    (re.compile(pattern), keys)
    for pattern, keys in (
        (r"^/(?:cms|accounts|collect|applications|static|media)/", ""),
        (r"^/publications/(?:calendar[./]|subscri)", "publications calendar"),
        (rf"^/publications/(?P<series>{_NAME})/releases/", "publications series-{series}"),
        (
            rf"^/publications/(?P<series>{_NAME})/(?P<release>{_NAME})/",
            "publications series-{series} release-{series}-{release}",
        ),
        (rf"^/publications/(?P<series>{_NAME})/", "publications series-{series}"),
        (r"^/publications/", "publications"),
        (rf"^/(?:api/v1/)?datasets/(?P<dataset>{_NAME})/", "datasets dataset-{dataset}"),
        (r"^/(?:api/v1/)?datasets/", "datasets"),
        (r"^/(?:sdmx/|tables/|\.well-known/csvm)", "datasets"),
        (r"^/(?:catalog\.|feeds/|sitemap\.xml)", "datasets publications catalogue"),
        (r"^/api/content/", "publications pages"),
        (r"^/(?:api/v1/)?(?:definitions|roles|perspectives)/", "definitions"),
        (r"^/(?:api/v1/)?opportunities/", "opportunities"),
        (r"^/(?:api/|search/)", "datasets publications definitions"),
        (r"^/", "pages publications"),
    )
)


def keys_of(path: str) -> str:
    """Return the keys of an address, with spaces between them; empty for what is one person's own."""
    for pattern, keys in PLACES:
        found = pattern.match(path)
        if found:
            return keys.format(**found.groupdict())
    return ""


class SurrogateKeyMiddleware(MiddlewareMixin):
    """Names the keys of every public answer that does not name its own."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the keys."""
        if request.method in {"GET", "HEAD"} and not response.has_header(HEADER) and not response.cookies:
            keys = keys_of(request.path_info)
            if keys and "private" not in response.headers.get("Cache-Control", ""):
                response[HEADER] = keys
        return response
