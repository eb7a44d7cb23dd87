"""The edge to the CMS: the release desk, its menu item, the way to it from a page, what waits on the first screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.models import Permission
from django.db.models import TextField
from django.http import Http404
from django.template.loader import render_to_string
from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.action_menu import PageLockedMenuItem, SaveDraftMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets import Button
from wagtail.fields import RichTextField, StreamField

from portal.publications import admin_bundle_views, admin_early_views, admin_mail_views, admin_views, webhook_views
from portal.publications.bare_figures import BARE, bare_figures_of
from portal.publications.media_access import is_shown
from portal.publications.models import ReleasePage
from portal.publications.models.pages import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    """Mount the desk below the CMS."""
    return [
        path("releases/", admin_views.desk, name="release_desk"),
        path("releases/calendar/", admin_views.calendar_desk, name="release_desk_calendar"),
        path("releases/calendar/<int:pk>/<slug:name>/", admin_views.calendar_step, name="release_desk_calendar_step"),
        path("releases/webhooks/", webhook_views.webhooks, name="release_desk_webhooks"),
        path("releases/webhooks/<int:pk>/switch/", webhook_views.toggle, name="release_desk_webhook_toggle"),
        path("releases/webhooks/<int:pk>/again/", webhook_views.send_again, name="release_desk_webhook_send_again"),
        path("releases/bundles/", admin_bundle_views.bundles, name="release_desk_bundles"),
        path("releases/bundles/<int:pk>/<slug:name>/", admin_bundle_views.bundle_step, name="release_desk_bundle_step"),
        path("releases/as-it-will-be/", admin_early_views.clock, name="release_desk_clock"),
        path("releases/mails/", admin_mail_views.mails, name="release_desk_mails"),
        path("releases/mails/<int:pk>/again/", admin_mail_views.mails_again, name="release_desk_mails_again"),
        path("releases/early/<int:pk>/end/", admin_early_views.revoke, name="release_desk_early_end"),
        path("releases/<int:pk>/preview/", admin_early_views.preview, name="release_desk_preview"),
        path("releases/<int:pk>/early/", admin_early_views.early, name="release_desk_early"),
        path("releases/page/<int:page_pk>/", admin_views.desk_for_page, name="release_desk_for_page"),
        path("releases/<int:pk>/", admin_views.desk_version, name="release_desk_version"),
        path("releases/<int:pk>/figures/", admin_views.add_figures, name="release_desk_figures"),
        path("releases/<int:pk>/correct/", admin_views.correct, name="release_desk_correct"),
        path("releases/<int:pk>/<slug:name>/", admin_views.step, name="release_desk_step"),
    ]


@hooks.register("register_admin_menu_item")
def register_desk_menu_item() -> MenuItem:
    """Add the desk to the menu."""
    return MenuItem("Releases", reverse("release_desk"), name="releases", icon_name="calendar-check", order=150)


@hooks.register("register_page_header_buttons")
def desk_header_button(page: Any, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """Lead from a release in the page tree to its desk."""
    del user, view_name, next_url
    if page.specific_class is ReleasePage and page.pk:
        yield Button(
            "Review and publish", reverse("release_desk_for_page", args=[page.pk]), icon_name="check", priority=5
        )


@hooks.register("construct_page_action_menu")
def keep_draft_and_preview_only(menu_items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """Leave a release no other way to the public than its desk."""
    del request
    page = context.get("page")
    if page is not None and page.specific_class is ReleasePage:
        menu_items[:] = [item for item in menu_items if isinstance(item, SaveDraftMenuItem | PageLockedMenuItem)]


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def name_bare_figures(request: HttpRequest, page: Any) -> None:
    """Tell who saved a page which numbers in it no data will renew; a release has its checklist for that."""
    if isinstance(page, ReleasePage):
        return
    kinds = (StreamField, RichTextField, TextField)
    fields = [field for field in page._meta.get_fields() if isinstance(field, kinds)]
    found = bare_figures_of([getattr(page, field.name) for field in fields])
    if found:
        messages.warning(request, f"Numbers typed into this page: {', '.join(found)}. {BARE}")


class WaitingPanel(Component):
    """What waits for the person who is signed in."""

    order = 50

    def render_html(self, parent_context: Any = None) -> str:
        """Return the panel; nothing where nothing waits."""
        request = parent_context["request"]
        waiting = admin_views.waiting_for(request.user)
        if not waiting:
            return ""
        return render_to_string("publications/admin/waiting_panel.html", {"waiting": waiting}, request=request)


@hooks.register("construct_homepage_panels")
def add_waiting_panel(request: HttpRequest, panels: list[Any]) -> None:
    """Put what waits on the first screen."""
    del request
    panels.append(WaitingPanel())


@hooks.register("before_serve_document")
def refuse_documents_of_drafts(document: Any, request: HttpRequest) -> None:
    """Serve a document to readers once a public page shows it; to the team before."""
    user = getattr(request, "user", None)
    if not (user is not None and user.has_perm("wagtailadmin.access_admin")) and not is_shown(document):
        raise Http404


@hooks.register("register_permissions")
def register_permissions() -> QuerySet[Permission]:
    """Let administrators give groups the rights over releases."""
    return Permission.objects.filter(
        content_type__app_label="publications", codename__in=[codename for codename, _words in PERMISSIONS]
    )
