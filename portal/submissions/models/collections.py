"""Collections: one period's data collection."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from portal.definitions.querysets import role_versions_on
from portal.submissions.enums import CollectionState, WorkerKeyScope
from portal.submissions.models.privacy import operational


class Collection(models.Model):
    """One period's data collection. It pins the form version and the role versions it was asked with."""

    # The CMS keeps an index of what refers to what; nothing of this database belongs in it.
    wagtail_reference_index_ignore = True

    code = models.SlugField(max_length=40, unique=True, help_text="For example oh-2027-03. Never changes.")
    title = models.CharField(max_length=255)
    family = models.CharField(max_length=20, default="oh")
    reference_date = models.DateField(help_text="The day that returns describe.")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    opens_by_itself = models.BooleanField(
        "opens and closes by itself",
        default=False,
        help_text="At the two times above, without anybody pressing a button.",
    )
    form_version = models.CharField(max_length=40, default="oh-worker-1")
    role_versions = models.JSONField(default=dict, blank=True, help_text="Role code to version, as asked.")
    worker_key_scope = models.CharField(
        max_length=12,
        choices=WorkerKeyScope.choices,
        default=WorkerKeyScope.STANDING,
    )
    state = models.CharField(max_length=10, choices=CollectionState.choices, default=CollectionState.SET_UP)
    retain_until = models.DateField(null=True, blank=True, help_text="Personal data is erased after this day.")
    erased_at = models.DateTimeField(null=True, blank=True)
    is_synthetic = models.BooleanField(default=False, help_text="Made up, for demonstration.")
    created_at = models.DateTimeField(auto_now_add=True)

    privacy = operational(
        "id", "code", "title", "family", "reference_date", "opens_at", "closes_at", "opens_by_itself", "form_version", "role_versions",
        "worker_key_scope", "state", "retain_until", "erased_at", "is_synthetic", "created_at",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["-reference_date", "code"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="collection_closes_after_it_opens"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Pin the role versions when the collection opens: what is published later was not asked."""
        if self.state == CollectionState.OPEN and not self.role_versions:
            self.role_versions = role_versions_on(self.family, self.reference_date)
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "role_versions"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse times that make no sense, in words."""
        super().clean()
        if self.opens_at and self.closes_at and self.closes_at <= self.opens_at:
            raise ValidationError({"closes_at": "The collection closes before it opens. Choose a later time."})
        if self.retain_until and self.closes_at and self.retain_until <= timezone.localdate(self.closes_at):
            raise ValidationError({"retain_until": "Personal data are needed until the collection has closed."})

    @property
    def time_period(self) -> str:
        """The period as figures name it: year and month of the reference date."""
        return f"{self.reference_date:%Y-%m}"

    def takes_returns(self, at: datetime | None = None) -> bool:
        """Whether providers may start, change and submit returns at this moment."""
        now = at or timezone.now()
        return self.state == CollectionState.OPEN and self.opens_at <= now < self.closes_at
