"""``manage.py erase_personal_data [--dry-run]``: the retention schedule of returns."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.submissions.actions.retention import due_collections, erase_collection, forget_answers


class Command(BaseCommand):
    """Erase the personal data of sealed collections after their retention date."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--dry-run", action="store_true", help="Say what would be erased.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Erase, and say what."""
        due = due_collections()
        if not due:
            self.stdout.write("No collection is past its retention date.")
        for collection in due:
            done = erase_collection(by=None, collection=collection, dry_run=options["dry_run"])
            verb = "would be erased" if options["dry_run"] else "erased"
            self.stdout.write(
                f"{done.collection}: {done.records:,} records, {done.files:,} files and {done.findings:,} findings {verb}."
            )
        if not options["dry_run"]:
            self.stdout.write(f"{forget_answers():,} old answers to requests by API forgotten.")
