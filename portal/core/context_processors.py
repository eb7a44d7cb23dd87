"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest | None) -> dict[str, Any]:  # noqa: ARG001 - Django's signature
    """Return the site's name, brand switch and address, and where people sign in: None where nobody said."""
    return {
        "site_name": settings.WAGTAIL_SITE_NAME,
        "gov_uk_brand": settings.GOV_UK_BRAND,
        "base_url": settings.BASE_URL,
        "service_url": (settings.SERVICE_URL or None) if settings.PROCESS == "public" else "",
    }
