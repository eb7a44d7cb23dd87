"""What the OH team sees of a collection: responses with their trend, the list with its filters, duplicates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import connections
from django.db.models import Count, Min, Q
from django.utils import timezone

from portal.organisations.enums import ProviderType
from portal.submissions.drawing import Bar, Line, draw_bars, draw_lines
from portal.submissions.enums import RECEIVED_STATES, QueryState, ReturnState
from portal.submissions.forms import load_form
from portal.submissions.models import Collection, Return, ReturnVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

_COUNTS = {
    "expected": Count("pk"),
    "started": Count("pk", filter=~Q(state=ReturnState.NOT_STARTED)),
    "received": Count("pk", filter=Q(state__in=RECEIVED_STATES)),
    "accepted": Count("pk", filter=Q(state=ReturnState.ACCEPTED)),
}
#: Together in more posts than this, in thousand-millionths of a full-time post, one person is asked about.
MUCH_FTE = 1_500_000_000

# One person, known by registration, in several returns. The key stays in the database: it is never shown.
_DUPLICATES = """
SELECT count(DISTINCT s.id), sum(r.fte_nano),
       array_agg(DISTINCT s.id || ':' || r.sequence || ':' || s.organisation_name ORDER BY s.id || ':' || r.sequence || ':' || s.organisation_name)
FROM submissions_registeredworker w
JOIN submissions_return s ON s.submitted_version_id = w.version_id
JOIN submissions_record r ON r.version_id = w.version_id AND r.worker_key = w.worker_key
WHERE s.collection_id = %(collection)s AND NOT s.is_test AND w.worker_key IN (
    SELECT worker_key FROM submissions_registeredworker JOIN submissions_return o ON o.submitted_version_id = version_id
    WHERE o.collection_id = %(collection)s AND NOT o.is_test GROUP BY worker_key
    HAVING count(*) > 1 AND sum(fte_nano) > %(fte)s
)
GROUP BY r.worker_key
ORDER BY sum(r.fte_nano) DESC
LIMIT 200
"""


@dataclass(frozen=True)
class Responses:
    """How many returns of a group were expected, started, received and accepted, and the rate before."""

    label: str
    expected: int
    started: int
    received: int
    accepted: int
    code: str = ""
    before: int | None = None

    @property
    def rate(self) -> int:
        """Received, per cent of expected."""
        return round(self.received * 100 / self.expected) if self.expected else 0

    @property
    def change(self) -> int | None:
        """Percentage points more than in the collection before."""
        return None if self.before is None else self.rate - self.before


@dataclass(frozen=True)
class Duplicate:
    """One person in several returns, without identity: where the records are, and FTE together."""

    returns: int
    fte: float
    places: list[tuple[int, int, str]]

    @property
    def is_much(self) -> bool:
        """Whether it is more than one person usually works."""
        return self.fte * 10**9 > MUCH_FTE


def responses(collection: Collection) -> Responses:
    """Return the responses of a whole collection."""
    return Responses("All", **Return.objects.counting().filter(collection=collection).aggregate(**_COUNTS))


def region_names(collection: Collection) -> dict[str, str]:
    """Return the names of regions, as the collection's form has them."""
    form = load_form(collection.form_version)
    item = form.by_name.get("region")
    return dict(form.lists[item.list].codes) if item is not None and item.list in form.lists else {}


def _labels(collection: Collection, by: str) -> dict[str, str]:
    if by == "provider_type":
        return {value: str(label) for value, label in ProviderType.choices}
    return region_names(collection)


def responses_by(collection: Collection, by: str, *, before: Collection | None = None) -> list[Responses]:
    """Return responses by provider type or region, beside the rate of the same group in ``before``."""
    labels = _labels(collection, by)
    earlier = {row.code: row.rate for row in responses_by(before, by)} if before else {}
    rows = Return.objects.counting().filter(collection=collection).values(by).annotate(**_COUNTS).order_by(by)
    return [
        Responses(
            str(labels.get(row[by], row[by])),
            code=row[by],
            before=earlier.get(row[by]),
            **{name: row[name] for name in _COUNTS},
        )
        for row in rows
    ]


def bar_chart(title: str, rows: Iterable[Responses]) -> str:
    """Return the chart of the responses of groups."""
    return draw_bars(title, [Bar(row.label, row.rate, row.before) for row in rows])


def last_collection(collection: Collection) -> Collection | None:
    """Return the collection of the same family before this one."""
    return (
        Collection.objects.filter(family=collection.family, reference_date__lt=collection.reference_date)
        .order_by("-reference_date")
        .first()
    )


def running_responses(collection: Collection) -> list[tuple[int, int]]:
    """Return (day since opening, returns received until then), for each day on which one came first."""
    first = (
        ReturnVersion.objects.submitted()
        .filter(of_return__collection=collection, of_return__is_test=False)
        .values("of_return")
        .annotate(at=Min("submitted_at"))
        .values_list("at", flat=True)
    )
    opened = timezone.localdate(collection.opens_at)
    per_day = Counter(max((timezone.localdate(at) - opened).days, 0) for at in first)
    total, points = 0, [(0, 0)]
    for day in sorted(per_day):
        total += per_day[day]
        points.append((day, total))
    return points


def trend(collection: Collection, before: Collection | None) -> dict[str, Any]:
    """Return the running response of this collection and the one before, as chart and table."""
    lines, columns = [], []
    for item in (collection, before):
        if item is None:
            continue
        expected = responses(item).expected
        points = running_responses(item) if expected else [(0, 0)]
        lines.append(Line(item.title, [(day, count * 100 / expected if expected else 0) for day, count in points]))
        columns.append(dict(points))
    days = sorted({day for column in columns for day in column})
    table, standing = [], [0] * len(columns)
    for day in days:
        standing = [column.get(day, known) for column, known in zip(columns, standing, strict=True)]
        table.append((day, list(standing)))
    return {
        "chart": draw_lines("Returns received since opening, per cent of those expected", lines),
        "titles": [line.label for line in lines],
        "table": table,
    }


@dataclass
class ReturnFilter:
    """What of the list is shown: chosen in the address, so that it can be kept and sent on."""

    state: str = ""
    provider_type: str = ""
    region: str = ""
    only: str = ""
    q: str = ""
    #: Kinds of returns that need a look of their own.
    ONLY: ClassVar[dict[str, str]] = {
        "late": "Submitted late",
        "questions": "With open questions",
        "answered": "With answers to read",
        "silent": "Reminded and not begun",
        "test": "Test returns",
    }

    @classmethod
    def of(cls, sent: QueryDict) -> ReturnFilter:
        """Read the filter from an address; what it does not know is left out."""
        made = cls(q=sent.get("q", "").strip())
        made.state = value if (value := sent.get("state", "")) in ReturnState.values else ""
        made.provider_type = value if (value := sent.get("type", "")) in ProviderType.values else ""
        made.region = sent.get("region", "")[:20]
        made.only = value if (value := sent.get("only", "")) in made.ONLY else ""
        return made

    def returns(self, collection: Collection) -> Any:
        """Return the returns of a collection that pass."""
        rows = Return.objects.filter(collection=collection, is_test=self.only == "test")
        if self.state:
            rows = rows.filter(state=self.state)
        if self.provider_type:
            rows = rows.filter(provider_type=self.provider_type)
        if self.region:
            rows = rows.filter(region_code=self.region)
        if self.q:
            rows = rows.filter(Q(organisation_name__icontains=self.q) | Q(organisation_code__iexact=self.q))
        return self._only(rows).select_related("submitted_version").order_by("organisation_name", "organisation_code")

    def _only(self, rows: Any) -> Any:
        match self.only:
            case "late":
                return rows.filter(is_late=True)
            case "questions":
                return rows.filter(queries__state=QueryState.OPEN).distinct()
            case "answered":
                return rows.filter(queries__state=QueryState.ANSWERED).distinct()
            case "silent":
                return rows.filter(state=ReturnState.NOT_STARTED, reminded_at__isnull=False)
        return rows

    @property
    def address(self) -> dict[str, str]:
        """The filter as the words of an address."""
        words = {
            "state": self.state, "type": self.provider_type, "region": self.region, "only": self.only, "q": self.q,
        }  # fmt: skip
        return {name: value for name, value in words.items() if value}


def possible_duplicates(collection: Collection, *, much_only: bool = True) -> list[Duplicate]:
    """Return people in several returns, without their identity; those with more than 1.5 FTE together, or all."""
    with connections["submissions"].cursor() as cursor:
        cursor.execute(_DUPLICATES, {"collection": collection.pk, "fte": MUCH_FTE if much_only else -1})
        rows: Iterable[tuple[Any, ...]] = cursor.fetchall()
    return [
        Duplicate(
            count,
            float(fte) / 10**9,
            sorted(
                ((int(pk), int(sequence), name) for pk, sequence, name in (place.split(":", 2) for place in places)),
                key=lambda place: (place[2], place[1]),
            ),
        )
        for count, fte, places in rows
    ]
