"""What hosts record, and what people say."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from portal.applications.enums import DbsOutcome, MoreLikely
from portal.applications.models.applying import Application
from portal.core.constraints import by_with_at
from portal.core.privacy import PrivacyClass

P = PrivacyClass


class Review(models.Model):
    """One reviewer's scores of one application, read without knowing whose it is."""

    #: It refers to no page or snippet; what it does refer to stays in its own database.
    wagtail_reference_index_ignore = True

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="reviews")
    reviewer_id = models.BigIntegerField()
    scores = models.JSONField(
        default=dict, blank=True, help_text="Score by criterion; empty where there is a conflict."
    )
    has_conflict = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "id": P.OPERATIONAL,
        "application": P.OPERATIONAL,
        "reviewer_id": P.DIRECT_IDENTIFIER,
        "scores": P.SENSITIVE,
        "has_conflict": P.SENSITIVE,
        "created_at": P.OPERATIONAL,
    }

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["application", "reviewer_id"], name="review_once_per_reviewer"),
        ]

    def __str__(self) -> str:
        return f"Review of {self.application}"


class PlaceChecks(models.Model):
    """What a host did before somebody came: the law asks for it where they are under 18."""

    #: It refers to no page or snippet; what it does refer to stays in its own database.
    wagtail_reference_index_ignore = True

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="checks")
    risk_assessed_on = models.DateField(null=True, blank=True)
    dbs = models.CharField(max_length=20, choices=DbsOutcome.choices, blank=True)
    school_told = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.BigIntegerField()

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "id": P.OPERATIONAL,
        "application": P.OPERATIONAL,
        "risk_assessed_on": P.OPERATIONAL,
        "dbs": P.OPERATIONAL,
        "school_told": P.OPERATIONAL,
        "recorded_at": P.OPERATIONAL,
        "recorded_by": P.DIRECT_IDENTIFIER,
    }

    class Meta:
        verbose_name_plural = "place checks"

    def __str__(self) -> str:
        return f"Checks for {self.application}"


class Concern(models.Model):
    """Somebody says that a person may not be safe. Seen by the OH team, not by the other side."""

    #: It refers to no page or snippet; what it does refer to stays in its own database.
    wagtail_reference_index_ignore = True

    opportunity_reference = models.CharField(max_length=12, db_index=True)
    application = models.ForeignKey(
        Application, null=True, blank=True, on_delete=models.SET_NULL, related_name="concerns"
    )
    raised_by = models.BigIntegerField()
    raised_by_role = models.CharField(max_length=20)
    text = models.TextField()
    raised_at = models.DateTimeField(default=timezone.now, editable=False)
    outcome = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.BigIntegerField(null=True, blank=True)

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "id": P.OPERATIONAL,
        "opportunity_reference": P.OPERATIONAL,
        "application": P.OPERATIONAL,
        "raised_by": P.DIRECT_IDENTIFIER,
        "raised_by_role": P.OPERATIONAL,
        "text": P.SENSITIVE,
        "raised_at": P.OPERATIONAL,
        "outcome": P.SENSITIVE,
        "settled_at": P.OPERATIONAL,
        "settled_by": P.DIRECT_IDENTIFIER,
    }

    class Meta:
        # What is open comes first: the team's page shows so many and no more.
        ordering: ClassVar[list[Any]] = [models.F("settled_at").desc(nulls_first=True), "-raised_at"]
        constraints: ClassVar[list[Any]] = [
            by_with_at("settled", name="concern_settled_at_with_settled_by"),
        ]

    def __str__(self) -> str:
        return f"Concern {self.pk} about {self.opportunity_reference}"  # never its words: this ends up in logs


class Feedback(models.Model):
    """What somebody says who took part."""

    #: It refers to no page or snippet; what it does refer to stays in its own database.
    wagtail_reference_index_ignore = True

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="feedback")
    as_described = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    felt_welcome = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    more_likely = models.CharField(max_length=10, choices=MoreLikely.choices)
    comment = models.TextField(blank=True)
    given_at = models.DateTimeField(default=timezone.now, editable=False)

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "id": P.OPERATIONAL,
        "application": P.OPERATIONAL,
        "as_described": P.OPERATIONAL,
        "felt_welcome": P.OPERATIONAL,
        "more_likely": P.OPERATIONAL,
        "comment": P.SENSITIVE,
        "given_at": P.OPERATIONAL,
    }

    class Meta:
        verbose_name_plural = "feedback"

    def __str__(self) -> str:
        return f"Feedback on {self.application}"


class ReminderSent(models.Model):
    """A reminder that was sent: each once, and this is the log of it."""

    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=40, help_text="Entry code or reference of the listing it is about.")
    to_user = models.BigIntegerField()
    sent_at = models.DateTimeField(default=timezone.now, editable=False)

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "id": P.OPERATIONAL,
        "kind": P.OPERATIONAL,
        "subject": P.OPERATIONAL,
        "to_user": P.DIRECT_IDENTIFIER,
        "sent_at": P.OPERATIONAL,
    }

    class Meta:
        ordering: ClassVar[list[str]] = ["-sent_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["kind", "subject", "to_user"], name="reminder_once"),
        ]
        verbose_name_plural = "reminders sent"

    def __str__(self) -> str:
        return f"{self.kind} about {self.subject}"
