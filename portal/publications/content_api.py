"""The content for other front ends: pages, images, documents and definitions. Mounted at /api/content/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.urls import path, reverse
from rest_framework.response import Response
from rest_framework.views import APIView
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.documents.api.v2.views import DocumentsAPIViewSet
from wagtail.images.api.v2.views import ImagesAPIViewSet

from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.publications.content_schema import content_schema
from portal.publications.media_access import shown

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

MOST_DEFINITIONS = 500


class PortalPagesViewSet(PagesAPIViewSet):
    """Pages, with the perspective that figures are wanted under."""

    known_query_parameters = PagesAPIViewSet.known_query_parameters.union(["perspective"])


class ShownImagesViewSet(ImagesAPIViewSet):
    """Images that a public page shows."""

    def get_queryset(self) -> QuerySet[Any]:
        """Leave out what only drafts show."""
        return shown(super().get_queryset())


class ShownDocumentsViewSet(DocumentsAPIViewSet):
    """Documents that a public page shows."""

    def get_queryset(self) -> QuerySet[Any]:
        """Leave out what only drafts show."""
        return shown(super().get_queryset())


def _definition(kind: str, row: Any) -> dict[str, Any]:
    folder = "roles" if kind == "role" else "perspectives"
    return {
        "kind": kind,
        "code": row.code,
        "number": row.number,
        "title": row.title,
        "published_at": row.published_at,
        "address": f"/definitions/{folder}/{row.code}/v/{row.number}/",
        "data": f"/api/v1/{folder}/{row.code}/",
    }


class DefinitionsView(APIView):
    """Definitions in force, of roles and perspectives. ``kind`` and ``search`` narrow the list."""

    throttle_classes = ()

    def get(self, request: Request) -> Response:
        """Return titles, codes and addresses; the whole definition is in the data API."""
        kind, words = request.query_params.get("kind", ""), request.query_params.get("search", "")[:100]
        unknown = sorted(set(request.query_params) - {"kind", "search"})
        if unknown or kind not in {"", "role", "perspective"}:
            wrong = ", ".join(unknown) or f"kind={kind}"
            return Response({"message": f"Not understood: {wrong}. Use kind=role, kind=perspective, search=…"}, 400)
        found = Q(title__icontains=words) | Q(code__iexact=words) if words else Q()
        items = []
        if kind != "perspective":
            items += [_definition("role", row) for row in RoleVersion.objects.latest_per_role().filter(found)]
        if kind != "role":
            items += [_definition("perspective", row) for row in PerspectiveVersion.objects.current().filter(found)]
        return Response({"meta": {"total_count": len(items)}, "items": items[:MOST_DEFINITIONS]})


class RootView(APIView):
    """Where everything is."""

    throttle_classes = ()

    def get(self, request: Request) -> Response:
        """Return the addresses of the lists and of the description."""
        base = request.path
        return Response(
            {
                **{name: f"{base}{name}/" for name in ("pages", "images", "documents", "definitions")},
                "drafts": f"{base}drafts/{{page id}}/ (with a preview token)",
                "data": "/api/v1/",
                "description": reverse("content_api_schema"),
            }
        )


class SchemaView(APIView):
    """The OpenAPI description of the content API."""

    throttle_classes = ()

    def get(self, request: Request) -> Response:
        """Return it as JSON."""
        del request
        return Response(content_schema())


router = WagtailAPIRouter("content_api")
router.register_endpoint("pages", PortalPagesViewSet)
router.register_endpoint("images", ShownImagesViewSet)
router.register_endpoint("documents", ShownDocumentsViewSet)
more_patterns = [
    path("api/content/", RootView.as_view(), name="content_api_root"),
    path("api/content/openapi.json", SchemaView.as_view(), name="content_api_schema"),
    path("api/content/definitions/", DefinitionsView.as_view(), name="content_api_definitions"),
]
