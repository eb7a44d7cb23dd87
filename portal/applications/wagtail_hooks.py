"""The edge to the CMS: the OH team's page, and registers to look things up in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail_modeladmin.options import ModelAdmin, ModelAdminGroup, modeladmin_register

from portal.applications.access import is_team
from portal.applications.models import Feedback, ReminderSent, Transition
from portal.opportunities.models import Opportunity, PlacesFilledElsewhere, PublishedDraw
from portal.organisations.wagtail_hooks import ReadOnly

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLResolver


class OversightMenuItem(MenuItem):
    """The way to the OH team's page of opportunities."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to those whose page it is."""
        return is_team(request.user)


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLResolver]:
    """Mount the OH team's page below the CMS."""
    return [path("opportunities/", include("portal.applications.admin_urls"))]


@hooks.register("register_admin_menu_item")
def register_menu_item() -> MenuItem:
    """Add opportunities to the menu."""
    return OversightMenuItem(
        "Opportunities", reverse("oversight:index"), name="opportunities", icon_name="view", order=305
    )


class TeamOnly(ReadOnly):
    """Registers of opportunities, which the OH team reads."""

    def user_can_list(self, user: Any) -> bool:
        """Whether the person may read the list."""
        return is_team(user)


class ListingAdmin(ModelAdmin):
    """Every listing, drafts too."""

    model = Opportunity
    menu_label = "Listings"
    menu_icon = "list-ul"
    # What finds one; the rest stands where it is inspected.
    list_display = ("title", "organisation", "state", "closes_at")
    list_filter = ("state", "kind", "allocation_rule", "is_synthetic")
    search_fields = ("title", "reference", "organisation__name")
    list_select_related = ("organisation",)
    inspect_view_enabled = True
    inspect_view_fields_exclude = ("words",)
    permission_helper_class = TeamOnly


class TransitionAdmin(ModelAdmin):
    """The audit of every step of every application; it names nobody."""

    model = Transition
    menu_label = "Steps of applications"
    menu_icon = "history"
    list_display = ("at", "application", "from_state", "to_state", "actor_role", "reason")
    ordering = ("-at", "-pk")
    list_filter = ("to_state", "actor_role", "reason")
    search_fields = ("application__entry_code", "application__opportunity_reference")
    list_select_related = ("application",)
    permission_helper_class = TeamOnly


class DrawAdmin(ModelAdmin):
    """Draws as they are published."""

    model = PublishedDraw
    menu_label = "Draws"
    menu_icon = "snippet"
    list_display = ("opportunity", "committed_at", "drawn_at", "waiting")
    list_select_related = ("opportunity",)
    permission_helper_class = TeamOnly


class ElsewhereAdmin(ModelAdmin):
    """Places that hosts gave outside the service."""

    model = PlacesFilledElsewhere
    menu_label = "Places elsewhere"
    menu_icon = "site"
    list_display = ("organisation", "period", "kind", "places", "how")
    list_filter = ("period", "kind")
    list_select_related = ("organisation",)
    permission_helper_class = TeamOnly


class FeedbackAdmin(ModelAdmin):
    """What people say who took part; hosts see it only as numbers of many."""

    model = Feedback
    menu_label = "Feedback"
    menu_icon = "comment"
    list_display = ("given_at", "application", "as_described", "felt_welcome", "more_likely", "comment")
    ordering = ("-given_at",)
    list_filter = ("more_likely",)
    search_fields = ("application__opportunity_reference", "comment")
    list_select_related = ("application",)
    permission_helper_class = TeamOnly


class ReminderAdmin(ModelAdmin):
    """Reminders that were sent, each once."""

    model = ReminderSent
    menu_label = "Reminders sent"
    menu_icon = "mail"
    list_display = ("sent_at", "kind", "subject")
    list_filter = ("kind",)
    permission_helper_class = TeamOnly


class OpportunitiesGroup(ModelAdminGroup):
    """Registers of opportunities and applications."""

    menu_label = "Opportunity registers"
    menu_icon = "list-ul"
    menu_order = 315
    items = (ListingAdmin, TransitionAdmin, DrawAdmin, ElsewhereAdmin, FeedbackAdmin, ReminderAdmin)


modeladmin_register(OpportunitiesGroup)
