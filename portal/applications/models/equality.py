"""Equality answers, apart from everything else, and what is left of them."""

from __future__ import annotations

from typing import Any, ClassVar

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


class EqualityTally(models.Model):
    """How many applicants of one group reached one outcome in one closed round."""

    opportunity_reference = models.CharField(max_length=12, db_index=True)
    question = models.CharField(max_length=30)
    answer = models.CharField(max_length=30)
    outcome = models.CharField(max_length=20)
    applicants = models.PositiveIntegerField()

    privacy: ClassVar[dict[str, PrivacyClass]] = {
        "id": P.OPERATIONAL,
        "opportunity_reference": P.OPERATIONAL,
        "question": P.OPERATIONAL,
        "answer": P.QUASI_IDENTIFIER,
        "outcome": P.OPERATIONAL,
        "applicants": P.QUASI_IDENTIFIER,
    }

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["opportunity_reference", "question", "answer", "outcome"],
                name="equality_tally_once",
            ),
        ]
        verbose_name_plural = "equality tallies"

    def __str__(self) -> str:
        return f"{self.question} = {self.answer}, {self.outcome}: {self.applicants}"
