"""The portal as it is served, with one more address that tells what this process's page cache has counted."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from bench.serving import COUNTS
from portal.wsgi import application as portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request; each on a connection of its own where it asks for the counts, so that every process is met."""
    if environ["PATH_INFO"] != COUNTS:
        return portal(environ, start_response)
    start_response("200 OK", [("Content-Type", "application/json"), ("Connection", "close")])
    return [json.dumps({"process": os.getpid(), **portal.counts}).encode()]
