"""The edge to the CMS: the OH team's pages, and read-mostly registers of collections, returns and uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.options import ModelAdmin, ModelAdminGroup, modeladmin_register

from portal.submissions.access import is_oh_team
from portal.submissions.models import Collection, Return, Upload

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLResolver


class TeamMenuItem(MenuItem):
    """The way to the collections, for the OH team."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to those who run collections."""
        return is_oh_team(request.user)


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLResolver]:
    """Mount the OH team's pages below the CMS."""
    return [path("collect/", include("portal.submissions.admin_urls"))]


@hooks.register("register_admin_menu_item")
def register_menu_item() -> MenuItem:
    """Add collections to the menu."""
    return TeamMenuItem(
        "Collections", reverse("collections:index"), name="collections", icon_name="download", order=300
    )


class ReadOnly(PermissionHelper):
    """A register to look things up in: changes go by actions, which leave an audit event."""

    def user_can_create(self, _user: Any) -> bool:
        """Nothing is added here."""
        return False

    def user_can_edit_obj(self, _user: Any, _obj: Any) -> bool:
        """Nothing is changed here."""
        return False

    def user_can_delete_obj(self, _user: Any, _obj: Any) -> bool:
        """Nothing is deleted here."""
        return False


class AddAndChange(PermissionHelper):
    """Collections are set up and changed here, and never deleted."""

    def user_can_delete_obj(self, _user: Any, _obj: Any) -> bool:
        """What was asked of providers is kept."""
        return False


class CollectionAdmin(ModelAdmin):
    """Collections: set up here, opened and closed on their dashboard."""

    model = Collection
    menu_icon = "calendar-alt"
    list_display = ("title", "code", "family", "reference_date", "state", "closes_at")
    list_filter = ("family", "state")
    search_fields = ("title", "code")
    form_fields_exclude = ("state", "erased_at", "role_versions")
    permission_helper_class = AddAndChange


class ReturnAdmin(ModelAdmin):
    """Returns of every collection."""

    model = Return
    menu_icon = "doc-full"
    list_display = (
        "organisation_name",
        "organisation_code",
        "collection",
        "state",
        "submitted_at",
        "is_test",
        "is_late",
    )
    list_filter = ("state", "collection__code", "provider_type", "region_code", "is_test")
    search_fields = ("organisation_name", "organisation_code")
    list_select_related = ("collection",)
    inspect_view_enabled = True
    inspect_view_fields = (
        "collection",
        "organisation_code",
        "organisation_name",
        "state",
        "submitted_at",
        "accepted_at",
        "reopened_reason",
        "reminded_at",
    )
    permission_helper_class = ReadOnly


class UploadAdmin(ModelAdmin):
    """Files that were sent, with what became of them."""

    model = Upload
    menu_icon = "upload"
    list_display = ("created_at", "collection", "of_return", "state", "rows", "stored", "queried", "refused")
    list_filter = ("state", "collection__code")
    list_select_related = ("collection", "of_return__collection")
    permission_helper_class = ReadOnly


class RegistersGroup(ModelAdminGroup):
    """Registers of the collection service."""

    menu_label = "Returns"
    menu_icon = "list-ul"
    menu_order = 310
    items = (CollectionAdmin, ReturnAdmin, UploadAdmin)


modeladmin_register(RegistersGroup)
