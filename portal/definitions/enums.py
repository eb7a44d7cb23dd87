"""States, families, groups and classes of change of definitions."""

from __future__ import annotations

from typing import Final

from django.db import models


class Family(models.TextChoices):
    """A family of roles: roles of different families are never mixed in one statistic."""

    OH = "oh", "Occupational health"
    PCN = "pcn", "Primary care networks"


class RoleGroup(models.TextChoices):
    """Groups of roles, for breakdowns. A role belongs to exactly one."""

    DOCTORS = "doctors", "Doctors"
    NURSES = "nurses", "Nurses"
    TECHNICIANS = "technicians", "Technicians and support workers"
    AHP = "allied-health", "Allied health professionals"
    PSYCHOLOGY = "psychology", "Psychologists and counsellors"
    HYGIENE = "hygiene-ergonomics", "Hygiene, ergonomics and toxicology"
    WIDER = "wider", "Wider work and health"
    SUPPORT = "support", "Administration and education"
    DIRECTORS = "directors", "Directors"
    DIRECT_PATIENT_CARE = "direct-patient-care", "Direct patient care staff"
    ADMIN = "admin-non-clinical", "Admin and non-clinical staff"


GROUPS_OF_FAMILY: Final[dict[str, tuple[RoleGroup, ...]]] = {
    Family.OH: (
        RoleGroup.DOCTORS,
        RoleGroup.NURSES,
        RoleGroup.TECHNICIANS,
        RoleGroup.AHP,
        RoleGroup.PSYCHOLOGY,
        RoleGroup.HYGIENE,
        RoleGroup.WIDER,
        RoleGroup.SUPPORT,
    ),
    Family.PCN: (RoleGroup.DIRECTORS, RoleGroup.DIRECT_PATIENT_CARE, RoleGroup.ADMIN),
}


class ChangeClass(models.TextChoices):
    """What a new version does to the meaning of a role."""

    EDITORIAL = "editorial", "Editorial: the meaning is unchanged"
    WIDENING = "widening", "Widening: more people count"
    NARROWING = "narrowing", "Narrowing: fewer people count"
    SPLIT = "split", "Split: one role becomes several"
    MERGE = "merge", "Merge: several roles become one"
    NEW = "new", "New"
    RETIRED = "retired", "Retired: no longer in use"
    # Only a rule can do both at once, so only perspectives use it.
    REDEFINITION = "redefinition", "Redefinition: some enter and some leave"


#: Classes with which the first version of a definition may start.
FIRST_CLASSES: Final = frozenset({ChangeClass.NEW, ChangeClass.SPLIT, ChangeClass.MERGE})
ROLE_CLASSES: Final = frozenset(ChangeClass) - {ChangeClass.REDEFINITION}
PERSPECTIVE_CLASSES: Final = frozenset(ChangeClass) - {ChangeClass.SPLIT, ChangeClass.MERGE}


class DefinitionState(models.TextChoices):
    """Where a definition, or one version of it, stands."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    SCHEDULED = "scheduled", "Approved, to be published later"
    PUBLISHED = "published", "Published"
    SUPERSEDED = "superseded", "Superseded"
    WITHDRAWN = "withdrawn", "Withdrawn"


#: Every way on from a state. The actions ask here and nowhere else.
TRANSITIONS: Final[dict[DefinitionState, frozenset[DefinitionState]]] = {
    DefinitionState.DRAFT: frozenset(
        {DefinitionState.IN_REVIEW, DefinitionState.SCHEDULED, DefinitionState.PUBLISHED},
    ),
    DefinitionState.IN_REVIEW: frozenset(
        {DefinitionState.DRAFT, DefinitionState.SCHEDULED, DefinitionState.PUBLISHED},
    ),
    DefinitionState.SCHEDULED: frozenset({DefinitionState.DRAFT, DefinitionState.PUBLISHED}),
    DefinitionState.PUBLISHED: frozenset({DefinitionState.SUPERSEDED, DefinitionState.WITHDRAWN}),
    DefinitionState.SUPERSEDED: frozenset({DefinitionState.WITHDRAWN}),
    DefinitionState.WITHDRAWN: frozenset(),
}


class ListSlug(models.TextChoices):
    """The reference lists that definitions and rules draw on."""

    BODIES = "registration-bodies", "Registration bodies"
    PARTS = "register-parts", "Parts of registers"
    STATUSES = "registration-statuses", "Registration statuses"
    QUALIFICATIONS = "oh-qualifications", "Occupational health qualifications"
    FUNCTIONS = "oh-functions", "Functions"
    CONTRACTS = "contract-types", "Contract types"
    SOC2020 = "soc-2020", "SOC 2020 unit groups"
    SOC2010_INDEX = "soc-2010-index", "SOC 2010 index entries"
    NHS_JOB_ROLES = "nhs-job-roles", "NHS job roles"
