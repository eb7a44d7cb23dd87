"""``manage.py set_site_address URL``: where the site is, for full addresses in feeds and mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from wagtail.models import Site

if TYPE_CHECKING:
    from argparse import ArgumentParser

DEFAULT_PORTS = {"http": 80, "https": 443}


class Command(BaseCommand):
    """Write host and port of an address into the default site."""

    help = "Set the address of the default site, for full addresses in feeds and mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address and ``--dry-run``."""
        parser.add_argument("url", help="for example https://data.example.org")
        parser.add_argument("--dry-run", action="store_true", help="say what would change and change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Change the site when the address differs."""
        parts = urlsplit(options["url"])
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise CommandError(f"{options['url']} is not an address such as https://data.example.org")
        site = Site.objects.filter(is_default_site=True).first()
        if site is None:
            raise CommandError("There is no default site yet; run manage.py load_starting_content first.")
        site.hostname, site.port = parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
        if not options["dry_run"]:
            site.save()
        self.stdout.write(f"The site is at {site.root_url}")
