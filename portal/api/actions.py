"""Giving out and revoking keys of the API."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from portal.api.models import ApiKey, ApiKeyHolder
from portal.core.actions import record_event

if TYPE_CHECKING:
    from portal.users.models import User


@transaction.atomic
def create_api_key(*, by: User | None, label: str, contact_email: str) -> tuple[ApiKey, str]:
    """Make a key. The second value is the key itself, which is shown once and kept nowhere."""
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    key = ApiKey.objects.create(digest=digest, start=secret[:8])
    ApiKeyHolder.objects.create(key=key, label=label, contact_email=contact_email, created_by=by)
    record_event(by=by, action="create_api_key", obj=key)
    return key, secret


@transaction.atomic
def revoke_api_key(*, by: User | None, key: ApiKey, reason: str = "") -> ApiKey:
    """Take a key out of use from the next request on."""
    row = ApiKey.objects.select_for_update().get(pk=key.pk)
    row.revoked_at = row.revoked_at or timezone.now()
    row.save(update_fields=["revoked_at"])
    record_event(by=by, action="revoke_api_key", obj=row, reason=reason)
    return row
