"""Definitions in the API: lists, details, history, comparison, crosswalk look-up, reference lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from portal.definitions import comparison, exports, lookup, pages
from portal.definitions.enums import ChangeClass, Family
from portal.definitions.models import PerspectiveVersion, ReferenceEntry, ReferenceList, RoleVersion

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

ON = OpenApiParameter("on", OpenApiTypes.DATE, description="What the register said on this date.")
FAMILY = OpenApiParameter("family", OpenApiTypes.STR, enum=list(Family.values))
WORDS = OpenApiParameter("q", OpenApiTypes.STR, description="Words to find in titles, codes and summaries.")
VERSION = OpenApiParameter("version", OpenApiTypes.INT, description="A version number; without it the one in force.")


class VersionSummarySerializer(serializers.Serializer[Any]):
    """One version in a list."""

    code = serializers.CharField()
    version = serializers.IntegerField(source="number")
    family = serializers.ChoiceField(choices=Family.choices)
    title = serializers.CharField()
    summary = serializers.CharField()
    effective_from = serializers.DateField()
    published_at = serializers.DateTimeField()
    change_class = serializers.ChoiceField(choices=ChangeClass.choices)
    change_note = serializers.CharField()
    withdrawn = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField()

    def get_withdrawn(self, version: Any) -> str | None:
        """Return the public reason of a withdrawal."""
        withdrawal = getattr(version, "withdrawal", None)
        return None if withdrawal is None else withdrawal.reason

    def get_address(self, version: Any) -> str:
        """Return the permanent address."""
        return exports.address(version)


class RoleSummarySerializer(VersionSummarySerializer):
    """A role version in a list."""

    group = serializers.CharField()
    other_titles = serializers.ListField(child=serializers.CharField())


class PerspectiveSummarySerializer(VersionSummarySerializer):
    """A perspective version in a list."""

    used_by = serializers.CharField()
    sentences = serializers.ListField(child=serializers.CharField())


class PieceSerializer(serializers.Serializer[Any]):
    """A stretch of text that stayed, went or came."""

    kind = serializers.ChoiceField(choices=["same", "gone", "added"])
    text = serializers.CharField(trim_whitespace=False)


class DifferenceSerializer(serializers.Serializer[Any]):
    """One part of two definitions, word by word."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field of ours named like one of the framework's
    changed = serializers.BooleanField()
    pieces = PieceSerializer(many=True)


class DestinationSerializer(serializers.Serializer[Any]):
    """What a share of a role became."""

    code = serializers.CharField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    share = serializers.CharField(help_text="An exact fraction, such as 1/3.")


class TranslationSerializer(serializers.Serializer[Any]):
    """A role of one date in the terms of another."""

    code = serializers.CharField()
    version = serializers.IntegerField()
    to_date = serializers.DateField()
    becomes = DestinationSerializer(many=True)
    bases = serializers.ListField(child=serializers.CharField())


class ReferenceListSerializer(serializers.Serializer[Any]):
    """One edition of a reference list."""

    slug = serializers.CharField()
    version = serializers.CharField()
    edition = serializers.IntegerField()
    title = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of ours named like one of the framework's
    note = serializers.CharField()


class ReferenceEntrySerializer(serializers.Serializer[Any]):
    """One code of a reference list."""

    code = serializers.CharField()
    title = serializers.CharField()
    parent = serializers.CharField()  # type: ignore[assignment]  # a field of ours named like one of the framework's
    note = serializers.CharField()


def date_of(request: Request, name: str) -> dt.date | None:
    """Return the date of a query parameter, or refuse what is not one."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ValidationError({name: ["Write the date as year-month-day."]}) from error


class DefinitionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """What roles and perspectives share."""

    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9-]+"
    filter_backends = ()
    model: type[RoleVersion | PerspectiveVersion]
    #: Returns a version in full as plain data.
    data_of: Callable[[Any], dict[str, Any]]

    def get_queryset(self) -> QuerySet[Any]:
        """Return the register as it stands or stood, filtered."""
        on = date_of(self.request, "on")
        versions = self.model.objects.as_at(on) if on else self.model.objects.published().newest_per_code()
        if family := self.request.query_params.get("family"):
            versions = versions.family(family)
        if words := self.request.query_params.get("q"):
            versions = versions.search(words)
        return versions.select_related("withdrawal").without_long_text()

    def history_of(self, code: str) -> list[Any]:
        """Return every version of a definition, or say that there is none."""
        history = pages.history_of(self.model, code)
        if not history:
            raise Http404(f"There is no definition “{code}”.")
        return history

    def version_of(self, code: str, request: Request, name: str = "version") -> Any:
        """Return the version asked for: by number, by date, or the one in force."""
        history = self.history_of(code)
        text = request.query_params.get(name, "")
        if text and not text.isdigit():
            raise ValidationError({name: ["Write a version number."]})
        on = date_of(request, "on")
        rows = self.model.objects.select_related("withdrawal")
        if on and not text:
            found = self.model.objects.as_at(on).filter(code=code).select_related("withdrawal").first()
            if found is None:
                raise Http404(f"“{code}” was not in force on {on}.")
            return found
        number = int(text) if text else pages.chosen(history, timezone.localdate()).number
        found = rows.filter(code=code, number=number).first()
        if found is None:
            raise Http404(f"“{code}” has no version {number}.")
        return found

    @extend_schema(parameters=[VERSION, ON], responses=OpenApiTypes.OBJECT)
    def retrieve(self, request: Request, code: str) -> Response:
        """Return one version in full: in force, by number, or as at a date."""
        return Response(self.data_of(self.version_of(code, request)))

    @extend_schema(parameters=[], filters=False)
    @action(detail=True, pagination_class=None)
    def history(self, request: Request, code: str) -> Response:  # noqa: ARG002 - the framework's signature
        """Return every version, newest first."""
        return Response(self.get_serializer(self.history_of(code), many=True).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("with", OpenApiTypes.STR, required=True, description="Another code, or the same."),
            VERSION,
            OpenApiParameter("with_version", OpenApiTypes.INT),
        ],
        responses=DifferenceSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def compare(self, request: Request, code: str) -> Response:
        """Return the differences to another definition or version, word by word."""
        other = request.query_params.get("with", "")
        if not other:
            raise ValidationError({"with": ["Name the definition to compare with."]})
        left = self.version_of(code, request)
        right = self.version_of(other, request, "with_version")
        return Response(DifferenceSerializer(comparison.compare(left, right), many=True).data)


@extend_schema(parameters=[ON, FAMILY, WORDS])
class RoleViewSet(DefinitionViewSet):
    """Published roles."""

    model = RoleVersion
    queryset = RoleVersion.objects.none()
    serializer_class = RoleSummarySerializer
    data_of = staticmethod(exports.role_data)

    @extend_schema(
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATE, required=True),
            OpenApiParameter("to", OpenApiTypes.DATE, required=True),
        ],
        responses=TranslationSerializer,
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def crosswalk(self, request: Request, code: str) -> Response:
        """Return the role as of one date in the terms of another, with exact shares."""
        before, after = date_of(request, "from"), date_of(request, "to")
        if before is None or after is None:
            raise ValidationError({"from": ["Give both dates: from and to."]})
        if after < before:
            raise ValidationError({"to": ["A crosswalk says what a role became, not what it was."]})
        found = lookup.translate(code, from_date=before, to_date=after)
        if found is None:
            raise Http404(f"No role “{code}” was in force on {before}.")
        becomes = [
            {
                "code": part.version.code if part.version else None,
                "version": part.version.number if part.version else None,
                "share": str(part.share),
            }
            for part in found.destinations
        ]
        return Response(
            {
                "code": found.source.code,
                "version": found.source.number,
                "to_date": after,
                "becomes": becomes,
                "bases": found.bases,
            },
        )


@extend_schema(parameters=[ON, FAMILY, WORDS])
class PerspectiveViewSet(DefinitionViewSet):
    """Published perspectives, with their rules and the predicates that statistics use."""

    model = PerspectiveVersion
    queryset = PerspectiveVersion.objects.none()
    serializer_class = PerspectiveSummarySerializer
    data_of = staticmethod(exports.perspective_data)


class ReferenceListViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Reference lists that definitions draw on."""

    queryset = ReferenceList.objects.order_by("slug", "-edition")
    serializer_class = ReferenceListSerializer
    lookup_field = "slug"
    filter_backends = ()

    @extend_schema(
        parameters=[OpenApiParameter("edition", OpenApiTypes.INT, description="Without it the newest.")],
        responses=ReferenceEntrySerializer(many=True),
    )
    @action(detail=True, pagination_class=None)
    def entries(self, request: Request, slug: str) -> Response:
        """Return the entries of an edition of a list, the newest unless said otherwise."""
        edition = request.query_params.get("edition", "")
        if edition and not edition.isdigit():
            raise ValidationError({"edition": ["Write the number of an edition."]})
        chosen = ReferenceEntry.objects.filter(list__slug=slug, list__edition=int(edition or 0))
        entries = chosen if edition else ReferenceEntry.objects.newest(slug)
        if not entries:
            raise Http404(f"There is no list “{slug}”.")
        return Response(ReferenceEntrySerializer(entries, many=True).data)


def register(router: Any) -> None:
    """Mount the viewsets below ``/api/v1/``."""
    router.register("roles", RoleViewSet, basename="role")
    router.register("perspectives", PerspectiveViewSet, basename="perspective")
    router.register("reference-lists", ReferenceListViewSet, basename="reference-list")
