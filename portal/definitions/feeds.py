"""The Atom feed of changes to definitions."""

from __future__ import annotations

from typing import Any

from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed

from portal.definitions.models import PerspectiveVersion, RoleVersion

ENTRIES = 50


class ChangesFeed(Feed):
    """The newest versions of roles and perspectives, and withdrawals among them."""

    feed_type = Atom1Feed
    title = "Changes to the definitions of the occupational health workforce"
    subtitle = "New versions of roles and perspectives, with what changed."
    link = "/definitions/"

    def items(self) -> list[Any]:
        """Return the newest versions of both kinds."""
        newest = [
            *RoleVersion.objects.select_related("withdrawal")
            .without_long_text()
            .order_by("-published_at", "-pk")[:ENTRIES],
            *PerspectiveVersion.objects.select_related("withdrawal")
            .without_long_text()
            .order_by("-published_at", "-pk")[:ENTRIES],
        ]
        return sorted(newest, key=lambda version: version.published_at, reverse=True)[:ENTRIES]

    def item_title(self, item: Any) -> str:
        """Name the version."""
        withdrawn = " (withdrawn)" if hasattr(item, "withdrawal") else ""
        return f"{item}{withdrawn}"

    def item_description(self, item: Any) -> str:
        """Say what changed."""
        if hasattr(item, "withdrawal"):
            return f"Withdrawn: {item.withdrawal.reason}"
        return f"{item.get_change_class_display()}. {item.change_note or item.summary}"

    def item_link(self, item: Any) -> str:
        """Link to the permanent page."""
        return item.get_absolute_url()

    def item_pubdate(self, item: Any) -> Any:
        """Date of publication."""
        return item.published_at

    def item_updateddate(self, item: Any) -> Any:
        """Date of the last thing that happened to it."""
        return item.withdrawal.at if hasattr(item, "withdrawal") else item.published_at
