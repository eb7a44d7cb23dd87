"""Who asked for an e-mail about releases, and each message that was sent. An address goes when its owner leaves."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from portal.publications.enums import DeliveryState, Topic


class Subscription(models.Model):
    """One address that follows one topic. Leaving deletes the row; nothing of the person stays."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField()
    topic = models.CharField(max_length=12, choices=Topic.choices)
    code = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["email", "topic", "code"], name="publications_subscription_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()} {self.code}".strip()


class SubscriptionMail(models.Model):
    """The message about one version to one address: at most one, however many topics brought it."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="mails")
    version = models.ForeignKey("publications.ReleaseVersion", on_delete=models.PROTECT, related_name="mails")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.QUEUED, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now, db_index=True)
    answer = models.CharField("last answer", max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["subscription", "version"], name="publications_mail_once"),
            models.CheckConstraint(
                condition=models.Q(state="delivered", delivered_at__isnull=False)
                | (~models.Q(state="delivered") & models.Q(delivered_at__isnull=True)),
                name="publications_mail_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} to subscription {self.subscription_id}"
