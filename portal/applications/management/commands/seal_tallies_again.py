"""Seal the sums of equality answers with a new key: ``manage.py seal_tallies_again --old-key-file FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from portal.applications.tallies import seal_again


class Command(BaseCommand):
    """After PSEUDONYM_KEY was rotated: open what the old key sealed and seal it with the new one."""

    help = "Seal the sums of equality answers with the PSEUDONYM_KEY in use, after a rotation."

    def add_arguments(self, parser: Any) -> None:
        """Take the file that holds the old key: a key on a command line stays in its history."""
        parser.add_argument("--old-key-file", type=Path, required=True, help="a file that holds the key used before")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Seal all, or none."""
        try:
            number = seal_again(old_key=options["old_key_file"].read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError, ImproperlyConfigured) as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"Sealed again: {number}. Delete the file with the old key.")
