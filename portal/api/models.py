"""Keys for heavier use of the API. Only the hash of a key is kept."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Reads keys."""

    def active(self) -> ApiKeyQuerySet:
        """Return keys that are not revoked."""
        return self.filter(revoked_at__isnull=True)

    def of_address(self, email: str) -> ApiKeyQuerySet:
        """Return the keys of whoever reads the mail of this address, those in use first."""
        found = self.filter(holder__contact_email=email.strip().lower()).select_related("holder")
        return found.order_by(models.F("revoked_at").desc(nulls_first=True), "-created_at")


class ApiKey(models.Model):
    """What the public process needs to know a key by. It says nothing of its holder."""

    digest = models.CharField("SHA-256 of the key", max_length=64, unique=True, editable=False)
    start = models.CharField("first letters of the key", max_length=8, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.start}…"


class ApiKeyHolder(models.Model):
    """Who asked for a key and what for. Not readable by the public process."""

    key = models.OneToOneField(ApiKey, on_delete=models.CASCADE, related_name="holder")
    label = models.CharField(max_length=120, help_text="Who uses it and what for.")
    contact_email = models.EmailField(db_index=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    # Why the team took it out of use; empty when its holder ended it.
    withdrawn_reason = models.TextField(blank=True, max_length=1000)

    class Meta:
        ordering: ClassVar[list[str]] = ["label"]
        verbose_name = "API key holder"

    def __str__(self) -> str:
        return self.label
