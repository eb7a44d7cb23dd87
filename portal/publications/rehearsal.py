"""The embargo clock: any page as it will be at a moment to come, by publishing for real and taking it back.

Everything that is scheduled up to the moment is published inside a transaction, the page is asked for
inside the same transaction as a reader without a session, and the transaction is rolled back. So what
is shown is what the publication will do, not a second implementation of it. No message leaves, because
what follows a publication begins when it is committed.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction

from portal.core.storage import public_files
from portal.publications.actions.publishing import publish_in_transaction
from portal.publications.models import ReleaseVersion

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpResponse

LINK = re.compile(r'(<a\b[^>]*?\shref=")(/(?!/|static/|cms/)[^"#]*)')
REDIRECTS = range(300, 400)
MOST_REDIRECTS = 5


def site_at(moment: dt.datetime, path: str) -> tuple[HttpResponse, list[str]]:
    """Return a page as it will be at a moment, and the releases that will have come out by then."""
    new_files: list[str] = []
    with transaction.atomic():
        published = _publish_all(moment, new_files)
        response = _ask(path)
        for digest in new_files:  # still inside: the rows are locked, so nobody publishes them meanwhile
            public_files.delete(digest)
        transaction.set_rollback(True)
    return response, published


def _publish_all(moment: dt.datetime, new_files: list[str]) -> list[str]:
    published = []
    for version in ReleaseVersion.objects.due(moment).with_everything().order_by("scheduled_for", "release_id"):
        data = version.dataset_version
        digests = {data.digest, *data.files.values_list("sha256", flat=True)}
        new_files += [digest for digest in digests if not public_files.exists(digest)]
        row = publish_in_transaction(by=None, version=version, moment=version.scheduled_for)
        published.append(row.title)
    return published


def _ask(path: str) -> HttpResponse:
    """Ask our own site for a page, as a reader without a session."""
    handler = BaseHandler()
    handler.load_middleware()
    for _ in range(MOST_REDIRECTS):
        response: Any = handler.get_response(_request(path))
        if response.status_code not in REDIRECTS:
            break
        path = response["Location"].removeprefix(settings.BASE_URL)
    return response


def _request(path: str) -> WSGIRequest:
    # Django is asked, not the page cache before it: nothing of a future that is taken back is kept.
    base, parts = urlsplit(settings.BASE_URL), urlsplit(path)
    return WSGIRequest(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": base.hostname or "localhost",
            "SERVER_PORT": str(base.port or (443 if base.scheme == "https" else 80)),
            "HTTP_HOST": base.netloc,
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": base.scheme,
            "wsgi.input": BytesIO(),
        }
    )


def keep_inside(html: str, address: str, moment: str) -> str:
    """Return a page whose links stay within the rehearsal."""

    def inside(found: re.Match[str]) -> str:
        target = found[2].replace("&amp;", "&")
        return f"{found[1]}{address}?at={quote(moment)}&amp;path={quote(target, safe='/')}"

    return LINK.sub(inside, html)
