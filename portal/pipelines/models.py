"""Snapshots, runs and their steps. A long job is a row first, then a task."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from portal.core.storage import private_files
from portal.pipelines.enums import (
    FINISHED_STATES,
    STEPS,
    UNFINISHED_STATES,
    AlertKind,
    RunState,
    StepState,
    Trigger,
)
from portal.pipelines.querysets import RunQuerySet, SnapshotQuerySet
from portal.pipelines.sources import SOURCES


class Snapshot(models.Model):
    """The accepted return versions of one collection at a moment, sealed. Never changes."""

    digest = models.CharField(max_length=64, help_text="SHA-256 of the file; its name.")
    source = models.CharField(max_length=40, default="workforce", help_text="Where the records come from.")
    collection_code = models.CharField(max_length=60)
    family = models.CharField(max_length=20)
    time_period = models.CharField(max_length=10)
    rows = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()
    # What it was made of, so that it need not be made again while nothing has changed.
    inputs_digest = models.CharField(max_length=64)
    inputs = models.JSONField(default=dict)
    sealed_at = models.DateTimeField(auto_now_add=True)
    sealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-sealed_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["source", "collection_code", "digest", "inputs_digest"], name="snapshot_once"
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["collection_code", "-sealed_at"])]

    def __str__(self) -> str:
        return f"{self.collection_code}, {self.rows:,} records, {self.digest[:12]}"

    @property
    def kind(self) -> str:
        """What its records are, in words."""
        return SOURCES[self.source].label if self.source in SOURCES else self.source

    @property
    def path(self) -> Any:
        """A file on this machine with the snapshot's bytes."""
        return private_files.local_path(self.digest)


class PipelineRun(models.Model):
    """One execution of a specification on snapshots."""

    series = models.CharField(max_length=60, db_index=True)
    number = models.PositiveIntegerField(help_text="Counts the runs of a series.")
    state = models.CharField(max_length=20, choices=RunState.choices, default=RunState.QUEUED)
    trigger = models.CharField(max_length=20, choices=Trigger.choices, default=Trigger.COMMAND)
    parameters = models.JSONField(default=dict, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    failure = models.TextField(blank=True)
    snapshots = models.ManyToManyField(Snapshot, through="RunInput", related_name="runs")
    lineage = models.JSONField(default=dict, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    # By identifier, so that this table says what was made even where the draft was thrown away.
    dataset_version_id = models.BigIntegerField(null=True, blank=True)
    release_page_id = models.BigIntegerField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-requested_at", "-pk"]
        permissions: ClassVar[list[tuple[str, str]]] = [("start_run", "Can start, stop and repeat runs")]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["series", "number"], name="run_number_once_per_series"),
            models.CheckConstraint(
                condition=Q(finished_at=None, state__in=sorted(UNFINISHED_STATES))
                | Q(finished_at__isnull=False, state__in=sorted(FINISHED_STATES)),
                name="run_finished_at_when_finished",
            ),
            # The machine may cancel (nobody is named); a person named has a time.
            models.CheckConstraint(
                condition=Q(cancel_requested_by=None) | Q(cancel_requested_at__isnull=False),
                name="run_cancel_requested_by_with_at",
            ),
            models.CheckConstraint(
                condition=Q(started_at=None) | Q(finished_at=None) | Q(finished_at__gte=F("started_at")),
                name="run_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series}, run {self.number}"

    def get_absolute_url(self) -> str:
        """Return the address of the run page."""
        return reverse("pipelines:run", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to this run by itself."""
        return self.state in FINISHED_STATES

    @property
    def seconds(self) -> float | None:
        """How long the run took, or None while it has not ended."""
        if not (self.started_at and self.finished_at):
            return None
        return (self.finished_at - self.started_at).total_seconds()

    def output(self, name: str) -> Any | None:
        """Return an output of the steps done, by its name: a digest, or digests by period."""
        for step in self.steps.all():
            if step.state == StepState.DONE and name in step.outputs:
                return step.outputs[name]
        return None


class RunInput(models.Model):
    """A snapshot that a run used."""

    run = models.ForeignKey(PipelineRun, on_delete=models.CASCADE)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["run", "snapshot"], name="run_input_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.snapshot}"


def _in_words(name: str, number: float | bool) -> str:
    name = name.replace("_", " ")
    if isinstance(number, bool):
        return name if number else f"not {name}"
    if name.endswith("share"):
        return f"{name}: {number:.1%}"
    return f"{name}: {number:,}"


class RunStep(models.Model):
    """One step of a run: what it made, what it counted, how long it took."""

    run = models.ForeignKey(PipelineRun, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=20, choices=[(step.value, step.label) for step in STEPS])
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=StepState.choices, default=StepState.WAITING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outputs = models.JSONField(default=dict, blank=True, help_text="Names of what was made, with digests.")
    counts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["run", "name"], name="run_step_once"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="run_step_progress_is_per_cent"),
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.name}"

    @property
    def counted(self) -> list[str]:
        """What it counted, in words."""
        return [_in_words(name, number) for name, number in self.counts.items()]

    @property
    def seconds(self) -> float | None:
        """How long the step took, or None while it has not ended."""
        if not (self.started_at and self.finished_at):
            return None
        return (self.finished_at - self.started_at).total_seconds()


class RunLogLine(models.Model):
    """A line of the log that an analyst reads. Holds no personal data."""

    run = models.ForeignKey(PipelineRun, on_delete=models.CASCADE, related_name="log_lines")
    at = models.DateTimeField(auto_now_add=True)
    level = models.CharField(max_length=10, default="info")
    step = models.CharField(max_length=20, blank=True)
    message = models.TextField()

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return self.message


class RunAlert(models.Model):
    """Something about runs that the OH team was told, once."""

    kind = models.CharField(max_length=10, choices=AlertKind.choices)
    series = models.CharField(max_length=60)
    due_at = models.DateTimeField(help_text="When the run was due or asked for.")
    run = models.ForeignKey(PipelineRun, null=True, blank=True, on_delete=models.CASCADE, related_name="alerts")
    message = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["kind", "series", "due_at"], name="run_alert_once"),
        ]

    def __str__(self) -> str:
        return self.message


class ComputedCells(models.Model):
    """Unprotected results of one snapshot, kept so that an unchanged month is not computed again.

    The key is a hash of everything that decides the result; a miss costs time, never truth.
    """

    key = models.CharField(max_length=64, unique=True)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="computed")
    outputs = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "computed cells"

    def __str__(self) -> str:
        return f"{self.snapshot}: {self.key[:12]}"
