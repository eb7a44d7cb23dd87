"""The datasets that every portal starts with. Their versions come from runs."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission

from portal.datasets.enums import UpdateFrequency
from portal.datasets.models import Dataset
from portal.users.enums import GroupName

TEAM = (
    GroupName.EDITORS,
    GroupName.REVIEWERS,
    GroupName.APPROVERS,
    GroupName.PUBLISHERS,
    GroupName.ANALYSTS,
    GroupName.ADMINISTRATORS,
)
# Changing a draft is mapping its codes; taking a published version away is the publishers' alone.
RIGHTS: dict[str, tuple[str, ...]] = {
    "view_datasetversion": TEAM,
    "change_datasetversion": (GroupName.EDITORS, GroupName.ANALYSTS, GroupName.ADMINISTRATORS),
    "delete_datasetversion": (GroupName.PUBLISHERS, GroupName.ADMINISTRATORS),
}

DATASETS = {
    "ohw-headcount": {
        "title": "Occupational health workforce: headcount, posts and full-time equivalents",
        "summary": "People, posts and full-time equivalents in occupational health in England, by perspective, role, region and integrated care board.",
        "description": (
            "Counts of the occupational health workforce from returns of providers, under several published "
            "definitions (perspectives) side by side. Small groups are protected: groups of fewer than 10 people are "
            "not shown, other counts are rounded to 5, and totals are rounded on their own, so parts need not add up."
        ),
        "keywords": ["occupational health", "workforce", "headcount", "full-time equivalent", "England"],
        "theme": "Workforce",
        "family": "oh",
        "update_frequency": UpdateFrequency.BIANNUAL,
    },
    "pcn-headcount": {
        "title": "Primary care network workforce: headcount and full-time equivalents",
        "summary": "People and full-time equivalents in primary care networks in England, by role, region and integrated care board, from individual staff records.",
        "description": (
            "Counts of staff of primary care networks from individual-level staff records. Records of contracted "
            "services have no person: they count in full-time equivalents and not in people. Groups of fewer than 10 "
            "people are not shown, other counts are rounded to 5, and totals are rounded on their own."
        ),
        "keywords": ["primary care networks", "workforce", "headcount", "full-time equivalent", "England"],
        "theme": "Workforce",
        "family": "pcn",
        "update_frequency": UpdateFrequency.QUARTERLY,
    },
    "opportunities-access": {
        "title": "Access to opportunities before employment",
        "summary": "Places, applications and offers of pre-employment opportunities in the NHS in England, by area, deprivation and other groups, with measures of inequality.",
        "description": (
            "Who applies for work experience and other opportunities, who is offered a place and from where, how openly "
            "places are given, and how unequal that is: rate ratios with intervals, slope and concentration indices, "
            "Hoover index, funnel limits. Numbers below 10 are hidden and others rounded to 5."
        ),
        "keywords": ["work experience", "opportunities", "equity of access", "deprivation", "England"],
        "theme": "Opportunities",
        "family": "opportunities",
        "update_frequency": UpdateFrequency.QUARTERLY,
    },
}


def load_starting_content() -> None:
    """Create the datasets that are missing; leave those that are there as people made them."""
    for slug, fields in DATASETS.items():
        Dataset.objects.get_or_create(slug=slug, defaults=fields)
    for codename, groups in RIGHTS.items():
        permission = Permission.objects.get(content_type__app_label="datasets", codename=codename)
        for name in groups:
            Group.objects.get_or_create(name=name)[0].permissions.add(permission)
