"""The edge to the CMS: the register of organisations."""

from __future__ import annotations

from typing import Any

from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.options import ModelAdmin, modeladmin_register

from portal.organisations.models import Organisation


class NeverDelete(PermissionHelper):
    """What other rows go on referring to: it may be changed or closed, and is kept."""

    def user_can_delete_obj(self, _user: Any, _obj: Any) -> bool:
        """Nothing is deleted here."""
        return False


class ReadOnly(NeverDelete):
    """A register to look things up in: changes go by actions, which leave an audit event."""

    def user_can_create(self, _user: Any) -> bool:
        """Nothing is added here."""
        return False

    def user_can_edit_obj(self, _user: Any, _obj: Any) -> bool:
        """Nothing is changed here."""
        return False


class OrganisationAdmin(ModelAdmin):
    """The register of providers and hosts."""

    model = Organisation
    menu_label = "Organisations"
    menu_icon = "group"
    menu_order = 320
    list_display = ("name", "code", "family", "provider_type", "region_code", "status")
    list_filter = ("family", "provider_type", "region_code", "status", "is_synthetic")
    search_fields = ("name", "code")
    permission_helper_class = NeverDelete


modeladmin_register(OrganisationAdmin)
