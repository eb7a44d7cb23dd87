"""What the API says of datasets, versions and files."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.datasets.grouping import AGGREGATES
from portal.datasets.links import absolute
from portal.datasets.models import Dataset, DatasetFile, DatasetVersion
from portal.datasets.presentation import citation

PATH = "/api/v1/datasets"


class VersionSummarySerializer(serializers.ModelSerializer[DatasetVersion]):
    """A version in a list."""

    version = serializers.CharField(source="number")
    kind_label = serializers.CharField(source="get_kind_display")
    url = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()
    superseded_by = serializers.CharField(source="superseded_by.number", default=None, allow_null=True)

    class Meta:
        model = DatasetVersion
        fields = [
            "version", "state", "kind", "kind_label", "change_note", "digest", "rows", "first_period", "last_period",
            "published_at", "superseded_at", "superseded_by", "superseded_reason", "withdrawn_at", "withdrawn_reason",
            "url", "page",
        ]  # fmt: skip

    def get_url(self, version: DatasetVersion) -> str:
        """Return the address in the API."""
        return absolute(f"{PATH}/{version.dataset.slug}/versions/{version.number}")

    def get_page(self, version: DatasetVersion) -> str:
        """Return the address of the page."""
        return absolute(version.get_absolute_url())


class FileSerializer(serializers.ModelSerializer[DatasetFile]):
    """A file with its hash and address."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = DatasetFile
        fields = ["name", "label", "media_type", "bytes", "rows", "sha256", "url"]

    def get_url(self, file: DatasetFile) -> str:
        """Return the address, which never serves other bytes."""
        return absolute(file.get_absolute_url())


class KnownFileSerializer(FileSerializer):
    """A published file found by its bytes, and the version that it belongs to."""

    dataset = serializers.CharField(source="version.dataset.slug")
    version = serializers.CharField(source="version.number")
    state = serializers.CharField(source="version.state")
    page = serializers.SerializerMethodField()
    superseded_by = serializers.CharField(source="version.superseded_by.number", default=None, allow_null=True)

    class Meta(FileSerializer.Meta):
        fields = ["dataset", "version", "state", *FileSerializer.Meta.fields, "page", "superseded_by"]

    def get_page(self, file: DatasetFile) -> str:
        """Return the address of the version's page."""
        return absolute(file.version.get_absolute_url())


class VersionSerializer(VersionSummarySerializer):
    """Everything about a version."""

    dataset = serializers.CharField(source="dataset.slug")
    citation = serializers.SerializerMethodField()
    metadata = serializers.JSONField()
    lineage = serializers.JSONField()
    reasons = serializers.JSONField()
    files = serializers.SerializerMethodField()

    class Meta(VersionSummarySerializer.Meta):
        fields = [
            "dataset",
            *VersionSummarySerializer.Meta.fields,
            "citation",
            "metadata",
            "lineage",
            "reasons",
            "files",
        ]

    def get_citation(self, version: DatasetVersion) -> str:
        """Return how to cite it."""
        return citation(version)

    @extend_schema_field(FileSerializer(many=True))
    def get_files(self, version: DatasetVersion) -> list[Any]:
        """Return the files; a withdrawn version serves none."""
        if not version.is_served:
            return []
        files = list(version.files.all())
        for file in files:
            file.version = version
        return list(FileSerializer(files, many=True).data)


class DatasetSerializer(serializers.ModelSerializer[Dataset]):
    """A dataset with its current version."""

    latest = serializers.SerializerMethodField()
    update_frequency_label = serializers.CharField(source="get_update_frequency_display")
    url = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    class Meta:
        model = Dataset
        fields = [
            "slug", "uuid", "title", "summary", "description", "keywords", "theme", "family", "spatial",
            "statistics_status", "is_synthetic", "licence", "publisher", "contact_name", "contact_email",
            "update_frequency", "update_frequency_label", "published_at", "latest", "url", "page",
        ]  # fmt: skip

    @extend_schema_field(VersionSummarySerializer(allow_null=True))
    def get_latest(self, dataset: Dataset) -> Any:
        """Return the current version, or nothing when all are withdrawn."""
        if dataset.latest is None:
            return None
        dataset.latest.dataset = dataset
        return VersionSummarySerializer(dataset.latest).data

    def get_url(self, dataset: Dataset) -> str:
        """Return the address in the API."""
        return absolute(f"{PATH}/{dataset.slug}")

    def get_page(self, dataset: Dataset) -> str:
        """Return the address of the page."""
        return absolute(dataset.get_absolute_url())


class WarningSerializer(serializers.Serializer[Any]):
    """Something the asker should know about the answer."""

    code = serializers.CharField()
    path = serializers.CharField()
    detail = serializers.CharField()


class AnswerSerializer(serializers.Serializer[Any]):
    """One page of observations, and which version they are from."""

    dataset = serializers.CharField()
    version = serializers.CharField()
    digest = serializers.CharField(help_text="SHA-256 of the version's observations")
    citation = serializers.CharField()
    is_latest = serializers.BooleanField()
    is_draft = serializers.BooleanField(help_text="True only for a draft that a preview token shows")
    is_synthetic = serializers.BooleanField()
    total = serializers.IntegerField(help_text="Observations that fit")
    returned = serializers.IntegerField(help_text="Observations in this answer")
    complete = serializers.BooleanField(help_text="False when rows that fit are left out of this answer")
    next_cursor = serializers.CharField(allow_null=True)
    warnings = WarningSerializer(many=True)
    results = serializers.ListField(child=serializers.DictField())


class QuerySerializer(serializers.Serializer[Any]):
    """A query over the observations of a version."""

    where = serializers.DictField(
        required=False,
        help_text='Criteria: {"and": [{"geography_code": {"in": ["E40000003"]}}, {"time_period": {"gte": "2021-03"}}]}',
    )
    measures = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=100, allow_empty=False
    )
    columns = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=100, allow_empty=False
    )
    sort = serializers.ListField(child=serializers.CharField(max_length=61), required=False, max_length=8)
    group_by = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=8,
        help_text="Columns to gather the observations by; each measure stays on its own",
    )
    aggregates = serializers.ListField(
        child=serializers.ChoiceField(list(AGGREGATES)),
        required=False,
        max_length=8,
        allow_empty=False,
        help_text="What to say of each group; count, hidden and sum when left out",
    )
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=10_000, default=1000)
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")
    labels = serializers.BooleanField(required=False, default=False)
    format = serializers.ChoiceField(["json", "csv", "parquet", "arrow"], required=False, default="json")


class ChangesQuerySerializer(serializers.Serializer[Any]):
    """Which changes to answer with."""

    offset = serializers.IntegerField(required=False, min_value=0, max_value=10**9, default=0)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=10_000, default=100)
    format = serializers.ChoiceField(["json", "csv"], required=False, default="json")


class ChangesSerializer(serializers.Serializer[Any]):
    """The difference between two versions."""

    dataset = serializers.CharField()
    to = serializers.CharField()
    citation = serializers.CharField()
    from_digest = serializers.CharField()
    to_digest = serializers.CharField()
    structure = serializers.ListField(child=serializers.DictField())
    counts = serializers.DictField(child=serializers.IntegerField())
    complete = serializers.BooleanField()
    warnings = WarningSerializer(many=True)
    cells = serializers.ListField(child=serializers.DictField())
