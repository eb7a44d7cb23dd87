"""The vocabulary for reading datasets and versions. What is not public is not in ``served``."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from portal.datasets.enums import OPEN_STATES, PUBLIC_STATES, SERVED_STATES

if TYPE_CHECKING:
    from portal.datasets.models import Dataset, DatasetFile, DatasetVersion  # noqa: F401 - named in the generic bases

MOST_KNOWN = 20
# What pages and files that only name a version do not need of it.
LONG = ("metadata", "lineage", "mapping", "reasons")
# One way to write each, so that a version has one address.
PART = r"(0|[1-9][0-9]{0,5})"
NUMBER = re.compile(rf"^{PART}\.{PART}\.{PART}$")
WILDCARD = re.compile(rf"^(?:{PART}\.(?:{PART}\.)?)?\*$")


class DatasetQuerySet(models.QuerySet["Dataset"]):
    """Reads datasets."""

    def public(self) -> DatasetQuerySet:
        """Return datasets with a version that anyone may read about."""
        return self.filter(published_at__isnull=False)

    published = public

    def with_latest(self) -> DatasetQuerySet:
        """Bring the current version along in the same query."""
        return self.select_related("latest")


class VersionQuerySet(models.QuerySet["DatasetVersion"]):
    """Reads versions."""

    def public(self) -> VersionQuerySet:
        """Return versions that have a public page: served ones and withdrawn ones."""
        return self.filter(state__in=PUBLIC_STATES)

    def served(self) -> VersionQuerySet:
        """Return versions whose data is served to anyone."""
        return self.filter(state__in=SERVED_STATES)

    def open(self) -> VersionQuerySet:
        """Return versions that are not published yet."""
        return self.filter(state__in=OPEN_STATES)

    def newest_first(self) -> VersionQuerySet:
        """Order by version number, highest first."""
        return self.order_by("-major", "-minor", "-patch", "-pk")

    def with_neighbours(self) -> VersionQuerySet:
        """Bring the dataset along with its current version, and the versions before and after, to be linked."""
        near = ("dataset__latest", "base", "superseded_by")
        return self.select_related(*near).defer(*(f"{name}__{long}" for name in near for long in LONG))

    def numbered(self, number: str) -> VersionQuerySet:
        """Return the versions with exactly this number; none when it is not a number."""
        found = NUMBER.match(number)
        if not found:
            return self.none()
        major, minor, patch = map(int, found.groups())
        return self.filter(major=major, minor=minor, patch=patch)

    def matching(self, request: str) -> VersionQuerySet:
        """Return versions for ``1.2.0``, ``1.2.*``, ``1.*``, ``*``, ``latest`` or nothing, newest first."""
        if request in {"", "latest"}:
            return self.newest_first()
        found = WILDCARD.match(request)
        if not found:
            return self.numbered(request)
        wanted = {name: int(part) for name, part in zip(("major", "minor"), found.groups(), strict=True) if part}
        return self.filter(**wanted).newest_first()

    def current_on(self, moment: dt.datetime) -> VersionQuerySet:
        """Return the version that was current at ``moment``: published by then, not yet superseded."""
        return (
            self.filter(published_at__lte=moment)
            .filter(
                Q(superseded_at__isnull=True) | Q(superseded_at__gt=moment),
            )
            .order_by("-published_at", "-pk")
        )


class FileQuerySet(models.QuerySet["DatasetFile"]):
    """Reads files."""

    def for_serving(self) -> FileQuerySet:
        """Bring along the version and those that it links to; their descriptions may be large, and no file needs them."""
        near = ("version", "version__dataset__latest", "version__base", "version__superseded_by")
        return self.select_related(*near).defer(*(f"{name}__{long}" for name in near for long in LONG))

    def known(self, sha256: str) -> list[DatasetFile]:
        """Return the served files with exactly these bytes, those of the newest version first."""
        found = self.filter(sha256=sha256, version__state__in=SERVED_STATES)
        found = found.select_related("version__dataset", "version__superseded_by")
        return list(found.order_by("-version__published_at", "name")[:MOST_KNOWN])
