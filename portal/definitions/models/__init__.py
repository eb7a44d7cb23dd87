"""Roles and perspectives: working texts that editors change, and published versions that nobody can."""

from portal.definitions.models.crosswalks import Crosswalk, CrosswalkShare
from portal.definitions.models.perspectives import Perspective, PerspectiveVersion
from portal.definitions.models.reference import ReferenceEntry, ReferenceList
from portal.definitions.models.roles import Role, RoleVersion
from portal.definitions.models.withdrawals import Withdrawal
from portal.definitions.models.workflow import SecondPersonApprovalTask

__all__ = [
    "Crosswalk",
    "CrosswalkShare",
    "Perspective",
    "PerspectiveVersion",
    "ReferenceEntry",
    "ReferenceList",
    "Role",
    "RoleVersion",
    "SecondPersonApprovalTask",
    "Withdrawal",
]
