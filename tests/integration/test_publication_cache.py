"""The page cache and the caches in front: what is kept, for whom, until when, and what makes it worthless."""

from __future__ import annotations

import datetime as dt
import gzip
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.publications import actions, frontend_cache, page_cache, tasks
from portal.publications.models import CalendarEntry
from tests.factories import publications as make
from tests.wsgi import Server

pytestmark = [pytest.mark.django_db(databases=["default"]), pytest.mark.slow]


@pytest.fixture
def published(tmp_path, people):
    version = make.publish(make.make_release(tmp_path, make.make_series()), people)
    cache.clear()  # publication closed it; no commit comes in a test
    return version


@pytest.fixture
def address(published):
    return published.get_absolute_url()


def queries(server, path, **options: str):
    with CaptureQueriesContext(connection) as seen:
        answer = server.get(path, **options)
    return answer, len(seen)


def test_a_kept_page_is_the_same_and_costs_no_query_and_no_cookie(address):
    server = Server()
    first, asked = queries(server, address)
    again, nothing = queries(server, address)
    assert asked > 0
    assert nothing == 0
    assert (again.status, again.headers, again.sent) == (first.status, first.headers, first.sent)
    assert "Content-Security-Policy" in again.headers
    assert "Set-Cookie" not in again.headers
    assert again.headers["Vary"] == "Accept-Encoding"
    assert f"release-{address.split('/')[2]}-march-2022" in again.headers["Surrogate-Key"].split()
    assert "csrf" not in again.text
    other_process, nothing = queries(Server(), address)
    assert nothing == 0, "another process finds it in the shared cache"
    assert other_process.sent == first.sent


def test_it_is_sent_packed_as_a_head_and_not_again_to_who_has_it(address):
    server = Server()
    plain = server.get(address)
    packed = server.get(address, Accept_Encoding="br, gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.sent) < len(plain.sent) / 4
    assert packed.text == plain.text
    head = server.get(address, method="head")
    assert (head.sent, head.headers["Content-Length"]) == (b"", str(len(plain.sent)))
    same = server.get(address, If_None_Match=plain.headers["ETag"])
    assert (same.status, same.sent) == (304, b"")
    assert same.headers["ETag"] == plain.headers["ETag"]


@pytest.mark.parametrize("cookie", ["sessionid=abc", "messages=abc", "csrftoken=x; sessionid=abc"])
def test_who_may_be_signed_in_is_never_answered_from_it(address, cookie):
    server = Server()
    server.get(address)
    _, asked = queries(server, address, cookies=cookie)
    assert asked > 0
    fresh = Server()
    cache.clear()
    fresh.get(address, cookies=cookie)
    assert not fresh.layer.memory, "nor is their page kept for others"


def test_each_language_is_its_own_page_and_the_browser_does_not_choose(address):
    server = Server()
    english = server.get(address)
    welsh = server.get(address, cookies="django_language=cy")
    assert '<html lang="cy"' in welsh.text
    assert '<html lang="en-GB"' in english.text
    assert server.get(address, cookies="django_language=cy").sent == welsh.sent
    assert server.get(address, Accept_Language="cy").sent == english.sent
    assert server.get(address, cookies="django_language=xx; csrftoken=1").sent == english.sent
    assert len(server.layer.memory) == 2


def test_only_pages_that_exist_are_kept(address, published):
    server = Server()
    for path in (
        f"{address}?perspective=D9",
        f"{address}?utm=1",
        f"{address}?perspective=D1&x=1",
        f"{address}nothing/",
    ):
        server.get(path)
    assert not server.layer.memory
    core = server.get(f"{address}?perspective=D1")
    pinned = server.get(published.permanent_address)
    assert len(server.layer.memory) == 2
    assert "750" in core.text
    assert "noindex" in pinned.text


@pytest.mark.django_db(transaction=True, databases=["default"])
def test_publication_drops_the_pages_of_its_series_and_of_no_other(tmp_path, people):
    first = make.publish(make.make_release(tmp_path, make.make_series()), people)
    server = Server()
    assert "1,500" in server.get(first.get_absolute_url()).text
    data = make.make_data(tmp_path, first.dataset_version.dataset, change=5, kind="correction")
    second = make.make_release(tmp_path, first.series, data=data)
    second.notice = "Two returns were counted twice."
    second.save()
    make.publish(second, people)
    assert "1,505" in server.get(first.get_absolute_url()).text
    assert "Two returns were counted twice." in server.get(first.get_absolute_url()).text


def test_a_generation_ends_the_pages_of_one_series_only(published, tmp_path, people):
    other = make.publish(make.make_release(tmp_path, make.make_series()), people)
    server = Server()
    cache.clear()
    for version in (published, other):
        server.get(version.get_absolute_url())
    page_cache.drop(published.series.slug)
    assert queries(server, published.get_absolute_url())[1] > 0
    assert queries(server, other.get_absolute_url())[1] == 0


def test_a_page_drawn_before_a_publication_is_not_kept_after_it(address, published):
    server, inside = Server(), Server()
    application = server.layer.application

    def slow(environ, start_response):
        answer = application(environ, start_response)
        page_cache.drop(published.series.slug)  # the publication comes while the page is drawn
        return answer

    server.layer.application = slow
    server.get(address)
    assert queries(inside, address)[1] > 0


def test_while_a_series_is_closed_nothing_is_read_from_or_put_in_the_cache(address, published):
    server = Server()
    server.get(address)

    def half_a_publication():
        with page_cache.closed(published.series.slug):
            assert queries(server, address)[1] > 0
            assert queries(Server(), address)[1] > 0
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        half_a_publication()
    assert queries(server, address)[1] > 0, "what was kept before is of an old generation"
    assert queries(server, address)[1] == 0


def test_of_two_publications_at_once_the_last_opens(published, django_capture_on_commit_callbacks):
    slug = published.series.slug
    with django_capture_on_commit_callbacks() as one, page_cache.closed(slug):
        pass
    with django_capture_on_commit_callbacks() as other, page_cache.closed(slug):
        pass
    assert page_cache.state_of(slug).series == ""
    one[0]()
    assert page_cache.state_of(slug).series == "", "the other has not committed yet"
    other[0]()
    assert page_cache.state_of(slug).series != ""


def test_what_stands_around_the_figures_is_never_old(address, published, people, django_capture_on_commit_callbacks):
    server = Server()
    assert "to be announced" in server.get(address).text
    with django_capture_on_commit_callbacks(execute=True):
        CalendarEntry.objects.create(
            series=published.series, title="Next", period="2022-09", status="provisional",
            date=timezone.localdate() + dt.timedelta(days=40),
        )  # fmt: skip
    assert "to be announced" not in server.get(address).text
    series = published.series
    series.quality_summary = "<p>Checked twice.</p>"
    with django_capture_on_commit_callbacks(execute=True):
        series.save_revision().publish()
    assert "Checked twice." in server.get(address).text
    data = published.dataset_version
    assert "Download" in server.get(address).text
    data.state, data.withdrawn_at, data.withdrawn_reason = "withdrawn", timezone.now(), "Wrong."
    with django_capture_on_commit_callbacks(execute=True):
        data.save(update_fields=["state", "withdrawn_at", "withdrawn_reason"])
    assert data.get_absolute_url() not in server.get(address).text


# --- Caches in front ---------------------------------------------------------------------------


@pytest.fixture
def slept(monkeypatch):
    seconds = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def test_without_a_cache_in_front_nobody_is_told_to_keep_a_page_and_nothing_waits(address, published, slept):
    assert "X-Accel-Expires" not in Server().get(address).headers
    frontend_cache.wait_until_shut(published.series.slug)
    assert slept == []


def test_a_cache_in_front_keeps_a_page_for_seconds_and_never_beyond_a_publication(address, published, settings):
    settings.FRONTEND_CACHE_SECONDS = 800
    server = Server()
    for _ in range(2):
        assert server.get(address).headers["X-Accel-Expires"] == "800"
    assert server.get(address).headers["Surrogate-Control"] == "max-age=800"
    assert "no-cache" in server.get(address).headers["Cache-Control"], "no other cache, and no browser"
    frontend_cache.shut_from(published.series.slug, timezone.now() + dt.timedelta(seconds=600))
    assert 500 < int(server.get(address).headers["X-Accel-Expires"]) < 600
    frontend_cache.open_again(published.series.slug)
    frontend_cache.shut_from(published.series.slug, timezone.now())
    assert "X-Accel-Expires" not in server.get(address).headers
    frontend_cache.open_again(published.series.slug)
    for cookie in ("sessionid=1", "messages=1"):
        assert "X-Accel-Expires" not in server.get(address, cookies=cookie).headers


def test_a_publication_nobody_announced_waits_for_the_last_copy(published, settings, slept):
    settings.FRONTEND_CACHE_SECONDS = 800
    with page_cache.closed(published.series.slug):
        assert len(slept) == 1
        assert 800 < slept[0] <= 802
        assert frontend_cache.seconds_to_keep(time.time(), time.time()) == 0


def test_a_publication_on_its_schedule_does_not_wait(
    tmp_path, people, settings, slept, monkeypatch, django_capture_on_commit_callbacks
):
    settings.FRONTEND_CACHE_SECONDS = 8
    version = make.approve(make.make_release(tmp_path, make.make_series()), people)
    moment = timezone.now() + dt.timedelta(seconds=60)
    with django_capture_on_commit_callbacks(execute=True):
        actions.schedule_release(by=people["Publishers"], version=version, at=moment)
    key = frontend_cache.shut_key(version.series.slug)
    assert cache.get(key)[0] == moment.timestamp()
    cache.clear()
    monkeypatch.setattr(tasks.publish_due_releases, "apply_async", lambda **_options: None)
    assert tasks.prepare_due_releases() == 1
    assert cache.get(key)[0] == moment.timestamp(), "the chore of every half minute says it again"
    cache.set(key, (time.time() - 1, time.time() - 30))  # the moment has come
    frontend_cache.wait_until_shut(version.series.slug)
    assert slept == []


class Front(BaseHTTPRequestHandler):
    """A cache that writes down what it is told to drop."""

    told: list[tuple[str, str]]

    def do_PURGE(self):
        self.server.told.append((self.headers["Host"], self.path))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object):
        """Write nothing."""


@pytest.fixture
def front(settings):
    server = HTTPServer(("127.0.0.1", 0), Front)
    server.told = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.BASE_URL = "http://portal.example"
    settings.WAGTAILFRONTENDCACHE = {
        "front": {
            "BACKEND": "wagtail.contrib.frontend_cache.backends.HTTPBackend",
            "LOCATION": f"http://127.0.0.1:{server.server_port}",
        }
    }
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_publication_tells_the_cache_in_front_exactly_what_changed(published, front, monkeypatch):
    monkeypatch.setattr(tasks.deliver_due_webhooks, "delay", lambda: None)
    monkeypatch.setattr(tasks.deliver_due_mails, "delay", lambda: None)
    tasks.after_publication(published.pk)
    address, slug = published.get_absolute_url(), published.dataset_version.dataset.slug
    told = {path for _host, path in front.told}
    assert {host for host, _path in front.told} == {"portal.example"}
    assert {address, f"{address}versions/1/", f"{address}?perspective=D1", f"{address}?perspective=D2"} <= told
    assert {"/", "/publications/", f"/datasets/{slug}/", "/catalog.jsonld", "/feeds/releases.atom"} <= told
    assert not any(re.search(r"/guidance/|/definitions/|\.csv", path) for path in told)
    assert len(told) == len(front.told), "each address once"


def test_a_front_that_does_not_answer_stops_no_publication(published, settings, monkeypatch):
    monkeypatch.setattr(tasks.deliver_due_webhooks, "delay", lambda: None)
    monkeypatch.setattr(tasks.deliver_due_mails, "delay", lambda: None)
    settings.WAGTAILFRONTENDCACHE = {
        "front": {
            "BACKEND": "wagtail.contrib.frontend_cache.backends.HTTPBackend",
            "LOCATION": "http://127.0.0.1:9",
        }
    }
    tasks.after_publication(published.pk)


# --- What a reader's line carries --------------------------------------------------------------


def test_a_full_page_with_styles_and_scripts_is_under_100_kilobytes_before_images(tmp_path, people):
    version = make.make_release(tmp_path, make.make_series())
    page = version.release.get_latest_revision_as_object()
    page.sections = [*page.sections.get_prep_value(), *make.sections_of_every_kind()]
    page.save_revision(user=people["Editors"])
    version = make.publish(version, people)
    cache.clear()
    answer = Server().get(version.get_absolute_url(), Accept_Encoding="gzip")
    assert answer.text.count("<svg") > 2 * len(make.sections_of_every_kind())
    styles = re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"', answer.text)
    scripts = re.findall(r'<script( type="module")? src="/static/([^"]+)"', answer.text)
    assert [name for kind, name in scripts if not kind] == ["js-enabled.js"], "no other script holds up the first paint"
    files = [finders.find(name) for name in {*styles, *(name for _kind, name in scripts)}]
    if None in files:
        pytest.skip("the styles are not built here: make styles")
    sent = len(answer.sent) + sum(len(gzip.compress(Path(file).read_bytes(), 6)) for file in files)
    assert sent < 100_000
