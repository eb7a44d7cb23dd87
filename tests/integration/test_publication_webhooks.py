"""Signed messages on publication, correction and withdrawal: in the transaction, retried, with a log."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.publications import actions, webhooks
from portal.publications.models import WebhookDelivery, WebhookEndpoint
from tests.factories import publications as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def receiver(monkeypatch):
    """A server of another team: it keeps what it gets and answers with ``server.status``."""
    monkeypatch.setattr(webhooks, "refuse_private_address", lambda _host, _port: None)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((dict(self.headers), body))
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.status = [], 204
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.endpoint = WebhookEndpoint.objects.create(
        description="Another front end", url=f"http://127.0.0.1:{server.server_port}/hook?team=web"
    )
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def queued() -> WebhookDelivery:
    webhooks.queue_event(event="release.published", data={"release": "march-2022"})
    return WebhookDelivery.objects.get()


def test_a_message_is_signed_so_that_the_receiver_can_check_it(receiver):
    row = queued()
    assert webhooks.deliver(row.pk)
    headers, body = receiver.got[0]
    headers = {name.lower(): value for name, value in headers.items()}
    key = base64.b64decode(receiver.endpoint.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(body)["data"] == {"release": "march-2022"}
    assert not webhooks.deliver(row.pk), "a message that arrived is not sent again"
    assert len(receiver.got) == 1


def test_a_failing_receiver_is_tried_again_later_and_in_the_end_given_up(receiver):
    receiver.status = 503
    row = queued()
    assert not webhooks.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.answer) == ("queued", 1, "503 Service Unavailable")
    assert row.next_attempt_at > timezone.now() + dt.timedelta(seconds=3)
    for _ in webhooks.WAITS:
        webhooks.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("failed", len(webhooks.WAITS) + 1)


def test_a_receiver_that_is_away_is_noted_and_tried_again(receiver):
    WebhookEndpoint.objects.update(url="http://127.0.0.1:9/")
    row = queued()
    assert not webhooks.deliver(row.pk)
    row.refresh_from_db()
    assert row.state == "queued"
    assert "refused" in row.answer


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1"])
def test_addresses_inside_the_network_are_refused(host):
    with pytest.raises(webhooks.RefusedAddressError):
        webhooks.refuse_private_address(host, 443)


def test_an_endpoint_that_is_off_gets_nothing(receiver):
    WebhookEndpoint.objects.update(is_active=False)
    assert webhooks.queue_event(event="release.published", data={}) == []


@pytest.mark.slow
def test_publication_correction_and_withdrawal_each_send_one_message(tmp_path, receiver):
    people = make.make_people()
    version = make.publish(make.make_release(tmp_path, make.make_series()), people)
    correction = actions.start_correction(by=people["Editors"], release=version.release, notice="A word was wrong.")
    correction = make.publish(correction, people)
    actions.withdraw_release(by=people["Publishers"], version=correction, reason="The wrong file was used.")
    rows = list(WebhookDelivery.objects.order_by("pk"))
    assert [row.event for row in rows] == ["release.published", "release.corrected", "release.withdrawn"]
    told = rows[1].payload["data"]
    assert (told["version"], told["notice"], told["digest"]) == (2, "A word was wrong.", correction.digest)
    assert told["permanent_address"].endswith("/versions/2/")


@pytest.mark.slow
def test_a_publication_that_fails_tells_nobody(tmp_path, receiver, monkeypatch):
    people = make.make_people()
    version = make.approve(make.make_release(tmp_path, make.make_series()), people)

    def fail(*_values: object, **_named: object):
        raise OSError("disk full")

    monkeypatch.setattr("portal.publications.actions.publishing._do_the_rest_on_commit", fail)
    with pytest.raises(OSError, match="disk full"):
        actions.publish_release(by=people["Publishers"], version=version)
    assert not WebhookDelivery.objects.exists()


@pytest.mark.slow
def test_administrators_keep_endpoints_and_nobody_else_sees_their_secrets(receiver):
    people = make.make_people(in_cms=True)
    address = reverse("release_desk_webhooks")
    publisher = Client()
    publisher.force_login(people["Publishers"])
    assert receiver.endpoint.secret not in publisher.get(address, follow=True).content.decode()
    people["Editors"].is_superuser = True
    people["Editors"].save()
    boss = Client()
    boss.force_login(people["Editors"])
    assert receiver.endpoint.secret in boss.get(address).content.decode()
    boss.post(address, {"description": "Plain", "url": "http://example.org/hook"})
    assert not WebhookEndpoint.objects.filter(description="Plain").exists()
    boss.post(address, {"description": "Safe", "url": "https://example.org/hook"})
    assert WebhookEndpoint.objects.filter(description="Safe").exists()
    boss.post(reverse("release_desk_webhook_toggle", args=[receiver.endpoint.pk]))
    receiver.endpoint.refresh_from_db()
    assert not receiver.endpoint.is_active
