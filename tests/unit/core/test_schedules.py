"""Runs that start by themselves."""

import pytest
from django.conf import settings

from portal.celery import app
from portal.settings.queues import PUBLISHING, REST
from portal.settings.schedules import beat_schedule


def test_a_run_is_scheduled_beside_the_chores() -> None:
    schedule = beat_schedule(["oh-headcount=0 3 1 * *"])
    run = schedule["pipelines.run.oh-headcount"]
    assert (run["task"], run["args"]) == ("pipelines.run_on_schedule", ["oh-headcount"])
    assert (run["schedule"].hour, run["schedule"].day_of_month) == ({3}, {1})
    assert "pipelines.recover_runs" in schedule


@pytest.mark.parametrize("entry", ["oh-headcount", "oh-headcount=0 3", "=0 3 1 * *"])
def test_a_schedule_that_cannot_be_read_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="RUN_SCHEDULES"):
        beat_schedule([entry])


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_a_worker_that_is_told_nothing_takes_every_queue_and_no_long_job_is_in_that_of_publishing() -> None:
    app.loader.import_default_modules()
    assert set(app.amqp.queues.consume_from) == {PUBLISHING, REST}
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in app.tasks}
    at_once = {name for name, queue in queues.items() if queue == PUBLISHING}
    assert {"publications.publish_due_releases", "publications.after_publication", "definitions.publish_due"} <= at_once
    assert not any(name.startswith(("pipelines.", "submissions.", "portal.applications")) for name in at_once)
