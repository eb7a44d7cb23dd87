"""What published datasets say to the register of definitions: who uses a version, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.datasets.models import DatasetVersion
from portal.datasets.queries import UnknownColumnError, observations
from portal.definitions.changes import definition_changes
from portal.definitions.enums import ChangeClass
from portal.definitions.hooks import RoleFigure, Usage

if TYPE_CHECKING:
    from portal.datasets.metadata import VersionMetadata
    from portal.datasets.queries import Observation

MOST_USES = 20


def wording_only(old: VersionMetadata, new: VersionMetadata) -> VersionMetadata:
    """Return ``new`` with the definitions marked whose versions since ``old`` changed in wording only.

    The register knows the class of each change; a version number must not grow for a better sentence.
    """
    found = definition_changes(
        {"roles": old.roles, "perspectives": old.perspectives},
        {"roles": new.roles, "perspectives": new.perspectives},
    )
    # What the register does not know counts as a change of meaning.
    codes = {change.code for change in found if change.change_class == ChangeClass.EDITORIAL and not change.is_breaking}
    reasons = {change.code: change.reason for change in found if change.is_breaking}
    return new.model_copy(
        update={"editorial": tuple(sorted(codes.union(new.editorial))), "definition_reasons": reasons}
    )


def definition_filter(kind: str, code: str, number: int | None, *, prefix: str = "") -> dict[str, Any]:
    """Return the filter on lineage for versions made with a role or perspective version."""
    place = f"{prefix}lineage__definitions__"
    if kind == "role":
        return {f"{place}roles__has_key": code} if number is None else {f"{place}roles__contains": {code: number}}
    wanted = {"code": code} if number is None else {"code": code, "version": number}
    return {f"{place}perspectives__contains": [wanted]}


def datasets_using(kind: str, code: str, number: int | None) -> list[Usage]:
    """Return the newest published dataset versions made with a definition, at most twenty."""
    versions = (
        DatasetVersion.objects.served()
        .filter(**definition_filter(kind, code, number))
        .select_related("dataset")
        .defer("metadata", "lineage")
        .order_by("-published_at")[:MOST_USES]
    )
    return [
        Usage("dataset", f"{version.dataset.title}, version {version.number}", version.get_absolute_url())
        for version in versions
    ]


def figures_of_role(family: str, code: str) -> list[RoleFigure]:  # noqa: ARG001 - a code belongs to one family
    """Return how many people a role had in the newest published period, under each perspective."""
    version = (
        DatasetVersion.objects.served()
        .filter(**definition_filter("role", code, None))
        .select_related("dataset")
        .order_by("-published_at")
        .first()
    )
    if version is None:
        return []
    try:
        found = observations(
            version,
            measure="headcount",
            time_period=version.last_period,
            geography_level="country",
            role_level="role",
            role_code=code,
        )
    except UnknownColumnError:  # a dataset of other dimensions has no figure of a single role
        return []
    labels = _labels(version, "perspective")
    return [
        RoleFigure(
            labels.get(row["perspective"], row["perspective"]),
            _shown(row),
            _labels(version, "time_period").get(version.last_period, version.last_period),
            version.get_absolute_url(),
        )
        for row in found
    ]


def _labels(version: DatasetVersion, dimension: str) -> dict[str, str]:
    return {
        item["code"]: item["label"]
        for entry in version.metadata.get("dimensions", [])
        if entry["id"] == dimension
        for item in entry["codes"]
    }


def _shown(row: Observation) -> str:
    return f"[{row.status}]" if row.value is None else f"{row.value:,.0f} people"
