"""``manage.py grant_database_roles``: give each database role exactly its rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from portal.core import grants

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Grant and revoke, so that the public web process cannot read what is not public."""

    help = "Give the service and public database roles exactly their rights. Runs by itself after migrate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--database``, ``--dry-run`` and ``--force``."""
        parser.add_argument("--database", choices=list(connections), help="only this database")
        parser.add_argument("--dry-run", action="store_true", help="print the SQL and change nothing")
        parser.add_argument("--force", action="store_true", help="apply even if nothing seems to have changed")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Apply to one database or to all."""
        for alias in [options["database"]] if options["database"] else list(connections):
            self._grant(alias, dry_run=options["dry_run"], force=options["force"], verbosity=options["verbosity"])

    def _grant(self, alias: str, *, dry_run: bool, force: bool, verbosity: int) -> None:
        logins = settings.DATABASE_LOGINS[alias]
        if logins["service"] == logins["owner"]:
            if verbosity:
                self.stdout.write(f"{alias}: one login owns and serves everything; there are no rights to separate.")
            return
        missing = {name for name in logins.values() if name} - grants.existing_roles(connections[alias])
        if missing:
            raise CommandError(f"{alias}: the database has no role {', '.join(sorted(missing))}; create it first.")
        if dry_run:
            self.stdout.write("\n".join(f"{line};" for line in grants.plan(alias)[0]))
        elif grants.apply(alias, force=force) and verbosity:
            self.stdout.write(f"{alias}: rights given to {', '.join(sorted({n for n in logins.values() if n}))}.")
