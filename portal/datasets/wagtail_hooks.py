"""The edge to the CMS: versions of datasets in the menu, and the register of datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from portal.datasets import admin_views

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern


class VersionsMenuItem(MenuItem):
    """Shown to those who may see versions."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person may see versions."""
        return request.user.has_perm(admin_views.SEE)


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    """Mount the screens below the CMS."""
    return [
        path("dataset-versions/", admin_views.version_list, name="dataset_versions"),
        path("dataset-versions/<int:pk>/", admin_views.version_detail, name="dataset_version"),
        path("dataset-versions/<int:pk>/map/", admin_views.map_codes, name="dataset_version_map"),
        path("dataset-versions/<int:pk>/raise/", admin_views.raise_number, name="dataset_version_raise"),
        path("dataset-versions/announce/", admin_views.announce, name="dataset_announce"),
        path("dataset-versions/<int:pk>/preview/", admin_views.preview, name="dataset_version_preview"),
        path("dataset-versions/<int:pk>/withdraw/", admin_views.withdraw, name="dataset_version_withdraw"),
    ]


@hooks.register("register_admin_menu_item")
def register_menu_item() -> MenuItem:
    """Add the versions to the menu."""
    return VersionsMenuItem(
        "Dataset versions", reverse("dataset_versions"), name="dataset-versions", icon_name="table", order=160
    )
