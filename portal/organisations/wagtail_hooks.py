"""The edge to the CMS: the register of organisations."""

from __future__ import annotations

from typing import Any

from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.options import ModelAdmin, modeladmin_register

from portal.organisations.models import Organisation


class NeverDelete(PermissionHelper):
    """An organisation that closes is closed; returns go on referring to it."""

    def user_can_delete_obj(self, _user: Any, _obj: Any) -> bool:
        """Nothing is deleted here."""
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
