"""New opportunities as an Atom feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed

from portal.opportunities.models import Opportunity

if TYPE_CHECKING:
    from datetime import datetime

NEWEST = 50


class OpportunitiesFeed(Feed):
    """The newest open listings."""

    feed_type = Atom1Feed
    title = "Opportunities in the NHS before employment"
    subtitle = "Work experience, insight events and online activities, as they are listed."
    link = "/opportunities/"

    def items(self) -> list[Opportunity]:
        """Return the newest open listings."""
        return list(Opportunity.objects.open_now().select_related("organisation").order_by("-listed_at")[:NEWEST])

    def item_title(self, item: Opportunity) -> str:
        """Return title and host."""
        return f"{item.title}, {item.organisation.name}"

    def item_description(self, item: Opportunity) -> str:
        """Return the summary."""
        return item.summary

    def item_updateddate(self, item: Opportunity) -> datetime | None:
        """Return when it was listed."""
        return item.listed_at
