"""Vocabulary for reading the register."""

from __future__ import annotations

from typing import Any

from django.db import models

from portal.organisations.enums import EDITING_ROLES, READING_ACCESS, MemberRole, OrganisationStatus, ParentAccess

#: Shorter words are in too many names.
LONG_ENOUGH = 4


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Reading organisations."""

    def active(self) -> OrganisationQuerySet:
        """Those in the frame."""
        return self.filter(status=OrganisationStatus.ACTIVE)

    def of_family(self, family: str) -> OrganisationQuerySet:
        """Those that return a family of roles."""
        return self.filter(family=family)

    def named_like(self, name: str) -> OrganisationQuerySet:
        """Active ones whose name holds the longest word of this one; none for a word too short to tell."""
        word = max(name.split(), key=len, default="")
        return self.active().filter(name__icontains=word) if len(word) >= LONG_ENOUGH else self.none()

    def with_member(self, user: Any) -> OrganisationQuerySet:
        """Those that the person acts for."""
        return self.filter(memberships__user=user, memberships__ended_at=None)

    def editable_by(self, user: Any) -> OrganisationQuerySet:
        """Those whose returns the person may prepare and submit: their own, and subsidiaries that let their parent."""
        own = self.model.objects.filter(
            memberships__user=user, memberships__ended_at=None, memberships__role__in=EDITING_ROLES
        ).values("pk")
        lent = models.Q(parent__in=own, parent_access=ParentAccess.SUBMIT)
        return self.filter(models.Q(pk__in=own) | lent)

    def owned_by(self, user: Any) -> OrganisationQuerySet:
        """Those where the person decides who has access."""
        return self.filter(
            memberships__user=user,
            memberships__ended_at=None,
            memberships__role=MemberRole.OWNER,
        )

    def visible_to(self, user: Any) -> OrganisationQuerySet:
        """Those that the person acts for, and subsidiaries that let their parent see something."""
        own = self.model.objects.with_member(user).values("pk")
        shared = models.Q(parent__in=own) & ~models.Q(parent_access=ParentAccess.NONE)
        return self.filter(models.Q(pk__in=own) | shared)

    def readable_by(self, user: Any) -> OrganisationQuerySet:
        """Those whose whole returns the person may read."""
        own = self.model.objects.with_member(user).values("pk")
        shared = models.Q(parent__in=own, parent_access__in=READING_ACCESS)
        return self.filter(models.Q(pk__in=own) | shared)
