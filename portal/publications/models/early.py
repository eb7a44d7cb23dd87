"""Who may see a release before the public: named people for a day, front ends by token; and every look they took."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.core.constraints import by_with_at
from portal.publications.enums import EarlyKind, ReleaseState
from portal.publications.working_days import window_before


def digest_of(token: str) -> str:
    """Return what is kept of a token: it cannot be turned back into the token."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(32)


class EarlyAccess(models.Model):
    """A grant to look at one version before it is public. The token itself is kept nowhere."""

    version = models.ForeignKey("publications.ReleaseVersion", on_delete=models.PROTECT, related_name="early_access")
    kind = models.CharField(max_length=12, choices=EarlyKind.choices)
    # A person of the pre-release list; of a front end, what the token is for.
    name = models.CharField(max_length=120)
    post = models.CharField(max_length=160, blank=True, help_text="Job title, as it is published.")
    organisation = models.CharField(max_length=160, blank=True)
    email = models.EmailField(blank=True)
    digest = models.CharField("SHA-256 of the token", max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    granted_at = models.DateTimeField(auto_now_add=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["organisation", "post", "pk"]
        verbose_name_plural = "early access"
        constraints: ClassVar[list[Any]] = [
            by_with_at("revoked", name="publications_early_revoked_pair"),
            models.CheckConstraint(
                condition=~Q(kind="pre_release") | (~Q(post="") & ~Q(organisation="") & ~Q(email="")),
                name="publications_early_person_is_named",
            ),
            models.CheckConstraint(
                condition=~Q(kind="front_end") | Q(expires_at__isnull=False), name="publications_early_token_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.post}, {self.organisation}" if self.post else self.name

    def window(self) -> tuple[dt.datetime, dt.datetime] | None:
        """Return from when to when it opens; None while the version has no moment of publication."""
        if self.kind == EarlyKind.FRONT_END:
            return self.granted_at, self.expires_at or self.granted_at
        moment = self.version.scheduled_for
        return window_before(moment) if moment and self.version.state == ReleaseState.SCHEDULED else None

    def is_open(self, now: dt.datetime | None = None) -> bool:
        """Whether a look is allowed now. What is public already is read where everybody reads it."""
        window, moment = self.window(), now or timezone.now()
        return bool(window and self.revoked_at is None and self.version.is_open and window[0] <= moment < window[1])


class EarlyRead(models.Model):
    """One look before publication. Never changed."""

    access = models.ForeignKey(EarlyAccess, on_delete=models.PROTECT, related_name="reads")
    at = models.DateTimeField(auto_now_add=True)
    address = models.CharField(max_length=300)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at"]

    def __str__(self) -> str:
        return f"{self.access}: {self.at:%d %B %Y, %H:%M:%S}"
