"""What collections say to the register of definitions: which ones ask with a version of a role."""

from __future__ import annotations

from django.urls import reverse

from portal.definitions.hooks import Usage
from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.submissions.enums import CollectionState
from portal.submissions.models import Collection

MOST = 20


def collections_using(kind: str, code: str, number: int | None) -> list[Usage]:
    """Return the collections that ask with a role, or whose records a perspective counts; newest first.

    An open or closed collection keeps the versions it asked with; one that is being set up will ask
    with those in force on its reference date.
    """
    model = RoleVersion if kind == "role" else PerspectiveVersion
    family = model.objects.filter(code=code).values_list("family", flat=True).first()
    if family is None:
        return []
    found = Collection.objects.filter(family=family).exclude(state=CollectionState.SEALED)
    usages = []
    for collection in found.order_by("-reference_date", "code")[:MOST]:
        detail = _detail(collection, kind, code, number)
        if detail:
            address = reverse("collections:dashboard", args=[collection.code])
            usages.append(Usage("collection", collection.title, address, detail, is_public=False))
    return usages


def _detail(collection: Collection, kind: str, code: str, number: int | None) -> str:
    state = collection.get_state_display().lower()
    if kind == "perspective":
        return f"{state}; its records are counted by the perspective"
    asked = collection.role_versions.get(code)
    if asked is None:
        when = f"{collection.reference_date.day} {collection.reference_date:%B %Y}"
        return f"{state}; will ask with the version in force on {when}" if not collection.role_versions else ""
    return f"{state}; asks with version {asked}" if number in {None, asked} else ""
