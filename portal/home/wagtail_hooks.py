"""Feedback in the CMS: read it, mark it as dealt with. Nobody rewrites what a reader said."""

from __future__ import annotations

from typing import Any

from wagtail import hooks
from wagtail.admin.panels import FieldPanel
from wagtail.admin.viewsets.model import ModelViewSet

from portal.home.models import Feedback


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


@hooks.register("register_admin_viewset")
def register_feedback() -> Any:
    """Show feedback in the menu to those who may see it."""
    return FeedbackViewSet()
