"""Signed messages to other front ends, as Standard Webhooks describes them: row first, then attempts."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import socket
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from portal.publications.enums import DeliveryState
from portal.publications.models.webhooks import WebhookDelivery, WebhookEndpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

# Seconds to wait after each failed attempt; after the last the message has failed.
WAITS = (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
TIMEOUT = 10
SUCCESS = range(200, 300)


class RefusedAddressError(ValueError):
    """The address leads into a private network: a webhook must not reach what only this machine can."""


def queue_event(*, event: str, data: Mapping[str, Any]) -> list[WebhookDelivery]:
    """Write one message for every active endpoint, in the transaction of the event."""
    payload = {"type": event, "timestamp": timezone.now().isoformat(), "data": dict(data)}
    rows = [
        WebhookDelivery(endpoint=endpoint, event=event, payload=payload)
        for endpoint in WebhookEndpoint.objects.filter(is_active=True)
    ]
    return WebhookDelivery.objects.bulk_create(rows)


def sign(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a message: over its id, its time and its bytes."""
    signed = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


def deliver(pk: int) -> bool:
    """Attempt a message once; return whether it arrived. A message that another worker holds is left to it."""
    with transaction.atomic():
        row = (
            WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("endpoint")
            .filter(pk=pk, state=DeliveryState.QUEUED)
            .first()
        )
        if row is None:
            return False
        status, row.answer = _send(row)
        row.attempts += 1
        if status in SUCCESS:
            row.state, row.delivered_at = DeliveryState.DELIVERED, timezone.now()
        elif row.attempts > len(WAITS):
            row.state = DeliveryState.FAILED
        else:
            row.next_attempt_at = timezone.now() + dt.timedelta(seconds=WAITS[row.attempts - 1])
        row.save()
    return row.state == DeliveryState.DELIVERED


def _send(row: WebhookDelivery) -> tuple[int, str]:
    """Send one message; return the status and the answer in words. Redirects are not followed."""
    body = json.dumps(row.payload, separators=(",", ":")).encode()
    timestamp = str(int(timezone.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": str(row.uuid),
        "webhook-timestamp": timestamp,
        "webhook-signature": sign(row.endpoint.key, str(row.uuid), timestamp, body),
    }
    parts = urlsplit(row.endpoint.url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    try:
        refuse_private_address(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            connection.request("POST", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", body, headers)
            response = connection.getresponse()
            return response.status, f"{response.status} {response.reason}"[:300]
        finally:
            connection.close()
    except (OSError, HTTPException, RefusedAddressError) as error:
        return 0, str(error)[:300] or type(error).__name__


def refuse_private_address(host: str, port: int) -> None:
    """Refuse a host that has any address in a private, loopback or reserved network."""
    for *_rest, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not ipaddress.ip_address(address[0]).is_global:
            raise RefusedAddressError(f"{host} is an address inside a private network")
