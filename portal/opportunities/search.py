"""Finding listings: filters, facets with counts, and wider suggestions when nothing is near."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from portal.opportunities.enums import Mode, OpportunityKind
from portal.opportunities.boards import BOARDS
from portal.opportunities.forms import RADII
from portal.opportunities.models import Opportunity

if TYPE_CHECKING:
    from portal.opportunities.querysets import OpportunityQuerySet


#: Shades of the tile map.
DEPTHS = 4


@dataclass(frozen=True)
class Facet:
    """One value a search can be narrowed to."""

    name: str
    value: str
    label: str
    count: int


def find(query: dict[str, Any]) -> OpportunityQuerySet:
    """Return the open listings that fit ``query``."""
    found = Opportunity.objects.open_now()
    if query.get("q"):
        found = found.matching(query["q"])
    if query.get("place"):
        found = found.near(query["place"], query.get("miles") or 15)
    if query.get("age"):
        found = found.for_age(query["age"])
    if query.get("starts_after"):
        found = found.filter(starts_on__gte=query["starts_after"]) | found.filter(on_demand=True)
    if query.get("starts_before"):
        found = found.filter(starts_on__lte=query["starts_before"]) | found.filter(on_demand=True)
    if query.get("board"):
        found = found.filter(icb_code=query["board"])
    for name in ("kind", "mode"):
        if query.get(name):
            found = found.filter(**{name: query[name]})
    return found


def ordered(found: OpportunityQuerySet, query: dict[str, Any]) -> OpportunityQuerySet:
    """Return listings in the order a person expects: best words, nearest place, soonest closing."""
    order = ["closes_at", "reference"]
    if query.get("place"):
        order.insert(0, "distance_miles")
    if query.get("q"):
        order.insert(0, "-rank")
    return found.select_related("organisation").defer("words").order_by(*order)


@dataclass(frozen=True)
class Counts:
    """How many listings fit, in all and for each value a search can be narrowed to: one query for everything."""

    total: int
    facets: dict[str, list[Facet]]


def count(query: dict[str, Any]) -> Counts:
    """Return the counts of a search; those of a facet keep the other filters and leave its own out."""
    wide = {**query, "kind": "", "mode": ""}
    cells = Counter({(kind, mode): number for kind, mode, number in _cells(find(wide))})
    kind, mode = query.get("kind") or "", query.get("mode") or ""
    kinds: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    total = 0
    for (this_kind, this_mode), number in cells.items():
        kinds[this_kind] += number if mode in {"", this_mode} else 0
        modes[this_mode] += number if kind in {"", this_kind} else 0
        total += number if kind in {"", this_kind} and mode in {"", this_mode} else 0
    return Counts(
        total, {"kind": _facet("kind", OpportunityKind, kinds), "mode": _facet("mode", Mode, modes)}
    )


def _cells(found: OpportunityQuerySet) -> Any:
    return found.order_by().values_list("kind", "mode").annotate(number=Count("pk"))


def _facet(name: str, labels: Any, counts: Counter[str]) -> list[Facet]:
    return [Facet(name, value, label, counts[value]) for value, label in labels.choices if counts[value]]


@dataclass(frozen=True)
class Tile:
    """One integrated care board on the tile map: where it stands, and how many listings it has."""

    code: str
    label: str
    column: int
    row: int
    count: int
    depth: int


def boards(query: dict[str, Any]) -> list[Tile]:
    """Return the tile map of a search: every board, deeper where there is more."""
    found = find({**query, "board": ""}).exclude(icb_code="")
    counts = dict(found.order_by().values_list("icb_code").annotate(number=Count("pk")))
    most = max(counts.values(), default=0)
    return [
        Tile(
            code, label, column + 1, row + 1, counts.get(code, 0), ceil(DEPTHS * counts.get(code, 0) / most) if most else 0
        )
        for code, (column, row, label) in BOARDS.items()
    ]


def wider(query: dict[str, Any]) -> list[tuple[int, int]]:
    """Return wider distances that would find something, with how many: (miles, listings)."""
    if not query.get("place"):
        return []
    asked = query.get("miles") or 15
    reach = [(miles, find({**query, "miles": miles}).count()) for miles in RADII if miles > asked]
    return [(miles, count) for miles, count in reach if count]
