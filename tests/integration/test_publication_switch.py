"""Everything switches together, at its second: who saw one thing new never sees another old."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connection
from django.utils import timezone

from portal.celery import app
from portal.publications import actions, tasks
from tests.factories import publications as make

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.worker,
    pytest.mark.slow,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]
EVERY = 1 / 50
AHEAD = dt.timedelta(seconds=5)


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A Celery worker on the real broker, in a thread of this process: it shares the cache with the live server."""
    app.control.purge()
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=20):
        yield
    app.control.purge()


@pytest.fixture
def correction(tmp_path):
    """A published release, and its correction with new data, approved."""
    people = make.make_people()
    first = make.publish(make.make_release(tmp_path, make.make_series()), people)
    data = make.make_data(tmp_path, first.dataset_version.dataset, change=5, kind="correction", change_note="Mended.")
    second = make.make_release(tmp_path, first.series, data=data)
    second.notice = "Two returns were counted twice."
    second.save()
    return first, make.approve(second, people), people


def looks_at(first, second) -> dict[str, tuple[str, str]]:
    """Return everything that must switch: its address, and what only the new state has there."""
    slug, new = second.dataset_version.dataset.slug, second.dataset_version.number
    figure = f"/publications/{first.series.slug}/{first.release.slug}/versions/2/"
    return {
        "page": (first.get_absolute_url(), "1,505"),
        "version page": (figure, "1,505"),
        "PDF": (f"{figure}release.pdf", "PDF-"),
        "content API": (f"/api/content/pages/{first.release_id}/", "1,505"),
        "dataset": (f"/datasets/{slug}/latest/", new),
        "data file": (f"/datasets/{slug}/v/{new}/files/{slug}-{new}.csv", "1505"),
        "API": (f"/api/v1/datasets/{slug}/", new),
        "observations": (f"/api/v1/datasets/{slug}/observations?measure=headcount&page_size=1", new),
        "catalogue": ("/catalog.jsonld", f"/{slug}/v/{new}/"),
        "feed": ("/feeds/releases.atom", f"/{slug}/v/{new}/"),
        "home": ("/", "1,505"),
    }


def look(base: str, path: str) -> str:
    try:
        with urlopen(f"{base}{path}") as answer:  # noqa: S310 - our own server
            return answer.url + answer.read().decode(errors="replace")
    except HTTPError as error:
        if error.code != 404:
            raise
        return ""


def test_at_its_second_page_files_api_catalogue_and_feeds_switch_together(live_server, worker, correction):
    first, second, people = correction
    looks = looks_at(first, second)
    moment = timezone.now().replace(microsecond=0) + AHEAD
    actions.schedule_release(by=people["Publishers"], version=second, at=moment)
    assert tasks.prepare_due_releases() == 1, "what the schedule starts every half minute hands it to the worker"
    seen: list[tuple[dt.datetime, str, bool]] = []
    stop = threading.Event()

    def poll() -> None:
        due = time.monotonic()
        while not stop.is_set():
            for name, (path, mark) in looks.items():
                text = look(live_server.url, path)
                seen.append((timezone.now(), name, mark in text))
                due = max(due + EVERY, time.monotonic())
                time.sleep(max(0, due - time.monotonic()))

    poller = threading.Thread(target=poll)
    poller.start()
    deadline = time.monotonic() + AHEAD.total_seconds() + 20
    while time.monotonic() < deadline and {name for _at, name, new in seen if new} != set(looks):
        time.sleep(0.2)
    time.sleep(0.5)
    stop.set()
    poller.join()
    connection.close()
    turned = next(place for place, (_at, _name, is_new) in enumerate(seen) if is_new)
    assert turned > len(looks), "the poll began too late to see the old state"
    assert seen[turned][0] >= moment, "something was out early"
    mixed = [(at, name) for at, name, is_new in seen[turned:] if not is_new]
    assert mixed == []
    assert {name for _at, name, _new in seen[turned:]} == set(looks)
    second.refresh_from_db()
    assert second.published_at == moment
    # Measured by a reader, on a busy machine: well within the second that the clock shows.
    assert seen[turned][0] - moment < dt.timedelta(seconds=3)
