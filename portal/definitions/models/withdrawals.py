"""Withdrawals: a version that turned out wrong stays readable, with the public reason beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.definitions.models.perspectives import PerspectiveVersion
from portal.definitions.models.roles import RoleVersion


class Withdrawal(models.Model):
    """One version withdrawn. A row of its own, so that the version itself stays untouched."""

    role_version = models.OneToOneField(
        RoleVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="withdrawal",
    )
    perspective_version = models.OneToOneField(
        PerspectiveVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="withdrawal",
    )
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(help_text="Public.")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(role_version__isnull=False) ^ Q(perspective_version__isnull=False),
                name="withdrawal_of_exactly_one",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="withdrawal_has_reason"),
        ]

    def __str__(self) -> str:
        return f"Withdrawal of {self.role_version or self.perspective_version}"
