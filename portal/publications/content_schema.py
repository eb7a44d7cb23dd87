"""The content API in OpenAPI 3.1, made from the page types that there are."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from wagtail.models import get_page_models

from portal.core.models import BasePage

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
LIST = {
    "type": "object",
    "required": ["meta", "items"],
    "properties": {
        "meta": {"type": "object", "required": ["total_count"], "properties": {"total_count": NUMBER}},
        "items": {"type": "array", "items": {"type": "object"}},
    },
}
FILE = {
    "type": "object",
    "properties": {**dict.fromkeys(("name", "label", "media_type", "sha256", "address"), TEXT), "bytes": NUMBER},
}


def content_schema() -> dict[str, Any]:
    """Return the description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.WAGTAIL_SITE_NAME}: content",
            "version": "1.0.0",
            "description": "Pages, blocks with their data, images, documents and definitions, for other front ends. "
            "Drafts are read with a preview token that the team gives out.",
        },
        "servers": [{"url": settings.BASE_URL}],
        "paths": _paths(),
        "components": {
            "schemas": {"Release": _release(), "List": LIST, "Problem": _problem()},
            "securitySchemes": {"previewToken": {"type": "http", "scheme": "bearer"}},
        },
    }


def _page_types() -> list[str]:
    return sorted(model._meta.label for model in get_page_models() if issubclass(model, BasePage))


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _answer(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _get(summary: str, parameters: list[dict[str, Any]], schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    refused = {"400": _answer({"type": "object", "properties": {"message": TEXT}}, "A parameter is not understood")}
    return {
        "get": {
            "summary": summary,
            "parameters": parameters,
            "responses": {"200": _answer(schema, "OK"), **refused},
            **more,
        }
    }


def _paths() -> dict[str, Any]:
    perspective = _query("perspective", TEXT, "Code of the perspective that figures are wanted under")
    paging = [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": settings.WAGTAILAPI_LIMIT_MAX}, "How many"),
        _query("offset", {"type": "integer", "minimum": 0}, "From where"),
        _query("order", TEXT, "Field to order by, with - for descending"),
        _query("search", TEXT, "Words to find"),
        _query("fields", TEXT, "Fields to return, or *"),
    ]
    number = {"name": "id", "in": "path", "required": True, "schema": NUMBER}
    listed = {"$ref": "#/components/schemas/List"}
    release = {
        "type": "object",
        "properties": {"id": NUMBER, "title": TEXT, "release": {"$ref": "#/components/schemas/Release"}},
    }
    pages = [
        _query("type", {"type": "string", "enum": _page_types()}, "Type of page"),
        _query("child_of", TEXT, "Number of the page above"),
        _query("slug", TEXT, "Last part of the address"),
        _query("period", TEXT, "Of releases: code of the period"),
        perspective,
        *paging,
    ]
    definitions = [
        _query("kind", {"type": "string", "enum": ["role", "perspective"]}, "Of one kind only"),
        _query("search", TEXT, "Words of the title, or a code"),
    ]
    closed = {"401": {"description": "The token is missing, wrong or has ended",
                      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}}  # fmt: skip
    draft = _get("A draft, as it will be", [number, perspective], release, security=[{"previewToken": []}])
    draft["get"]["responses"] |= closed
    return {
        "/api/content/pages/": _get("Pages", pages, listed),
        "/api/content/pages/{id}/": _get("One page with its blocks and their data", [number, perspective], release),
        "/api/content/images/": _get("Images", paging, listed),
        "/api/content/documents/": _get("Documents", paging, listed),
        "/api/content/definitions/": _get("Definitions in force", definitions, listed),
        "/api/content/drafts/{id}/": draft,
    }


def _release() -> dict[str, Any]:
    parts = ["headlines", "main_points", "sections", "notices", "perspectives", "changes", "versions"]
    return {
        "type": ["object", "null"],
        "description": "A release with every figure as data. Of a withdrawn one only state, version and reason.",
        "required": ["state", "version"],
        "properties": {
            **dict.fromkeys(("state", "digest", "address", "permanent_address", "perspective", "reason"), TEXT),
            "version": NUMBER,
            "published_at": {"type": ["string", "null"], "format": "date-time"},
            "dataset": {"type": "object", "properties": {"slug": TEXT, "version": TEXT, "address": TEXT}},
            "text": {
                "type": "object",
                "additionalProperties": TEXT,
                "description": "Plain words; `quality_note` and `notes` are HTML, as are texts of text, callout and "
                "footnote blocks.",
            },
            "change_note": TEXT,
            "quality": {
                "type": "object",
                "description": "How the figures are made and how sure they are, as HTML, with the pages that say more.",
                "properties": {"summary": TEXT, "pages": {"type": "array"}},
            },
            "files": {"type": "array", "items": FILE},
            "next_release": {"type": ["object", "null"], "properties": {"title": TEXT, "when": TEXT}},
            "pre_release_access": {"type": "array"},
            "contact": {"type": "object", "properties": {"name": TEXT, "email": TEXT}},
            **{name: {"type": "array"} for name in parts},
        },
    }


def _problem() -> dict[str, Any]:
    return {"type": "object", "properties": {"type": TEXT, "title": TEXT, "status": NUMBER, "detail": TEXT}}
