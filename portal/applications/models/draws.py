"""Draws."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from portal.core.constraints import by_needs_at
from portal.core.privacy import PrivacyClass

P = PrivacyClass


class Draw(models.Model):
    """One draw by lot: committed at closing, completed by a public value, verifiable by anyone."""

    opportunity_reference = models.CharField(max_length=12, unique=True)
    entries = models.JSONField(help_text="Random entry codes and their declared group, in code order.")
    places = models.PositiveIntegerField()
    rule = models.JSONField()
    source_declared = models.CharField(max_length=200, blank=True, help_text="What will complete the seed.")
    commitment = models.CharField(max_length=64)
    committed_at = models.DateTimeField(default=timezone.now, editable=False)
    committed_by = models.BigIntegerField(null=True, blank=True)
    public_value = models.CharField(max_length=200, blank=True)
    public_value_source = models.TextField(blank=True)
    seed = models.CharField(max_length=64, blank=True)
    ranking = models.JSONField(default=list, blank=True)
    algorithm = models.CharField(max_length=60)
    drawn_at = models.DateTimeField(null=True, blank=True)
    drawn_by = models.BigIntegerField(null=True, blank=True)

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "id": P.OPERATIONAL,
        "opportunity_reference": P.OPERATIONAL,
        "entries": P.QUASI_IDENTIFIER,
        "places": P.OPERATIONAL,
        "rule": P.OPERATIONAL,
        "source_declared": P.OPERATIONAL,
        "commitment": P.OPERATIONAL,
        "committed_at": P.OPERATIONAL,
        "committed_by": P.OPERATIONAL,
        "public_value": P.OPERATIONAL,
        "public_value_source": P.OPERATIONAL,
        "seed": P.OPERATIONAL,
        "ranking": P.OPERATIONAL,
        "algorithm": P.OPERATIONAL,
        "drawn_at": P.OPERATIONAL,
        "drawn_by": P.OPERATIONAL,
    }

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(drawn_at__isnull=True, seed="")
                | (models.Q(drawn_at__isnull=False) & ~models.Q(seed="")),
                name="draw_seed_with_time",
            ),
            # The machine may draw (by the clock); nobody has drawn what is not drawn.
            by_needs_at("drawn", name="draw_by_with_time"),
        ]

    def __str__(self) -> str:
        return f"Draw for {self.opportunity_reference}"

    @property
    def is_drawn(self) -> bool:
        """Whether the public value has completed the seed."""
        return self.drawn_at is not None
