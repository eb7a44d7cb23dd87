"""Questions about a cell of a return, with a thread and an outcome that is remembered."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from portal.submissions.enums import QueryState
from portal.submissions.models.privacy import identifying, operational, sensitive
from portal.submissions.models.returns import Return, ReturnVersion

#: Items of a record that a question may be about.
ITEM_LABELS = {
    "role_code": "Role",
    "job_title": "Job title",
    "fte_nano": "FTE",
    "weekly_hours_milli": "Weekly hours",
    "oh_share_milli": "Share of time in OH",
    "registration_body": "Registration body",
    "registration_part": "Part of the register",
    "qualifications": "Qualifications",
    "contract_type": "Contract type",
    "region_code": "Region",
    "start_date": "Start date",
    "age_band": "Age band",
}


def in_words(item: str, value: Any) -> str:
    """Return a value of a record as people write it: FTE as 0.8, shares and hours without thousandths."""
    if value is None or value == "":
        return "nothing"
    if item == "fte_nano":
        return f"{value / 10**9:g}"
    if item == "oh_share_milli":
        return f"{value / 10:g}%"
    if item == "weekly_hours_milli":
        return f"{value / 1000:g}"
    return str(value)


class Query(models.Model):
    """A question of the OH team about a cell, a record or a whole return, or of a provider about its return."""

    wagtail_reference_index_ignore = True

    of_return = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="queries")
    # Empty where a provider asks before anything was submitted.
    version = models.ForeignKey(ReturnVersion, null=True, blank=True, on_delete=models.CASCADE, related_name="queries")
    is_from_provider = models.BooleanField(default=False, help_text="The provider began the thread.")
    sequence = models.PositiveIntegerField(null=True, blank=True, help_text="Record of the version; empty: all of it.")
    item = models.CharField(max_length=60, blank=True)
    value = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=10, choices=QueryState.choices, default=QueryState.OPEN)
    outcome = models.TextField(blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    opened_by_id = models.BigIntegerField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by_id = models.BigIntegerField(null=True, blank=True)

    privacy = operational(
        "id", "of_return", "version", "is_from_provider", "sequence", "item", "state", "opened_at", "opened_by_id", "resolved_at",
        "resolved_by_id",
    ) | sensitive("value", "outcome")  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["state", "-opened_at"]
        verbose_name_plural = "queries"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=False) | models.Q(resolved_by_id=None),
                name="query_resolved_at_with_by",
            ),
        ]

    def __str__(self) -> str:
        return f"Query {self.pk} on {self.of_return}"

    @property
    def item_label(self) -> str:
        """The item as people call it."""
        return ITEM_LABELS.get(self.item, self.item)


class QueryMessage(models.Model):
    """One turn of the thread of a query."""

    query = models.ForeignKey(Query, on_delete=models.CASCADE, related_name="messages")
    text = models.TextField()
    is_from_oh_team = models.BooleanField()
    written_at = models.DateTimeField(auto_now_add=True)
    written_by_id = models.BigIntegerField(null=True, blank=True)
    written_by_label = models.CharField(max_length=255)

    privacy = (
        operational("id", "query", "is_from_oh_team", "written_at", "written_by_id")
        | sensitive("text")
        | identifying("written_by_label")
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["written_at", "pk"]

    def __str__(self) -> str:
        return f"Message of {self.written_by_label}"


class RememberedReason(models.Model):
    """Why a query does not apply, remembered so that next year nobody is asked again."""

    organisation_code = models.CharField(max_length=20)
    code = models.CharField(max_length=12, help_text="Code of the check.")
    item = models.CharField(max_length=60, blank=True)
    worker_key = models.CharField(max_length=32, blank=True)
    reason = models.TextField()
    given_at = models.DateTimeField(auto_now_add=True)
    given_by_id = models.BigIntegerField(null=True, blank=True)

    privacy = (
        operational("id", "organisation_code", "code", "item", "given_at", "given_by_id")
        | identifying("worker_key")
        | sensitive("reason")
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["organisation_code", "code"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["organisation_code", "code", "item", "worker_key"],
                name="reason_one_per_finding",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.organisation_code}"
