"""Giving out and revoking keys of the API."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from portal.api import tasks
from portal.api.models import ApiKey, ApiKeyHolder
from portal.core.actions import record_event, send_on_commit

if TYPE_CHECKING:
    from portal.users.models import User

MOST_KEYS = 5


class KeyRefusedError(Exception):
    """What was asked about a key cannot be done; the message is plain English for people."""


@transaction.atomic
def create_api_key(*, by: User | None, label: str, contact_email: str) -> tuple[ApiKey, str]:
    """Make a key. The second value is the key itself, which is shown once and kept nowhere."""
    email = contact_email.strip().lower()
    if ApiKey.objects.active().of_address(email).count() >= MOST_KEYS:
        raise KeyRefusedError(f"You have {MOST_KEYS} keys in use, the most there may be. End one to make another.")
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    key = ApiKey.objects.create(digest=digest, start=secret[:8])
    ApiKeyHolder.objects.create(key=key, label=label.strip(), contact_email=email, created_by=by)
    record_event(by=by, action="create_api_key", obj=key)
    return key, secret


@transaction.atomic
def revoke_api_key(*, by: User | None, key: ApiKey) -> ApiKey:
    """Take a key out of use from the next request on, as its holder asks."""
    return _ended(by, key, "")


@transaction.atomic
def withdraw_api_key(*, by: User, key: ApiKey, reason: str) -> ApiKey:
    """Take a key out of use for the team, and tell its holder why."""
    if not reason.strip():
        raise KeyRefusedError("Give the reason: it is sent to the holder of the key.")
    row = _ended(by, key, reason.strip())
    send_on_commit(tasks.tell_of_withdrawal, row.pk)
    return row


def _ended(by: User | None, key: ApiKey, reason: str) -> ApiKey:
    row = ApiKey.objects.select_for_update().get(pk=key.pk)
    if row.revoked_at is not None:
        raise KeyRefusedError("This key is out of use already.")
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    ApiKeyHolder.objects.filter(key=row).update(withdrawn_reason=reason)
    record_event(by=by, action="withdraw_api_key" if reason else "revoke_api_key", obj=row, reason=reason)
    return row
