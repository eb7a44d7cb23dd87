"""What can be followed: names for people, and whether such a thing is public."""

from __future__ import annotations

from django.utils.translation import gettext as _

from portal.datasets.models import Dataset
from portal.definitions.models import RoleVersion
from portal.publications.enums import Topic
from portal.publications.models import PublicationSeriesPage


def title_of(topic: str, code: str) -> str | None:
    """Return the title of what a subscription would follow, None where there is no such thing in public."""
    if topic == Topic.EVERYTHING:
        return "" if not code else None
    if topic == Topic.SERIES:
        return PublicationSeriesPage.objects.live().filter(slug=code).values_list("title", flat=True).first()
    if topic == Topic.DATASET:
        return Dataset.objects.public().filter(slug=code).values_list("title", flat=True).first()
    if topic == Topic.ROLE:
        return (
            RoleVersion.objects.published()
            .filter(code=code)
            .order_by("-number")
            .values_list("title", flat=True)
            .first()
        )
    return None


def name_of_topic(topic: str, code: str) -> str:
    """Return what is followed, in words."""
    if topic == Topic.EVERYTHING:
        return _("every release")
    return title_of(topic, code) or code
