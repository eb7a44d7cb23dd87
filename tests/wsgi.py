"""Asks the whole server as a reader does: the page cache first, then Django."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from portal.publications.wsgi_cache import PageCache
from portal.wsgi import django_application


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    sent: bytes

    @property
    def text(self) -> str:
        """The words, unpacked."""
        body = gzip.decompress(self.sent) if self.headers.get("Content-Encoding") == "gzip" else self.sent
        return " ".join(body.decode().split())


@dataclass
class Server:
    """One process with a memory of its own."""

    layer: PageCache = field(default_factory=lambda: PageCache(django_application))

    def get(self, path: str, *, method: str = "get", cookies: str = "", **headers: str) -> Answer:
        """Ask for a path; header names have underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        environ = getattr(RequestFactory(headers=named), method)(path).environ
        environ["HTTP_HOST"] = "localhost"
        environ.pop("HTTP_COOKIE", None)
        if cookies:
            environ["HTTP_COOKIE"] = cookies
        said: list[Any] = []
        # As Django's own client: a request ends here, the test's transaction does not.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        try:
            chunks = self.layer(environ, lambda status, headers, _exc=None: said.extend((status, headers)))
            sent = b"".join(chunks)
            if hasattr(chunks, "close"):
                chunks.close()
        finally:
            for signal in (request_started, request_finished):
                signal.connect(close_old_connections)
        return Answer(int(said[0].split()[0]), dict(said[1]), sent)
