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


PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"code": {"type": "string"}, "path": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
REFUSALS = {
    "400": "A part of the request cannot be used; errors says which and why",
    "403": "The key in X-API-Key is not in use",
    "404": "There is no such thing",
    "410": "The version was withdrawn",
    "411": "The body has no Content-Length",
    "413": "The request is too large",
    "415": "The body is not JSON",
    "429": "Too many requests; Retry-After says when to come back",
}
TABLES = ("text/csv", "application/vnd.apache.parquet", "application/vnd.apache.arrow.stream")


def describe_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: ARG001 - drf-spectacular's signature
    """Describe what every operation may refuse, and the forms in which observations are sent."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, text in REFUSALS.items():
                operation["responses"].setdefault(status, {"description": text, "content": problem})
            if operation["operationId"].startswith(("datasets_observations", "datasets_query", "datasets_changes")):
                content = operation["responses"]["200"].setdefault("content", {})
                content.update({kind: {"schema": {"type": "string", "format": "binary"}} for kind in TABLES})
    return result
