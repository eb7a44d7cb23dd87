"""Check a published draw record: ``manage.py verify_draw FILE`` (or ``-`` for standard input)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.methods.lottery import verify


class Command(BaseCommand):
    """Reproduce a draw from its public record alone; needs no database."""

    help = "Check a published draw record; exits with 1 and says why where it does not hold."
    requires_system_checks = []

    def add_arguments(self, parser: Any) -> None:
        """Take the file."""
        parser.add_argument("file", help="the record (…/draw.json), or - for standard input")
        parser.add_argument("--commitment", default="", help="the commitment as it was e-mailed at closing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check and say."""
        text = sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text(encoding="utf-8")
        try:
            record = json.loads(text)
            if not record["seed"]:
                raise CommandError("The draw has not been held yet; the record has a commitment and no seed.")
            faults = verify(record)
            if options["commitment"] and options["commitment"].strip() != record["commitment"]:
                faults.append(f"The commitment of the record is {record['commitment']}, not the one of closing.")
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as fault:
            raise CommandError(f"This is not a draw record: {fault!r}.") from fault
        if faults:
            raise CommandError(" ".join(faults))
        self.stdout.write(f"The draw holds. Entries: {len(record['entries'])}, places: {record['places']}.")
        if not options["commitment"]:
            self.stdout.write(
                "Whether they were those of closing, --commitment says: give the one that you were e-mailed then."
            )
        self.stdout.write(f"Look up the public value, {record['public_value']}: {record['public_value_source']}")
