"""Vocabulary for reading snapshots and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from portal.pipelines.enums import UNFINISHED_STATES, WORKING_STATES, RunState

if TYPE_CHECKING:
    from portal.pipelines.models import PipelineRun


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    """Reading snapshots."""

    def of_family(self, family: str) -> SnapshotQuerySet:
        """Those of posts in collections of one family of roles."""
        return self.filter(source="workforce", family=family)


class RunQuerySet(models.QuerySet["PipelineRun"]):
    """Reading runs."""

    def of_series(self, series: str) -> RunQuerySet:
        """Those of one series, newest first."""
        return self.filter(series=series).order_by("-number")

    def unfinished(self) -> RunQuerySet:
        """Those that wait or are at work."""
        return self.filter(state__in=UNFINISHED_STATES)

    def working(self) -> RunQuerySet:
        """Those that a worker should be busy with."""
        return self.filter(state__in=WORKING_STATES)

    def succeeded(self) -> RunQuerySet:
        """Those that made what they should."""
        return self.filter(state=RunState.SUCCEEDED)

    def before(self, run: PipelineRun) -> RunQuerySet:
        """The earlier runs of the same series."""
        return self.of_series(run.series).filter(number__lt=run.number)
