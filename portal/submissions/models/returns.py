"""Returns and their immutable versions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from portal.submissions.enums import EDITABLE_STATES, ReturnKind, ReturnState
from portal.submissions.models.collections import Collection
from portal.submissions.models.privacy import identifying, operational, quasi_identifying
from portal.submissions.querysets import ReturnQuerySet, ReturnVersionQuerySet


class Return(models.Model):
    """What one organisation sends for one collection."""

    wagtail_reference_index_ignore = True

    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="returns")
    # Facts of the register, kept here because no query crosses the two databases.
    organisation_code = models.CharField(max_length=20)
    organisation_name = models.CharField(max_length=255)
    provider_type = models.CharField(max_length=30, default="not_known")
    region_code = models.CharField(max_length=20, default="not_known")
    state = models.CharField(max_length=12, choices=ReturnState.choices, default=ReturnState.NOT_STARTED)
    is_test = models.BooleanField("test return", default=False, help_text="Behaves in full and never counts.")
    # Counts every change, so that of two people who change at once the second is told.
    revision = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_version = models.ForeignKey(
        "ReturnVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by_id = models.BigIntegerField(null=True, blank=True)
    accepted_version = models.ForeignKey(
        "ReturnVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reopened_reason = models.TextField(blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    is_late = models.BooleanField("submitted late", default=False)

    objects = ReturnQuerySet.as_manager()
    privacy = operational(
        "id", "collection", "organisation_code", "organisation_name", "provider_type", "region_code", "state",
        "is_test", "revision", "started_at", "submitted_at", "submitted_version", "accepted_at", "accepted_by_id",
        "accepted_version", "reopened_reason", "reminded_at", "is_late",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["collection", "organisation_name", "organisation_code"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["collection", "organisation_code", "is_test"],
                name="return_one_per_organisation_and_collection",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReturnState.ACCEPTED) | Q(accepted_at__isnull=False, accepted_version__isnull=False),
                name="return_accepted_has_version_and_time",
            ),
            # The machine accepts in demonstrations and imports: then there is a time and no person.
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=False) | Q(accepted_by_id=None),
                name="return_accepted_at_with_by",
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["collection", "state"])]

    def __str__(self) -> str:
        return f"{self.organisation_name}, {self.collection.code}{' (test)' if self.is_test else ''}"

    @property
    def is_editable(self) -> bool:
        """Whether its draft may be changed without reopening."""
        return self.state in EDITABLE_STATES

    @property
    def is_in_time(self) -> bool:
        """Whether its collection is open, or the OH team opened it again after that."""
        return self.collection.takes_returns() or bool(self.reopened_reason)

    @property
    def takes_changes(self) -> bool:
        """Whether its provider may change it now."""
        return self.is_editable and self.is_in_time


class ReturnVersion(models.Model):
    """The records of a return as they stood at one submission. A draft until it is submitted."""

    wagtail_reference_index_ignore = True

    of_return = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=ReturnKind.choices, default=ReturnKind.RECORDS)
    form_version = models.CharField(max_length=40)
    rows = models.PositiveIntegerField(default=0)
    # What the records say, whatever the layout of the file was: two equal drafts have one digest.
    digest = models.CharField(max_length=64, blank=True)
    file_sha256 = models.CharField("SHA-256 of the file", max_length=64, blank=True)
    declared_headcount = models.PositiveIntegerField(null=True, blank=True)
    confirmed_unchanged_on = models.DateField(null=True, blank=True)
    items = models.JSONField(default=dict, blank=True, help_text="Answers about the organisation.")
    organisation_key = models.CharField(max_length=32, blank=True)
    organisation_group_key = models.CharField(max_length=32, blank=True)
    provider_type = models.CharField(max_length=30, default="not_known")
    organisation_size = models.CharField(max_length=20, default="not_known")
    reference = models.CharField(max_length=20, blank=True, db_index=True, help_text="On the receipt.")
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by_id = models.BigIntegerField(null=True, blank=True)
    submitted_by_label = models.CharField(max_length=255, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = ReturnVersionQuerySet.as_manager()
    privacy = (
        operational(
            "id", "of_return", "number", "kind", "form_version", "rows", "digest", "file_sha256",
            "declared_headcount", "confirmed_unchanged_on", "items", "provider_type", "organisation_size",
            "reference", "created_at", "submitted_at", "submitted_by_id", "erased_at",
        )
        | quasi_identifying("organisation_key", "organisation_group_key")
        | identifying("submitted_by_label")
    )  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["of_return", "-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["of_return", "number"], name="return_version_number_unique"),
            models.UniqueConstraint(
                fields=["of_return"],
                condition=Q(submitted_at=None),
                name="return_version_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None, submitted_by_label="")
                | (~Q(submitted_by_label="") & Q(submitted_at__isnull=False)),
                name="return_version_submitted_at_with_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.of_return}, version {self.number}"
