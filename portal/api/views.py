"""The entrance of the API, its documentation, and its answer to addresses that do not exist."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.routers import APIRootView
from rest_framework.views import APIView

from portal.api.examples import examples
from portal.datasets.answers import DEFAULT_ROWS, MAX_ROWS
from portal.datasets.criteria import MAX_CLAUSES, MAX_DEPTH


@extend_schema(exclude=True)
class RootView(APIRootView):
    """The lists that the API offers."""


@extend_schema(exclude=True)
class NothingHereView(APIView):
    """Answers addresses that do not exist with a problem document, not a web page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse whatever the method."""
        self.args, self.kwargs = args, kwargs
        self.headers: dict[str, str] = {}
        self.request = self.initialize_request(request, *args, **kwargs)
        self.request.accepted_renderer, self.request.accepted_media_type = self.perform_content_negotiation(
            self.request, force=True
        )
        response = self.handle_exception(NotFound("There is no such address in this API. See /api/v1/docs/."))
        self.response = self.finalize_response(self.request, response)
        return self.response


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """Show every operation of the API, with examples that work."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    context = {
        "operations": _operations(schema),
        "examples": examples(),
        "limits": {
            "clauses": MAX_CLAUSES,
            "depth": MAX_DEPTH,
            "rows": f"{DEFAULT_ROWS:,}",
            "max_rows": f"{MAX_ROWS:,}",
            "anonymous": f"{settings.API_ANONYMOUS_PER_MINUTE:,}",
            "key": f"{settings.API_KEY_PER_MINUTE:,}",
        },
        "breadcrumbs": [("Home", "/"), ("Datasets", "/datasets/")],
    }
    return render(request, "api/documentation.html", context)


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for address, methods in sorted(schema["paths"].items()):
        for method, operation in methods.items():
            about = operation.get("description", "").replace("``", "").strip().split("\n\n")[0]
            found.append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "address": address,
                    "summary": operation.get("summary") or about,
                    "group": (operation.get("tags") or ["other"])[0],
                    "parameters": operation.get("parameters", []),
                }
            )
    return found
