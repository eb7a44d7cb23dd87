"""``manage.py import_returns FILE --collection pcn-2022-03``."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.submissions.actions import ImportReport, accept_returns, import_returns
from portal.submissions.enums import CollectionState, WorkerKeyScope
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Collection
from portal.submissions.reading import Refused

_CODE = re.compile(r"pcn-(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])")


class Command(BaseCommand):
    """Import the published individual-level records of primary care networks."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--collection", required=True, help="Code, for example pcn-2022-03.")
        parser.add_argument("--accept", action="store_true", help="Accept the returns at once.")
        parser.add_argument("--reason", default="", help="Why accepted returns, or a closed collection, are reopened.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, and say what became of every row."""
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        collection = pcn_collection(options["collection"])
        started = time.monotonic()
        try:
            report = import_returns(by=None, collection=collection, path=options["file"], reason=options["reason"])
        except Refused as refused:
            raise CommandError(f"{refused.code} {refused.message}") from refused
        except ActionRefused as refused:
            raise CommandError(str(refused)) from refused
        self._say(report, time.monotonic() - started)
        if options["accept"]:
            self.stdout.write(f"{accept_returns(by=None, collection=collection):,} returns accepted.")

    def _say(self, report: ImportReport, seconds: float) -> None:
        if report.is_repeat:
            self.stdout.write("This file was imported before. Nothing has changed.")
        self.stdout.write(
            f"{report.rows:,} rows: {report.stored:,} stored ({report.queried:,} of them with a query), "
            f"{report.refused:,} refused. Returns: {report.new_returns:,} new, {report.changed_returns:,} changed, "
            f"{report.unchanged_returns:,} unchanged. {seconds:.1f} s.",
        )
        for code, count in report.by_code.items():
            self.stdout.write(f"  {code}: {count:,}")
        for note in report.notes:
            self.stdout.write(f"  {note}")
        if report.not_in_file:
            self.stdout.write(
                f"  {len(report.not_in_file)} returned earlier and are not in this file; they are left as they are."
            )


def pcn_collection(code: str) -> Collection:
    """Return the collection, setting it up where its code says the month."""
    if found := Collection.objects.filter(code=code).first():
        return found
    match = _CODE.fullmatch(code)
    if match is None:
        raise CommandError(f"There is no collection {code}. A code such as pcn-2022-03 sets one up.")
    year, month = int(match["year"]), int(match["month"])
    reference = dt.date(year, month, calendar.monthrange(year, month)[1])
    now = timezone.now()
    return Collection.objects.create(
        code=code,
        title=f"Primary care network workforce, {reference:%B %Y}",
        family="pcn",
        reference_date=reference,
        opens_at=now,
        closes_at=now + dt.timedelta(days=90),
        form_version="pcn-individual-1",
        worker_key_scope=WorkerKeyScope.COLLECTION,
        state=CollectionState.OPEN,
    )
