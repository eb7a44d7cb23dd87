"""Renew everything that is kept of public pages and data, after a write to the database past the portal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from redis.exceptions import RedisError
from wagtail.models import Site

from portal.publications import page_cache


class Command(BaseCommand):
    """Believe nothing that was kept before now."""

    help = (
        "Renew everything that is kept of public pages and data. The portal does so by itself after every write of its "
        "own; run this after a write past it, such as with psql."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Renew, or say that the shared cache cannot hear it."""
        try:
            page_cache.renew()
            Site.clear_site_root_paths_cache()
        except RedisError as error:
            raise CommandError(
                f"The shared cache (REDIS_URL) does not answer ({type(error).__name__}): nothing was renewed. While it "
                "is away nothing kept is shown; what it wrote down is believed again when it is back. Run this then."
            ) from error
        self.stdout.write("Renewed: every public page, file list and answer of the data API is made anew.")
