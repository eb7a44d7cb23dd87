"""Mail by GOV.UK Notify: a Django e-mail backend, chosen by ``EMAIL_BACKEND``.

The template of the service in Notify has two fields, ``((subject))`` and ``((body))``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.mail import EmailMessage

#: An API key ends in the service's and the secret's UUID, after a name that may hold hyphens.
UUID_LENGTH = 36
TIMEOUT = 20


class NotifyRefused(Exception):  # noqa: N818 - it is an answer of the other side
    """Notify refused a message, or could not be reached. The words are Notify's own."""


class NotifyBackend(BaseEmailBackend):
    """Sends each message by Notify's API, one request for each address."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send and return how many messages Notify took."""
        sent = 0
        for message in email_messages:
            for address in message.recipients():
                self._send(address, str(message.subject), str(message.body), message.extra_headers)
            sent += 1
        return sent

    def _send(self, address: str, subject: str, body: str, headers: dict[str, str]) -> None:
        data = {
            "email_address": address,
            "template_id": settings.NOTIFY_TEMPLATE_ID,
            "personalisation": {"subject": subject, "body": body},
            "reference": headers.get("X-Reference", ""),
        }
        try:
            _post("/v2/notifications/email", data)
        except NotifyRefused:
            if not self.fail_silently:
                raise


def _post(path: str, data: dict[str, object]) -> None:
    service, secret = _key()
    request = urllib.request.Request(  # noqa: S310 - the address is a setting of the operator, checked below
        settings.NOTIFY_URL.rstrip("/") + path,
        data=json.dumps(data).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token(service, secret)}"},
    )
    if request.type not in {"http", "https"}:
        raise ImproperlyConfigured("NOTIFY_URL must begin with https://.")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - the same
            answer.read()
    except urllib.error.HTTPError as error:
        raise NotifyRefused(f"Notify answered {error.code}: {_words(error.read())}") from error
    except OSError as error:
        raise NotifyRefused(f"Notify could not be reached: {error}") from error


def _key() -> tuple[str, str]:
    key = settings.NOTIFY_API_KEY
    if len(key) < 2 * UUID_LENGTH + 1 or not settings.NOTIFY_TEMPLATE_ID:
        raise ImproperlyConfigured("Set NOTIFY_API_KEY and NOTIFY_TEMPLATE_ID to send mail by GOV.UK Notify.")
    return key[-2 * UUID_LENGTH - 1 : -UUID_LENGTH - 1], key[-UUID_LENGTH:]


def token(service: str, secret: str) -> str:
    """Return the signed token that Notify asks for with each request."""
    parts = [
        _encoded(json.dumps(part).encode())
        for part in ({"typ": "JWT", "alg": "HS256"}, {"iss": service, "iat": int(time.time())})
    ]
    signed = ".".join(parts)
    return f"{signed}.{_encoded(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _words(raw: bytes) -> str:
    try:
        errors = json.loads(raw)["errors"]
        return "; ".join(str(error["message"]) for error in errors)
    except (ValueError, KeyError, TypeError):
        return raw[:200].decode(errors="replace")
