"""Everything switches together, at its second: who saw one thing new never sees another old."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import TYPE_CHECKING, NamedTuple
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
EVERY = 1 / 50  # of all readers together
READERS = 2
AHEAD = dt.timedelta(seconds=5)
PATIENCE_SECONDS = 120


class Seen(NamedTuple):
    """An answer: when it was asked for, when it had come, from where, and whether it was of the new state."""

    began: float
    ended: float
    name: str
    is_new: bool


@pytest.fixture
def worker(shared_cache: None) -> Iterator[None]:
    """A Celery worker on the real broker, in a thread of this process: it shares the cache with the web processes."""
    app.control.purge()
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=120):
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


class Poll(threading.Thread):
    """A reader who asks for everything in turn, each time on a new connection, and notes what came and when."""

    def __init__(self, base: str, looks: dict[str, tuple[str, str]], seen: list[Seen], offset: int) -> None:
        super().__init__()
        names = list(looks)
        self.order = [(name, *looks[name]) for name in names[offset:] + names[:offset]]
        self.base, self.seen, self.stop = base, seen, threading.Event()

    def run(self) -> None:
        due = time.monotonic()
        while not self.stop.is_set():
            for name, path, mark in self.order:
                began = time.time()
                is_new = mark in look(self.base, path)
                self.seen.append(Seen(began, time.time(), name, is_new))
                due = max(due + EVERY * READERS, time.monotonic())
                time.sleep(max(0, due - time.monotonic()))


def wait_for_all(looks: dict[str, tuple[str, str]], seen: list[Seen], *, new: bool) -> None:
    """Return once everything was seen in its old state, or in its new one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while missing := set(looks) - {one.name for one in list(seen) if one.is_new == new}:
        assert time.monotonic() < deadline, f"never seen {'new' if new else 'old'}: {missing}"
        time.sleep(0.05)


def mixtures(seen: list[Seen]) -> list[Seen]:
    """Return the old answers to questions that were asked after somebody had a new answer in hand, from any address."""
    first = min(one.ended for one in seen if one.is_new)
    return [one for one in seen if not one.is_new and one.began > first]


def test_at_its_second_page_files_api_catalogue_and_feeds_switch_together(
    shared_cache, start_web, worker, correction, settings
):
    """Two web processes, each with its page cache; publication comes from a third, the worker."""
    first, second, people = correction
    looks, seen = looks_at(first, second), []
    web = start_web(API_ANONYMOUS_PER_MINUTE="0")
    base = f"http://127.0.0.1:{web.port}"
    for path, _mark in looks.values():
        look(base, path)
    assert "ETag" in web.get("/")[1], "pages are kept"
    pollers = [Poll(base, looks, seen, offset * 3) for offset in range(READERS)]
    for poller in pollers:
        poller.start()
    try:
        wait_for_all(looks, seen, new=False)
        moment = timezone.now().replace(microsecond=0) + AHEAD
        actions.schedule_release(by=people["Publishers"], version=second, at=moment)
        assert tasks.prepare_due_releases() == 1, "what the schedule starts every half minute hands it to the worker"
        wait_for_all(looks, seen, new=True)
        time.sleep(0.5)  # the readers look once more
    finally:
        for poller in pollers:
            poller.stop.set()
        for poller in pollers:
            poller.join()
        connection.close()
    assert min(one.ended for one in seen if one.is_new) >= moment.timestamp(), "something was out early"
    assert mixtures(seen) == []
    second.refresh_from_db()
    assert second.published_at == moment
    assert len(web.processes()) == 2, "one process was never asked"
    page = look(base, first.get_absolute_url())
    figures = look(base, f"/api/v1/datasets/{second.dataset_version.dataset.slug}/observations?measure=headcount")
    assert "1,505" in page
    assert '"value":1505' in figures.replace(" ", "").replace(".0", "")


def test_a_mixture_would_be_noticed():
    new, during, after = Seen(1.0, 2.0, "page", True), Seen(1.5, 3.0, "API", False), Seen(2.1, 2.2, "API", False)
    assert mixtures([new, during]) == [], "it was asked before anybody had seen the new state"
    assert mixtures([new, during, after]) == [after]
