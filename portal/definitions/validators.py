"""Field rules of definitions."""

from __future__ import annotations

from fractions import Fraction

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

code_validator = RegexValidator(
    r"^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$",
    "Use letters, digits and single hyphens, starting with a letter, for example “nur-scphn”.",
)


def as_share(text: str) -> Fraction:
    """Read a share written as a fraction, a decimal or a percentage: 2/3, 0.25, 25%."""
    cleaned = str(text).strip()
    try:
        share = Fraction(cleaned[:-1].strip()) / 100 if cleaned.endswith("%") else Fraction(cleaned)
    except (ValueError, ZeroDivisionError) as error:
        raise ValidationError(f"“{text}” is not a share. Write 2/3, 0.25 or 25%.") from error
    if not 0 < share <= 1:
        raise ValidationError(f"A share lies above 0 and is at most 1; “{text}” does not.")
    return share


def validate_share(text: str) -> None:
    """Refuse what :func:`as_share` cannot read."""
    as_share(text)
