"""What starts runs without a person: accepted returns that have settled. And what to say when nothing started.

A look at the tables once a minute, not a signal: a message that is lost costs a minute, never a run.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.mail import send_mail
from django.db.models import Max, Min, Q
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from portal.core.actions import record_event
from portal.pipelines.actions import request_run
from portal.pipelines.enums import AlertKind, RunState, Trigger
from portal.pipelines.models import PipelineRun, RunAlert
from portal.pipelines.specification import specifications
from portal.submissions.models import Return

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celery.schedules import crontab

    from portal.pipelines.specification import Specification

#: A schedule is late when its run was not asked for this long after its time.
GRACE = dt.timedelta(minutes=10)
#: How far back the last due time of a schedule is looked for: a yearly one has one in every 367 days.
LOOK_BACK = (dt.timedelta(hours=2), dt.timedelta(days=2), dt.timedelta(days=32), dt.timedelta(days=367))
RUN_TASK = "pipelines.run_on_schedule"
MESSAGE_LENGTH = 1_000
#: What to do about each kind of alert, on the page that the message names.
MEND = {
    AlertKind.MISSED: "Start the run there by its button. If it stays queued no worker is alive; if the next one is "
    "missed as well, neither is beat.",
    AlertKind.FAILED: "The page says at which step and why. Once that is mended the run can go on from there.",
    AlertKind.AUDIT: "The log of the run says which groups are given away and by which figures.",
}
FEEDS_ON_RETURNS = frozenset({"workforce", "flows", "response"})


@dataclass(frozen=True)
class Waiting:
    """Accepted returns that no run of a series has looked at yet."""

    since: dt.datetime
    newest: dt.datetime

    def is_settled(self, now: dt.datetime) -> bool:
        """Whether nothing came for a while, or some have waited too long for the rest."""
        return now - self.newest >= dt.timedelta(
            seconds=settings.RUN_DEBOUNCE_SECONDS
        ) or now - self.since >= dt.timedelta(seconds=settings.RUN_DEBOUNCE_LONGEST_SECONDS)


def waiting_returns(specification: Specification) -> Waiting | None:
    """Return which accepted returns wait for a run of a series, or None."""
    if specification.source not in FEEDS_ON_RETURNS:
        return None
    seen = PipelineRun.objects.of_series(specification.code).exclude(state=RunState.CANCELLED)
    last = seen.aggregate(last=Max("requested_at"))["last"]
    if last is None:
        return None  # the first run of a series is a person's decision
    found = (
        Return.objects.accepted()
        .filter(collection__family=specification.family, accepted_at__gt=last)
        .aggregate(since=Min("accepted_at"), newest=Max("accepted_at"))
    )
    return Waiting(found["since"], found["newest"]) if found["since"] else None


def start_due_runs(now: dt.datetime | None = None) -> list[PipelineRun]:
    """Ask for a run of every series whose accepted returns have settled; each at most once."""
    if not settings.RUN_ON_ACCEPTED_RETURN:
        return []
    now = now or timezone.now()
    return [
        request_run(by=None, series=specification.code, trigger=Trigger.RETURN)
        for specification in specifications().values()
        if (waiting := waiting_returns(specification)) is not None and waiting.is_settled(now)
    ]


def last_due(schedule: crontab, now: dt.datetime) -> dt.datetime | None:
    """Return the last moment at or before ``now`` that a schedule names."""
    for reach in LOOK_BACK:
        due = _next(schedule, now - reach)
        if due > now:
            continue
        while (following := _next(schedule, due)) <= now:
            due = following
        return due
    return None


def _next(schedule: crontab, after: dt.datetime) -> dt.datetime:
    start, ahead, _ = schedule.remaining_delta(after)
    moment: dt.datetime = start + ahead
    return moment


def look_for_trouble(now: dt.datetime | None = None) -> list[RunAlert]:
    """Write down, once each, schedules that started nothing, runs that failed and drafts that the audit refused."""
    now = now or timezone.now()
    found = [*_missed(now), *_ended_badly(now)]
    for alert in found:
        _send(alert)
    return found


def _missed(now: dt.datetime) -> Iterator[RunAlert]:
    for task in PeriodicTask.objects.filter(task=RUN_TASK, enabled=True, crontab__isnull=False):
        for series in json.loads(task.args or "[]"):
            due = last_due(task.schedule, now)
            # A schedule that is younger than its last time has missed nothing.
            if due is None or now - due < GRACE or (task.date_changed and task.date_changed > due):
                continue
            started = PipelineRun.objects.of_series(series).filter(requested_at__gte=due - dt.timedelta(minutes=1))
            if not started.exists():
                yield from _new(
                    AlertKind.MISSED,
                    series,
                    due,
                    f"The run of {series} that was due at {due:%d %B %Y %H:%M} did not start.",
                )


def _ended_badly(now: dt.datetime) -> Iterator[RunAlert]:
    """Look at the runs of the last week that nobody was told of; a person who pressed the button sees the page."""
    runs = PipelineRun.objects.filter(finished_at__gte=now - dt.timedelta(days=7))
    for run in runs.filter(state=RunState.FAILED):
        yield from _new(AlertKind.FAILED, run.series, run.requested_at, f"{run} failed: {run.failure}", run)
    for run in runs.filter(state=RunState.SUCCEEDED, lineage__audit__passed=False):
        text = f"{run} did not pass the audit, so its draft cannot be approved."
        yield from _new(AlertKind.AUDIT, run.series, run.requested_at, text, run)


def _new(
    kind: AlertKind, series: str, due: dt.datetime, message: str, run: PipelineRun | None = None
) -> Iterator[RunAlert]:
    alert, made = RunAlert.objects.get_or_create(
        kind=kind, series=series, due_at=due, defaults={"message": message[:MESSAGE_LENGTH], "run": run}
    )
    if made:
        yield alert


def _send(alert: RunAlert) -> None:
    record_event(by=None, action="alert_run", obj=alert, detail={"kind": alert.kind, "series": alert.series})
    page = reverse("pipelines:run", args=[alert.run_id]) if alert.run_id else reverse("pipelines:runs")
    address = f"{settings.WAGTAILADMIN_BASE_URL.rstrip('/')}{page}"
    text = f"{alert.message}\n\n{address}\n\n{MEND[AlertKind(alert.kind)]}\n"
    send_mail(f"Runs: {alert.get_kind_display().lower()}", text, None, recipients())


def recipients() -> list[str]:
    """Return who is told: the addresses of the settings, else everybody who may start runs."""
    if settings.RUN_ALERT_EMAILS:
        return list(settings.RUN_ALERT_EMAILS)
    permission = Permission.objects.get(content_type__app_label="pipelines", codename="start_run")
    people = get_user_model().objects.filter(
        Q(user_permissions=permission) | Q(groups__permissions=permission), is_active=True
    )
    return sorted(set(people.values_list("email", flat=True)))
