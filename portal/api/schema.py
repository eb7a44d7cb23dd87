"""The OpenAPI description, tidied."""

from __future__ import annotations

from typing import Any


def plain_addresses(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Drop the optional slash from the addresses: a description names one address for a thing."""
    return [
        (path.removesuffix("/?").removesuffix("?").rstrip("/") or "/", regex, method, callback)
        for path, regex, method, callback in endpoints
        if path.startswith("/api/v1/")
    ]
