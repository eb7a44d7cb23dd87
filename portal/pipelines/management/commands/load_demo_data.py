"""Load the demo: a synthetic workforce, four collections, four published releases, and opportunities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.applications.demo import load_demo
from portal.core.progress import Report, progress
from portal.datasets.demo import load_regions
from portal.pipelines import demo
from portal.pipelines.demo_open import open_current
from portal.pipelines.errors import PipelineError
from portal.pipelines.synthetic import LABEL
from portal.pipelines.synthetic.anchors import BASE_POSTS
from portal.pipelines.synthetic.workforce import PERIODS, make_workforce
from portal.publications.demo import announce_next

LARGEST = 5_000_000


class Command(BaseCommand):
    """Loads the demo by the portal's own actions; running it again changes nothing."""

    help = "Load demo data: synthetic returns, runs and published releases. --pcn-folder adds real staff records."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what may be said."""
        parser.add_argument("--posts", type=int, default=BASE_POSTS, help=f"Posts in the workforce (to {LARGEST:,})")
        parser.add_argument("--pcn-folder", type=Path, help="Folder with the published primary care network files")
        parser.add_argument("--without-opportunities", action="store_true", help="Leave out listings and applications")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load everything, with progress."""
        folder = options["pcn_folder"]
        if not 1 <= options["posts"] <= LARGEST:
            raise CommandError(f"--posts is 1 to {LARGEST:,}.")
        missing = [name for name in demo.PCN_FILES.values() if folder and not (folder / name).is_file()]
        if missing:
            raise CommandError(f"{folder} lacks {', '.join(missing)}.")
        try:
            with progress("Demo data") as report:
                self._load(report, options["posts"], folder, opportunities=not options["without_opportunities"])
        except PipelineError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(LABEL)

    def _load(self, report: Report, posts: int, folder: Path | None, *, opportunities: bool) -> None:
        team = demo.demo_team()
        report(0.02, "Making up a workforce")
        workforce = make_workforce(posts=posts)
        demo.register_synthetic(team, workforce)
        share = 0.8 / (len(PERIODS) + (len(demo.PCN_FILES) if folder else 0))
        done = 0.05
        for number, period in enumerate(PERIODS):
            report(done, f"Returns, runs and releases of {period}")
            demo.collect_synthetic(team, workforce, number)
            collections = [f"oh-{one}" for one in PERIODS[: number + 1]]
            for series in demo.SYNTHETIC_SERIES:
                demo.publish_period(team, series=series, period=period, collections=collections)
            done += share
        report(done, "A collection that is still open")
        open_current(team, workforce)
        periods = list(demo.PCN_FILES) if folder else []
        for number, period in enumerate(periods):
            report(done, f"Staff records of {period}")
            demo.collect_pcn(team, folder or Path(), period)
            collections = [f"pcn-{one}" for one in periods[: number + 1]]
            demo.publish_period(team, series="pcn-headcount", period=period, collections=collections)
            done += share
        report(done, "The regional dataset: a correction, a withdrawn version, a major change")
        load_regions(source="ohw-headcount", analyst=team.analyst, approver=team.approver, publisher=team.publisher)
        if opportunities:
            report(done, "Opportunities and applications")
            load_demo(
                by=None, now=timezone.now(), report=lambda part, text: report(done + 0.5 * (1 - done) * part, text)
            )
            report(done + 0.6 * (1 - done), "Statistics of access to opportunities")
            demo.publish_access(team)
        announce_next(by=team.publisher)
        report(1.0, "Done")
