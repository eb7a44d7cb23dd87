"""Make a dataset version again from its sealed inputs and compare the bytes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.datasets.models import Dataset, DatasetVersion
from portal.pipelines.rebuild import verify_version


class Command(BaseCommand):
    """Proves that a version can be rebuilt, or says what differs."""

    help = "Verify a dataset version: stored hashes, snapshots, and a rebuild compared byte for byte."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what may be said."""
        parser.add_argument("dataset", help="Identifier of the dataset, for example pcn-headcount")
        parser.add_argument("version", nargs="?", default="", help="major.minor.patch; the newest where it is left out")
        parser.add_argument("--threads", type=int, default=None, help="Compute with this many threads")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify and report each comparison."""
        version = self._version(options["dataset"], options["version"])
        found = verify_version(version, threads=options["threads"])
        for holds, text in found.checks:
            self.stdout.write(f"  {'ok    ' if holds else 'DIFFERS'} {text}")
        for remark in found.remarks:
            self.stdout.write(f"  note    {remark}")
        if not found.passed:
            raise CommandError(f"{version} is not what its lineage says.")
        self.stdout.write(self.style.SUCCESS(f"{version}: {len(found.checks)} comparisons, all the same."))

    def _version(self, slug: str, number: str) -> DatasetVersion:
        dataset = Dataset.objects.filter(slug=slug).first()
        if dataset is None:
            raise CommandError(f"There is no dataset “{slug}”.")
        versions = DatasetVersion.objects.filter(dataset=dataset).order_by("major", "minor", "patch", "pk")
        if number:
            try:
                major, minor, patch = (int(word) for word in number.split("."))
            except ValueError as error:
                raise CommandError("Write the version as major.minor.patch, for example 1.2.0.") from error
            versions = versions.filter(major=major, minor=minor, patch=patch)
        version = versions.last()
        if version is None:
            raise CommandError(f"{slug} has no version {number}.".replace("version .", "version."))
        return version
