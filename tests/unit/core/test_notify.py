"""Mail by GOV.UK Notify, against a server on this machine that answers as Notify does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, send_mail

from portal.core.notify import NotifyRefused

SERVICE = "26785a09-ab16-4eb0-8407-a37497a57506"
SECRET = "3d844edf-8d35-48ac-975b-e847b4f122b0"


@pytest.fixture
def notify(settings):
    """A Notify that takes messages, but none for an address that begins with “bad”."""
    taken: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            refused = body["email_address"].startswith("bad")
            if not refused:
                taken.append({**body, "path": self.path, "token": self.headers["Authorization"].split()[1]})
            answer = {"errors": [{"error": "ValidationError", "message": "email_address is not a valid address"}]}
            raw = json.dumps(answer if refused else {"id": "1"}).encode()
            self.send_response(400 if refused else 201)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    settings.EMAIL_BACKEND = "portal.core.notify.NotifyBackend"
    settings.NOTIFY_API_KEY = f"our-service-{SERVICE}-{SECRET}"
    settings.NOTIFY_TEMPLATE_ID = "template-1"
    settings.NOTIFY_URL = f"http://127.0.0.1:{server.server_port}"
    yield taken
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_message_reaches_notify_signed(notify):
    EmailMessage("Reminder", "It closes soon.", to=["a@example.org"], headers={"X-Reference": "collect-7"}).send()
    (sent,) = notify
    assert (sent["path"], sent["email_address"], sent["template_id"], sent["reference"]) == (
        "/v2/notifications/email", "a@example.org", "template-1", "collect-7",
    )  # fmt: skip
    assert sent["personalisation"] == {"subject": "Reminder", "body": "It closes soon."}
    head, claims, signature = sent["token"].split(".")
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["iss"] == SERVICE
    wanted = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "=") == wanted


def test_a_refusal_is_told_in_notifys_words(notify):
    with pytest.raises(NotifyRefused, match="400: email_address is not a valid address"):
        send_mail("s", "b", None, ["bad@example.org"])
    assert send_mail("s", "b", None, ["bad@example.org"], fail_silently=True) == 1
    assert notify == []


def test_a_notify_that_is_away_is_told(notify, settings):
    settings.NOTIFY_URL = "http://127.0.0.1:9"
    with pytest.raises(NotifyRefused, match="could not be reached"):
        send_mail("s", "b", None, ["a@example.org"])


@pytest.mark.parametrize("name", ["NOTIFY_API_KEY", "NOTIFY_TEMPLATE_ID"])
def test_half_a_set_up_is_refused_at_once(notify, settings, name):
    setattr(settings, name, "")
    with pytest.raises(ImproperlyConfigured, match="NOTIFY_API_KEY and NOTIFY_TEMPLATE_ID"):
        send_mail("s", "b", None, ["a@example.org"])
