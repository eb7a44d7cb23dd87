"""Uploads and what was found in them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from portal.submissions.enums import Outcome, Severity, UploadState
from portal.submissions.models.collections import Collection
from portal.submissions.models.privacy import identifying, operational, sensitive
from portal.submissions.models.returns import Return, ReturnVersion


class Upload(models.Model):
    """A file that somebody sent. The row is the job: a worker that dies leaves it to the next one."""

    wagtail_reference_index_ignore = True

    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="uploads")
    of_return = models.ForeignKey(Return, null=True, blank=True, on_delete=models.PROTECT, related_name="uploads")
    version = models.ForeignKey(ReturnVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="uploads")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    bytes = models.BigIntegerField()
    # Where the encrypted file is in the private store; empty once it is erased.
    stored_as = models.CharField(max_length=64, blank=True)
    # The same for its records where it had no errors, and a digest of what their check rested on.
    prepared_as = models.CharField(max_length=64, blank=True)
    prepared_on = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=UploadState.choices, default=UploadState.RECEIVED)
    keep_requested_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    is_partial = models.BooleanField(default=False, help_text="Adds to the draft instead of replacing it.")
    rows = models.PositiveIntegerField(default=0)
    stored = models.PositiveIntegerField(default=0)
    queried = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    # How the file was read: encoding, delimiter, sheet, heading row, columns and their items.
    reading = models.JSONField(default=dict, blank=True)
    choices = models.JSONField(default=dict, blank=True, help_text="What the person changed in the reading.")
    summary = models.JSONField(default=dict, blank=True)
    message = models.TextField(blank=True, help_text="Why it was refused, what was expected.")
    uploaded_by_id = models.BigIntegerField(null=True, blank=True)
    uploaded_by_label = models.CharField(max_length=255, default="system")
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)

    privacy = (
        operational(
            "id", "collection", "of_return", "version", "sha256", "bytes", "stored_as", "prepared_as", "prepared_on", "state", "keep_requested_at",
            "attempts", "progress", "is_partial", "rows", "stored", "queried", "refused", "choices", "summary",
            "message", "uploaded_by_id", "created_at", "checked_at", "kept_at",
        )
        | sensitive("file_name", "reading")
        | identifying("uploaded_by_label")
    )  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["state", "created_at"])]

    def __str__(self) -> str:
        return self.file_name


class RowIssue(models.Model):
    """One finding about one cell, row or file, with the real place in the person's own file."""

    upload = models.ForeignKey(Upload, null=True, blank=True, on_delete=models.CASCADE, related_name="issues")
    version = models.ForeignKey(ReturnVersion, null=True, blank=True, on_delete=models.CASCADE, related_name="issues")
    line = models.PositiveIntegerField(null=True, blank=True)
    record_number = models.PositiveIntegerField(null=True, blank=True, help_text="Which data row of the file.")
    column = models.PositiveSmallIntegerField(null=True, blank=True)
    column_name = models.CharField(max_length=255, blank=True)
    cell = models.CharField(max_length=12, blank=True, help_text="For example C14.")
    item = models.CharField(max_length=60, blank=True)
    code = models.CharField(max_length=12)
    severity = models.CharField(max_length=6, choices=Severity.choices)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    value = models.CharField(max_length=255, blank=True)
    message = models.TextField()
    worker_key = models.CharField(max_length=32, blank=True)
    reason = models.TextField(blank=True, help_text="What the provider says to a query.")
    reason_at = models.DateTimeField(null=True, blank=True)
    reason_by_id = models.BigIntegerField(null=True, blank=True)

    privacy = (
        operational(
            "id", "upload", "version", "line", "record_number", "column", "column_name", "cell", "item", "code",
            "severity", "outcome", "reason_at", "reason_by_id",
        )
        | identifying("worker_key")
        | sensitive("value", "message", "reason")
    )  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["line", "column", "pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["upload", "code"])]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(reason_at__isnull=False) | models.Q(reason_by_id=None),
                name="issue_reason_at_with_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} at line {self.line}"


class HeldRow(models.Model):
    """A row with errors, or a record half typed: beside the draft until it is mended or dropped."""

    # Empty for a record that is typed, one question after another.
    upload = models.ForeignKey(Upload, null=True, blank=True, on_delete=models.CASCADE, related_name="held_rows")
    version = models.ForeignKey(ReturnVersion, on_delete=models.CASCADE, related_name="held_rows")
    line = models.PositiveIntegerField(default=0)
    record_number = models.PositiveIntegerField(default=0)
    values = models.JSONField(help_text="Item to value as given.")

    privacy = operational("id", "upload", "version", "line", "record_number") | identifying("values")

    class Meta:
        ordering: ClassVar[list[str]] = ["version", "line"]

    def __str__(self) -> str:
        return f"Line {self.line} of upload {self.upload_id}"


class ColumnMapping(models.Model):
    """Which item each column of an organisation's own file is, remembered for the next time."""

    organisation_code = models.CharField(max_length=20)
    form = models.CharField(max_length=40, help_text="The form's name without its version.")
    heading = models.CharField(max_length=255, help_text="The heading, folded.")
    item = models.CharField(max_length=60, blank=True, help_text="Empty: ignored by choice.")
    changed_at = models.DateTimeField(auto_now=True)
    changed_by_id = models.BigIntegerField(null=True, blank=True)

    privacy = operational("id", "organisation_code", "form", "heading", "item", "changed_at", "changed_by_id")

    class Meta:
        ordering: ClassVar[list[str]] = ["organisation_code", "form", "heading"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["organisation_code", "form", "heading"], name="mapping_one_per_heading"),
        ]

    def __str__(self) -> str:
        return f"{self.heading} is {self.item or 'ignored'}"


class IdempotencyKey(models.Model):
    """The answer given to a request by API, so that the same request again gets the same answer."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=120)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    privacy = operational("id", "user_id", "key", "request_sha256", "status", "created_at") | sensitive("answer")

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user_id", "key"], name="idempotency_key_unique"),
        ]

    def __str__(self) -> str:
        return self.key
