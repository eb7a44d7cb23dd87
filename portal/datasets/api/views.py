"""The addresses of datasets, versions, changes, files and observations."""

# ruff: noqa: ARG002 - methods of a viewset take the request whether they look at it or not
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.datasets import answers
from portal.datasets.api import reading, sending
from portal.datasets.api.bodies import QueryParser
from portal.datasets.api.finding import TOKEN, asked_version, published_version
from portal.datasets.api.parameters import OBSERVATION_PARAMETERS, PREVIEW, SLUG, VERSION, text
from portal.datasets.lookup import NotFoundError, public_dataset, public_version
from portal.datasets.models import Dataset, DatasetFile, DatasetVersion
from portal.datasets.querysets import NUMBER
from portal.datasets.serializers import (
    AnswerSerializer,
    ChangesQuerySerializer,
    ChangesSerializer,
    DatasetSerializer,
    FileSerializer,
    KnownFileSerializer,
    QuerySerializer,
    VersionSerializer,
    VersionSummarySerializer,
)

if TYPE_CHECKING:
    from rest_framework.request import Request

ANSWERS = {200: AnswerSerializer, 304: OpenApiResponse(description="Not modified")}


class JsonOnly(viewsets.GenericViewSet):
    """Answers in JSON, whatever the client would rather have; observations choose their form themselves."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Choose JSON."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type


class DatasetViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, JsonOnly):
    """Datasets and everything below them. Only what is published, unless a preview token shows a draft."""

    serializer_class = DatasetSerializer
    parser_classes = (QueryParser,)
    lookup_field = "slug"
    lookup_value_regex = SLUG
    filterset_fields = ("family", "theme", "update_frequency")

    def get_queryset(self) -> Any:
        """Return the public datasets with their current version."""
        return Dataset.objects.public().with_latest().select_related("latest__superseded_by").order_by("slug")

    @extend_schema(operation_id="datasets_versions", responses=VersionSummarySerializer(many=True))
    @action(detail=True, pagination_class=None, filterset_fields=None)
    def versions(self, request: Request, slug: str = "") -> Response:
        """List every public version of a dataset, newest first."""
        try:
            dataset = public_dataset(slug)
        except NotFoundError as error:
            raise Http404(str(error)) from error
        versions = list(
            dataset.versions.public().newest_first().select_related("superseded_by").defer("metadata", "lineage")
        )
        for version in versions:
            version.dataset = dataset
        return Response(VersionSummarySerializer(versions, many=True).data)

    @extend_schema(operation_id="datasets_version", parameters=[PREVIEW], responses=VersionSerializer)
    @action(detail=True, url_path=f"versions/(?P<version>{VERSION})", url_name="version")
    def version(self, request: Request, slug: str = "", version: str = "") -> Response:
        """Show one version: its description, definitions, lineage and files."""
        found = _described(request, slug, version)
        return Response(VersionSerializer(found).data, headers=_kept_by_nobody(found))

    @extend_schema(operation_id="datasets_files", responses=FileSerializer(many=True), filters=False)
    @action(detail=True, url_path=f"versions/(?P<version>{VERSION})/files", url_name="files", pagination_class=None)
    def files(self, request: Request, slug: str = "", version: str = "") -> Response:
        """List the files of a version with their hashes."""
        found = published_version(slug, version)
        files = list(found.files.all())
        for file in files:
            file.version = found
        return Response(FileSerializer(files, many=True).data)

    @extend_schema(
        operation_id="datasets_changes",
        parameters=[
            text("from", "The version to compare with; the one before when left out"),
            OpenApiParameter("offset", {"type": "integer", "minimum": 0, "default": 0}),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": answers.MAX_ROWS, "default": 100}),
            text("format", "Form of the answer: CSV has every changed cell", enum=["json", "csv"]),
            PREVIEW,
        ],
        responses=ChangesSerializer,
    )
    @action(detail=True, url_path=f"versions/(?P<version>{VERSION})/changes", url_name="changes")
    def changes(self, request: Request, slug: str = "", version: str = "") -> HttpResponse:
        """Say what changed since another version: structure, and cells with the largest change first."""
        new = asked_version(request, slug, version)
        asked = ChangesQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return sending.answer_changes(new, _older(new, request.query_params.get("from", "")[:24]), asked.validated_data)

    @extend_schema(
        operation_id="datasets_observations_latest",
        parameters=[*OBSERVATION_PARAMETERS, PREVIEW],
        responses=ANSWERS,
    )
    @action(detail=True, url_path="observations", url_name="observations-latest")
    def observations_latest(self, request: Request, slug: str = "") -> HttpResponse:
        """Answer with observations of the current version, or of the one that was current at a time."""
        version = asked_version(request, slug)
        return sending.answer(reading.from_address(request, version), version, request.headers)

    @extend_schema(
        operation_id="datasets_observations", parameters=[*OBSERVATION_PARAMETERS, PREVIEW], responses=ANSWERS
    )
    @action(detail=True, url_path=f"versions/(?P<version>{VERSION})/observations", url_name="observations")
    def observations(self, request: Request, slug: str = "", version: str = "") -> HttpResponse:
        """Answer with observations of a version, or with groups of them."""
        found = asked_version(request, slug, version)
        return sending.answer(reading.from_address(request, found), found, request.headers)

    @extend_schema(
        operation_id="datasets_query_latest", parameters=[PREVIEW], request=QuerySerializer, responses=AnswerSerializer
    )
    @action(detail=True, methods=["post"], url_path="query", url_name="query-latest")
    def query_latest(self, request: Request, slug: str = "") -> HttpResponse:
        """Answer a query with criteria over the current version."""
        version = asked_version(request, slug)
        return sending.answer(reading.from_body(request, version), version, {})

    @extend_schema(
        operation_id="datasets_query", parameters=[PREVIEW], request=QuerySerializer, responses=AnswerSerializer
    )
    @action(detail=True, methods=["post"], url_path=f"versions/(?P<version>{VERSION})/query", url_name="query")
    def query(self, request: Request, slug: str = "", version: str = "") -> HttpResponse:
        """Answer a query with criteria over a version."""
        found = asked_version(request, slug, version)
        return sending.answer(reading.from_body(request, found), found, {})


class FileViewSet(JsonOnly):
    """Files by their content: which published files have this SHA-256."""

    serializer_class = KnownFileSerializer
    pagination_class = None
    queryset = DatasetFile.objects.none()
    lookup_field = "sha256"
    lookup_value_regex = "[0-9a-fA-F]{64}"

    @extend_schema(operation_id="files_known", responses=KnownFileSerializer(many=True), filters=False)
    def retrieve(self, request: Request, sha256: str = "") -> Response:
        """List the published files that have these very bytes; none where no published file has them."""
        return Response(KnownFileSerializer(DatasetFile.objects.known(sha256.lower()), many=True).data)


def _described(request: Request, slug: str, version: str) -> DatasetVersion:
    if TOKEN in request.headers or not NUMBER.match(version):
        return asked_version(request, slug, version)
    try:
        return public_version(slug, version)
    except NotFoundError as error:
        raise Http404(str(error)) from error


def _kept_by_nobody(version: DatasetVersion) -> dict[str, str]:
    return {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"} if version.is_open else {}


def _older(new: DatasetVersion, number: str) -> DatasetVersion:
    """Return the version to compare with: the one named, else the one before."""
    if number:
        return published_version(new.dataset.slug, number)
    for other in new.dataset.versions.served().newest_first().select_related("dataset"):
        if other.number_key < new.number_key:
            return other
    raise Http404("There is no earlier version to compare with.")
