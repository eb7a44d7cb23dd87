"""Page, dataset, file and API switch together: a reader who saw one of them new never sees another old."""

from __future__ import annotations

import threading
import time
from urllib.request import urlopen

import pytest
from django.db import connection

from tests.factories import publications as make

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"], transaction=True), pytest.mark.slow]
BETWEEN = 0.02


def test_a_client_that_polls_everything_never_sees_a_mixture(live_server, tmp_path):
    people = make.make_people()
    first = make.publish(make.make_release(tmp_path, make.make_series()), people)
    data = make.make_data(tmp_path, first.dataset_version.dataset, change=5, kind="correction", change_note="Mended.")
    second = make.make_release(tmp_path, first.series, data=data)
    second.notice = "Two returns were counted twice."
    second.save()
    second = make.approve(second, people)
    slug, new = data.dataset.slug, second.dataset_version.number
    looks = {
        "page": (first.get_absolute_url(), "1,505"),
        "content": (f"/api/content/pages/{first.release_id}/", "1,505"),
        "dataset": (f"/datasets/{slug}/latest/", new),
        "api": (f"/api/v1/datasets/{slug}/", new),
        "catalogue": ("/catalog.jsonld", f"/{slug}/v/{new}/"),
        "feed": ("/feeds/releases.atom", f"/{slug}/v/{new}/"),
    }
    seen: list[tuple[str, bool]] = []
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            for name, (path, mark) in looks.items():
                with urlopen(f"{live_server.url}{path}") as answer:  # noqa: S310 - our own server
                    text = answer.url + answer.read().decode()
                seen.append((name, mark in text))
                time.sleep(BETWEEN / len(looks))

    poller = threading.Thread(target=poll)
    poller.start()
    time.sleep(1)
    from portal.publications import actions

    actions.publish_release(by=people["Publishers"], version=second)
    time.sleep(2)
    stop.set()
    poller.join()
    connection.close()
    turned = next(place for place, (_name, is_new) in enumerate(seen) if is_new)
    assert turned > 4, "the poll began too late to see the old state"
    assert all(is_new for _name, is_new in seen[turned:])
    assert {name for name, _new in seen[turned:]} == set(looks)
