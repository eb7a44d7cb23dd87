"""The edge to the CMS: menu item and addresses of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Permission
from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern, URLResolver


class RunsMenuItem(MenuItem):
    """The way to the runs, for those who may see them."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to those with the permission."""
        return request.user.has_perm("pipelines.view_pipelinerun")


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern | URLResolver]:
    """Mount the run pages below the CMS."""
    return [path("runs/", include("portal.pipelines.admin_urls"))]


@hooks.register("register_admin_menu_item")
def register_runs_menu_item() -> MenuItem:
    """Add runs to the menu."""
    return RunsMenuItem("Runs", reverse("pipelines:runs"), name="runs", icon_name="cogs", order=350)


@hooks.register("register_permissions")
def register_permissions() -> QuerySet[Permission]:
    """Let administrators give groups the permissions on runs."""
    return Permission.objects.filter(
        content_type__app_label="pipelines", codename__in=["view_pipelinerun", "start_run", "view_snapshot"]
    )
