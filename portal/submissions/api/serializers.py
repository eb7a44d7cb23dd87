"""What goes in and out of the API of returns."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from portal.definitions.models import RoleVersion
from portal.submissions.aggregates import MOST_LINES
from portal.submissions.models import Return, RowIssue, Upload

MAX_JSON_RECORDS = 10_000


class IssueSerializer(serializers.ModelSerializer[RowIssue]):
    """A finding, with its place in the caller's own file."""

    class Meta:
        model = RowIssue
        fields = (
            "code",
            "severity",
            "line",
            "record_number",
            "cell",
            "column_name",
            "item",
            "value",
            "message",
            "reason",
        )


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """An upload and what became of it."""

    class Meta:
        model = Upload
        fields = (
            "id",
            "state",
            "progress",
            "file_name",
            "sha256",
            "is_partial",
            "rows",
            "stored",
            "queried",
            "refused",
            "reading",
            "summary",
            "message",
            "created_at",
            "checked_at",
            "kept_at",
        )


class ReturnSerializer(serializers.ModelSerializer[Return]):
    """A return of an organisation of the caller."""

    collection = serializers.CharField(source="collection.code")
    version = serializers.IntegerField(source="submitted_version.number", default=None)
    reference = serializers.CharField(source="submitted_version.reference", default="")

    class Meta:
        model = Return
        fields = (
            "id",
            "collection",
            "organisation_code",
            "organisation_name",
            "state",
            "is_test",
            "revision",
            "submitted_at",
            "version",
            "reference",
        )


class RecordsSerializer(serializers.Serializer[Any]):
    """Records as JSON: item names of the form and their values as text."""

    records = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=4000)),
        min_length=1,
        max_length=MAX_JSON_RECORDS,
    )
    is_partial = serializers.BooleanField(default=False, help_text="Add to the draft instead of replacing it.")


class TotalsSerializer(serializers.Serializer[Any]):
    """Totals instead of records: lines of item names of the form of totals and their values as text."""

    lines = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=255)),
        min_length=1,
        max_length=MOST_LINES,
    )
    revision = serializers.IntegerField(required=False, min_value=0)
    dry_run = serializers.BooleanField(default=False, help_text="Check only; nothing changes.")


class FlowSerializer(serializers.Serializer[Any]):
    """Vacancies on the reference date, starters and leavers in the year before, of one role."""

    role_code = serializers.CharField(max_length=60)
    vacant_posts = serializers.IntegerField(required=False, min_value=0, max_value=10_000)
    vacant_posts_over_three_months = serializers.IntegerField(required=False, min_value=0, max_value=10_000)
    starters = serializers.IntegerField(required=False, min_value=0, max_value=10_000)
    leavers = serializers.IntegerField(required=False, min_value=0, max_value=10_000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse more long vacancies than vacancies."""
        if attrs.get("vacant_posts_over_three_months", 0) > attrs.get("vacant_posts", 0):
            raise ValidationError("Posts vacant over three months are among the vacant posts; these are more.")
        return attrs


class DetailsSerializer(serializers.Serializer[Any]):
    """What a return says of the organisation. A number that is left out is not known; none is 0."""

    declared_headcount = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=100_000)
    flows = FlowSerializer(many=True, default=list)
    revision = serializers.IntegerField(required=False, min_value=0)

    def validate_flows(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse a role that the register does not have, or has twice here."""
        known = set(RoleVersion.objects.values_list("code", flat=True))
        codes = [flow["role_code"] for flow in value]
        if wrong := sorted(set(codes) - known):
            raise ValidationError(f"There is no role {', '.join(wrong[:5])}.")
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValidationError(f"Give each role once: {', '.join(twice[:5])}.")
        return value


class SubmitSerializer(serializers.Serializer[Any]):
    """Which revision of the return the caller has seen."""

    revision = serializers.IntegerField(required=False, min_value=0)
