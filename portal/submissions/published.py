"""Published figures that a provider is shown beside its own. Apps above register where they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Sum

from portal.submissions.enums import RecordKind

if TYPE_CHECKING:
    from portal.submissions.models import ReturnVersion

#: A figure of fewer organisations is no group to be compared with.
LEAST_ORGANISATIONS = 10


@dataclass(frozen=True)
class PublishedHeadcount:
    """People in one place under the usual perspective, in all and by group of roles. None: not published."""

    place: str
    period: str
    counted_as: str
    url: str
    organisations: int
    people: float | None
    by_group: dict[str, float | None]


#: Given the region of a provider: the figure of the country, and that of the region.
Source = Callable[[str], list[PublishedHeadcount]]
_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Let an app above answer; called in its ``AppConfig.ready()``."""
    if source not in _sources:
        _sources.append(source)


def published_headcounts(region_code: str) -> list[PublishedHeadcount]:
    """Return the newest published figures of the country and a region that have enough organisations."""
    found = [figure for source in _sources for figure in source(region_code)]
    return [figure for figure in found if figure.organisations >= LEAST_ORGANISATIONS]


def people_by_group(version: ReturnVersion | None) -> dict[str, int]:
    """Return how many people a version has in each group of roles."""
    if version is None:
        return {}
    rows = version.records.order_by().values("role_group")
    people = dict(
        rows.exclude(worker_key=None)
        .annotate(people=Count("worker_key", distinct=True))
        .values_list("role_group", "people")
    )
    totals = rows.filter(kind=RecordKind.AGGREGATE).annotate(people=Sum("weight_count"))
    for group, count in totals.values_list("role_group", "people"):
        people[group] = people.get(group, 0) + count
    return people
