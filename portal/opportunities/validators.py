"""Field rules of listings."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

DECILES = set(range(1, 11))
MOST_CRITERIA = 5


def validate_requirements(value: Any) -> None:
    """Refuse a requirement without its reason: what is asked of young people must be justified."""
    if not isinstance(value, list):
        raise ValidationError("Requirements are a list, each with a requirement and its reason.")
    for number, item in enumerate(value, start=1):
        if not isinstance(item, dict) or not item.get("requirement") or not item.get("reason"):
            raise ValidationError(f"Requirement {number} needs both a requirement and its reason.")


def validate_criteria(value: Any) -> None:
    """Refuse criteria of review that are not a list of sentences, or more than a reviewer can hold."""
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ValidationError("What reviewers score is a list of sentences, one thing each.")
    if len(value) > MOST_CRITERIA:
        raise ValidationError(f"There are {len(value)} criteria; give at most {MOST_CRITERIA}.")
    if len({item.strip().lower() for item in value}) != len(value):
        raise ValidationError("Two criteria are the same; keep one.")


def validate_shares(value: Any) -> None:
    """Refuse shares that overlap, are out of range, or leave others without a chance."""
    if not isinstance(value, list):
        raise ValidationError("Shares are a list of groups, each with a label, deciles and a share.")
    seen: set[int] = set()
    total = 0.0
    for number, group in enumerate(value, start=1):
        deciles = set(group.get("deciles", [])) if isinstance(group, dict) else set()
        if not deciles or not deciles <= DECILES:
            raise ValidationError(f"Share {number} needs deciles between 1 (most deprived) and 10.")
        if deciles & seen:
            both = ", ".join(str(decile) for decile in sorted(deciles & seen))
            raise ValidationError(f"Share {number} names decile {both}, which another share already has.")
        seen |= deciles
        share = group.get("share")
        if not isinstance(share, int | float) or not 0 < share < 1:
            raise ValidationError(f"Share {number} must lie between 0 and 1; it is {share!r}.")
        total += share
    # Every entrant's chance stays above zero: part of the places is always drawn from everyone.
    if total >= 1:
        raise ValidationError(f"The shares add up to {total:.2f}; together they must leave places for everyone.")
