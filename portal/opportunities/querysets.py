"""Vocabulary for reading listings: ``.public().open_now().near(…)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db import models
from django.db.models import F, FloatField, Q, Value
from django.db.models.functions import Cast, Power, Sqrt
from django.utils import timezone

from portal.opportunities.enums import PUBLIC_STATES, Mode, OpportunityState
from portal.opportunities.units import METRES_PER_MILE

if TYPE_CHECKING:
    from portal.opportunities.places import Place

#: The words a listing is found by. The database keeps them in the column ``words``.
SEARCHED = (
    SearchVector("title", weight="A", config="english")
    + SearchVector("role_family", weight="B", config="english")
    + SearchVector("summary", weight="C", config="english")
)


class OpportunityQuerySet(models.QuerySet):
    """Listings."""

    def public(self) -> OpportunityQuerySet:
        """Those that anyone may read."""
        return self.filter(state__in=PUBLIC_STATES)

    def open_now(self) -> OpportunityQuerySet:
        """Those that take applications at this moment, or are open to everyone."""
        return self.filter(state=OpportunityState.OPEN).filter(
            Q(closes_at__isnull=True) | Q(closes_at__gt=timezone.now()),
        )

    def due_to_close(self) -> OpportunityQuerySet:
        """Open listings whose closing time has passed."""
        return self.filter(state=OpportunityState.OPEN, closes_at__lte=timezone.now())

    def with_distance(self, place: Place) -> OpportunityQuerySet:
        """Add ``distance_miles`` from ``place``, on the plane of the British National Grid."""
        east = Cast(F("easting"), FloatField()) - Value(float(place.easting))
        north = Cast(F("northing"), FloatField()) - Value(float(place.northing))
        return self.annotate(
            distance_miles=Sqrt(Power(east, 2) + Power(north, 2), output_field=FloatField()) / METRES_PER_MILE,
        )

    def near(self, place: Place, miles: float, *, with_online: bool = True) -> OpportunityQuerySet:
        """Those within ``miles`` of ``place``, and the online ones unless they are left out."""
        reach = int(miles * METRES_PER_MILE) + 1
        # The box uses the index; the distance decides.
        box = Q(
            easting__range=(place.easting - reach, place.easting + reach),
            northing__range=(place.northing - reach, place.northing + reach),
        )
        within = box & Q(distance_miles__lte=miles)
        if with_online:
            within |= Q(mode=Mode.ONLINE)
        return self.with_distance(place).filter(within)

    def matching(self, words: str) -> OpportunityQuerySet:
        """Those whose title, summary or kind of work has the words, best first."""
        query = SearchQuery(words, config="english", search_type="websearch")
        return self.annotate(rank=SearchRank(F("words"), query)).filter(words=query)

    def for_age(self, age: int) -> OpportunityQuerySet:
        """Those open to somebody of this age."""
        return self.filter(minimum_age__lte=age).filter(Q(maximum_age__isnull=True) | Q(maximum_age__gte=age))
