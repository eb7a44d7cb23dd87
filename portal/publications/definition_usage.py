"""Which releases use a definition, for the register of definitions."""

from __future__ import annotations

from portal.datasets.definition_usage import MOST_USES, definition_filter
from portal.definitions.hooks import Usage
from portal.publications.models import ReleaseVersion


def releases_using(kind: str, code: str, number: int | None) -> list[Usage]:
    """Return the newest current releases whose data was made with a definition, at most twenty."""
    releases = (
        ReleaseVersion.objects.current()
        .with_everything()
        .filter(**definition_filter(kind, code, number, prefix="dataset_version__"))
        .order_by("-published_at")[:MOST_USES]
    )
    return [Usage("release", release.title, release.get_absolute_url()) for release in releases]
