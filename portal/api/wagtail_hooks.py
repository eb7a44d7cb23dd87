"""The edge to the CMS: the keys of the data API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from portal.api import admin_views

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern


class KeysMenuItem(MenuItem):
    """Shown to those who may see keys."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person may see keys."""
        return request.user.has_perm(admin_views.SEE)


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    """Mount the screen below the CMS."""
    return [
        path("api-keys/", admin_views.key_list, name="api_key_list"),
        path("api-keys/<int:pk>/withdraw/", admin_views.withdraw, name="api_key_withdraw"),
    ]


@hooks.register("register_settings_menu_item")
def register_menu_item() -> MenuItem:
    """Add the keys to the settings."""
    return KeysMenuItem("API keys", reverse("api_key_list"), name="api-keys", icon_name="key", order=900)
