"""What is said of a version beyond its page, in e-mails and feeds: what happened, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Exists, F, OuterRef
from django.db.models.fields.json import KT

from portal.datasets.links import absolute
from portal.publications.enums import ReleaseState, VersionReason
from portal.publications.models import ReleaseVersion

if TYPE_CHECKING:
    from portal.datasets.hooks import Entry
    from portal.publications.querysets import ReleaseVersionQuerySet

WORDS: Final = {
    VersionReason.FIRST: "New",
    VersionReason.CORRECTION: "Corrected",
    VersionReason.REVISION: "Revised",
}
#: The reasons of versions that a feed of data lists; any where none is named.
OF_FEED: Final = {"corrections": VersionReason.CORRECTION, "revisions": VersionReason.REVISION}


def title_of(version: ReleaseVersion, title: str = "") -> str:
    """Return a heading: what happened to which release. ``title`` spares reading the whole text of the version."""
    withdrawn = version.state == ReleaseState.WITHDRAWN
    word = "Withdrawn" if withdrawn else WORDS[VersionReason(version.reason)]
    return f"{word}: {title or version.title}"


def words_of(version: ReleaseVersion, summary: str | None = None) -> str:
    """Return why it was withdrawn, corrected or revised; of a first publication its summary."""
    if version.state == ReleaseState.WITHDRAWN:
        return str(version.withdrawn_reason)
    return version.notice or (version.summary if summary is None else summary)


def newest() -> ReleaseVersionQuerySet:
    """Return public versions, newest first, with the two things that a feed says of a whole text."""
    versions = ReleaseVersion.objects.public().select_related("release", "series").defer("content")
    versions = versions.annotate(said_title=KT("content__title"), said_summary=KT("content__summary"))
    return versions.order_by(F("published_at").desc(), "-pk")


def entry_of(version: ReleaseVersion) -> Entry:
    """Return one of the newest as an entry of a feed."""
    link = absolute(version.permanent_address)
    return {
        "title": title_of(version, version.said_title),
        "link": link,
        "unique_id": link,
        "description": words_of(version, version.said_summary),
        "pubdate": version.published_at,
        "updateddate": version.withdrawn_at or version.published_at,
        "categories": [version.get_reason_display()],
        "author_name": version.series.contact_name,
    }


def words_alone(name: str, most: int) -> list[Entry]:
    """Return the new versions of releases whose data stayed as it was: no version of a dataset tells of them."""
    earlier = ReleaseVersion.objects.public().filter(
        release=OuterRef("release"), dataset_version=OuterRef("dataset_version"), number__lt=OuterRef("number")
    )
    versions = newest().filter(Exists(earlier))
    if name in OF_FEED:
        versions = versions.filter(reason=OF_FEED[name])
    return [entry_of(version) for version in versions[:most]]
