"""Addresses of the data API. Each app brings its viewsets in ``api.py`` by a function ``register``."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import DefaultRouter

from portal.api import views

app_name = "api"


class PortalRouter(DefaultRouter):
    """Addresses work with and without a slash at the end."""

    APIRootView = views.RootView

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


router = PortalRouter()
router.include_format_suffixes = False
for app in settings.PORTAL_APPS:
    name = f"{app}.api"
    if app != "portal.api" and find_spec(name) and hasattr(import_module(name), "register"):
        import_module(name).register(router)

urlpatterns = [
    path("v1/openapi.json", SpectacularJSONAPIView.as_view(), name="schema"),
    path("v1/docs/", views.documentation, name="documentation"),
    *[
        re_path(rf"^v1/{pattern.pattern.regex.pattern.removeprefix('^')}", pattern.callback, name=pattern.name)
        for pattern in router.urls
    ],
    re_path(r"^v1/[\s\S]*$", views.NothingHereView.as_view(), name="nothing"),
]
