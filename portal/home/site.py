"""The root of the site: the home page, below which everything else lives."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from wagtail.models import Page, Site

from portal.home.models import HomePage


@transaction.atomic
def ensure_home_page() -> HomePage:
    """Return the home page; on a new site make it, point the site at it and remove Wagtail's welcome page."""
    existing = HomePage.objects.first()
    if existing is not None:
        return existing
    root = Page.get_first_root_node()
    welcome = Page.objects.filter(depth=2, slug="home").first()
    home = HomePage(title="Home", slug="portal", summary=HomePage._meta.get_field("strapline").default)
    root.add_child(instance=home)
    address = urlsplit(settings.BASE_URL)
    port = address.port or (443 if address.scheme == "https" else 80)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": address.hostname or "localhost",
            "port": port,
            "root_page": home,
            "site_name": settings.WAGTAIL_SITE_NAME,
        },
    )
    if welcome is not None:
        welcome.delete()
    home.refresh_from_db()
    return home
