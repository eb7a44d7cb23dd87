"""Finding the version that an address or a request means. Only what is public is ever found."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from portal.datasets.models import Dataset, DatasetVersion

LONDON = ZoneInfo("Europe/London")


class NotFoundError(LookupError):
    """No public dataset or version answers to the request. The message may be shown."""


class WithdrawnError(LookupError):
    """The version is withdrawn: its page stays, its data is not served."""

    def __init__(self, version: DatasetVersion) -> None:
        super().__init__(f"{version} was withdrawn: {version.withdrawn_reason}")
        self.version = version


def public_dataset(slug: str) -> Dataset:
    """Return the public dataset ``slug`` with its current version."""
    dataset = Dataset.objects.public().with_latest().filter(slug=slug).first()
    if dataset is None:
        raise NotFoundError(f"There is no dataset {slug}.")
    return dataset


def public_version(slug: str, number: str) -> DatasetVersion:
    """Return the version with exactly this number that has a public page."""
    versions = DatasetVersion.objects.public().numbered(number).filter(dataset__slug=slug)
    version = versions.with_neighbours().first()
    if version is None:
        raise NotFoundError(f"There is no version {number} of {slug}.")
    return version


def served_version(slug: str, request: str = "", as_of: str = "") -> DatasetVersion:
    """Return the version whose data answers ``1.2.0``, ``1.2.*``, ``1.*``, ``*`` or nothing.

    With ``as_of`` (a date or a time) the version that was current then. Raises
    :class:`WithdrawnError` for an exact number that was withdrawn.
    """
    versions = DatasetVersion.objects.served().filter(dataset__slug=slug).select_related("dataset")
    if as_of:
        versions = versions.current_on(moment_of(as_of))
    found = versions.matching(request).first() if request or not as_of else versions.first()
    if found is not None:
        return found
    gone = (
        DatasetVersion.objects.filter(dataset__slug=slug, state="withdrawn").numbered(request).select_related("dataset")
    )
    if version := gone.first():
        raise WithdrawnError(version)
    when = f" on {as_of}" if as_of else ""
    raise NotFoundError(f"There is no published version {request or 'yet'} of {slug}{when}.")


def moment_of(text: str) -> dt.datetime:
    """Return the moment an ``as_of`` names; a bare date means the end of that day in London."""
    try:
        if len(text) == len("2027-03-01"):
            day = dt.date.fromisoformat(text)
            return dt.datetime.combine(day, dt.time.max, LONDON)
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("as_of must be a date such as 2027-03-01 or a time such as 2027-03-01T09:30:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
