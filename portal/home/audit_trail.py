"""The audit trail of both databases as one list, for administrators."""

from __future__ import annotations

import datetime as dt
import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.dateparse import parse_date

from portal.core.models import AuditEvent
from portal.submissions.models import SubmissionsAuditEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import QueryDict

TRAILS = {"public": AuditEvent, "returns": SubmissionsAuditEvent}
LABELS = {"public": "Public and editorial", "returns": "Returns and applications"}


@dataclass(frozen=True)
class TrailFilter:
    """Which events are shown: by person, by what was done, to what, in which days, in which database."""

    person: str = ""
    action: str = ""
    about: str = ""
    trail: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    @classmethod
    def of(cls, sent: QueryDict) -> TrailFilter:
        """Read the filter from an address; what cannot be read is left out."""
        words = {name: sent.get(name, "").strip() for name in ("person", "action", "about")}
        trail = sent.get("trail", "")
        return cls(
            **words,
            trail=trail if trail in TRAILS else "",
            since=_day(sent.get("since")),
            until=_day(sent.get("until")),
        )

    def events(self, limit: int) -> list[Any]:
        """Return the newest events of both trails that pass, up to ``limit``."""
        return list(self._merged(limit))

    def _merged(self, limit: int) -> Iterator[Any]:
        chosen = {self.trail: TRAILS[self.trail]} if self.trail else TRAILS
        rows = [self._passing(model.objects.all())[:limit] for model in chosen.values()]
        merged = heapq.merge(*rows, key=lambda event: event.at, reverse=True)
        for _number, event in zip(range(limit), merged, strict=False):
            yield event

    def _passing(self, rows: Any) -> Any:
        if self.person:
            rows = rows.filter(actor_label__icontains=self.person)
        if self.action:
            rows = rows.filter(action=self.action)
        if self.about:
            rows = rows.filter(object_label__icontains=self.about)
        if self.since:
            rows = rows.filter(at__gte=_midnight(self.since))
        if self.until:
            rows = rows.filter(at__lt=_midnight(self.until + dt.timedelta(days=1)))
        return rows.order_by("-at", "-pk")

    @property
    def address(self) -> dict[str, str]:
        """The filter as the words of an address."""
        values = {
            "person": self.person, "action": self.action, "about": self.about, "trail": self.trail,
            "since": self.since.isoformat() if self.since else "", "until": self.until.isoformat() if self.until else "",
        }  # fmt: skip
        return {name: value for name, value in values.items() if value}


def actions() -> list[str]:
    """Return everything that was ever done, by name."""
    return sorted(
        {
            name
            for model in TRAILS.values()
            for name in model.objects.values_list("action", flat=True).distinct().order_by()
        }
    )


def _day(text: str | None) -> dt.date | None:
    try:
        return parse_date(text or "")
    except ValueError:
        return None


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
