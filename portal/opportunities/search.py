"""Finding listings: filters, facets with counts, and wider suggestions when nothing is near."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from portal.opportunities.boards import BOARDS
from portal.opportunities.enums import Mode, OpportunityKind
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


def find(query: dict[str, Any], *, with_online: bool = True) -> OpportunityQuerySet:
    """Return the open listings that fit ``query``; online ones are near everybody, unless they are left out."""
    found = Opportunity.objects.open_now()
    if query.get("q"):
        found = found.matching(query["q"])
    if query.get("place"):
        found = found.near(query["place"], query.get("miles") or 15, with_online=with_online)
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
    return found.order_by(*order)


def fetch(keys: list[int], query: dict[str, Any]) -> list[Opportunity]:
    """Return whole listings in the order of ``keys``: sorting reads an index, only a page is read in full."""
    rows = Opportunity.objects.filter(pk__in=keys).select_related("organisation").defer("words")
    if query.get("place"):
        rows = rows.with_distance(query["place"])
    found = {row.pk: row for row in rows}
    return [found[key] for key in keys if key in found]


@dataclass(frozen=True)
class Tile:
    """One integrated care board on the tile map: where it stands, how many listings it has, and how deep its shade is."""

    code: str
    label: str
    column: int
    row: int
    count: int
    depth: int


@dataclass(frozen=True)
class Counts:
    """How many listings fit, in all, for each value a search can be narrowed to, and on the map."""

    total: int
    #: Of the total, those that one has to travel to.
    at_a_place: int
    facets: dict[str, list[Facet]]
    tiles: list[Tile]


def count(query: dict[str, Any]) -> Counts:
    """Return the counts of a search, all from one query; those of a facet leave its own filter out."""
    found = find({**query, "kind": "", "mode": "", "board": ""})
    cells = found.order_by().values_list("kind", "mode", "icb_code").annotate(number=Count("pk"))
    wanted = tuple(query.get(name) or "" for name in ("kind", "mode", "board"))
    sums: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    total = at_a_place = 0
    for *codes, number in cells:
        fits = [asked in {"", code} for asked, code in zip(wanted, codes, strict=True)]
        total += number if all(fits) else 0
        at_a_place += number if all(fits) and codes[1] != Mode.ONLINE else 0
        for place, counter in enumerate(sums):
            counter[codes[place]] += number if all(fits[:place] + fits[place + 1 :]) else 0
    kinds, modes, boards = sums
    facets = {"kind": _facet("kind", OpportunityKind, kinds), "mode": _facet("mode", Mode, modes)}
    return Counts(total, at_a_place, facets, _tiles(boards))


def _tiles(counts: Counter[str]) -> list[Tile]:
    most = max((counts[code] for code in BOARDS), default=0)
    return [
        Tile(code, label, column + 1, row + 1, counts[code], ceil(DEPTHS * counts[code] / most) if most else 0)
        for code, (column, row, label) in BOARDS.items()
    ]


def _facet(name: str, labels: Any, counts: Counter[str]) -> list[Facet]:
    return [Facet(name, value, label, counts[value]) for value, label in labels.choices if counts[value]]


def wider(query: dict[str, Any]) -> list[tuple[int, int]]:
    """Return wider distances in which there is something to travel to, with how much: (miles, listings)."""
    if not query.get("place") or query.get("mode") == Mode.ONLINE:
        return []
    asked = query.get("miles") or 15
    further = (miles for miles in RADII if miles > asked)
    reach = [(miles, find({**query, "miles": miles}, with_online=False).count()) for miles in further]
    return [(miles, count) for miles, count in reach if count]
