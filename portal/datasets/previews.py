"""Drafts shown to those who hold a token: for at most seven days, revocable, every read logged."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from portal.core.actions import record_event
from portal.datasets.models import DatasetVersion, PreviewToken

if TYPE_CHECKING:
    from django.db.models import QuerySet


def digest_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def read(*, token: str, slug: str, wanted: str, path: str) -> DatasetVersion | None:
    """Return the draft that a token shows, and note the read; nothing when the token does not show it."""
    if settings.PROCESS == "public":
        return None  # this process may not see drafts at all
    known = active(token).filter(version__dataset__slug=slug).first()
    if known is None or wanted not in {"", known.version.number} or not known.version.is_open:
        return None
    record_event(by=None, action="read_preview", obj=known.version, detail={"holder": known.holder, "path": path[:300]})
    return known.version


def active(token: str) -> QuerySet[PreviewToken]:
    """Return the token as rows, if it is one that still holds."""
    held = PreviewToken.objects.filter(digest=digest_of(token), revoked_at__isnull=True, expires_at__gt=timezone.now())
    return held.select_related("version__dataset")
