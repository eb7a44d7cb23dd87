"""Applicants and what they apply for."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from portal.applications.enums import (
    NAMED_STATES,
    OPEN_STATES,
    PLACE_HOLDING_STATES,
    TRANSITIONS,
    UNTOLD_STATES,
    ApplicationState,
    CancellationReason,
    RejectionReason,
    WithdrawalReason,
)
from portal.applications.querysets import ApplicationQuerySet
from portal.core.privacy import PrivacyClass

P = PrivacyClass


def new_entry_code() -> str:
    """Return the random code that stands for an application in a public draw."""
    return secrets.token_hex(8)


class Applicant(models.Model):
    """A young person with an account. Kept apart from what they apply for."""

    user_id = models.BigIntegerField(unique=True)
    full_name = models.CharField(max_length=200)
    email = models.EmailField()
    telephone = models.CharField(max_length=30, blank=True)
    date_of_birth = models.DateField()
    school_or_college = models.CharField(max_length=200, blank=True)
    school_contact = models.CharField(max_length=200, blank=True)
    guardian_name = models.CharField(max_length=200, blank=True)
    guardian_contact = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "id": P.OPERATIONAL,
        "user_id": P.DIRECT_IDENTIFIER,
        "full_name": P.DIRECT_IDENTIFIER,
        "email": P.DIRECT_IDENTIFIER,
        "telephone": P.DIRECT_IDENTIFIER,
        "date_of_birth": P.DIRECT_IDENTIFIER,
        "school_or_college": P.QUASI_IDENTIFIER,
        "school_contact": P.DIRECT_IDENTIFIER,
        "guardian_name": P.DIRECT_IDENTIFIER,
        "guardian_contact": P.DIRECT_IDENTIFIER,
        "created_at": P.OPERATIONAL,
    }

    def __str__(self) -> str:
        return f"Applicant {self.pk}"  # never the name: this ends up in logs

    def age_on(self, day: Any) -> int:
        """Return the age in whole years on ``day``."""
        born = self.date_of_birth
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class Application(models.Model):
    """One request for one listing. The state is the last transition's; the log is the truth."""

    #: It refers to no page or snippet; what it does refer to stays in its own database.
    wagtail_reference_index_ignore = True

    applicant = models.ForeignKey(Applicant, on_delete=models.PROTECT, related_name="applications")
    opportunity_reference = models.CharField(max_length=12, db_index=True)
    organisation_code = models.CharField(max_length=20, db_index=True)
    entry_code = models.CharField(max_length=16, unique=True, default=new_entry_code, editable=False)
    state = models.CharField(
        max_length=20,
        choices=ApplicationState.choices,
        default=ApplicationState.DRAFT,
        db_index=True,
    )
    statement = models.TextField(blank=True)
    declared_relationship = models.BooleanField(null=True, blank=True)
    relationship_detail = models.TextField(blank=True)
    guardian_consent_at = models.DateTimeField(null=True, blank=True)
    # Purged once the place is confirmed; what statistics need of it is derived at submission.
    postcode = models.CharField(max_length=8, blank=True)
    deprivation_decile = models.PositiveSmallIntegerField(null=True, blank=True)
    deprivation_level = models.CharField(max_length=20, blank=True)
    region_code = models.CharField(max_length=9, blank=True)
    icb_code = models.CharField(max_length=9, blank=True)
    distance_band = models.CharField(max_length=10, blank=True)
    had_place_before = models.BooleanField(default=False)
    waiting_rank = models.PositiveIntegerField(null=True, blank=True)
    offer_expires_at = models.DateTimeField(null=True, blank=True)
    is_synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)

    objects = ApplicationQuerySet.as_manager()

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "id": P.OPERATIONAL,
        "applicant": P.DIRECT_IDENTIFIER,
        "opportunity_reference": P.OPERATIONAL,
        "organisation_code": P.OPERATIONAL,
        "entry_code": P.OPERATIONAL,
        "state": P.OPERATIONAL,
        "statement": P.SENSITIVE,
        "declared_relationship": P.SENSITIVE,
        "relationship_detail": P.SENSITIVE,
        "guardian_consent_at": P.OPERATIONAL,
        "postcode": P.DIRECT_IDENTIFIER,
        "deprivation_decile": P.QUASI_IDENTIFIER,
        "deprivation_level": P.OPERATIONAL,
        "region_code": P.QUASI_IDENTIFIER,
        "icb_code": P.QUASI_IDENTIFIER,
        "distance_band": P.QUASI_IDENTIFIER,
        "had_place_before": P.OPERATIONAL,
        "waiting_rank": P.OPERATIONAL,
        "offer_expires_at": P.OPERATIONAL,
        "is_synthetic": P.OPERATIONAL,
        "created_at": P.OPERATIONAL,
        "submitted_at": P.OPERATIONAL,
    }

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["applicant", "opportunity_reference"],
                condition=~models.Q(state__in=[ApplicationState.WITHDRAWN]),
                name="application_once_per_listing",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ApplicationState.OFFERED) | models.Q(offer_expires_at__isnull=False),
                name="application_offer_has_clock",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ApplicationState.WAITING_LIST) | models.Q(waiting_rank__isnull=False),
                name="application_waiting_has_rank",
            ),
        ]

    def __str__(self) -> str:
        return f"Application {self.entry_code}"

    @property
    def is_open(self) -> bool:
        """Whether it still counts towards the limit of open applications."""
        return self.state in OPEN_STATES

    @property
    def is_named(self) -> bool:
        """Whether the host may know whose it is."""
        return self.state in NAMED_STATES

    @property
    def state_seen_by_host(self) -> ApplicationState:
        """The state as the host may know it: of the draw's order and of the answers before a yes it learns nothing."""
        state = ApplicationState(self.state)
        was_left = state == ApplicationState.NOT_SELECTED and self.waiting_rank is not None
        return ApplicationState.IN_DRAW if was_left or state in UNTOLD_STATES else state

    @property
    def can_be_withdrawn(self) -> bool:
        """Whether its applicant may leave, from the draft to the confirmed place."""
        return ApplicationState.WITHDRAWN in TRANSITIONS[ApplicationState(self.state)]

    @property
    def public_state(self) -> str:
        """What its applicant reads: an offer that ran out is none, also before the clock has come round."""
        has_lapsed = self.state == ApplicationState.OFFERED and not self.can_be_answered
        return ApplicationState(ApplicationState.OFFER_LAPSED if has_lapsed else self.state).label

    @property
    def can_be_answered(self) -> bool:
        """Whether there is an offer whose time to answer has not passed."""
        is_offered = self.state == ApplicationState.OFFERED and self.offer_expires_at is not None
        return is_offered and self.offer_expires_at > timezone.now()

    def ahead_in_line(self) -> int:
        """Return how many people on the waiting list stand before this one."""
        waiting = Application.objects.for_opportunity(self.opportunity_reference).waiting()
        return waiting.filter(waiting_rank__lt=self.waiting_rank).count()

    @property
    def holds_place(self) -> bool:
        """Whether it holds one of the listing's places."""
        return self.state in PLACE_HOLDING_STATES


class Transition(models.Model):
    """One step of an application. Append only; the database refuses a change."""

    #: It refers to no page or snippet; what it does refer to stays in its own database.
    wagtail_reference_index_ignore = True

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="transitions")
    from_state = models.CharField(max_length=20, choices=ApplicationState.choices)
    to_state = models.CharField(max_length=20, choices=ApplicationState.choices)
    at = models.DateTimeField(default=timezone.now, editable=False)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_role = models.CharField(max_length=20)
    reason = models.CharField(
        max_length=20,
        blank=True,
        choices=[*WithdrawalReason.choices, *RejectionReason.choices, *CancellationReason.choices],
    )
    detail = models.TextField(blank=True)

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "id": P.OPERATIONAL,
        "application": P.OPERATIONAL,
        "from_state": P.OPERATIONAL,
        "to_state": P.OPERATIONAL,
        "at": P.OPERATIONAL,
        "actor_id": P.DIRECT_IDENTIFIER,
        "actor_role": P.OPERATIONAL,
        "reason": P.OPERATIONAL,
        "detail": P.SENSITIVE,
    }

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.application}: {self.from_state} → {self.to_state}"
