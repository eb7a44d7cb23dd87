"""What a step of a run gets: its inputs, a folder to work in, and a way to say how it goes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from django.utils import timezone

from portal.core.storage import private_files
from portal.datasets.models import DatasetVersion
from portal.pipelines.definitions_used import populations_in
from portal.pipelines.errors import RunCancelledError
from portal.pipelines.estimates import Estimates
from portal.pipelines.filling import Sealed
from portal.pipelines.models import PipelineRun, RunLogLine, RunStep, Snapshot
from portal.pipelines.specification import Specification, specification_of

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A person looks at the progress of a run about so often.
SECONDS_BETWEEN = 0.5


def sealed_in(lineage: Mapping[str, Any]) -> dict[str, Sealed]:
    """Return the records and the frame of each period that a lineage names; none where the series made no estimates."""
    frames = {item["time_period"]: private_files.local_path(item["sha256"]) for item in lineage.get("frames", ())}
    return {
        item["time_period"]: Sealed(private_files.local_path(item["sha256"]), frames[item["time_period"]])
        for item in lineage["snapshots"]
        if item["time_period"] in frames
    }


@dataclass
class StepResult:
    """What a step made (names with digests of stored files) and what it counted."""

    outputs: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)


@dataclass
class RunContext:
    """A run at work."""

    run: PipelineRun
    folder: Path
    step: RunStep | None = None
    threads: int | None = None
    _told_at: float = 0.0

    @property
    def specification(self) -> Specification:
        """The specification of the run's series."""
        return specification_of(self.run.series)

    @property
    def definitions(self) -> Mapping[str, Any]:
        """The definitions that were pinned when the run began."""
        return self.run.lineage["definitions"]

    @property
    def predicates(self) -> dict[str, str]:
        """The SQL predicate of each group of records that is counted, in the order of the specification."""
        return populations_in(self.definitions)

    def snapshots(self) -> list[Snapshot]:
        """Return the run's snapshots, oldest period first; not those of the frame that estimates are made with."""
        found = self.run.snapshots.filter(source=self.specification.source)
        return list(found.order_by("time_period", "collection_code"))

    def sealed(self) -> dict[str, Sealed]:
        """Return the records and the frame of each period, where the series makes estimates."""
        return sealed_in(self.run.lineage)

    def estimates_of(self, period: str) -> Estimates | None:
        """Return the estimates of a period; None where the series makes none."""
        if not self.specification.estimates():
            return None
        return Estimates(self.specification, pq.read_table(self.output_paths("estimates")[period]))

    def put(self, path: Path) -> str:
        """Keep a file among the private files and return its digest."""
        return private_files.put(path)

    def output_path(self, name: str) -> Path:
        """Return the file that an earlier step made."""
        return private_files.local_path(self._made(name))

    def output_paths(self, name: str) -> dict[str, Path]:
        """Return the files that an earlier step made, by period, oldest first."""
        return {period: private_files.local_path(digest) for period, digest in sorted(self._made(name).items())}

    def _made(self, name: str) -> Any:
        made = self.run.output(name)
        if made is None:
            raise LookupError(f"{self.run} has no output “{name}” yet")
        return made

    def published_versions(self) -> list[DatasetVersion]:
        """Return what was ever published of the series' dataset and was made by runs, oldest first."""
        versions = DatasetVersion.objects.filter(
            dataset__slug=self.specification.dataset, published_at__isnull=False, lineage__has_key="audit"
        )
        return list(versions.order_by("published_at", "pk"))

    def say(self, message: str, *, level: str = "info") -> None:
        """Write a line of the run's log."""
        RunLogLine.objects.create(run=self.run, step=self.step.name if self.step else "", message=message, level=level)

    def progress(self, done: int, of: int) -> None:
        """Show how far the step is, keep the heart beating, and stop if somebody asked for it; often enough is enough."""
        if done < of and time.monotonic() - self._told_at < SECONDS_BETWEEN:
            return
        self._told_at = time.monotonic()
        now = timezone.now()
        if self.step is not None:
            RunStep.objects.filter(pk=self.step.pk).update(progress=min(100, round(100 * done / max(1, of))))
        PipelineRun.objects.filter(pk=self.run.pk).update(heartbeat_at=now)
        self.stop_if_asked()

    def stop_if_asked(self) -> None:
        """Raise when somebody cancelled the run."""
        asked = PipelineRun.objects.filter(pk=self.run.pk, cancel_requested_at__isnull=False)
        if found := asked.select_related("cancel_requested_by").first():
            raise RunCancelledError(f"Cancelled by {found.cancel_requested_by or 'the portal'}.")
