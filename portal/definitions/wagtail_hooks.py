"""Editing of definitions in the CMS: forms, review by a second person, spreadsheets, terms in rich text."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.shortcuts import get_object_or_404, redirect
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.snippets.action_menu import ActionMenuItem
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import (
    DeleteView,
    EditView,
    SnippetViewSet,
    SnippetViewSetGroup,
    UnpublishView,
)

from portal.definitions import cms, cms_lists
from portal.definitions.models import Perspective, Role
from portal.definitions.panels import perspective_form, role_form
from portal.definitions.rich_text import register_definition_feature

#: What Wagtail offers by itself and a second person has to do on the review page instead.
REPLACED_ACTIONS = frozenset({"action-publish", "action-unpublish"})


class DefinitionEditView(EditView):
    """Saves drafts and submits them. Publishing is for the review page: whoever saves is an author."""

    def get_available_actions(self) -> list[str]:
        """Leave out the actions that would make the approver an author."""
        return [action for action in super().get_available_actions() if action not in {"publish", "workflow-action"}]


class StaysMixin:
    """Sends whoever would take a published definition away to where it can be withdrawn."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Refuse in words what the database would refuse."""
        definition = get_object_or_404(self.model, pk=unquote(str(kwargs["pk"])))  # type: ignore[attr-defined]  # the view has a model
        if not definition.versions.exists():
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # the view it is mixed into
        messages.error(request, f"“{definition}” is published and stays. Withdraw the version here, giving the reason.")
        return redirect("definitions_review", definition._meta.model_name, definition.pk)


class DefinitionDeleteView(StaysMixin, DeleteView):
    """Deletes a draft that was never published."""


class DefinitionUnpublishView(StaysMixin, UnpublishView):
    """Unpublishes nothing that is published."""


class ReviewMenuItem(ActionMenuItem):
    """The way from the form to the review page."""

    name = "action-review"
    label = "Review and effect"
    icon_name = "view"

    def is_shown(self, context: dict[str, Any]) -> bool:
        """Show it for what exists, locked or not."""
        return context["view"] == "edit"

    def get_url(self, parent_context: dict[str, Any]) -> str:
        """Return the review page's address."""
        instance = parent_context["instance"]
        return reverse("definitions_review", args=[instance._meta.model_name, instance.pk])


@hooks.register("construct_snippet_action_menu")
def keep_publishing_for_the_second_person(
    menu_items: list[ActionMenuItem],
    request: Any,  # noqa: ARG001 - Wagtail's signature
    context: dict[str, Any],
) -> None:
    """Replace Wagtail's publish and approve buttons by the way to the review page."""
    if context["model"] not in {Role, Perspective}:
        return
    menu_items[:] = [
        item
        for item in menu_items
        if item.name not in REPLACED_ACTIONS and type(item).__name__ not in {"WorkflowMenuItem", "PublishMenuItem"}
    ]
    menu_items.append(ReviewMenuItem(order=50))


class DefinitionViewSet(SnippetViewSet):
    """What roles and perspectives share in the CMS."""

    edit_view_class = DefinitionEditView
    delete_view_class = DefinitionDeleteView
    unpublish_view_class = DefinitionUnpublishView
    list_per_page = 50
    ordering = ("family", "code")
    copy_view_enabled = False


class RoleViewSet(DefinitionViewSet):
    """Roles."""

    model = Role
    icon = "user"
    menu_label = "Roles"
    list_display = ("title", "code", "group", "family", "state")
    list_filter = ("family", "group")
    search_fields = ("title", "code", "other_titles", "summary")
    edit_handler = role_form


class PerspectiveViewSet(DefinitionViewSet):
    """Perspectives."""

    model = Perspective
    icon = "view"
    menu_label = "Perspectives"
    list_display = ("title", "code", "family", "state")
    list_filter = ("family",)
    search_fields = ("title", "code", "summary")
    edit_handler = perspective_form


class SpreadsheetMenuItem(MenuItem):
    """Import and export, for those who may edit."""

    def is_shown(self, request: Any) -> bool:
        """Show it to editors of roles."""
        return request.user.has_perm("definitions.change_role")


class DefinitionsGroup(SnippetViewSetGroup):
    """The menu of definitions."""

    menu_label = "Definitions"
    menu_icon = "list-ul"
    menu_order = 200
    items = (RoleViewSet, PerspectiveViewSet)

    def get_submenu_items(self) -> list[MenuItem]:
        """Add the spreadsheet round trip to the two lists."""
        return [
            *super().get_submenu_items(),
            SpreadsheetMenuItem("Spreadsheet", reverse("definitions_spreadsheet"), icon_name="table", order=900),
            SpreadsheetMenuItem("Reference lists", reverse("definitions_lists"), icon_name="list-ol", order=910),
        ]


register_snippet(DefinitionsGroup)


@hooks.register("register_admin_urls")
def definition_addresses() -> list[Any]:
    """Mount the review page, withdrawal, the spreadsheet round trip and the term picker."""
    return [
        path("definitions/review/<str:kind>/<int:pk>/", cms.review, name="definitions_review"),
        path("definitions/review/<str:kind>/<int:pk>/decide/", cms.decide, name="definitions_decide"),
        path("definitions/withdraw/<str:kind>/<int:pk>/", cms.withdraw, name="definitions_withdraw"),
        path("definitions/spreadsheet/", cms.spreadsheet_page, name="definitions_spreadsheet"),
        path("definitions/spreadsheet/roles.xlsx", cms.spreadsheet_download, name="definitions_spreadsheet_xlsx"),
        path("definitions/spreadsheet/roles.csv", cms.spreadsheet_download_csv, name="definitions_spreadsheet_csv"),
        path("definitions/lists/", cms_lists.lists, name="definitions_lists"),
        path("definitions/terms/", cms.terms, name="definitions_terms"),
    ]


@hooks.register("register_rich_text_features")
def definition_in_rich_text(features: Any) -> None:
    """Let editors link a term to its definition."""
    register_definition_feature(features)


@hooks.register("insert_editor_js")
def address_of_terms() -> str:
    """Tell the rich text plugin where the definitions are."""
    return format_html(
        '<script src="{}" data-definition-terms="{}" id="definition-terms"></script>',
        static("definition-link.js"),
        reverse("definitions_terms"),
    )
