"""What the files of a version say of their dataset, as it was when they were written.

The row of a dataset goes on living: its title or contact may change, and the site may move to another address.
The files of a version must come out the same for ever, so the words are kept with the version.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from portal.datasets.models import DatasetVersion

KEY = "dataset"


@dataclass(frozen=True)
class Described:
    """The words about a dataset that are written into files; ``site`` is the address of the portal."""

    site: str
    slug: str
    uuid: str
    title: str
    summary: str
    description: str
    keywords: tuple[str, ...]
    spatial: str
    statistics_status: str
    is_synthetic: bool
    licence: str
    publisher: str
    publisher_slug: str
    contact_name: str
    contact_email: str
    update_frequency: str

    def as_json(self) -> dict[str, Any]:
        """Return the plain form that is stored with the version."""
        return asdict(self) | {"keywords": list(self.keywords)}


def describe(version: DatasetVersion) -> Described:
    """Return the words about the dataset of a version as they are now."""
    dataset = version.dataset
    words = {name: getattr(dataset, name) for name in Described.__dataclass_fields__ if name not in DERIVED}
    return Described(
        site=settings.BASE_URL.rstrip("/"),
        uuid=str(dataset.uuid),
        keywords=tuple(dataset.keywords),
        is_synthetic=version.is_synthetic,
        **words,
    )


DERIVED = {"site", "uuid", "keywords", "is_synthetic"}


def described(version: DatasetVersion) -> Described:
    """Return the words that were kept with a version; those that were not kept are as they are now."""
    kept = version.metadata.get(KEY, {})
    words = kept if kept.keys() >= Described.__dataclass_fields__.keys() else describe(version).as_json() | kept
    return Described(**{**words, "keywords": tuple(words["keywords"])})
