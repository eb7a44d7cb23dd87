"""Short ways to write the privacy class of many fields."""

from __future__ import annotations

from portal.core.privacy import PrivacyClass


def operational(*fields: str) -> dict[str, PrivacyClass]:
    """Fields that tell nothing about a worker."""
    return dict.fromkeys(fields, PrivacyClass.OPERATIONAL)


def identifying(*fields: str) -> dict[str, PrivacyClass]:
    """Fields that name a person, or that the provider can trace to one. Never in a snapshot."""
    return dict.fromkeys(fields, PrivacyClass.DIRECT_IDENTIFIER)


def quasi_identifying(*fields: str) -> dict[str, PrivacyClass]:
    """Fields that may single a person out together with others."""
    return dict.fromkeys(fields, PrivacyClass.QUASI_IDENTIFIER)


def sensitive(*fields: str) -> dict[str, PrivacyClass]:
    """Protected characteristics, and values as given, which may hold anything."""
    return dict.fromkeys(fields, PrivacyClass.SENSITIVE)
