"""Run a statistical series from seal to draft release, here and now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.pipelines.actions import request_run
from portal.pipelines.enums import RunState, Trigger
from portal.pipelines.errors import SpecificationError
from portal.pipelines.runner import execute_run
from portal.pipelines.specification import specification_of


class Command(BaseCommand):
    """Runs a series in this process, or hands it to a worker."""

    help = "Run a statistical series: seal, compute, protect, audit, draft."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what may be said."""
        parser.add_argument("series", help="Code of the specification, for example pcn-headcount")
        parser.add_argument("--collections", nargs="*", default=[], help="Use these collections only")
        parser.add_argument("--worker", action="store_true", help="Hand the run to a worker and return at once")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be run, and do nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run, and say how it ended."""
        try:
            specification = specification_of(options["series"])
        except SpecificationError as error:
            raise CommandError(str(error)) from error
        collections = options["collections"] or specification.kind.collections(specification.family)
        if options["dry_run"]:
            self.stdout.write(f"{specification.title}: would seal and use {', '.join(collections) or 'nothing yet'}.")
            return
        parameters = {"collections": options["collections"]} if options["collections"] else {}
        run = request_run(
            by=None, series=specification.code, trigger=Trigger.COMMAND, parameters=parameters, send=options["worker"]
        )
        if options["worker"]:
            self.stdout.write(f"{run} waits for a worker.")
            return
        state = execute_run(run.pk)
        run.refresh_from_db()
        for line in run.log_lines.all():
            self.stdout.write(f"  {line.step or '-':<11} {line.message}")
        if state != RunState.SUCCEEDED:
            raise CommandError(f"{run} {run.get_state_display().lower()}: {run.failure or 'another worker is at it'}")
        self.stdout.write(self.style.SUCCESS(f"{run} succeeded in {run.seconds:.1f} s."))
