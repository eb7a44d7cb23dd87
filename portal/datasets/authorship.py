"""Who had a hand in a dataset version: none of them may approve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from portal.core.models import AuditEvent

if TYPE_CHECKING:
    from portal.datasets.models import DatasetVersion

#: What a person can change of a draft that a run has made.
EDITS: Final = ("map_codes", "raise_version_number")


def authors_of(version: DatasetVersion) -> set[int]:
    """Return who made a version, sent it to review, said what its codes became, or raised its number."""
    edits = AuditEvent.objects.about(version).filter(action__in=EDITS).values_list("actor_id", flat=True)
    people = {version.created_by_id, version.submitted_by_id, *edits}
    return {person for person in people if person is not None}
