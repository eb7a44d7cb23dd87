"""nginx, as shipped, in front of the portal: what it keeps, for whom, and that a publication is whole behind it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from portal.publications import actions
from tests.factories import publications as make
from tests.integration.test_publication_switch import Seen, look, looks_at, mixtures, wait_for_all
from tests.interop.front import nginx

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.interop,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]
EVERY = 1 / 50
KEPT_SECONDS = 2
LONG_SECONDS = 600


@pytest.fixture
def front(live_server, settings, tmp_path) -> Iterator[str]:
    settings.FRONTEND_CACHE_SECONDS = KEPT_SECONDS
    settings.API_ANONYMOUS_PER_MINUTE = 0
    (tmp_path / "front").mkdir()
    with nginx(tmp_path / "front", live_server.thread.port) as address:
        yield address


def ask(address: str, **headers: str):
    request = Request(address, headers={name.replace("_", "-"): value for name, value in headers.items()})  # noqa: S310 - our own server
    with urlopen(request) as answer:  # noqa: S310 - our own server
        return answer.headers, answer.read()


def test_it_keeps_pages_of_releases_for_nobody_in_particular(front, published, settings):
    settings.FRONTEND_CACHE_SECONDS = LONG_SECONDS
    page = f"{front}{published.get_absolute_url()}"
    first, body = ask(page)
    again, same = ask(page)
    assert (first["X-Cache"], again["X-Cache"]) == ("MISS", "HIT")
    assert same == body
    assert "X-Accel-Expires" not in again
    assert "no-cache" in again["Cache-Control"], "a browser asks again"
    assert ask(page, Cookie="sessionid=1")[0]["X-Cache"] == "BYPASS"
    welsh, words = ask(page, Cookie="django_language=cy")
    assert welsh["X-Cache"] == "MISS"
    assert b'lang="cy"' in words
    packed, less = ask(page, Accept_Encoding="br, gzip;q=0.9")
    assert (packed["X-Cache"], packed["Content-Encoding"]) == ("MISS", "gzip")
    assert len(less) < len(body) / 4
    assert ask(page)[0]["X-Cache"] == "HIT"
    for path in ("/", "/publications/", "/feedback/", "/catalog.jsonld", "/feeds/releases.atom", "/api/v1/datasets/"):
        for _ in range(2):
            assert ask(f"{front}{path}")[0]["X-Cache"] == "MISS", f"{path} is asked for each time"


def test_it_keeps_a_page_for_as_long_as_the_portal_says(front, published):
    page = f"{front}{published.get_absolute_url()}"
    deadline = time.monotonic() + 60
    said = [ask(page)[0]["X-Cache"]]
    while said[-1] != "EXPIRED":
        assert time.monotonic() < deadline, said
        time.sleep(KEPT_SECONDS / 4)
        said.append(ask(page)[0]["X-Cache"])
    assert said[0] == "MISS"
    assert set(said[1:-1]) <= {"HIT"}


@pytest.mark.parametrize("how", ["scheduled", "by a person, unannounced"])
def test_behind_nginx_everything_switches_together(front, published, people, tmp_path, how):
    data = make.make_data(
        tmp_path, published.dataset_version.dataset, change=5, kind="correction", change_note="Mended."
    )
    second = make.make_release(tmp_path, published.series, data=data)
    second.notice = "Two returns were counted twice."
    second.save()
    second = make.approve(second, people)
    looks = {name: one for name, one in looks_at(published, second).items() if name != "PDF"}
    seen: list[Seen] = []
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            for name, (path, mark) in looks.items():
                began = time.time()
                is_new = mark in look(front, path)
                seen.append(Seen(began, time.time(), name, is_new))
                time.sleep(EVERY)

    poller = threading.Thread(target=poll)
    poller.start()
    try:
        wait_for_all(looks, seen, new=False)
        if how == "scheduled":
            moment = timezone.now().replace(microsecond=0) + timezone.timedelta(seconds=6)
            second = actions.schedule_release(by=people["Publishers"], version=second, at=moment)
            time.sleep(max(0, moment.timestamp() - time.time()))
            with capture_logs() as said:
                assert len(actions.publish_due()) == 1
            assert "publication_waits_for_caches" not in {one["event"] for one in said}, "it waited for nobody"
        else:
            actions.publish_release(by=people["Publishers"], version=second)
        wait_for_all(looks, seen, new=True)
    finally:
        stop.set()
        poller.join()
        connection.close()
    assert mixtures(seen) == []
    if how == "scheduled":
        assert min(one.ended for one in seen if one.is_new) >= moment.timestamp()
