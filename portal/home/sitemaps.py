"""The sitemap: every public page, definition, dataset and opportunity. Nothing else is public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap
from wagtail.models import Page

from portal.datasets.models import Dataset
from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.opportunities.models import Opportunity

if TYPE_CHECKING:
    import datetime as dt


class PageSitemap(Sitemap):
    """Live pages that need no password."""

    def items(self) -> Any:
        """Return the pages, in the order of the tree."""
        return Page.objects.live().public().filter(depth__gt=1).order_by("path")

    def location(self, item: Page) -> str:
        """Return the address of a page."""
        return item.get_url() or "/"

    def lastmod(self, item: Page) -> dt.datetime | None:
        """Return when it was last published."""
        return item.last_published_at


class DefinitionSitemap(Sitemap):
    """The newest published version of each role and the perspectives in force."""

    def items(self) -> list[tuple[str, Any]]:
        """Return each with the folder of its kind."""
        roles = RoleVersion.objects.latest_per_role().without_long_text()
        perspectives = PerspectiveVersion.objects.current().without_long_text()
        return [*(("roles", row) for row in roles), *(("perspectives", row) for row in perspectives)]

    def location(self, item: tuple[str, Any]) -> str:
        """Return the standing address of the definition."""
        folder, row = item
        return f"/definitions/{folder}/{row.code}/"

    def lastmod(self, item: tuple[str, Any]) -> dt.datetime:
        """Return when the version was published."""
        return item[1].published_at


class DatasetSitemap(Sitemap):
    """Datasets with a published version."""

    def items(self) -> Any:
        """Return the datasets."""
        return Dataset.objects.public().with_latest()

    def lastmod(self, item: Dataset) -> dt.datetime | None:
        """Return when the current version was published."""
        return item.latest.published_at if item.latest else None


class OpportunitySitemap(Sitemap):
    """Open listings: those that are over keep their address, but years of them would outgrow the file."""

    def items(self) -> Any:
        """Return the listings, in a stable order."""
        return Opportunity.objects.open_now().only("reference", "listed_at").order_by("reference")


SITEMAPS = {
    "pages": PageSitemap,
    "definitions": DefinitionSitemap,
    "datasets": DatasetSitemap,
    "opportunities": OpportunitySitemap,
}
