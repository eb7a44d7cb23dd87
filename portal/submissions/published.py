"""Published figures that a provider is shown beside its own. Apps above register where they come from."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import BooleanField, Case, Count, F, Sum, Value, When
from django.db.models.expressions import RawSQL

from portal.definitions.models import RoleVersion
from portal.submissions.enums import RecordKind

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from portal.submissions.models import Record, ReturnVersion

#: The rule that counts everybody.
EVERYBODY = "TRUE"
#: A figure of fewer organisations is no group to be compared with.
LEAST_ORGANISATIONS = 10


@dataclass(frozen=True)
class PublishedHeadcount:
    """People in one place under the usual perspective, in all and by group of roles. None: not published."""

    place: str
    period: str
    counted_as: str
    #: The rule of ``counted_as`` as the register compiled it: a predicate over the columns of records.
    predicate: str
    definition_url: str
    url: str
    organisations: int
    people: float | None
    by_group: dict[str, float | None]

    @property
    def month(self) -> str:
        """The period in words: March 2026."""
        return month_of(self.period)


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


def month_of(period: str) -> str:
    """Return “March 2026” for “2026-03”."""
    return f"{dt.date.fromisoformat(f'{period}-01'):%B %Y}"


def people_by_group(version: ReturnVersion | None, predicate: str = EVERYBODY) -> dict[str, int]:
    """Return how many people of a version a rule counts in each group of roles."""
    return {group: people for _pk, group, people in people_of_versions([version.pk], predicate)} if version else {}


def people_of_versions(versions: Iterable[int], predicate: str = EVERYBODY) -> list[tuple[int, str, int]]:
    """Return how many people of each version a rule counts in each group of roles, records and totals together."""
    rows = _counted(versions, predicate).annotate(group=_group_now()).values("version_id", "group")
    people: Counter[tuple[int, str]] = Counter()
    for count in (
        rows.exclude(worker_key=None).annotate(people=Count("worker_key", distinct=True)),
        rows.filter(kind=RecordKind.AGGREGATE).annotate(people=Sum("weight_count")),
    ):
        for version, group, number in count.values_list("version_id", "group", "people"):
            people[version, group] += number
    return [(version, group, number) for (version, group), number in sorted(people.items())]


def _group_now() -> Case:
    """Return the group that the register puts a role in today, as published figures do; else that of the return."""
    roles = defaultdict(list)
    for role, group in RoleVersion.objects.latest_per_role().values_list("code", "group"):
        roles[group].append(role)
    return Case(
        *(When(role_code__in=codes, then=Value(group)) for group, codes in roles.items()), default=F("role_group")
    )


def people_counted(version: ReturnVersion | None, predicate: str = EVERYBODY) -> int:
    """Return how many people of a version a rule counts; who has several posts counts once."""
    if version is None:
        return 0
    records = _counted([version.pk], predicate)
    distinct = records.aggregate(people=Count("worker_key", distinct=True))["people"]
    return distinct + (records.filter(kind=RecordKind.AGGREGATE).aggregate(people=Sum("weight_count"))["people"] or 0)


def _counted(versions: Iterable[int], predicate: str) -> QuerySet[Record]:
    """Return the records that a rule of the register counts: the same predicate that the figures were made with."""
    from portal.submissions.models import Record  # noqa: PLC0415 - apps above register before models are loaded

    holds = RawSQL(predicate.replace("%", "%%"), (), output_field=BooleanField())  # noqa: S611 - compiled by the register from checked codes
    return Record.objects.filter(holds, version__in=list(versions)).order_by()
