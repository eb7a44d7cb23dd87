"""The edge to the CMS: the OH team's pages, and read-mostly registers of collections, returns and uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin import display
from django.template.loader import render_to_string
from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.components import Component
from wagtail_modeladmin.options import ModelAdmin, ModelAdminGroup, modeladmin_register

from portal.organisations.wagtail_hooks import NeverDelete, ReadOnly
from portal.submissions.access import may_look
from portal.submissions.enums import CollectionState
from portal.submissions.forms import form_codes
from portal.submissions.models import Collection, Return, Upload
from portal.submissions.waiting import for_team

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLResolver


class TeamMenuItem(MenuItem):
    """The way to the collections, for the OH team."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to those of the OH team who see collections."""
        return may_look(request.user)


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


class WaitingPanel(Component):
    """What waits at the desk of the collection service."""

    order = 60

    def render_html(self, parent_context: Any = None) -> str:
        """Return the panel; nothing for people who do not see collections."""
        request = parent_context["request"]
        if not may_look(request.user):
            return ""
        return render_to_string(
            "submissions/team/waiting_panel.html", {"waiting": for_team(request.user)}, request=request
        )


@hooks.register("construct_homepage_panels")
def add_waiting_panel(_request: HttpRequest, panels: list[Any]) -> None:
    """Put what waits on the first screen."""
    panels.append(WaitingPanel())


class CollectionForm(WagtailAdminModelForm):
    """What a collection is set up with."""

    form_version = forms.ChoiceField(help_text="What is asked. It stays with the collection.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_version"].choices = [(code, code) for code in form_codes() if "-aggregate-" not in code]
        self.fields["opens_at"].help_text = self.fields["closes_at"].help_text = "London time."
        if self.instance.pk and self.instance.state != CollectionState.SET_UP:
            # Providers have seen it under these: what was asked does not change under them.
            for name in ("code", "family", "reference_date", "form_version", "worker_key_scope"):
                self.fields[name].disabled = True


class CollectionAdmin(ModelAdmin):
    """Collections: set up here, opened and closed on their dashboard."""

    model = Collection
    menu_icon = "calendar-alt"
    list_display = ("title", "code", "family", "reference_date", "state", "closes_at", "retain_until")
    list_filter = ("family", "state")
    search_fields = ("title", "code")
    permission_helper_class = NeverDelete
    edit_handler = ObjectList(
        [
            MultiFieldPanel([FieldPanel("title"), FieldPanel("code"), FieldPanel("family")], heading="What it is"),
            MultiFieldPanel(
                [FieldPanel("reference_date"), FieldPanel("form_version"), FieldPanel("worker_key_scope")],
                heading="What is asked",
            ),
            MultiFieldPanel(
                [FieldPanel("opens_at"), FieldPanel("closes_at"), FieldPanel("opens_by_itself")], heading="When"
            ),
            MultiFieldPanel([FieldPanel("retain_until"), FieldPanel("is_synthetic")], heading="Personal data"),
        ],
        base_form_class=CollectionForm,
    )


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
        "a_test",
        "late",
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

    # Words: the signs for yes and no are pictures of Django's own admin, which is not installed.
    @display(description="Test", ordering="is_test")
    def a_test(self, of_return: Return) -> str:
        """Whether the return never counts."""
        return "Test" if of_return.is_test else "No"

    @display(description="Late", ordering="is_late")
    def late(self, of_return: Return) -> str:
        """Whether it came after the collection had closed."""
        return "Late" if of_return.is_late else "No"


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
