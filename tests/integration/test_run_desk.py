"""Runs that start by themselves, what is told when they do not, their measures, and why figures changed."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from celery.schedules import crontab
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from portal.pipelines import actions, tasks
from portal.pipelines.automatic import last_due, look_for_trouble, start_due_runs
from portal.pipelines.comparison import last_before
from portal.pipelines.enums import AlertKind, RunState, Trigger
from portal.pipelines.models import PipelineRun, RunAlert
from portal.pipelines.runner import execute_run
from portal.pipelines.why import headline_reasons, why
from portal.submissions.models import Return
from portal.users.starting_content import load_starting_content
from tests.factories.runs import SERIES, accepted_collection
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])
ENGLAND = {"geography_level": "country", "geography_code": "E92000001", "role_level": "all", "role_code": "all"}
CELL = {"time_period": "2022-03", "perspective": "P1", **ENGLAND}


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[int]:
    """Collect the runs that would be sent to a worker."""
    found: list[int] = []
    monkeypatch.setattr(tasks.execute, "delay", found.append)
    return found


def run_once() -> PipelineRun:
    run = actions.request_run(by=None, series=SERIES, send=False)
    assert execute_run(run.pk) == RunState.SUCCEEDED
    run.refresh_from_db()
    return run


def command(*words: str) -> str:
    out = io.StringIO()
    call_command("runs", *words, stdout=out)
    return out.getvalue()


def test_accepted_returns_start_one_run_once_they_have_settled(tmp_path, settings) -> None:
    settings.RUN_DEBOUNCE_SECONDS, settings.RUN_DEBOUNCE_LONGEST_SECONDS = 600, 3_600
    accepted_collection(tmp_path)
    assert start_due_runs(timezone.now() + dt.timedelta(hours=2)) == []  # the first run is a person's decision
    actions.request_run(by=None, series=SERIES, send=False)
    PipelineRun.objects.update(state=RunState.FAILED, finished_at=timezone.now())
    now = timezone.now()
    Return.objects.update(accepted_at=now)
    assert start_due_runs(now + dt.timedelta(seconds=599)) == []
    (run,) = start_due_runs(now + dt.timedelta(seconds=601))
    assert (run.series, run.trigger, run.requested_by) == (SERIES, Trigger.RETURN, None)
    assert start_due_runs(now + dt.timedelta(hours=3)) == []  # that run reads them all
    PipelineRun.objects.update(requested_at=now - dt.timedelta(hours=1))
    late = now + dt.timedelta(seconds=3_599)
    Return.objects.filter(pk=Return.objects.first().pk).update(accepted_at=late)
    PipelineRun.objects.update(state=RunState.FAILED, finished_at=now)
    assert start_due_runs(late) == []
    assert len(start_due_runs(now + dt.timedelta(seconds=3_600))) == 1  # some have waited long enough for the rest
    settings.RUN_ON_ACCEPTED_RETURN = False
    PipelineRun.objects.update(requested_at=now - dt.timedelta(hours=1), state=RunState.FAILED, finished_at=now)
    assert start_due_runs(now + dt.timedelta(hours=3)) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"minute": "0", "hour": "3", "day_of_month": "1"}, dt.datetime(2026, 11, 1, 3, tzinfo=dt.UTC)),
        ({"minute": "*/15"}, dt.datetime(2026, 11, 22, 6, 30, tzinfo=dt.UTC)),
        ({"minute": "0", "hour": "9", "day_of_month": "14", "month_of_year": "1"}, dt.datetime(2026, 1, 14, 9, tzinfo=dt.UTC)),
    ],
)  # fmt: skip
def test_the_last_due_time_of_a_schedule_is_found(fields, expected) -> None:
    assert last_due(crontab(**fields), dt.datetime(2026, 11, 22, 6, 40, tzinfo=dt.UTC)) == expected


def test_a_missed_schedule_is_told_once_and_a_kept_one_never(settings) -> None:
    load_starting_content()
    analyst = UserFactory(groups=["Analysts"])
    hourly = CrontabSchedule.objects.create(minute="0", hour="*")
    PeriodicTask.objects.create(name="r", task="pipelines.run_on_schedule", crontab=hourly, args=f'["{SERIES}"]')
    PeriodicTask.objects.update(date_changed=timezone.now() - dt.timedelta(days=9))
    now = timezone.now().replace(minute=30)
    (alert,) = look_for_trouble(now)
    assert alert.kind == AlertKind.MISSED
    assert SERIES in alert.message
    assert analyst.email in mail.outbox[-1].to
    assert "Start the run there by its button." in mail.outbox[-1].body
    assert look_for_trouble(now) == []
    run = actions.request_run(by=None, series=SERIES, send=False)
    PipelineRun.objects.filter(pk=run.pk).update(requested_at=now + dt.timedelta(minutes=31))
    assert look_for_trouble(now + dt.timedelta(hours=1)) == []
    settings.RUN_ALERT_EMAILS = ["on.call@example.org"]
    execute_run(run.pk)  # nothing is accepted, so it fails
    (alert,) = look_for_trouble(now + dt.timedelta(hours=1))
    assert (alert.kind, alert.run) == (AlertKind.FAILED, run)
    assert mail.outbox[-1].to == ["on.call@example.org"]
    assert f"/cms/runs/{run.pk}/" in mail.outbox[-1].body
    assert "can go on from there" in mail.outbox[-1].body
    assert "0 new alerts" in command("alerts")


def test_why_a_figure_changed_is_said_in_words_that_add_up_before_protection(tmp_path, client) -> None:
    accepted_collection(tmp_path)
    first = run_once()
    accepted_collection(tmp_path, rows=630)
    second = run_once()
    assert last_before(second) == first
    found = why(second, first, measure="headcount", cell=CELL)
    assert sum(number for name, number in found.exact.items() if name != "protection") == found.exact_change
    assert {name for name, number in found.exact.items() if number} <= {"corrected", "added", "protection"}
    assert found.exact_change > 0
    # What nobody touched in the whole period is not asked about in a cell.
    assert {name for name, _ in found.rows} <= {"Returns added", "Returns corrected", "Reclassified", "Protection"}
    assert found.period == "March 2022"
    labels = [label for label, _ in headline_reasons(second, first)]
    assert labels == ["People working in primary care networks", "Full-time equivalent"]
    assert "Returns corrected" in command("why", str(second.pk))
    words = [f"{name}={code}" for name, code in CELL.items()]
    assert "headcount, March 2022:" in command("why", str(second.pk), "--measure", "headcount", "--cell", *words)
    with pytest.raises(CommandError, match="no measure “people”"):
        command("why", str(second.pk), "--measure", "people", "--cell", *words)
    with pytest.raises(CommandError, match="no earlier run"):
        command("why", str(first.pk))

    load_starting_content()
    client.force_login(UserFactory(groups=["Analysts"]))
    page = reverse("pipelines:changes", args=[second.pk])
    assert "Returns corrected" in client.get(page).content.decode()
    assert "Protection" in client.get(page, {"measure": "headcount", **CELL}).content.decode()
    small = {
        **CELL,
        "geography_level": "icb",
        "geography_code": "QKK",
        "role_level": "role",
        "role_code": "pcn-manager",
    }
    assert "not broken down" in client.get(page, {"measure": "headcount", **small}).content.decode()
    assert client.get(page, {"measure": "headcount", **CELL, "role_code": "none"}).status_code == 200


def test_measures_of_runs_are_for_the_team_as_page_json_and_text(tmp_path, client) -> None:
    accepted_collection(tmp_path)
    run = run_once()
    address = reverse("pipelines:metrics")
    client.force_login(UserFactory())
    assert client.get(address).status_code in {302, 403}
    load_starting_content()
    client.force_login(UserFactory(groups=["Analysts"]))
    text = client.get(address).content.decode()
    assert f'portal_run_seconds{{series="{SERIES}"}} {run.seconds}' in text
    assert f'portal_run_succeeded{{series="{SERIES}"}} 1' in text
    assert all(
        line.startswith("# ") or line.rpartition(" ")[2].replace(".", "").isdigit() for line in text.splitlines()
    )
    (latest,) = client.get(reverse("pipelines:measures-json")).json()["latest"]
    assert latest["records"] == run.counts["sealing"]["records"]
    assert 0 < latest["suppressed_share"] < 1
    assert latest["audit_margin"] >= 1
    assert SERIES in client.get(reverse("pipelines:measures")).content.decode()
    RunAlert.objects.create(kind=AlertKind.MISSED, series=SERIES, due_at=timezone.now(), message="The run was late.")
    assert "The run was late." in client.get(reverse("pipelines:runs")).content.decode()
    assert '"latest"' in command("measures")
    assert "portal_runs{" in command("measures", "--text")


def test_runs_are_listed_cancelled_and_repeated_by_command() -> None:
    run = actions.request_run(by=None, series=SERIES, send=False)
    assert f"{run}" in command("list")
    with pytest.raises(CommandError, match="cannot become"):
        command("retry", str(run.pk))
    assert "is cancelled" in command("cancel", str(run.pk))
    with pytest.raises(CommandError, match="already"):
        command("cancel", str(run.pk))
    with pytest.raises(CommandError, match="no run 987"):
        command("cancel", "987")
    assert "0 runs asked for" in command("start-due")
