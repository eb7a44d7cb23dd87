"""Load what every new site starts with: groups, home page, definitions, pages. May be run again at any time."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from django.core.management.base import BaseCommand

from portal.home.site import ensure_home_page

#: Groups before rights, the home page before the pages below it, the home app's own pages last.
BEFORE: Final = ("portal.users",)
AFTER: Final = (
    "portal.definitions",
    "portal.organisations",
    "portal.submissions",
    "portal.datasets",
    "portal.publications",
    "portal.opportunities",
    "portal.applications",
    "portal.pipelines",
    "portal.home",
    "search",
)


class Command(BaseCommand):
    """Call ``load_starting_content`` of every app that has some."""

    help = "Load the content that every new site starts with. Running it again changes nothing that is there."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load app by app, saying which."""
        for app in BEFORE:
            self._load(app)
        ensure_home_page()
        for app in AFTER:
            self._load(app)

    def _load(self, app: str) -> None:
        module = f"{app}.starting_content"
        if find_spec(module) is None:
            return
        self.stdout.write(f"{app.removeprefix('portal.')}: starting content")
        import_module(module).load_starting_content()
