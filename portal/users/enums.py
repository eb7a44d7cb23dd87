"""The groups of people who work in the CMS and the service."""

from __future__ import annotations

from enum import StrEnum


class GroupName(StrEnum):
    """One name for each group, in code, admin and prose."""

    EDITORS = "Editors"
    REVIEWERS = "Reviewers"
    APPROVERS = "Approvers"
    PUBLISHERS = "Publishers"
    COLLECTION_MANAGERS = "Collection managers"
    ANALYSTS = "Analysts"
    ADMINISTRATORS = "Administrators"
