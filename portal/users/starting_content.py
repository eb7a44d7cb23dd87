"""The groups and what each may do to which models. Rights to pages are given where the pages are made."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

from portal.users.enums import GroupName

ADMIN: Final = Q(content_type__app_label="wagtailadmin", codename="access_admin")
DEFINITIONS: Final = Q(content_type__app_label="definitions", content_type__model__in=["role", "perspective"])
FEEDBACK: Final = Q(content_type__app_label="home", content_type__model="feedback") & (
    Q(codename__startswith="view_") | Q(codename__startswith="change_")
)
LISTS: Final = Q(content_type__app_label__in=["organisations", "submissions", "applications", "opportunities"])
VIEW: Final = Q(codename__startswith="view_")
WRITE: Final = Q(codename__startswith="add_") | Q(codename__startswith="change_")
PUBLISH: Final = (
    Q(codename__startswith="publish_") | Q(codename__startswith="lock_") | Q(codename__startswith="unlock_")
)
OF_PORTAL: Final = Q(
    content_type__app_label__in=[
        "api",
        "home",
        "publications",
        "datasets",
        "pipelines",
        "opportunities",
        "organisations",
        "definitions",
        "media",
        "users",
        "submissions",
        "applications",
        "core",
        "auth",
        "wagtailcore",
        "wagtailadmin",
        "wagtailredirects",
        "wagtailsearchpromotions",
        "django_celery_beat",
    ]
)

#: Deleting is nobody's but the administrators': what was published or sent is kept.
MAY: Final[dict[GroupName, Q]] = {
    GroupName.EDITORS: ADMIN | FEEDBACK | (DEFINITIONS & (WRITE | VIEW)),
    GroupName.REVIEWERS: ADMIN | (DEFINITIONS & VIEW),
    GroupName.APPROVERS: ADMIN | (DEFINITIONS & (VIEW | Q(codename__startswith="change_") | PUBLISH)),
    GroupName.PUBLISHERS: ADMIN | (DEFINITIONS & VIEW),
    GroupName.COLLECTION_MANAGERS: ADMIN | (LISTS & (WRITE | VIEW)),
    GroupName.ANALYSTS: ADMIN
    | (Q(content_type__app_label="pipelines") & (WRITE | VIEW | Q(codename="start_run")))
    | Q(content_type__app_label="datasets", codename="change_datasetversion")  # codes that are gone, larger numbers
    | (Q(content_type__app_label__in=["datasets", "definitions", "organisations"]) & VIEW),
    GroupName.ADMINISTRATORS: OF_PORTAL,
}


@transaction.atomic
def load_starting_content() -> None:
    """Create the groups and add the permissions that they lack. Nothing is taken away: people may have added some."""
    for name, rights in MAY.items():
        group, _created = Group.objects.get_or_create(name=name.value)
        group.permissions.add(*Permission.objects.filter(rights))
