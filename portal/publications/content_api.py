"""The content for other front ends: pages, images and documents, with every figure's data. Mounted at /api/content/."""

from __future__ import annotations

from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.documents.api.v2.views import DocumentsAPIViewSet
from wagtail.images.api.v2.views import ImagesAPIViewSet


class PortalPagesViewSet(PagesAPIViewSet):
    """Pages, with the perspective that figures are wanted under."""

    known_query_parameters = PagesAPIViewSet.known_query_parameters.union(["perspective"])


router = WagtailAPIRouter("content_api")
router.register_endpoint("pages", PortalPagesViewSet)
router.register_endpoint("images", ImagesAPIViewSet)
router.register_endpoint("documents", DocumentsAPIViewSet)
