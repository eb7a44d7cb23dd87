"""The register of providers and hosts, and who may act for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from portal.organisations.enums import (
    LinkState,
    MemberRole,
    OrganisationSize,
    OrganisationStatus,
    ParentAccess,
    ProviderType,
    RegistrationState,
)
from portal.organisations.querysets import OrganisationQuerySet

code_validator = RegexValidator(
    r"^[A-Z0-9][A-Z0-9-]{1,19}$", "Use capital letters, digits and hyphens, 2 to 20 of them."
)


class Organisation(models.Model):
    """A provider or host. Known everywhere else by its code, which never changes."""

    code = models.CharField(max_length=20, unique=True, validators=[code_validator])
    name = models.CharField(max_length=255)
    family = models.CharField(max_length=20, default="oh", help_text="The family of roles it returns.")
    provider_type = models.CharField(max_length=30, choices=ProviderType.choices, default=ProviderType.NOT_KNOWN)
    size = models.CharField(max_length=20, choices=OrganisationSize.choices, default=OrganisationSize.NOT_KNOWN)
    region_code = models.CharField(max_length=20, default="not_known", help_text="Region of the head office.")
    icb_code = models.CharField("ICB code", max_length=20, default="not_known")
    postcode = models.CharField(max_length=10, blank=True)
    companies_house_number = models.CharField(max_length=8, blank=True)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="subsidiaries",
    )
    parent_access = models.CharField(max_length=10, choices=ParentAccess.choices, default=ParentAccess.NONE)
    status = models.CharField(max_length=10, choices=OrganisationStatus.choices, default=OrganisationStatus.ACTIVE)
    is_synthetic = models.BooleanField(default=False, help_text="Made up, for demonstration.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "code"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["family", "status"])]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="organisation_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class Membership(models.Model):
    """A person acts for an organisation, in one role, until it is ended."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=MemberRole.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["organisation", "user"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["organisation", "user"],
                condition=Q(ended_at=None),
                name="membership_one_current_per_person",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="membership_ended_at_with_ended_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} of {self.organisation.code}"


class Invitation(models.Model):
    """An owner asks somebody by e-mail to join. Only a hash of the link's secret is kept."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=MemberRole.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.email} to {self.organisation.code}"


class Registration(models.Model):
    """A person asks to act for an organisation; the OH team decides."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="registrations")
    organisation = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="registrations",
    )
    # For an organisation that is not in the register yet; approval adds it.
    organisation_name = models.CharField(max_length=255)
    provider_type = models.CharField(max_length=30, choices=ProviderType.choices, default=ProviderType.NOT_KNOWN)
    postcode = models.CharField(max_length=10, blank=True)
    job_title = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=10, choices=RegistrationState.choices, default=RegistrationState.PENDING)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="registration_decided_at_with_decided_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.organisation_name}"


class ParentLink(models.Model):
    """An organisation asks to belong to another; the other agrees or refuses. What the parent sees is not in it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="parent_links")
    parent = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="subsidiary_links")
    state = models.CharField(max_length=10, choices=LinkState.choices, default=LinkState.PENDING)
    reason = models.TextField(blank=True)
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["-requested_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(state__in=["agreed", "pending"]),
                name="parent_link_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="parent_link_decided_at_with_decided_by",
            ),
            models.CheckConstraint(
                condition=Q(requested_at__isnull=False, requested_by__isnull=False),
                name="parent_link_requested_at_with_requested_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation.code} of {self.parent.code}"
