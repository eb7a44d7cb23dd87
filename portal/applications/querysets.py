"""Vocabulary for reading applications."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal.applications.enums import OPEN_STATES, PLACE_HOLDING_STATES, ApplicationState


class ApplicationQuerySet(models.QuerySet):
    """Applications."""

    def still_open(self) -> ApplicationQuerySet:
        """Those that count towards an applicant's limit."""
        return self.filter(state__in=OPEN_STATES)

    def holding_a_place(self) -> ApplicationQuerySet:
        """Those that hold one of a listing's places."""
        return self.filter(state__in=PLACE_HOLDING_STATES)

    def for_opportunity(self, reference: str) -> ApplicationQuerySet:
        """Those for one listing."""
        return self.filter(opportunity_reference=reference)

    def waiting(self) -> ApplicationQuerySet:
        """Those on the waiting list, first in line first."""
        return self.filter(state=ApplicationState.WAITING_LIST).order_by("waiting_rank")

    def lapsed(self) -> ApplicationQuerySet:
        """Offers whose time to answer has passed."""
        return self.filter(state=ApplicationState.OFFERED, offer_expires_at__lte=timezone.now())
