"""Publications and their releases in the data API: what there is, of when, and which data each stands on.

Their words, figures and charts are pages: ``content`` leads to them in the content API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.datasets.links import absolute
from portal.publications.models import PublicationSeriesPage, ReleaseVersion

if TYPE_CHECKING:
    from rest_framework.request import Request

PATH = "/api/v1/publications"
NAME = r"[-a-zA-Z0-9_]{1,255}"


class PublicationSerializer(serializers.ModelSerializer[PublicationSeriesPage]):
    """A standing publication."""

    dataset = serializers.CharField(source="dataset_slug")
    url = serializers.SerializerMethodField()
    releases = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()
    content = serializers.SerializerMethodField()

    class Meta:
        model = PublicationSeriesPage
        fields = [
            "slug", "title", "summary", "statistics_status", "frequency", "dataset", "contact_name", "contact_email",
            "url", "releases", "page", "content",
        ]  # fmt: skip

    def get_url(self, series: PublicationSeriesPage) -> str:
        """Return the address in the API."""
        return absolute(f"{PATH}/{series.slug}")

    def get_releases(self, series: PublicationSeriesPage) -> str:
        """Return the address of its releases in the API."""
        return absolute(f"{PATH}/{series.slug}/releases")

    def get_page(self, series: PublicationSeriesPage) -> str:
        """Return the address of the page."""
        return absolute(f"/publications/{series.slug}/")

    def get_content(self, series: PublicationSeriesPage) -> str:
        """Return the address in the content API."""
        return absolute(f"/api/content/pages/{series.pk}/")


class ReleaseVersionSerializer(serializers.ModelSerializer[ReleaseVersion]):
    """One version of a release: the first, or one that a correction made."""

    version = serializers.IntegerField(source="number")
    dataset = serializers.CharField(source="dataset_version.dataset.slug")
    dataset_version = serializers.CharField(source="dataset_version.number")
    page = serializers.SerializerMethodField()

    class Meta:
        model = ReleaseVersion
        fields = [
            "version", "state", "reason", "notice", "digest", "dataset", "dataset_version", "published_at",
            "superseded_at", "withdrawn_at", "withdrawn_reason", "page",
        ]  # fmt: skip

    def get_page(self, version: ReleaseVersion) -> str:
        """Return the address of the page, which never shows another version."""
        return absolute(version.permanent_address)


class ReleaseSerializer(ReleaseVersionSerializer):
    """A release, as its newest public version."""

    publication = serializers.CharField(source="series.slug")
    release = serializers.CharField(source="release.slug")
    title = serializers.CharField()
    summary = serializers.CharField()
    period_label = serializers.CharField()
    url = serializers.SerializerMethodField()
    content = serializers.SerializerMethodField()

    class Meta(ReleaseVersionSerializer.Meta):
        fields = [
            "publication", "release", "title", "summary", "period", "period_label",
            *ReleaseVersionSerializer.Meta.fields, "url", "content",
        ]  # fmt: skip

    def get_url(self, version: ReleaseVersion) -> str:
        """Return the address in the API."""
        return absolute(f"{PATH}/{version.series.slug}/releases/{version.release.slug}")

    def get_content(self, version: ReleaseVersion) -> str:
        """Return the address in the content API, where its words, figures and charts are."""
        return absolute(f"/api/content/pages/{version.release_id}/")


class ReleaseDetailSerializer(ReleaseSerializer):
    """A release with every public version that it had."""

    versions = serializers.SerializerMethodField()

    class Meta(ReleaseSerializer.Meta):
        fields = [*ReleaseSerializer.Meta.fields, "versions"]

    @extend_schema_field(ReleaseVersionSerializer(many=True))
    def get_versions(self, version: ReleaseVersion) -> list[Any]:
        """Return the versions, newest first."""
        every = ReleaseVersion.objects.public().with_everything().filter(release=version.release_id).order_by("-number")
        return list(ReleaseVersionSerializer(every, many=True).data)


class PublicationViewSet(viewsets.ReadOnlyModelViewSet[PublicationSeriesPage]):
    """Publications and their releases. Only what is published."""

    serializer_class = PublicationSerializer
    queryset = PublicationSeriesPage.objects.live().order_by("slug")
    lookup_field = "slug"
    lookup_value_regex = NAME

    def get_queryset(self) -> Any:
        """Return what anyone may see, asked anew each time: which pages are restricted is read from the database."""
        return PublicationSeriesPage.objects.live().public().order_by("slug")

    @extend_schema(operation_id="publications_releases", responses=ReleaseSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def releases(self, request: Request, slug: str = "") -> Response:  # noqa: ARG002 - the framework's signature
        """List the releases of a publication, newest period first, each as its newest public version."""
        return Response(ReleaseSerializer(_releases(self.get_object().slug), many=True).data)

    @extend_schema(operation_id="publications_release", responses=ReleaseDetailSerializer)
    @action(detail=True, url_path=f"releases/(?P<release>{NAME})")
    def release(self, request: Request, slug: str = "", release: str = "") -> Response:  # noqa: ARG002 - as above
        """Show one release and every public version that it had."""
        found = next((one for one in _releases(self.get_object().slug) if one.release.slug == release), None)
        if found is None:
            raise Http404(f"There is no release {release} of {slug}.")
        return Response(ReleaseDetailSerializer(found).data)


def _releases(series: str) -> list[ReleaseVersion]:
    versions = ReleaseVersion.objects.public().filter(series__slug=series)
    newest = versions.order_by("release_id", "-number").distinct("release_id").values("pk")
    return list(ReleaseVersion.objects.filter(pk__in=newest).with_everything().newest_first())


def register(router: Any) -> None:
    """Add the viewsets of this app to the API."""
    router.register("publications", PublicationViewSet, basename="publication")
