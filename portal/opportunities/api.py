"""Opportunities and draws in the API: everything that the pages show."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from operator import attrgetter, methodcaller
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.routers import BaseRouter

from portal.opportunities import search
from portal.opportunities.forms import SearchForm
from portal.opportunities.models import Opportunity, PublishedDraw
from portal.organisations.models import Organisation

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from portal.opportunities.querysets import OpportunityQuerySet


class OpportunitySerializer(serializers.ModelSerializer[Opportunity]):
    """One listing. The safeguarding contact is for applicants and stays out."""

    organisation = serializers.CharField(source="organisation.code")
    organisation_name = serializers.CharField(source="organisation.name")
    url = serializers.CharField(source="get_absolute_url")
    chance_last_time = serializers.FloatField(allow_null=True)

    class Meta:
        model = Opportunity
        fields = (
            "reference", "url", "organisation", "organisation_name", "title", "summary", "description", "kind",
            "role_family", "mode", "starts_on", "ends_on", "on_demand", "postcode", "easting", "northing",
            "local_authority_code", "icb_code", "region_code", "capacity", "minimum_age", "maximum_age",
            "requirements", "must_live_within_miles", "costs", "support", "accessibility", "allocation_rule",
            "shares", "first_timers_first", "draw_source", "review_criteria", "review_line", "reviews_needed", "closes_at", "decision_on", "previous_applications",
            "previous_places", "chance_last_time", "state", "listed_at", "is_synthetic",
        )  # fmt: skip

    def to_representation(self, instance: Opportunity) -> dict[str, Any]:
        """Read the fields straight from the row: the framework's field objects cost a page of 100 more than its search."""
        return {name: _said(read(instance)) for name, read in READ.items()}


#: What each field is read from, in the order of the fields.
READ: dict[str, Callable[[Opportunity], Any]] = {
    **{name: attrgetter(name) for name in OpportunitySerializer.Meta.fields},
    "organisation": attrgetter("organisation.code"),
    "organisation_name": attrgetter("organisation.name"),
    "url": methodcaller("get_absolute_url"),
}


def _said(value: Any) -> Any:
    """Return times on the clock of the portal and decimals as text, as the other answers of the API do."""
    if isinstance(value, datetime):
        return timezone.localtime(value)
    return str(value) if isinstance(value, Decimal) else value


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    """What anyone may know of an organisation."""

    provider_type_label = serializers.CharField(source="get_provider_type_display")

    class Meta:
        model = Organisation
        fields = ("code", "name", "provider_type", "provider_type_label", "region_code", "icb_code", "is_synthetic")


class DrawSerializer(serializers.ModelSerializer[PublishedDraw]):
    """The public record of a draw."""

    opportunity = serializers.CharField(source="opportunity.reference")

    class Meta:
        model = PublishedDraw
        fields = ("opportunity", "committed_at", "drawn_at", "record")


SEARCH_PARAMETERS = [
    OpenApiParameter("q", str, description="Words."),
    OpenApiParameter("place", str, description="Postcode or postcode district. It is not stored."),
    OpenApiParameter("miles", int, description="Distance from the place, 5 to 50."),
    OpenApiParameter("kind", str),
    OpenApiParameter("mode", str),
    OpenApiParameter("board", str, description="Statistical code of an integrated care board, E54…"),
    OpenApiParameter("age", int),
    OpenApiParameter("starts_after", str, description="Date, as 2027-03-01."),
    OpenApiParameter("starts_before", str, description="Date, as 2027-07-31."),
]


class OpportunityViewSet(viewsets.ReadOnlyModelViewSet[Opportunity]):
    """Listings: the list finds open ones, the detail also shows those that have closed."""

    serializer_class = OpportunitySerializer
    queryset = Opportunity.objects.public().select_related("organisation")
    lookup_field = "reference"
    filter_backends = ()

    def get_queryset(self) -> OpportunityQuerySet:
        """Return every public listing for a detail, the search's for a list."""
        if self.action != "list":
            return self.queryset
        form = SearchForm({"miles": "15", **self.request.GET.dict()})
        if not form.is_valid():
            raise ValidationError({name: [str(fault) for fault in faults] for name, faults in form.errors.items()})
        query = form.query()
        return search.ordered(search.find(query), query)

    @extend_schema(parameters=SEARCH_PARAMETERS)
    def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - the framework's signature
        """Return the open listings that fit."""
        keys = self.paginate_queryset(self.get_queryset().values_list("pk", flat=True))
        found = search.fetch(list(keys or []), {})
        return self.get_paginated_response(self.get_serializer(found, many=True).data)


class DrawViewSet(viewsets.ReadOnlyModelViewSet[PublishedDraw]):
    """Draws as open data: commitments, seeds and rankings of random codes."""

    serializer_class = DrawSerializer
    queryset = PublishedDraw.objects.select_related("opportunity")
    lookup_field = "opportunity__reference"
    lookup_url_kwarg = "reference"


class OrganisationViewSet(viewsets.ReadOnlyModelViewSet[Organisation]):
    """Organisations that have listed opportunities. Who else is in the register is not public: some are one person."""

    serializer_class = OrganisationSerializer
    queryset = Organisation.objects.none()
    lookup_field = "code"

    def get_queryset(self) -> QuerySet[Organisation]:
        """Return those that a public listing names."""
        hosts = Opportunity.objects.public().values("organisation")
        return Organisation.objects.filter(pk__in=hosts).order_by("code")


def register(router: BaseRouter) -> None:
    """Add the routes of this app."""
    router.register("opportunities", OpportunityViewSet, basename="opportunity")
    router.register("organisations", OrganisationViewSet, basename="organisation")
    router.register("draws", DrawViewSet, basename="draw")
