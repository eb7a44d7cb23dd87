"""Published mappings from earlier role versions to later ones."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from portal.definitions.models.roles import RoleVersion


class Crosswalk(models.Model):
    """The mapping published with one role version. Never changed afterwards."""

    published_with = models.OneToOneField(RoleVersion, on_delete=models.PROTECT, related_name="crosswalk")
    effective_from = models.DateField()
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["effective_from", "pk"]

    def __str__(self) -> str:
        return f"Crosswalk to {self.published_with.reference}"


class CrosswalkShare(models.Model):
    """Which share of one role version becomes another. The shares of a source add up to one."""

    crosswalk = models.ForeignKey(Crosswalk, on_delete=models.PROTECT, related_name="shares")
    source = models.ForeignKey(RoleVersion, on_delete=models.PROTECT, related_name="shares_out")
    # Null: the work leaves the register.
    target = models.ForeignKey(RoleVersion, on_delete=models.PROTECT, related_name="shares_in", null=True)
    # A pair of whole numbers: a third must stay a third for shares to add up to one.
    numerator = models.PositiveIntegerField()
    denominator = models.PositiveIntegerField()
    basis = models.CharField(max_length=500, help_text="Where the share comes from.")

    class Meta:
        ordering: ClassVar[list[str]] = ["crosswalk", "source", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["source", "target"],
                nulls_distinct=False,
                name="crosswalk_share_unique",
            ),
            models.CheckConstraint(
                condition=Q(numerator__gte=1) & Q(numerator__lte=F("denominator")),
                name="crosswalk_share_above_0_at_most_1",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator} of {self.source_id} to {self.target_id}"

    @property
    def share(self) -> Fraction:
        """The share, exactly."""
        return Fraction(self.numerator, self.denominator)
