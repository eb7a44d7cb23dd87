"""Kinds, sizes and states of organisations and of the people who act for them."""

from django.db import models


class ProviderType(models.TextChoices):
    """How an organisation provides occupational health; ``pcn`` is a primary care network."""

    NHS_INTERNAL = "nhs_internal", "NHS, for its own staff"
    NHS_EXTERNAL = "nhs_external", "NHS, also sells to others"
    IN_HOUSE_PRIVATE = "in_house_private", "In-house, private employer"
    IN_HOUSE_PUBLIC = "in_house_public", "In-house, public employer"
    COMMERCIAL_NATIONAL = "commercial_national", "Commercial, national"
    COMMERCIAL_REGIONAL = "commercial_regional", "Commercial, regional or small"
    SOLE_TRADER = "sole_trader", "Sole trader or self-employed clinician"
    GP_PRACTICE = "gp_practice", "GP practice with occupational health sessions"
    INSURER = "insurer", "Insurer or employee assistance programme"
    UNIVERSITY = "university", "University or training body"
    CHARITY = "charity", "Charity or social enterprise"
    HYBRID = "hybrid", "Hybrid"
    PCN = "pcn", "Primary care network"
    NOT_KNOWN = "not_known", "Not known"


class OrganisationSize(models.TextChoices):
    """Bands of the number of people in the occupational health team."""

    ONE = "1", "1"
    TO_4 = "2-4", "2 to 4"
    TO_9 = "5-9", "5 to 9"
    TO_24 = "10-24", "10 to 24"
    TO_49 = "25-49", "25 to 49"
    TO_99 = "50-99", "50 to 99"
    TO_249 = "100-249", "100 to 249"
    FROM_250 = "250+", "250 or more"
    NOT_KNOWN = "not_known", "Not known"


SIZE_FLOORS = (
    (250, OrganisationSize.FROM_250),
    (100, OrganisationSize.TO_249),
    (50, OrganisationSize.TO_99),
    (25, OrganisationSize.TO_49),
    (10, OrganisationSize.TO_24),
    (5, OrganisationSize.TO_9),
    (2, OrganisationSize.TO_4),
    (1, OrganisationSize.ONE),
)


def size_of(people: int) -> OrganisationSize:
    """Return the band that a number of people falls in; none at all is not known."""
    return next((band for floor, band in SIZE_FLOORS if people >= floor), OrganisationSize.NOT_KNOWN)


class OrganisationStatus(models.TextChoices):
    """Whether an organisation is in the frame of a collection."""

    ACTIVE = "active", "Active"
    PENDING = "pending", "Waiting for approval"
    CLOSED = "closed", "Closed"


class ParentAccess(models.TextChoices):
    """How much of a subsidiary's return its parent may see. The subsidiary decides."""

    NONE = "none", "Nothing"
    SUMMARY = "summary", "Whether and when it was returned"
    RECORDS = "records", "The whole return"
    SUBMIT = "submit", "The whole return, and it may prepare and submit it"


#: What lets a parent read whole returns.
READING_ACCESS = frozenset({ParentAccess.RECORDS, ParentAccess.SUBMIT})


class MemberRole(models.TextChoices):
    """What a person may do for an organisation."""

    OWNER = "owner", "Owner: everything, and who has access"
    EDITOR = "editor", "Editor: prepare and submit returns"
    VIEWER = "viewer", "Viewer: read returns"


EDITING_ROLES = frozenset({MemberRole.OWNER, MemberRole.EDITOR})


class RegistrationState(models.TextChoices):
    """States of a request to act for an organisation."""

    PENDING = "pending", "Waiting for approval"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


class LinkState(models.TextChoices):
    """States of a request to belong to a parent organisation."""

    PENDING = "pending", "Waiting for the parent organisation"
    AGREED = "agreed", "Agreed"
    REFUSED = "refused", "Refused"
    ENDED = "ended", "Ended"
