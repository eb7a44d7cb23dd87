"""Who is told of publications by machine, and what became of each message."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.utils import timezone

from portal.publications.enums import DeliveryState


class WebhookEndpoint(models.Model):
    """An address that is told of publications, corrections and withdrawals."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    url = models.URLField("address", validators=[URLValidator(schemes=["https"])])
    description = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["description", "pk"]

    def __str__(self) -> str:
        return self.description

    @property
    def key(self) -> bytes:
        """Return the signing key. It is derived, so that no table holds it."""
        return hmac.digest(settings.SECRET_KEY.encode(), f"webhook:{self.uuid}".encode(), hashlib.sha256)

    @property
    def secret(self) -> str:
        """Return the key as Standard Webhooks writes it, to give to the receiver."""
        return f"whsec_{base64.b64encode(self.key).decode()}"


class WebhookDelivery(models.Model):
    """One message to one endpoint, with its attempts."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.QUEUED, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now, db_index=True)
    answer = models.CharField("last answer", max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        verbose_name_plural = "webhook deliveries"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(state="delivered", delivered_at__isnull=False)
                | (~models.Q(state="delivered") & models.Q(delivered_at__isnull=True)),
                name="publications_delivery_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"
