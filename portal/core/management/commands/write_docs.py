"""``manage.py write_docs``: write the parts of ``docs/`` that are made from the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from portal.core import reference

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Write settings, commands and addresses; or say that they are not current."""

    help = "Write the parts of docs/ that are made from the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--check``."""
        parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is not current")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write each page that differs."""
        old = [file for file, text in reference.pages().items() if not file.exists() or file.read_text() != text]
        if options["check"] and old:
            raise CommandError(f"Not current: {', '.join(file.name for file in old)}. Run make docs.")
        for file in old:
            file.parent.mkdir(exist_ok=True)
            file.write_text(reference.pages()[file])
            self.stdout.write(f"Wrote {file.name}")
