"""Posts and the people in them, from accepted returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.pipelines.layouts import WORKFORCE
from portal.pipelines.sources.base import Source

if TYPE_CHECKING:
    from pathlib import Path


def collections_with_returns(family: str) -> list[str]:
    """Return the collections of a family that have an accepted return, oldest first."""
    from portal.submissions.enums import ReturnState  # noqa: PLC0415 - sources load without the apps
    from portal.submissions.models import Collection  # noqa: PLC0415 - as above

    found = Collection.objects.filter(family=family, returns__state=ReturnState.ACCEPTED, returns__is_test=False)
    return list(found.order_by("reference_date", "code").values_list("code", flat=True).distinct())


def summary_of(collection: str) -> dict[str, Any]:
    """Return what was expected and accepted, and whether the collection is made up."""
    from portal.submissions.models import Collection  # noqa: PLC0415 - sources load without the apps
    from portal.submissions.querysets import accepted_summary  # noqa: PLC0415 - as above

    synthetic = Collection.objects.values_list("is_synthetic", flat=True).get(code=collection)
    return {**accepted_summary(collection), "is_synthetic": synthetic}


def _copy(collection: str, sink: Path) -> int:
    from portal.submissions.querysets import copy_accepted_records  # noqa: PLC0415 - sources load without the apps

    return copy_accepted_records(collection, sink)


SOURCE = Source(
    code="workforce",
    label="Posts in accepted returns",
    layout=WORKFORCE,
    collections=collections_with_returns,
    summary=summary_of,
    copy=_copy,
    has_perspectives=True,
)
