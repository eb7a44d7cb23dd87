"""Reading releases for other pages, each in one query however many releases there are."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery

from portal.publications.models import CalendarEntry, ReleaseVersion


def latest_release_per_series() -> list[ReleaseVersion]:
    """Return the current version of the newest release of each series, in order of title."""
    newest = ReleaseVersion.objects.current().filter(series=OuterRef("series")).order_by("-period").values("pk")[:1]
    return list(
        ReleaseVersion.objects.current().filter(pk=Subquery(newest)).with_everything().order_by("series__title")
    )


def upcoming_releases(limit: int = 5) -> list[CalendarEntry]:
    """Return what the calendar announces, soonest first."""
    return list(CalendarEntry.objects.upcoming()[:limit])


def public_versions(series: str, release: str) -> list[ReleaseVersion]:
    """Return every public version of a release, the one that readers see first: current, or last withdrawn."""
    versions = ReleaseVersion.objects.public().for_showing()
    return list(versions.filter(series__slug=series, release__slug=release).order_by("-number"))


def version_numbered(series: str, release: str, number: int) -> ReleaseVersion | None:
    """Return a version of a release that is or was public."""
    return (
        ReleaseVersion.objects.public()
        .with_everything()
        .filter(series__slug=series, release__slug=release, number=number)
        .first()
    )


def releases_of(series_pk: int) -> list[ReleaseVersion]:
    """Return the releases of a series, newest period first, each as its newest public version."""
    newest = (
        ReleaseVersion.objects.public()
        .filter(series_id=series_pk)
        .order_by("release_id", "-number")
        .distinct("release_id")
        .values("pk")
    )
    return list(ReleaseVersion.objects.filter(pk__in=newest).select_related("release", "series").newest_first())
