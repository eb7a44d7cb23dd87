"""The edge to the CMS: feedback, content that needs somebody, the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.components import Component
from wagtail.admin.viewsets.model import ModelViewSet

from portal.home import admin_views, care
from portal.home.editor_guide import editor_guide
from portal.home.models import Feedback

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern


class FeedbackViewSet(ModelViewSet):
    """What readers told us, newest first."""

    model = Feedback
    name = "feedback"
    icon = "comment"
    menu_label = "Feedback"
    menu_order = 800
    add_to_admin_menu = True
    copy_view_enabled = False
    inspect_view_enabled = True
    list_display = ("received_at", "kind", "page", "message", "is_answered")
    list_filter = ("is_answered", "kind")
    panels = (
        FieldPanel("received_at", read_only=True),
        FieldPanel("kind", read_only=True),
        FieldPanel("page", read_only=True),
        FieldPanel("message", read_only=True),
        FieldPanel("is_answered"),
    )


@hooks.register("insert_global_admin_css")
def style_our_pages() -> str:
    """Add what all our pages inside the CMS share."""
    return format_html('<link rel="stylesheet" href="{}">', static("cms.css"))


@hooks.register("register_admin_viewset")
def register_feedback() -> Any:
    """Show feedback in the menu to those who may see it."""
    return FeedbackViewSet()


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    """Mount the pages about the content as a whole."""
    return [
        path("content-care/", admin_views.content_care, name="content_care"),
        path("audit-trail/", admin_views.audit_trail, name="audit_trail"),
        path("editor-guide/", editor_guide, name="editor_guide"),
    ]


@hooks.register("register_reports_menu_item")
def register_content_care() -> MenuItem:
    """Show what needs somebody among the reports."""
    return MenuItem("Content to look after", reverse("content_care"), icon_name="warning", order=600)


@hooks.register("register_help_menu_item")
def register_editor_guide() -> MenuItem:
    """Show the guide first among the help."""
    return MenuItem("Editor guide", reverse("editor_guide"), icon_name="help", order=10)


class AuditMenuItem(MenuItem):
    """The way to the audit trail, for administrators."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to those who may read it."""
        return admin_views.is_administrator(request.user)


@hooks.register("register_reports_menu_item")
def register_audit_trail() -> MenuItem:
    """Show the audit trail among the reports."""
    return AuditMenuItem("Audit trail", reverse("audit_trail"), icon_name="history", order=700)


class CarePanel(Component):
    """What is due and what was left alone, on the first screen."""

    order = 70

    def render_html(self, parent_context: Any = None) -> str:
        """Return the panel; nothing for people who edit no pages."""
        request = parent_context["request"]
        if not request.user.has_perm("wagtailadmin.access_admin"):
            return ""
        return render_to_string("home/admin/care_panel.html", care.summary(), request=request)


@hooks.register("construct_homepage_panels")
def add_care_panel(_request: HttpRequest, panels: list[Any]) -> None:
    """Put what is due on the first screen."""
    panels.append(CarePanel())
