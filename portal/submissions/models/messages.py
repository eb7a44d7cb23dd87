"""Reminders that are planned, and every message that left: to whom, about what, and whether it arrived."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from portal.submissions.enums import Audience, MessageKind, MessageState
from portal.submissions.models.collections import Collection
from portal.submissions.models.privacy import identifying, operational, sensitive
from portal.submissions.models.returns import Return


class Reminder(models.Model):
    """A message planned for those who have not begun or not submitted. Sent once, at its time or after."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="reminders")
    audience = models.CharField(max_length=20, choices=Audience.choices, default=Audience.NOT_SUBMITTED)
    send_at = models.DateTimeField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_id = models.BigIntegerField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    organisations = models.PositiveIntegerField(default=0)
    messages_sent = models.PositiveIntegerField(default=0)

    privacy = operational(
        "id", "collection", "audience", "send_at", "subject", "text", "created_at", "created_by_id", "sent_at",
        "organisations", "messages_sent",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["collection", "send_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(created_at__isnull=False) | Q(created_by_id=None), name="reminder_created_at_with_by"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_audience_display()}: {self.subject}"


class SentMessage(models.Model):
    """One message to one address. The row is the job: a message that was lost on its way is sent again."""

    kind = models.CharField(max_length=20, choices=MessageKind.choices)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="sent_messages")
    of_return = models.ForeignKey(Return, null=True, blank=True, on_delete=models.CASCADE, related_name="sent_messages")
    reminder = models.ForeignKey(
        Reminder, null=True, blank=True, on_delete=models.CASCADE, related_name="sent_messages"
    )
    organisation_code = models.CharField(max_length=20, blank=True)
    address = models.CharField(max_length=254)
    subject = models.CharField(max_length=255)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=MessageState.choices, default=MessageState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    privacy = (
        operational(
            "id", "kind", "collection", "of_return", "reminder", "organisation_code", "subject", "state", "attempts",
            "failure", "created_at", "sent_at",
        )
        | identifying("address")
        | sensitive("text")
    )  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["state", "created_at"])]
        constraints: ClassVar[list[Any]] = [
            # A reminder reaches one person of one organisation once, whoever runs the task how often.
            models.UniqueConstraint(
                fields=["reminder", "organisation_code", "address"],
                condition=Q(reminder__isnull=False) & ~Q(address=""),
                name="message_one_per_reminder_and_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} about {self.collection.code}"
