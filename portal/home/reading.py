"""What the pages of this app show of other apps, each in a fixed number of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.publications.queries import latest_release_per_series

if TYPE_CHECKING:
    from portal.publications.models import ReleaseVersion


def definitions_for(codes: set[tuple[str, str]]) -> dict[tuple[str, str], dict[str, str]]:
    """Return the published definitions of these kinds and codes; what is not published is left out."""
    roles = {code for kind, code in codes if kind == "role"}
    perspectives = {code for kind, code in codes if kind == "perspective"}
    found: dict[tuple[str, str], dict[str, str]] = {}
    if roles:
        for version in RoleVersion.objects.latest_per_role().filter(code__in=roles).without_long_text():
            found["role", version.code] = _entry(version, "roles")
    if perspectives:
        for version in PerspectiveVersion.objects.current().filter(code__in=perspectives).without_long_text():
            found["perspective", version.code] = _entry(version, "perspectives")
    return found


def topic_content(codes: list[str]) -> dict[str, Any]:
    """Return the published roles of a topic and the latest release of every series that tells about one of them.

    A topic without roles has those of every series.
    """
    rows = RoleVersion.objects.latest_per_role().filter(code__in=codes).without_long_text() if codes else []
    releases = [one for one in latest_release_per_series() if not codes or _tells_of(one, codes)]
    return {"roles": [_entry(version, "roles") for version in rows], "releases": releases}


def _tells_of(release: ReleaseVersion, codes: list[str]) -> bool:
    dimensions = release.dataset_version.meta.dimensions
    return any(not dimension.labels.keys().isdisjoint(codes) for dimension in dimensions)


def _entry(version: Any, folder: str) -> dict[str, str]:
    title = f"{version.title} ({version.code})" if folder == "perspectives" else version.title
    return {
        "code": version.code,
        "title": title,
        "summary": version.summary,
        "url": f"/definitions/{folder}/{version.code}/",
    }
