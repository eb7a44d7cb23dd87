"""Addresses. The public process serves the readers' half; the service process serves all."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls

from portal.publications.content_api import more_patterns as content_api_patterns
from portal.publications.content_api import router as content_api


def _app(prefix: str, module: str) -> list:
    """Mount an app's ``urls`` module below ``prefix``."""
    return (
        [path(prefix, include(module))] if find_spec(module) and hasattr(import_module(module), "urlpatterns") else []
    )


public_patterns = [
    *_app("", "portal.core.urls"),
    *content_api_patterns,
    path("api/content/", content_api.urls),
    *_app("api/", "portal.api.urls"),
    *_app("definitions/", "portal.definitions.urls"),
    *_app("", "portal.datasets.urls"),
    *_app("publications/", "portal.publications.urls"),
    *_app("search/", "search.urls"),
    *_app("opportunities/", "portal.opportunities.urls"),
    *_app("", "portal.home.urls"),
    path("documents/", include("wagtail.documents.urls")),
]
service_patterns = [
    # One way in, with its limits on guesses and its second factor: not the CMS's own.
    path("cms/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("cms/", include("wagtail.admin.urls")),
    *_app("accounts/", "portal.users.urls"),
    *_app("accounts/", "portal.api.service_urls"),
    path("accounts/", include("allauth.urls")),
    *_app("collect/organisations/", "portal.organisations.urls"),
    *_app("collect/", "portal.submissions.urls"),
    *_app("applications/", "portal.applications.urls"),
    *_app("", "portal.publications.service_urls"),
]

urlpatterns = [
    *public_patterns,
    *(service_patterns if settings.PROCESS != "public" else []),
    path("", include(wagtail_urls)),
]
