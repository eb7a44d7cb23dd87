"""Datasets, their immutable versions and the files of each."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.core.constraints import by_needs_at
from portal.core.storage import ContentStore, private_files, public_files
from portal.datasets.enums import OPEN_STATES, SERVED_STATES, UpdateFrequency, VersionKind, VersionState
from portal.datasets.metadata import VersionMetadata
from portal.datasets.querysets import DatasetQuerySet, FileQuerySet, VersionQuerySet

if TYPE_CHECKING:
    from pathlib import Path

OPEN_GOVERNMENT_LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"


class Dataset(models.Model):
    """A series of observations with a stable identifier."""

    slug = models.SlugField("identifier", max_length=80, unique=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=250, blank=True)
    description = models.TextField(blank=True, validators=[MaxLengthValidator(5000)])
    keywords = models.JSONField(default=list, blank=True)
    theme = models.CharField(max_length=80, blank=True)
    family = models.CharField("role family", max_length=20, blank=True)
    spatial = models.CharField("area covered", max_length=80, default="England")
    statistics_status = models.CharField(max_length=80, default="Official statistics in development")
    is_synthetic = models.BooleanField("made of synthetic data", default=False)
    licence = models.URLField(default=OPEN_GOVERNMENT_LICENCE)
    publisher = models.CharField(max_length=200, default="Occupational health workforce data team")
    # The UK metadata record takes organisations by their GOV.UK name.
    publisher_slug = models.SlugField(max_length=120, default="department-of-health-and-social-care")
    contact_name = models.CharField(max_length=120, default="Occupational health workforce data team")
    contact_email = models.EmailField(default="data@localhost.localdomain")
    update_frequency = models.CharField(max_length=20, choices=UpdateFrequency.choices, default=UpdateFrequency.ANNUAL)
    created_at = models.DateTimeField(auto_now_add=True)
    # When its first version came out; empty while nothing is public.
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    latest = models.ForeignKey(
        "DatasetVersion", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    # What the database role of the public process may read at all.
    public_rows = "published_at IS NOT NULL"
    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the dataset's page."""
        return f"/datasets/{self.slug}/"


class DatasetVersion(models.Model):
    """One immutable release of a dataset. Once published only its state and what superseded it change."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    patch = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=VersionState.choices, default=VersionState.DRAFT, db_index=True)
    kind = models.CharField(max_length=12, choices=VersionKind.choices, default=VersionKind.NEW_PERIOD)
    change_note = models.TextField(blank=True, help_text="What changed and why, for readers.")
    metadata = models.JSONField(default=dict)
    lineage = models.JSONField(default=dict, blank=True)
    reasons = models.JSONField(default=list, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    raised_to = models.PositiveSmallIntegerField(default=0)
    base = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField("SHA-256 of the observations", max_length=64, db_index=True)
    rows = models.PositiveBigIntegerField(default=0)
    first_period = models.CharField(max_length=40, blank=True)
    last_period = models.CharField(max_length=40, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    scheduled_for = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True, db_index=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    superseded_reason = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_reason = models.TextField(blank=True)

    public_rows = "state IN ('published', 'superseded', 'withdrawn')"
    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-major", "-minor", "-patch", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["dataset", "-major", "-minor", "-patch"], name="datasets_version_order"),
        ]
        constraints: ClassVar[list[Any]] = [
            # Two drafts may compute the same number; only one of them can be published under it.
            models.UniqueConstraint(
                fields=["dataset", "major", "minor", "patch"],
                condition=Q(state__in=["published", "superseded", "withdrawn"]),
                name="datasets_version_number_unique",
            ),
            models.UniqueConstraint(
                fields=["dataset"], condition=Q(state="published"), name="datasets_version_one_current"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "superseded", "withdrawn"]) | Q(published_at__isnull=False),
                name="datasets_version_published_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False)
                | (~Q(state="withdrawn") & Q(withdrawn_at__isnull=True)),
                name="datasets_version_withdrawn_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="superseded", superseded_at__isnull=False) | ~Q(state="superseded"),
                name="datasets_version_superseded_has_time",
            ),
            # The gate, whatever code asks: a series goes no further than review without a passed audit.
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "scheduled", "published"])
                | ~Q(lineage__has_key="series")
                | Q(lineage__contains={"audit": {"passed": True}}),
                name="datasets_version_of_series_is_audited",
            ),
            *[
                by_needs_at(event, name=f"datasets_version_{event}_by_needs_at")
                for event in ("submitted", "approved", "published", "withdrawn")
            ],
        ]

    def __str__(self) -> str:
        return f"{self.dataset} {self.number}"

    def get_absolute_url(self) -> str:
        """Return the address of the version's page."""
        return f"/datasets/{self.dataset.slug}/v/{self.number}/"

    @property
    def number(self) -> str:
        """Return the version number, ``1.2.0``."""
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def number_key(self) -> tuple[int, int, int]:
        """Return the number as three integers, for ordering."""
        return self.major, self.minor, self.patch

    @cached_property
    def meta(self) -> VersionMetadata:
        """Return the description of this version as typed objects."""
        return VersionMetadata.model_validate(self.metadata)

    @property
    def covers(self) -> str:
        """Return its first and last period in words, ``March 2024 to March 2026``; empty without periods."""
        lists = [
            entry.get("codes", []) for entry in self.metadata.get("dimensions", []) if entry["id"] == "time_period"
        ]
        labels = {code["code"]: code["label"] for codes in lists for code in codes}
        words = [labels.get(period, period) for period in (self.first_period, self.last_period) if period]
        return " to ".join(dict.fromkeys(words))

    @property
    def is_synthetic(self) -> bool:
        """Whether its figures are made up: what its run says, else what its dataset says."""
        return bool(self.metadata.get("synthetic", self.dataset.is_synthetic))

    @property
    def is_open(self) -> bool:
        """Whether it is not published yet."""
        return self.state in OPEN_STATES

    @property
    def is_served(self) -> bool:
        """Whether its data is served to anyone."""
        return self.state in SERVED_STATES

    @property
    def store(self) -> ContentStore:
        """Where its files are: what is not public yet stays in the private store."""
        return private_files if self.is_open else public_files

    @property
    def stem(self) -> str:
        """Return the start of its file names, ``ohw-headcount-1.2.0``."""
        return f"{self.dataset.slug}-{self.number}"

    def observations_path(self) -> Path:
        """Return a path on this machine with the canonical Parquet file."""
        return self.store.local_path(self.digest)


class DatasetFile(models.Model):
    """One file of a version; its bytes are known by their SHA-256 and never change."""

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    label = models.CharField(max_length=80)
    media_type = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64, db_index=True)
    bytes = models.PositiveBigIntegerField()
    rows = models.PositiveBigIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_main = models.BooleanField("offered first", default=False)

    public_rows = (
        "EXISTS (SELECT 1 FROM datasets_datasetversion v "
        "WHERE v.id = version_id AND v.state IN ('published', 'superseded'))"
    )
    objects = FileQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "name"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["version", "name"], name="datasets_file_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the file, which never serves other bytes."""
        return f"{self.version.get_absolute_url()}files/{self.name}"


class PreviewToken(models.Model):
    """A right to read one draft through the API, for some days. Only the hash of the token is kept."""

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="preview_tokens")
    digest = models.CharField("SHA-256 of the token", max_length=64, unique=True, editable=False)
    holder = models.CharField(max_length=200, help_text="Who it is for and what they check.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(expires_at__lte=models.F("created_at") + timedelta(days=7, minutes=1)),
                name="datasets_preview_at_most_seven_days",
            ),
            models.CheckConstraint(
                condition=Q(revoked_by__isnull=True) | Q(revoked_at__isnull=False),
                name="datasets_preview_revoked_by_needs_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.holder}"


class AdvanceNotice(models.Model):
    """An announcement, before it happens, of a change that breaks what people have built on a dataset."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="notices")
    title = models.CharField(max_length=200)
    text = models.TextField(max_length=4000, help_text="What will change, and what to do about it.")
    expected_on = models.DateField("expected on")
    published_at = models.DateTimeField(default=timezone.now, editable=False)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-published_at"]

    def __str__(self) -> str:
        return f"{self.dataset}: {self.title}"

    def get_absolute_url(self) -> str:
        """Return where it is read: on the page of its dataset."""
        return f"{self.dataset.get_absolute_url()}#notice-{self.pk}"
