"""Equality answers, apart from everything else, and what is left of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from portal.core.privacy import PrivacyClass

P = PrivacyClass


class EqualityAnswers(models.Model):
    """Optional answers, apart from the application: joined only by a random token.

    Tallied by group and outcome when the round closes, then deleted.
    """

    token = models.CharField(max_length=32, primary_key=True)
    opportunity_reference = models.CharField(max_length=12, db_index=True)
    entry_code_hash = models.CharField(max_length=64, unique=True)
    sex = models.CharField(max_length=20, blank=True)
    ethnic_group = models.CharField(max_length=20, blank=True)
    disability = models.CharField(max_length=20, blank=True)
    free_school_meals = models.CharField(max_length=20, blank=True)
    school_type = models.CharField(max_length=30, blank=True)
    main_earner = models.CharField(max_length=30, blank=True)
    care_experience = models.CharField(max_length=20, blank=True)

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "token": P.OPERATIONAL,
        "opportunity_reference": P.OPERATIONAL,
        "entry_code_hash": P.QUASI_IDENTIFIER,
        "sex": P.SENSITIVE,
        "ethnic_group": P.SENSITIVE,
        "disability": P.SENSITIVE,
        "free_school_meals": P.SENSITIVE,
        "school_type": P.SENSITIVE,
        "main_earner": P.SENSITIVE,
        "care_experience": P.SENSITIVE,
    }

    class Meta:
        verbose_name_plural = "equality answers"

    def __str__(self) -> str:
        return f"Equality answers {self.token}"


class TalliedRound(models.Model):
    """A round whose equality answers are in the sums of its quarter: none is counted twice."""

    opportunity_reference = models.CharField(max_length=12, primary_key=True)
    period = models.CharField(max_length=7, db_index=True)

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "opportunity_reference": P.OPERATIONAL,
        "period": P.OPERATIONAL,
    }

    def __str__(self) -> str:
        return f"{self.opportunity_reference} in {self.period}"


class QuarterTally(models.Model):
    """How many applicants of each group reached each outcome in the ended rounds of a quarter, sealed."""

    period = models.CharField(max_length=7, primary_key=True, help_text="Last month of the quarter, as 2027-03.")
    sealed = models.BinaryField()

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "period": P.OPERATIONAL,
        "sealed": P.QUASI_IDENTIFIER,
    }

    class Meta:
        verbose_name_plural = "quarter tallies"

    def __str__(self) -> str:
        return f"Equality tallies of {self.period}"
