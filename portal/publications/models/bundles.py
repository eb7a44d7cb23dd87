"""Bundles: several releases that come out together or not at all."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.publications.enums import BundleState


class Bundle(models.Model):
    """Releases that are published in one transaction."""

    title = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=BundleState.choices, default=BundleState.OPEN, db_index=True)
    scheduled_for = models.DateTimeField(null=True, blank=True)
    publish_failure = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(scheduled_for__isnull=False),
                name="publications_bundle_scheduled_has_time",
            )
        ]

    def __str__(self) -> str:
        return self.title


class BundleItem(models.Model):
    """A version in a bundle. It is in one bundle at most."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="items")
    version = models.OneToOneField("publications.ReleaseVersion", on_delete=models.PROTECT, related_name="bundle_item")

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.version} in {self.bundle}"
