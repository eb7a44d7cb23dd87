"""A scheduled publication while something is away: all or nothing, tried again by itself, visible, and done once."""

from __future__ import annotations

import datetime as dt

import pytest
from celery.app.task import Task
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.core.models import AuditEvent
from portal.demo.processes import publisher as publisher_arguments
from portal.pipelines.actions import request_run
from portal.publications import actions, after, tasks
from portal.publications.models import ReleaseVersion, WebhookDelivery, WebhookEndpoint
from portal.settings.queues import PUBLISHING
from tests.factories import publications as make
from tests.fixtures.worker import Worker, closed_gate, somebody_waits

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"], transaction=True)]


@pytest.fixture
def people():
    return make.make_people(in_cms=True)


@pytest.fixture
def due(tmp_path, people) -> ReleaseVersion:
    """Return an approved version that is due in a moment; another team is told when it is out."""
    WebhookEndpoint.objects.create(description="Another front end", url="https://127.0.0.1:9/hook")
    version = make.approve(make.make_release(tmp_path, make.make_series()), people)
    moment = timezone.now() + dt.timedelta(seconds=3)
    return actions.schedule_release(by=people["Publishers"], version=version, at=moment)


def now(version: ReleaseVersion) -> ReleaseVersion:
    return ReleaseVersion.objects.with_everything().get(pk=version.pk)


def make_late(version: ReleaseVersion) -> None:
    past = timezone.now() - dt.timedelta(minutes=3)
    ReleaseVersion.objects.filter(pk=version.pk).update(scheduled_for=past)


def desk(people, version: ReleaseVersion) -> str:
    client = Client()
    client.force_login(people["Publishers"], backend="django.contrib.auth.backends.ModelBackend")
    pages = (reverse("release_desk"), reverse("release_desk_version", args=[version.pk]))
    return "".join(client.get(page).content.decode() for page in pages)


def done(version: ReleaseVersion) -> list[str]:
    events = AuditEvent.objects.filter(object_type=version._meta.label, object_id=str(version.pk))
    return list(events.filter(action__contains="publi").order_by("pk").values_list("action", flat=True))


@pytest.mark.worker
def test_a_worker_killed_half_way_leaves_nothing_and_the_next_one_publishes_once(due, worker):
    with closed_gate("default", "publications_releaseversion", "NEW.state = 'published'"):
        assert tasks.prepare_due_releases() == 1
        worker.wait_until(lambda: somebody_waits("default"), what="the worker to be half way through the publication")
        worker.kill()
        worker.wait_until(lambda: not somebody_waits("default"), what="the killed worker's connection to end")
    half = now(due)
    assert (half.state, half.release.live, half.dataset_version.state) == ("scheduled", False, "approved")
    assert not WebhookDelivery.objects.exists()
    assert done(due) == []
    worker.start()
    for _twice in range(2):  # what runs every half minute
        tasks.prepare_due_releases()
    worker.wait_until(lambda: "after_publication" in done(due), what="what follows the publication")
    out = now(due)
    assert (out.state, out.release.live, out.dataset_version.state) == ("published", True, "published")
    assert out.dataset_version.published_at == out.published_at
    assert done(due) == ["publish_release", "after_publication"]
    assert WebhookDelivery.objects.get().event == "release.published"


@pytest.mark.worker("--exclude-queues", PUBLISHING)
def test_a_long_run_delays_no_publication(due, worker, tmp_path):
    publisher = Worker(tmp_path / "publisher.log")
    publisher.start(*publisher_arguments()[1:])
    try:
        with closed_gate("default", "pipelines_pipelinerun", "NEW.state = 'sealing'"):
            request_run(by=None, series="oh-headcount")
            worker.wait_until(lambda: somebody_waits("default"), what="the other worker to be in a run")
            tasks.prepare_due_releases.delay()
            publisher.wait_until(lambda: "after_publication" in done(due), what="publication and what follows it")
            assert somebody_waits("default"), "the run was over before the release was out"
        assert now(due).state == "published"
        assert WebhookDelivery.objects.get().attempts == 1
    finally:
        publisher.stop()


def test_while_the_shared_cache_is_away_it_is_put_off_and_comes_out_by_itself_later(due, mortal_cache, people):
    make_late(due)
    mortal_cache.kill()
    for _attempt in range(2):
        assert actions.publish_due() == []
    assert now(due).state == "scheduled"
    assert done(due) == ["publication_put_off"], "said once, however often it is tried"
    mortal_cache.start()
    said = desk(people, due)
    assert "it was due and is not out yet" in said
    assert "tried again every half minute" in said
    assert "the shared cache (REDIS_URL) does not answer" in said
    [version] = actions.publish_due()
    assert version.pk == due.pk
    late = timezone.now() - version.published_at
    assert dt.timedelta() <= late < dt.timedelta(minutes=2), "it says when it came out, not when it should have"


def test_while_the_broker_is_away_what_follows_is_not_lost(due, people, monkeypatch):
    def away(*_arguments: object, **_named: object) -> None:
        raise OperationalError("the broker is away")

    make_late(due)
    monkeypatch.setattr(Task, "apply_async", away)
    actions.publish_due()
    assert now(due).state == "published"
    assert now(due).publish_failure == ""
    monkeypatch.setattr(after, "SOON", dt.timedelta())
    assert list(after.unfinished()) == [due]
    assert "what follows is not done yet" in desk(people, due)
    monkeypatch.setattr(Task, "apply_async", lambda task, arguments=(), _named=None, **_more: task(*arguments))
    tasks.prepare_due_releases()
    assert list(after.unfinished()) == []
    assert done(due) == ["publish_release", "after_publication"]
    assert WebhookDelivery.objects.get().attempts == 1
    actions.withdraw_release(by=people["Publishers"], version=now(due), reason="The wrong file was used.")
    assert AuditEvent.objects.filter(action="after_withdrawal").count() == 1
