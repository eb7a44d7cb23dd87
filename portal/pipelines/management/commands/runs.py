"""Look at runs and act on them from the command line: what the run pages of the CMS do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.pipelines import actions
from portal.pipelines.automatic import look_for_trouble, start_due_runs
from portal.pipelines.comparison import last_before
from portal.pipelines.errors import PipelineError
from portal.pipelines.metrics import as_json, as_text
from portal.pipelines.models import PipelineRun
from portal.pipelines.why import headline_reasons, why

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.pipelines.why import Why

LISTED = 20


class Command(BaseCommand):
    """Lists runs, cancels or repeats one, says why figures changed, and prints measures."""

    help = "List, cancel, repeat and explain runs; print their measures; do what beat does for them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what may be said."""
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("list", help="The newest runs")
        for name, words in (
            ("cancel", "Stop a run"),
            ("retry", "Let a failed run go on from the step that failed"),
            ("why", "Say why figures changed since the run before"),
        ):
            one = what.add_parser(name, help=words)
            one.add_argument("run", type=int, help="Identifier of the run, as list shows it")
            if name == "why":
                one.add_argument("--measure", default="", help="A measure; the headlines where it is left out")
                one.add_argument("--cell", nargs="+", default=[], help="column=code for every column of the figure")
        measures = what.add_parser("measures", help="Measures of the last run of each series")
        measures.add_argument("--text", action="store_true", help="As monitoring systems read them")
        what.add_parser("alerts", help="Look for missed schedules and failed runs, and tell the OH team")
        what.add_parser("start-due", help="Start the runs of series whose accepted returns have settled")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what was asked."""
        try:
            for line in getattr(self, f"_{options['what'].replace('-', '_')}")(options):
                self.stdout.write(line)
        except PipelineError as error:
            raise CommandError(str(error)) from error

    def _list(self, _options: dict[str, Any]) -> Iterable[str]:
        for run in PipelineRun.objects.all()[:LISTED]:
            yield f"{run.pk:>6}  {run.requested_at:%Y-%m-%d %H:%M}  {run.get_state_display():<10}  {run}  {run.failure}"

    def _cancel(self, options: dict[str, Any]) -> Iterable[str]:
        run = actions.cancel_run(by=None, run=self._run(options))
        yield f"{run} {'is cancelled' if run.is_finished else 'will stop at its next breath'}."

    def _retry(self, options: dict[str, Any]) -> Iterable[str]:
        yield f"{actions.retry_run(by=None, run=self._run(options))} waits for a worker."

    def _why(self, options: dict[str, Any]) -> Iterable[str]:
        run = self._run(options)
        earlier = last_before(run)
        if earlier is None:
            raise CommandError(f"There is no earlier run of {run.series} to compare with.")
        yield f"{run} compared with run {earlier.number}:"
        if not options["measure"]:
            for label, found in headline_reasons(run, earlier):
                yield from _lines(label, found)
            return
        faulty = [word for word in options["cell"] if "=" not in word]
        if faulty:
            raise CommandError(f"Write {', '.join(faulty)} as column=code, for example geography_code=E92000001.")
        cell = dict(word.split("=", 1) for word in options["cell"])
        try:
            yield from _lines(options["measure"], why(run, earlier, measure=options["measure"], cell=cell))
        except KeyError as error:
            raise CommandError(f"Name the column {error.args[0]} as well.") from error

    def _measures(self, options: dict[str, Any]) -> Iterable[str]:
        yield as_text() if options["text"] else json.dumps(as_json(), indent=1)

    def _alerts(self, _options: dict[str, Any]) -> Iterable[str]:
        found = look_for_trouble()
        yield from (str(alert) for alert in found)
        yield f"{len(found)} new alerts."

    def _start_due(self, _options: dict[str, Any]) -> Iterable[str]:
        found = start_due_runs()
        yield from (f"{run} waits for a worker." for run in found)
        yield f"{len(found)} runs asked for."

    def _run(self, options: dict[str, Any]) -> PipelineRun:
        run = PipelineRun.objects.filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no run {options['run']}: `runs list` shows the newest.")
        return run


def _lines(label: str, found: Why) -> Iterable[str]:
    yield f"  {label}, {found.period}: {found.before} → {found.after} {found.change}".rstrip()
    if found.note:
        yield f"      {found.note}"
    for reason, words in found.rows:
        yield f"      {reason:<18} {words}"
