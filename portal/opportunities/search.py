"""Finding listings: filters, facets with counts, and wider suggestions when nothing is near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from portal.opportunities.enums import Mode, OpportunityKind
from portal.opportunities.forms import RADII
from portal.opportunities.models import Opportunity

if TYPE_CHECKING:
    from portal.opportunities.querysets import OpportunityQuerySet


@dataclass(frozen=True)
class Facet:
    """One value a search can be narrowed to."""

    name: str
    value: str
    label: str
    count: int


def find(query: dict[str, Any], *, without: str = "") -> OpportunityQuerySet:
    """Return the open listings that fit ``query``, nearest or best first.

    ``without`` leaves one filter out, which is how the counts of its facet are made.
    """
    found = Opportunity.objects.open_now()
    if query.get("q"):
        found = found.matching(query["q"])
    if query.get("place"):
        found = found.near(query["place"], query.get("miles") or 15)
    if query.get("age"):
        found = found.for_age(query["age"])
    if query.get("starts_after"):
        found = found.filter(starts_on__gte=query["starts_after"]) | found.filter(on_demand=True)
    for name in ("kind", "mode"):
        if query.get(name) and name != without:
            found = found.filter(**{name: query[name]})
    return found


def ordered(found: OpportunityQuerySet, query: dict[str, Any]) -> OpportunityQuerySet:
    """Return listings in the order a person expects: best words, nearest place, soonest closing."""
    order = ["closes_at", "reference"]
    if query.get("place"):
        order.insert(0, "distance_miles")
    if query.get("q"):
        order.insert(0, "-rank")
    return found.select_related("organisation").order_by(*order)


def facets(query: dict[str, Any]) -> dict[str, list[Facet]]:
    """Return how many listings each kind and mode would give, keeping the other filters."""
    choices = {"kind": OpportunityKind, "mode": Mode}
    return {name: _facet(name, labels, find(query, without=name)) for name, labels in choices.items()}


def _facet(name: str, labels: Any, found: OpportunityQuerySet) -> list[Facet]:
    counts = dict(found.order_by().values_list(name).annotate(Count("pk")))
    return [Facet(name, value, label, counts[value]) for value, label in labels.choices if counts.get(value)]


def wider(query: dict[str, Any]) -> list[tuple[int, int]]:
    """Return wider distances that would find something, with how many: (miles, listings)."""
    if not query.get("place"):
        return []
    asked = query.get("miles") or 15
    reach = [(miles, find({**query, "miles": miles}).count()) for miles in RADII if miles > asked]
    return [(miles, count) for miles, count in reach if count]
