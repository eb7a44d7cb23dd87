"""``manage.py migrate``: both databases, one at a time across processes, then the rights of the roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connections

from portal.core.locks import advisory_lock

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(migrate.Command):
    """Django's command, made safe for several machines that start at once."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take Django's options; without ``--database`` both databases are migrated."""
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the databases whose checks run first."""
        kwargs = super().get_check_kwargs(options)
        return {**kwargs, "databases": [options["database"]] if options["database"] else list(connections)}

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate under a lock; a second process waits, then finds nothing to do."""
        changes = not (options["plan"] or options["check_unapplied"])
        for alias in [options["database"]] if options["database"] else list(connections):
            with advisory_lock("migrate", using=alias, wait=True):
                super().handle(*args, **{**options, "database": alias})
                if changes:
                    call_command("grant_database_roles", database=alias, verbosity=options["verbosity"])
