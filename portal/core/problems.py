"""Errors of the API as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an API error into a problem document with code, path and detail of each fault."""
    if isinstance(exc, (Http404, PermissionDenied)):  # Django's own: said as the framework's, so that the text is kept
        exc = (exceptions.NotFound if isinstance(exc, Http404) else exceptions.PermissionDenied)(*exc.args)
    response = exception_handler(exc, context)
    if response is None:
        return None
    detail = exc.default_detail if isinstance(exc, ValidationError) else getattr(exc, "detail", response.status_text)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": response.status_text,
        "status": response.status_code,
        "detail": str(detail),
    }
    if request := context.get("request"):
        problem["instance"] = request.path
    if isinstance(exc, APIException):
        # A fault that knows its place in the request (a criterion in a query) says so itself.
        problem["errors"] = list(_faults(exc.get_full_details(), getattr(exc, "path", "")))
    response.data = problem
    response.content_type = "application/problem+json"
    return response


def _faults(details: Any, path: str) -> Any:
    if isinstance(details, dict) and {"message", "code"} <= set(details):
        yield {"code": details["code"], "path": path, "detail": details["message"]}
    elif isinstance(details, dict):
        for key, value in details.items():
            yield from _faults(value, f"{path}/{key}")
    elif isinstance(details, list):
        for number, value in enumerate(details):
            yield from _faults(value, path if len(details) == 1 else f"{path}/{number}")
